"""The table in DynamoDB, with the string key `post` and the TTL attribute `expires`.

Items are read as they are now; only the index is a little late (AWS documentation, "Global
secondary indexes").
"""

import math
import uuid
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from bridge.config import timing
from bridge.net.aws import AwsError, ask, config
from bridge.storage.store import OPEN, SEEN, STATUS, Item, Page, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Stored = dict[str, AttributeValueTypeDef]

T = TypeVar("T")

KEY, VERSION, WRITER, EXPIRES = "post", "version", "writer", "expires"
"""What every item has beside its attributes."""

BATCH = 100
"""Items that DynamoDB returns at once (BatchGetItem)."""

ROUNDS = 5
"""So often what a throttled table left out of its answer is asked for again."""

_REFUSED = "ConditionalCheckFailedException"
_NO_INDEX = "ValidationException"


class DynamoStore:
    """The table (`Store`).

    Args:
        table: its name.
        seconds: for a call, None for those of the functions.
    """

    def __init__(self, table: str, seconds: float | None = None) -> None:
        self._table = table
        self._seconds = timing.LEDGER_SECONDS if seconds is None else seconds
        self._dynamodb = boto3.client("dynamodb", config=config(self._seconds))

    def get(self, key: str) -> Item | None:
        """Read an item (`Store`)."""
        found = self._ask(
            lambda: self._dynamodb.get_item(
                TableName=self._table, Key={KEY: {"S": key}}, ConsistentRead=True
            )
        )
        return decode(found["Item"])[1] if "Item" in found else None

    def get_many(self, keys: Collection[str]) -> Mapping[str, Item]:
        """Read items, a hundred at a time (`Store`)."""
        asked, found = list(dict.fromkeys(keys)), dict[str, Item]()
        for start in range(0, len(asked), BATCH):
            found |= self._batch([{KEY: {"S": key}} for key in asked[start : start + BATCH]])
        return found

    def _batch(self, keys: "list[Stored]") -> dict[str, Item]:
        wanted: Any = {self._table: {"Keys": keys, "ConsistentRead": True}}
        found: dict[str, Item] = {}
        for _ in range(ROUNDS):
            answer = self._ask(partial(self._dynamodb.batch_get_item, RequestItems=wanted))
            found.update(decode(item) for item in answer["Responses"].get(self._table, []))
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return found
        raise AwsError("UnprocessedKeys", refused=True)

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        """Put an item on the condition that its version is the one seen (`Store`)."""
        written = Item(item.attributes, item.expires, seen + 1)
        stored = encode(key, written)
        condition: dict[str, Any] = {"ConditionExpression": f"attribute_not_exists({KEY})"}
        if seen:
            condition = {
                "ConditionExpression": f"{VERSION} = :seen",
                "ExpressionAttributeValues": {":seen": {"N": str(seen)}},
            }

        def put() -> tuple[bool, Item | None]:
            try:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=stored,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **condition,
                )
            except ClientError as error:
                present = _present(error)
                ours = present.get(WRITER) == stored[WRITER]  # the first of two tries was heard
                return ours, decode(present)[1] if present else None
            return True, written

        return self._ask(put)

    def add(self, key: str, attribute: str, amount: int, expires: float) -> int:
        """Add to a number; what the SDK sends twice is added once (`Store`).

        That holds unless somebody else adds between its two tries.
        """
        writer = {"S": uuid.uuid4().hex}

        def update() -> "Stored":
            try:
                return self._dynamodb.update_item(
                    TableName=self._table,
                    Key={KEY: {"S": key}},
                    UpdateExpression="ADD #n :n, #v :one SET #w = :w, #e = :e",
                    ConditionExpression="attribute_not_exists(#w) OR #w <> :w",
                    ExpressionAttributeNames={
                        "#n": attribute,
                        "#v": VERSION,
                        "#w": WRITER,
                        "#e": EXPIRES,
                    },
                    ExpressionAttributeValues={
                        ":n": {"N": str(amount)},
                        ":one": {"N": "1"},
                        ":w": writer,
                        ":e": {"N": str(int(expires))},
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )["Attributes"]
            except ClientError as error:
                return _present(error)

        return int(self._ask(update)[attribute]["N"])

    def open_after(self, kind: str, last: str = "", limit: int = 1000) -> Page:
        """Query the sparse index (`Store`)."""
        start: Any = {"ExclusiveStartKey": {KEY: {"S": last}, OPEN: {"S": kind}}} if last else {}

        def query() -> Any:  # noqa: ANN401 - boto3's
            try:
                return self._dynamodb.query(
                    TableName=self._table,
                    IndexName=OPEN,
                    KeyConditionExpression="#open = :kind",
                    ExpressionAttributeNames={"#open": OPEN},
                    ExpressionAttributeValues={":kind": {"S": kind}},
                    Limit=limit,
                    **start,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _NO_INDEX:
                    raise
                raise AwsError("IndexNotReady", refused=True) from None

        answer = self._ask(query)
        decoded = (decode(item) for item in answer["Items"])
        rows = tuple(
            Row(key, item.attributes.get(SEEN), item.attributes.get(STATUS))
            for key, item in decoded
        )
        return Page(rows, answer.get("LastEvaluatedKey", {}).get(KEY, {}).get("S", ""))

    def _ask(self, call: Callable[[], T]) -> T:
        return ask(self._seconds, call)


def _present(error: ClientError) -> "Stored":
    """Return the item that kept a condition from holding, nothing if there is none.

    Raises:
        ClientError: it was something else that went wrong.
    """
    if error.response["Error"]["Code"] != _REFUSED:
        raise error
    present: Any = error.response.get("Item", {})
    return dict(present)


def encode(key: str, item: Item) -> "Stored":
    """Return an item as DynamoDB stores it, with a writer that no other write has."""
    serialize = TypeSerializer().serialize
    attributes = {name: serialize(_exact(value)) for name, value in item.attributes.items()}
    return {
        **attributes,
        KEY: {"S": key},
        VERSION: {"N": str(item.version)},
        WRITER: {"S": uuid.uuid4().hex},
        **({EXPIRES: {"N": str(int(item.expires))}} if math.isfinite(item.expires) else {}),
    }


def decode(stored: "Mapping[str, AttributeValueTypeDef]") -> tuple[str, Item]:
    """Return key and item of what DynamoDB stores, whoever wrote it."""
    deserialize = TypeDeserializer().deserialize
    values = {name: _plain(deserialize(value)) for name, value in stored.items()}
    attributes = {
        name: value for name, value in values.items() if name not in (KEY, VERSION, WRITER, EXPIRES)
    }
    expires, version = values.get(EXPIRES, float("inf")), values.get(VERSION, 0)
    return str(values[KEY]), Item(attributes, float(expires), int(version))


def _exact(value: Any) -> Any:  # noqa: ANN401 - boto3's
    """Return a value with numbers as boto3 takes them."""
    return _each(value, lambda plain: Decimal(repr(plain)) if isinstance(plain, float) else plain)


def _plain(value: Any) -> Any:  # noqa: ANN401 - boto3's
    """Return what boto3 makes of a stored value without its number type."""

    def plain(stored: Any) -> Any:  # noqa: ANN401 - boto3's
        if not isinstance(stored, Decimal):
            return stored
        return int(stored) if stored == stored.to_integral_value() else float(stored)

    return _each(value, plain)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - boto3's
    """Change all that a value holds, however deep."""
    if isinstance(value, Mapping):
        return {name: _each(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each(inner, change) for inner in value]
    if isinstance(value, set | frozenset):
        return frozenset(_each(inner, change) for inner in value)
    return change(value)
