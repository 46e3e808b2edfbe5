"""Which ticket a thread belongs to, and what is remembered of that ticket.

Two items: `thread:ROOT` tells the number of the ticket, in the attributes that the release before
reads, and `ticket:main:N` all else. `main` names the GLPI and the Mattermost that a link is of: a
second one will need no migration. Both are kept as long as anything happens (LINK_AGE_SECONDS).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.config import timing
from bridge.net.aws import AwsError
from bridge.storage.entries import STEPS, Entry, Filed, Kind, Result
from bridge.storage.entry_codec import encode
from bridge.storage.ledger import entry_of
from bridge.storage.store import Item, Store, Value

Attributes = Mapping[str, Value]

TRIES = 5
"""So often a link is written anew that somebody else has changed meanwhile."""


def thread_key(root: str) -> str:
    """Return the key of a thread, which no post has."""
    return f"thread:{root}"


def ticket_key(ticket: int) -> str:
    """Return the key of a ticket's link."""
    return f"ticket:main:{ticket}"


def is_post(key: str) -> bool:
    """Say whether a key is a post's: those of all other things have their kind before a colon."""
    return ":" not in key


def is_link(key: str) -> bool:
    """Say whether a key is that of a ticket's link."""
    return key.startswith("ticket:")


@dataclass(frozen=True)
class Link:
    """What is remembered of a ticket; what is not known is left out, and counts as private.

    Attributes:
        ticket: its number.
        channel: the id of the channel that its thread is in.
        root: the id of the post that the thread hangs on.
        author: the id of the person whose post became the ticket.
        desk: the name of its desk.
        kind: what made it: "message".
        audience: who can read the thread.
        entity: GLPI's id of its entity when the bridge first saw it there, seconds after it was
            filed unless GLPI failed then.
        requester: GLPI's id of the person whom the bridge names as its requester, 0 for a bare
            address.
        expires: seconds since the epoch when it is forgotten.
    """

    ticket: int
    channel: str = ""
    root: str = ""
    author: str = ""
    desk: str = ""
    kind: str = "message"
    audience: str = ""
    entity: int | None = None
    requester: int | None = None
    expires: float = 0.0


_TEXTS = {
    "channel": "channel",
    "root": "root",
    "by": "author",
    "desk": "desk",
    "kind": "kind",
    "audience": "audience",
}
"""Which text is stored by which name."""


def encode_link(link: Link) -> dict[str, Value]:
    """Return the attributes of a link."""
    texts = {name: getattr(link, field) for name, field in _TEXTS.items()}
    numbers = {"ticket": link.ticket, "entity": link.entity, "requester": link.requester}
    known = {name: text for name, text in texts.items() if text}
    return known | {name: number for name, number in numbers.items() if number is not None}


def decode_link(item: Item) -> Link:
    """Return the link that an item tells of.

    Raises:
        AwsError: it is of a version to come.
    """
    ticket = _number(item, "ticket")
    if ticket is None:
        raise AwsError("UnreadableLink", refused=True)
    return Link(
        ticket=ticket,
        entity=_number(item, "entity"),
        requester=_number(item, "requester"),
        expires=item.expires,
        **{field: str(item.attributes.get(name, "")) for name, field in _TEXTS.items()},
    )


def _number(item: Item, name: str) -> int | None:
    value = item.attributes.get(name)
    if value is not None and not isinstance(value, int):
        raise AwsError("UnreadableLink", refused=True)
    return value


class Links:
    """The links between threads and tickets.

    Args:
        store: the table.
        clock: seconds since the epoch.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def entry(self, root: str) -> Entry:
        """Return what is known of the ticket that a thread belongs to, NEW if nothing.

        Without a link of its own, a thread belongs to the ticket of its root.

        Raises:
            AwsError: the table cannot be asked.
        """
        thread = self._store.get(thread_key(root))
        return entry_of(thread if thread and self._counts(thread) else self._store.get(root))

    def link(self, ticket: int) -> Link | None:
        """Return what is remembered of a ticket, None if nothing.

        Raises:
            AwsError: the table cannot be asked.
        """
        item = self._store.get(ticket_key(ticket))
        return decode_link(item) if item and self._counts(item) else None

    def keep(self, link: Link, *, takes_thread: bool = True) -> None:
        """Remember a ticket and its thread from now on.

        What is remembered already stays as it was when the ticket was filed; what was not known
        then is added.

        Args:
            link: what is remembered of the ticket.
            takes_thread: whether the thread belongs to it from now on.

        Raises:
            AwsError: the table cannot be asked, or somebody else changes it all the time.
        """
        known = encode_link(link)
        self._write(ticket_key(link.ticket), lambda present: {**known, **present})
        if link.root and takes_thread:
            self.take_thread(link.root, link.ticket)

    def take_thread(self, root: str, ticket: int) -> None:
        """Record which ticket a thread belongs to; the newest is the one, whoever comes last.

        Raises:
            AwsError: the table cannot be asked, or somebody else changes it all the time.
        """
        filed = encode(Filed(Result(Kind.TICKET, ticket), STEPS))

        def taken(present: Attributes) -> Attributes | None:
            number = present.get("ticket")
            is_newer = isinstance(number, int) and number > ticket
            return None if is_newer else {**present, **filed}

        self._write(thread_key(root), taken)

    def _write(self, key: str, change: Callable[[Attributes], Attributes | None]) -> None:
        """Write what is to be made of an item's attributes, unless that is nothing."""
        item: Item | None = None
        for _ in range(TRIES):
            attributes = change(item.attributes if item and self._counts(item) else {})
            if attributes is None:
                return
            expires = self._clock() + timing.LINK_AGE_SECONDS
            version = item.version if item else 0
            written, item = self._store.put_if(key, Item(attributes, expires), version)
            if written:
                return
        raise AwsError("LinkContended", refused=True)

    def _counts(self, item: Item) -> bool:
        """Say whether a link is not forgotten yet; DynamoDB removes what is days later."""
        return item.expires > self._clock()
