"""What is remembered: one contract, whoever implements it."""

import itertools
import math
import random
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from bridge.net.aws import AwsError
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.store import Item, Row, Store, Value
from local.aws import create_queue_and_ledger
from local.memory import MemoryStore
from tests.support.safe_path import NOW

LATER = NOW + 100.0
NUMBERS: Any = frozenset({1, 2, 3})

IMPLEMENTATIONS: dict[str, Callable[[], Store]] = {
    "memory": MemoryStore,
    "dynamodb": lambda: DynamoStore("ledger"),
}
"""Another implementation joins here, and passes."""


@pytest.fixture(params=IMPLEMENTATIONS)
def store(request: pytest.FixtureRequest, aws: object) -> Store:
    create_queue_and_ledger()
    return IMPLEMENTATIONS[request.param]()


def item(**attributes: Value) -> Item:
    return Item(attributes, LATER)


def test_what_nobody_wrote_is_not_there(store: Store) -> None:
    assert store.get("a") is None
    assert store.get_many(["a", "b"]) == {}
    assert store.open_after("t").rows == ()


def test_what_was_written_is_read(store: Store) -> None:
    held = item(
        text="принтер 😀",
        nothing="",
        whole=42,
        negative=-7,
        zero=0.0,
        moment=NOW + 0.123456,
        large=2**53,
        several=frozenset({"a", "b"}),
        table={"f12": {"post": "x", "at": NOW + 0.5}, "empty": {}},
        numbers=NUMBERS,
        listed=["a", 1, 0.5, ["b"], {"c": frozenset({"d"})}],
        yes=True,
        no=False,
        unknown=None,
        raw=b"\x00\xff",
    )
    written, stored = store.put_if("key", held, 0)
    assert (written, stored) == (True, Item(held.attributes, LATER, 1))
    assert store.get("key") == stored
    assert store.get_many(["key"]) == {"key": stored}


def test_a_write_replaces_the_whole_item(store: Store) -> None:
    store.put_if("key", item(a=1, b=2), 0)
    store.put_if("key", Item({"a": 3}, LATER + 1), 1)
    assert store.get("key") == Item({"a": 3}, LATER + 1, 2)


def test_only_who_has_seen_the_latest_may_write(store: Store) -> None:
    _, first = store.put_if("key", item(n=1), 0)
    assert store.put_if("key", item(n=2), 0) == (False, first)
    assert store.put_if("key", item(n=2), 7) == (False, first)
    _, second = store.put_if("key", item(n=3), 1)
    assert store.put_if("key", item(n=4), 1) == (False, second)
    assert store.get("key") == second == Item({"n": 3}, LATER, 2)


def test_a_version_of_what_is_gone_writes_nothing(store: Store) -> None:
    assert store.put_if("key", item(n=1), 3) == (False, None)
    assert store.get("key") is None


def test_things_do_not_touch_each_other(store: Store) -> None:
    store.put_if("a", item(n=1), 0)
    store.put_if("b", item(n=2), 0)
    store.add("c", "n", 3, LATER)
    assert {key: found.attributes["n"] for key, found in store.get_many("abc").items()} == {
        "a": 1,
        "b": 2,
        "c": 3,
    }


def test_what_never_expires_says_so(store: Store) -> None:
    store.put_if("cursor:poll", Item({"at": NOW}, math.inf), 0)
    assert store.get("cursor:poll") == Item({"at": NOW}, math.inf, 1)


def test_the_same_twice_is_read_once(store: Store) -> None:
    store.put_if("a", item(n=1), 0)
    assert store.get_many(["a", "b", "a", "b"]).keys() == {"a"}


def test_many_are_read_at_once_each_once(store: Store) -> None:
    keys = [f"key:{n}" for n in range(205)]
    for n, key in enumerate(keys[::2]):
        store.put_if(key, item(n=n), 0)
    found = store.get_many(keys + keys)
    assert found.keys() == set(keys[::2])
    assert found["key:204"].attributes == {"n": 102}


def test_a_number_grows_from_nothing(store: Store) -> None:
    assert [store.add("storm", "count", n, LATER + n) for n in (1, 1, 5, -2)] == [1, 2, 7, 5]
    assert store.get("storm") == Item({"count": 5}, LATER - 2, 4)


def test_an_addition_leaves_the_rest_and_counts_as_a_write(store: Store) -> None:
    store.put_if("key", item(count=1, text="x"), 0)
    assert store.add("key", "count", 1, LATER) == 2
    assert store.put_if("key", item(count=1), 1)[0] is False
    assert store.get("key") == Item({"count": 2, "text": "x"}, LATER, 2)


def test_what_is_open_is_listed_with_what_the_index_tells(store: Store) -> None:
    store.put_if("ticket:main:1", item(open="t", seen="2026-11-30", status=2, desk="112"), 0)
    store.put_if("ticket:main:2", item(open="t"), 0)
    store.put_if("alert:1", item(open="a"), 0)
    store.put_if("ticket:main:3", item(status=6), 0)
    page = store.open_after("t")
    assert set(page.rows) == {Row("ticket:main:1", "2026-11-30", 2), Row("ticket:main:2")}
    assert page.last == ""


def test_what_is_closed_leaves_the_list(store: Store) -> None:
    store.put_if("ticket:main:1", item(open="t"), 0)
    store.put_if("ticket:main:1", item(status=6), 1)
    assert store.open_after("t").rows == ()


def test_pages_list_everything_once(store: Store) -> None:
    keys = {f"ticket:main:{n}" for n in range(25)}
    for key in keys:
        store.put_if(key, item(open="t"), 0)
    listed, last = [], ""
    for _ in range(10):
        page = store.open_after("t", last, limit=7)
        listed += [row.key for row in page.rows]
        last = page.last
        if not last:
            break
    assert sorted(listed) == sorted(keys)


Act = tuple[str, int, int, int]
"""Verb, writer, key, number."""

acts = st.lists(
    st.tuples(
        st.sampled_from(["get", "get_many", "put_if", "add", "open_after"]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.integers(-3, 9),
    ),
    max_size=25,
)


def played(store: Store, history: list[Act]) -> list[object]:
    """Let two writers act, each by what it has last seen; returns what they get to see."""
    seen: dict[tuple[int, str], int] = {}
    told: list[object] = []
    keys = ["a", "b", "c"]
    for verb, writer, n, number in history:
        key = keys[n]
        if verb == "get":
            found = store.get(key)
            seen[writer, key] = found.version if found else 0
            told.append(found)
        elif verb == "get_many":
            many = store.get_many(keys)
            seen |= {(writer, k): many[k].version if k in many else 0 for k in keys}
            told.append(dict(many))
        elif verb == "put_if":
            attributes: dict[str, Value] = {"n": number, "by": str(writer)}
            if number > 4:
                attributes["open"] = "t"
            mine, there = store.put_if(key, Item(attributes, LATER), seen.get((writer, key), 0))
            seen[writer, key] = there.version if there else 0
            told.append((mine, there))
        elif verb == "add":
            told.append(store.add(key, "n", number, LATER + 1))
        else:
            told.append({row.key for row in store.open_after("t").rows})
    return told


@given(history=acts)
@profile(max_examples=3000)
def test_a_writer_never_overwrites_what_it_has_not_seen(history: list[Act]) -> None:
    """Held against the plainest model: what two writers are told follows from their versions."""
    store = MemoryStore()
    model: dict[str, tuple[int, int]] = {}
    seen: dict[tuple[int, str], int] = {}
    told = played(store, history)
    for (verb, writer, n, number), answer in zip(history, told, strict=True):
        key = "abc"[n]
        version, value = model.get(key, (0, 0))
        if verb == "get":
            seen[writer, key] = version
            assert (answer.version if isinstance(answer, Item) else 0) == version
        elif verb == "get_many":
            seen |= {(writer, k): model.get(k, (0, 0))[0] for k in "abc"}
        elif verb == "put_if":
            mine = seen.get((writer, key), 0) == version
            assert isinstance(answer, tuple)
            assert answer[0] is mine
            model[key] = (version + 1, number) if mine else (version, value)
            seen[writer, key] = model[key][0]
            if model[key] == (0, 0):
                del model[key]
        elif verb == "add":
            assert answer == value + number
            model[key] = (version + 1, value + number)
    assert {k: (i.version, i.attributes["n"]) for k, i in store.items.items()} == model


def test_two_writers_are_told_the_same_in_memory_and_by_dynamodb(aws: object) -> None:
    """moto is asked from one thread: its conditions are not atomic when threads race."""
    chance = random.Random(13)
    verbs = ["get", "get_many", "put_if", "put_if", "add", "open_after"]
    create_queue_and_ledger()
    table = boto3.client("dynamodb")
    for _ in range(40):
        history = [
            (chance.choice(verbs), chance.randrange(2), chance.randrange(3), chance.randint(-3, 9))
            for _ in range(25)
        ]
        assert played(DynamoStore("ledger"), history) == played(MemoryStore(), history)
        for key in "abc":
            table.delete_item(TableName="ledger", Key={"post": {"S": key}})


def racing(*does: Callable[[], object]) -> None:
    """Do things at once."""
    barrier = threading.Barrier(len(does))

    def run(do: Callable[[], object]) -> None:
        barrier.wait()
        do()

    threads = [threading.Thread(target=run, args=(do,)) for do in does]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_that_write_at_once_one_succeeds_in_thousands_of_histories() -> None:
    """In memory only: DynamoDB's conditions are atomic, moto's are not when threads race."""
    store = MemoryStore()
    won: list[tuple[str, int]] = []

    def writes(writer: int) -> Callable[[], object]:
        def write() -> None:
            won.extend(
                (key, writer)
                for key in (f"key:{n}" for n in range(2000))
                if store.put_if(key, item(by=str(writer)), 0)[0]
            )

        return write

    racing(writes(0), writes(1))
    assert sorted(key for key, _ in won) == sorted(f"key:{n}" for n in range(2000))
    assert all(store.items[key].attributes["by"] == str(writer) for key, writer in won)


def test_of_many_additions_at_once_none_is_lost_and_readers_see_them_grow() -> None:
    store = MemoryStore()
    told: list[list[int]] = [[], []]
    looked: list[int] = []

    def add(writer: int) -> Callable[[], object]:
        return lambda: told[writer].extend(store.add("k", "n", 1, LATER) for _ in range(2000))

    def look() -> None:
        for _ in range(2000):
            found = store.get_many(["k"])
            looked.append(int(found["k"].version) if found else 0)
            assert {row.key for row in store.open_after("t").rows} == set()

    racing(add(0), add(1), look)
    assert sorted(itertools.chain(*told)) == list(range(1, 4001))
    assert looked == sorted(looked)


class Fault:
    """What happens to the calls of AWS."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to inject a fault
        self.monkeypatch = monkeypatch

    def twice(self, wanted: str) -> None:
        """Let a call be heard twice, as when its first answer was lost."""
        real = self._real

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if operation == wanted:
                real(client, operation, parameters)
            return real(client, operation, parameters)

        self.monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def refused(self, wanted: str, code: str, message: str) -> None:
        """Let a call be refused."""
        real = self._real

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if operation == wanted:
                raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
            return real(client, operation, parameters)

        self.monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    return Fault(monkeypatch)


@pytest.fixture
def table(aws: object) -> DynamoStore:
    create_queue_and_ledger()
    return DynamoStore("ledger")


def test_a_write_that_was_heard_but_not_answered_is_recognised(
    table: DynamoStore, fault: Fault
) -> None:
    fault.twice("PutItem")
    assert table.put_if("key", item(n=1), 0)[0]
    assert table.put_if("key", item(n=2), 1) == (True, Item({"n": 2}, LATER, 2))


def test_an_addition_that_was_heard_but_not_answered_counts_once(
    table: DynamoStore, fault: Fault
) -> None:
    fault.twice("UpdateItem")
    assert [table.add("key", "n", 1, LATER) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("verb", ["GetItem", "BatchGetItem"])
def test_items_are_read_as_they_are_now(
    table: DynamoStore, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """moto always is; DynamoDB has to be asked for it."""
    asked: list[Any] = []
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to look at the request

    def call(client: Any, operation: str, parameters: Any) -> Any:
        asked.append((operation, parameters))
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    table.get("a") if verb == "GetItem" else table.get_many(["a"])
    ((operation, parameters),) = asked
    assert operation == verb
    wanted = parameters if verb == "GetItem" else parameters["RequestItems"]["ledger"]
    assert wanted["ConsistentRead"] is True


@pytest.mark.parametrize(
    "message",
    [
        "The table does not have the specified index: open",
        "Cannot read from backfilling global secondary index: open",
    ],
)
def test_an_index_that_is_not_ready_never_says_that_nothing_is_open(
    table: DynamoStore, fault: Fault, message: str
) -> None:
    fault.refused("Query", "ValidationException", message)
    with pytest.raises(AwsError, match="IndexNotReady") as caught:
        table.open_after("t")
    assert caught.value.refused


def test_a_table_without_the_index_cannot_be_asked_what_is_open(aws: object) -> None:
    boto3.client("dynamodb").create_table(
        TableName="old",
        KeySchema=[{"AttributeName": "post", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "post", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(AwsError):  # moto's code is another than DynamoDB's
        DynamoStore("old").open_after("t")


def test_what_a_throttled_table_leaves_out_is_asked_for_again(
    table: DynamoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to inject a fault

    def one_at_a_time(client: Any, operation: str, parameters: Any) -> Any:
        if operation != "BatchGetItem":
            return real(client, operation, parameters)
        keys = parameters["RequestItems"]["ledger"]["Keys"]
        first = {"ledger": {**parameters["RequestItems"]["ledger"], "Keys": keys[:1]}}
        answer = real(client, operation, {"RequestItems": first})
        rest = {"ledger": {**parameters["RequestItems"]["ledger"], "Keys": keys[1:]}}
        return {**answer, "UnprocessedKeys": rest if keys[1:] else {}}

    for key in "abcdefgh":
        table.put_if(key, item(n=1), 0)
    monkeypatch.setattr(BaseClient, "_make_api_call", one_at_a_time)
    assert table.get_many("abc").keys() == set("abc")
    with pytest.raises(AwsError, match="UnprocessedKeys"):
        table.get_many("abcdefgh")


def test_a_table_out_of_reach_is_an_error_of_every_verb(aws: object) -> None:
    none = DynamoStore("none")
    verbs: list[Callable[[], object]] = [
        lambda: none.get("a"),
        lambda: none.get_many(["a"]),
        lambda: none.put_if("a", item(), 0),
        lambda: none.add("a", "n", 1, LATER),
        lambda: none.open_after("t"),
    ]
    for verb in verbs:
        with pytest.raises(AwsError, match="ResourceNotFoundException"):
            verb()
