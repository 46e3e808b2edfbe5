"""The posts that the ledger knows, and those of them that still wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from bridge.config.timing import LEDGER_AGE_SECONDS
from bridge.net.aws import AwsError, config
from bridge.storage.ledger import Entry, State, is_thread, read_item
from operations.aws import CALL_SECONDS, asking

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


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
        return (self.entry.since if self.entry else 0.0) or self.written_at

    @property
    def filed(self) -> bool:
        """Whether the ledger calls it filed."""
        return self.entry is not None and self.entry.state is State.FILED


def posts(table: str, *, waiting_only: bool = False) -> list[LedgerPost]:
    """Read the ledger, oldest post first: all, or those that wait for a ticket or a step after it.

    Raises:
        CannotAsk: it cannot be read.
    """
    found = [_ledger_post(item) for item in _scan(table, waiting_only=waiting_only)]
    real = [post for post in found if not is_thread(post.ref)]
    return sorted(real, key=lambda post: (post.since, post.ref))


def _scan(table: str, *, waiting_only: bool) -> "Iterator[Item]":
    condition: dict[str, Any] = {}
    if waiting_only:
        condition = {
            "FilterExpression": "#state <> :filed OR (attribute_exists(why) AND why <> :nothing)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":filed": {"S": State.FILED.value},
                ":nothing": {"S": ""},
            },
        }
    what = f"the table {table}"
    client: DynamoDBClient = asking(
        what, lambda: boto3.client("dynamodb", config=config(CALL_SECONDS))
    )
    while True:
        answer = asking(what, lambda: client.scan(TableName=table, **condition))
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        condition["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _ledger_post(item: "Item") -> LedgerPost:
    expires = float(item["expires"]["N"]) if "expires" in item else LEDGER_AGE_SECONDS
    try:
        entry = read_item(item)
    except AwsError:
        entry = None
    return LedgerPost(item["post"]["S"], entry, expires - LEDGER_AGE_SECONDS)
