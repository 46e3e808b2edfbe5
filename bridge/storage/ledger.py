"""What became of each post: the memory that keeps one post from becoming two tickets.

One item per post, without words. It is written by compare-and-set only, so that of any number of
containers that want to file the same post, one may:

    (nothing) ──claim──► TRIED ──number──► FILED
                  ▲        │ surely not executed
                  └─OPEN ◄─┘

A claim is written before the request leaves, and as TRIED: a crash at any moment reads as "may
have been executed". Nobody creates a ticket for a TRIED post before it has settled and a look-up
has found none.
"""

import uuid
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.exceptions import ClientError

from bridge.config import timing
from bridge.net.aws import AwsError, ask, config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


TOLD = "told"
REQUESTER = "requester"
FILES = "files"
THREAD = "thread"
STEPS = frozenset({TOLD, REQUESTER, FILES, THREAD})
"""What is done after a ticket is filed: its author knows, it has its requester and its files, and
the thread that it was written in belongs to it."""

BURIED = "buried"
"""The reason of a post in the dead letter queue: nobody should wait for its ticket."""

NEW_TICKET = ("accepted", "closed")
"""How a post has become a ticket of its own, and not a followup."""


def thread(root: str) -> str:
    """Return the key of a thread, which no post has."""
    return f"thread:{root}"


def is_thread(key: str) -> bool:
    """Say whether a key is a thread's."""
    return key.startswith("thread:")


class State(Enum):
    """What is known of the ticket of a post."""

    OPEN = "open"
    TRIED = "tried"
    FILED = "filed"


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of a post.

    Attributes:
        state: OPEN: surely no ticket. TRIED: there may be one. FILED: there is.
        until: seconds since the epoch by which whoever is at it has surely ended.
        ticket: the number, when FILED.
        kind: what became of the post, when FILED: a text's key, such as `accepted`.
        former: the closed ticket that this one goes on from, if any.
        root: the post whose thread belongs to the ticket from now on, "" for no other than its own.
        target: the ticket that the last attempt would have added to, if any.
        tries: how many attempts may have been executed.
        since: seconds since the epoch when the bridge took the message over.
        reason: the code of what keeps the post from its ticket, or from the steps after it; "" when
            nothing is known.
        done: the steps that are done, and `file:` with the id of each file that is.
        version: counts the writes; 0 for what has not been written.
    """

    state: State
    until: float = 0.0
    ticket: int | None = None
    tries: int = 0
    since: float = 0.0
    reason: str = ""
    kind: str = "accepted"
    former: int | None = None
    root: str = ""
    target: int | None = None
    done: frozenset[str] = frozenset()
    version: int = 0

    def claimed(
        self, until: float, since: float, target: int | None = None, done: Set[str] = frozenset()
    ) -> "Entry":
        """Return the entry of somebody who is about to create and is through by `until`.

        What has been composed says where the files are, or it does not: a look-up relies on that.
        """
        tried = replace(self, state=State.TRIED, until=until, tries=self.tries + 1, target=target)
        return replace(tried, since=self.since or since, done=frozenset(done & {FILES}))

    def released(self, reason: str) -> "Entry":
        """Return the entry after an attempt that was surely not executed."""
        return replace(self, state=State.OPEN, until=0.0, tries=self.tries - 1, reason=reason)

    def doubted(self, now: float, reason: str) -> "Entry":
        """Return the entry after an attempt that ended without a clear answer."""
        return replace(self, state=State.TRIED, until=now, reason=reason)

    def filed(
        self,
        ticket: int,
        done: Set[str],
        kind: str = "accepted",
        former: int | None = None,
        root: str = "",
    ) -> "Entry":
        """Return the entry of a post that has its ticket."""
        filed = replace(self, state=State.FILED, ticket=ticket, until=0.0, reason="", target=None)
        return replace(filed, done=frozenset(done), kind=kind, former=former, root=root)


NEW = Entry(State.OPEN)
"""What holds for a post that the ledger has never heard of."""


class Ledger(Protocol):
    """The ledger as the bridge uses it."""

    def read(self, ref: str) -> Entry:
        """Return what is known of a post, NEW if nothing.

        Raises:
            AwsError: the ledger did not answer.
        """

    def write(self, ref: str, entry: Entry, seen: Entry) -> tuple[bool, Entry]:
        """Write an entry if the ledger still holds what was seen.

        Returns:
            True and the entry as written, or False and the entry that is there instead.

        Raises:
            AwsError: the ledger did not answer; the entry may or may not be written.
        """


class DynamoLedger:
    """The ledger in a DynamoDB table with the string key `post` and the TTL attribute `expires`.

    Args:
        table: its name.
        clock: seconds since the epoch.
    """

    def __init__(self, table: str, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._dynamodb = boto3.client("dynamodb", config=config(timing.LEDGER_SECONDS))

    def read(self, ref: str) -> Entry:
        """Read the item, always as it is now (`Ledger`)."""

        def get() -> Entry:
            found = self._dynamodb.get_item(
                TableName=self._table, Key={"post": {"S": ref}}, ConsistentRead=True
            )
            return read_item(found.get("Item"))

        return ask(timing.LEDGER_SECONDS, get)

    def write(self, ref: str, entry: Entry, seen: Entry) -> tuple[bool, Entry]:
        """Put the item on the condition that its version is the one seen (`Ledger`)."""
        written = replace(entry, version=seen.version + 1)
        item: dict[str, AttributeValueTypeDef] = {
            "post": {"S": ref},
            "state": {"S": written.state.value},
            "until": {"N": repr(written.until)},
            "tries": {"N": str(written.tries)},
            "since": {"N": repr(written.since)},
            "why": {"S": written.reason},
            "how": {"S": written.kind},
            "version": {"N": str(written.version)},
            "expires": {"N": str(int(self._clock() + timing.LEDGER_AGE_SECONDS))},
            "writer": {"S": uuid.uuid4().hex},
        }
        if written.ticket is not None:
            item["ticket"] = {"N": str(written.ticket)}
        if written.former is not None:
            item["former"] = {"N": str(written.former)}
        if written.root:
            item["root"] = {"S": written.root}
        if written.target is not None:
            item["target"] = {"N": str(written.target)}
        if written.done:
            item["done"] = {"SS": sorted(written.done)}

        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(post)"}
        if seen.version:
            condition = {
                "ConditionExpression": "version = :seen",
                "ExpressionAttributeValues": {":seen": {"N": str(seen.version)}},
            }

        def put() -> tuple[bool, Entry]:
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                present: Any = error.response.get("Item")
                # The SDK may have tried twice, and the first time have been heard after all.
                ours = bool(present) and present.get("writer") == item["writer"]
                return ours, read_item(present)
            return True, written

        return ask(timing.LEDGER_SECONDS, put)


def read_item(item: "dict[str, AttributeValueTypeDef] | None") -> Entry:
    """Read an item. The first version had no `since` and no steps to do.

    Raises:
        AwsError: it is of a version to come.
    """
    if not item:
        return NEW
    nothing_done = frozenset() if "since" in item else STEPS
    try:
        return Entry(
            state=State(item["state"]["S"]),
            until=float(item["until"]["N"]),
            ticket=int(item["ticket"]["N"]) if "ticket" in item else None,
            tries=int(item["tries"]["N"]),
            since=float(item["since"]["N"]) if "since" in item else 0.0,
            reason=item["why"]["S"] if "why" in item else "",
            kind=item["how"]["S"] if "how" in item else "accepted",
            former=int(item["former"]["N"]) if "former" in item else None,
            root=item["root"]["S"] if "root" in item else "",
            target=int(item["target"]["N"]) if "target" in item else None,
            done=frozenset(item["done"]["SS"] if "done" in item else nothing_done),
            version=int(item["version"]["N"]),
        )
    except (KeyError, ValueError):
        raise AwsError("UnreadableEntry", refused=True) from None
