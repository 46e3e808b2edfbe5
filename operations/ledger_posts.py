"""What the table holds: the posts that the ledger knows, and which tickets have a link."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import boto3

from bridge.config.timing import LEDGER_AGE_SECONDS
from bridge.net.aws import AwsError, config
from bridge.storage import dynamodb
from bridge.storage.entries import Buried, Entry, Filed, Tried, without_ticket
from bridge.storage.entry_codec import decode
from bridge.storage.ledger import entry_of
from bridge.storage.links import decode_link, is_link, is_post, thread_key, ticket_key
from bridge.storage.store import Item
from operations.aws import CALL_SECONDS, asking

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BURIED = "buried"
"""Why a post in the dead letter queue waits; its own reason tells why it is there."""

_THREAD = thread_key("")

WAITING: Mapping[str, Any] = {
    "FilterExpression": (
        "NOT contains(#key, :colon) AND "
        "(#state <> :filed OR (attribute_exists(why) AND why <> :nothing))"
    ),
    "ExpressionAttributeNames": {"#key": dynamodb.KEY, "#state": "state"},
    "ExpressionAttributeValues": {
        ":colon": {"S": ":"},
        ":filed": {"S": "filed"},
        ":nothing": {"S": ""},
    },
}
"""What lets DynamoDB leave out all but the posts that wait for a ticket or a step after it."""


@dataclass(frozen=True)
class LedgerPost:
    """A post as the ledger knows it.

    Attributes:
        ref: the post's.
        entry: what is known of it; None when it is of a version that is not known here.
        written_at: seconds since the epoch when that was last written.
    """

    ref: str
    entry: Entry | None
    written_at: float

    @property
    def since(self) -> float:
        """Seconds since the epoch when it was taken over; the first version did not note it."""
        return (self.entry.received_at if self.entry else 0.0) or self.written_at

    @property
    def filed(self) -> Filed | None:
        """What is known of it if the ledger calls it filed."""
        return self.entry if isinstance(self.entry, Filed) else None

    @property
    def state(self) -> str:
        """What the ledger calls it: "open", "tried" or "filed"; "?" if that is not known here.

        A buried post is still called what it was before.
        """
        if self.entry is None:
            return "?"
        before = without_ticket(self.entry)
        if before is None:
            return "filed"
        return "tried" if isinstance(before, Tried) else "open"

    @property
    def tries(self) -> int | None:
        """How many attempts may have been executed, None when that is not, or no longer, known."""
        before = without_ticket(self.entry) if self.entry else None
        return before.tries if before else None

    @property
    def buried_for(self) -> str:
        """The reason why it is in the dead letter queue, "" if it is not, or if that is unknown."""
        return self.entry.reason if isinstance(self.entry, Buried) else ""

    @property
    def why(self) -> str:
        """The code of what keeps it from its ticket or from a step after it, "" for nothing."""
        if isinstance(self.entry, Buried):
            return BURIED
        return self.entry.last_error if self.entry else ""


@dataclass(frozen=True)
class Contents:
    """All that the table holds.

    Attributes:
        posts: oldest first.
        linked: the numbers of the tickets that have a link.
        threads: the ticket of each thread that has an item of its own, by the thread's key.
        unreadable: how many items are of a kind or a version that is not known here.
    """

    posts: tuple[LedgerPost, ...]
    linked: Set[int]
    threads: Mapping[str, int]
    unreadable: int

    @property
    def unlinked(self) -> int:
        """How many threads belong to a ticket that has no link."""
        return sum(ticket not in self.linked for ticket in self.threads.values())


def contents(table: str, now: float) -> Contents:
    """Read all that the table holds; links and threads that have expired are left out.

    Args:
        table: its name.
        now: seconds since the epoch.

    Raises:
        CannotAsk: it cannot be read.
    """
    found: list[LedgerPost] = []
    linked, threads, unreadable = set[int](), dict[str, int](), 0
    for key, item in _scan(table, {}):
        try:
            if is_post(key):
                found.append(_post(key, item))
            elif is_link(key):
                ticket = decode_link(item).ticket
                if item.expires > now and key == ticket_key(ticket):
                    linked.add(ticket)
            elif key.startswith(_THREAD):
                entry = entry_of(item)
                if item.expires > now and isinstance(entry, Filed):
                    threads[key] = entry.result.ticket
            else:
                unreadable += 1
        except AwsError:
            unreadable += 1
    unreadable += sum(post.entry is None for post in found)
    return Contents(_sorted(found), linked, threads, unreadable)


def waiting_posts(table: str) -> tuple[LedgerPost, ...]:
    """Read the posts that wait for a ticket or a step after it, oldest first.

    Raises:
        CannotAsk: they cannot be read.
    """
    return _sorted(_post(key, item) for key, item in _scan(table, WAITING) if is_post(key))


def _sorted(found: Iterable[LedgerPost]) -> tuple[LedgerPost, ...]:
    return tuple(sorted(found, key=lambda post: (post.since, post.ref)))


def _scan(table: str, condition: Mapping[str, Any]) -> Iterator[tuple[str, Item]]:
    what = f"the table {table}"
    client: DynamoDBClient = asking(
        what, lambda: boto3.client("dynamodb", config=config(CALL_SECONDS))
    )
    start: Any = {}
    while True:
        answer = asking(what, lambda: client.scan(TableName=table, **condition, **start))  # noqa: B023 - it is called at once
        yield from map(dynamodb.decode, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _post(key: str, item: Item) -> LedgerPost:
    written_at = item.expires - LEDGER_AGE_SECONDS if isfinite(item.expires) else 0.0
    try:
        entry = decode(item.attributes, item.version)
    except AwsError:
        entry = None
    return LedgerPost(key, entry, written_at)
