"""Which ticket a thread belongs to, and what is remembered of that ticket.

Two items: `thread:ROOT` tells the number of the ticket, in the attributes that the release before
reads, and `ticket:main:N` all else. `main` names the GLPI and the Mattermost that a link is of: a
second one will need no migration. Both are kept as long as anything happens (LINK_AGE_SECONDS).
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.config import timing
from bridge.net.aws import AwsError
from bridge.storage.entries import STEPS, Entry, Filed, Kind, Result
from bridge.storage.entry_codec import encode
from bridge.storage.ledger import entry_of
from bridge.storage.store import Item, Store, Value

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
        entity: GLPI's id of its entity when it was filed.
        requester: GLPI's id of the requester that the bridge has named, 0 for a bare address.
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
    attributes = item.attributes
    numbers = {name: attributes.get(name) for name in ("ticket", "entity", "requester")}
    if not isinstance(numbers["ticket"], int) or not all(
        number is None or isinstance(number, int) for number in numbers.values()
    ):
        raise AwsError("UnreadableLink", refused=True)
    texts = {field: str(attributes.get(name, "")) for name, field in _TEXTS.items()}
    return Link(**numbers, **texts, expires=item.expires)


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
        found = self._store.get_many([thread_key(root), root])
        thread = found.get(thread_key(root))
        return entry_of(thread if thread and self._counts(thread) else found.get(root))

    def link(self, ticket: int) -> Link | None:
        """Return what is remembered of a ticket, None if nothing.

        Raises:
            AwsError: the table cannot be asked.
        """
        item = self._store.get(ticket_key(ticket))
        return decode_link(item) if item and self._counts(item) else None

    def keep(self, link: Link) -> bool:
        """Remember a ticket and its thread from now on; never raises.

        What is remembered already stays, as it was when the ticket was filed.

        Returns:
            Whether that is recorded, as far as is known.
        """
        with contextlib.suppress(AwsError):
            kept = self._keep(link)
            return kept and (not link.root or self._take(link.root, link.ticket))
        return False

    def take_thread(self, root: str, ticket: int) -> bool:
        """Record which ticket a thread belongs to; never raises.

        The newest is the one, whoever comes last.

        Returns:
            Whether that is recorded, as far as is known.
        """
        with contextlib.suppress(AwsError):
            return self._take(root, ticket)
        return False

    def _keep(self, link: Link) -> bool:
        key = ticket_key(link.ticket)
        written, item = self._store.put_if(key, self._item(encode_link(link)), 0)
        for _ in range(TRIES):
            if written or item is None:
                return written
            attributes = item.attributes if self._counts(item) else encode_link(link)
            written, item = self._store.put_if(key, self._item(attributes), item.version)
        return written

    def _take(self, root: str, ticket: int) -> bool:
        key, item = thread_key(root), None
        filed = encode(Filed(Result(Kind.TICKET, ticket), STEPS))
        for _ in range(TRIES):
            written, item = self._store.put_if(key, self._item(filed), item.version if item else 0)
            entry = entry_of(item if item and self._counts(item) else None)
            if written or (isinstance(entry, Filed) and entry.result.ticket > ticket):
                return True
        return False

    def _counts(self, item: Item) -> bool:
        """Say whether a link is not forgotten yet; DynamoDB removes what is days later."""
        return item.expires > self._clock()

    def _item(self, attributes: Mapping[str, Value]) -> Item:
        return Item(attributes, self._clock() + timing.LINK_AGE_SECONDS)
