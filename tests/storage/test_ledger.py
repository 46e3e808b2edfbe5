"""The ledger: what became of a post, written by whoever has seen the latest."""

import threading

import boto3
import pytest

from bridge.net.aws import AwsError
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import (
    NEW,
    TOLD,
    Entry,
    Filed,
    Kind,
    Open,
    Result,
    Tried,
    claimed,
    filed,
    released,
)
from bridge.storage.ledger import Ledger
from bridge.storage.store import Item
from local.aws import create_queue_and_ledger
from local.memory import MemoryStore
from tests.support.safe_path import NOW, REF, Clock

RESULT = Result(Kind.CONTINUATION, 42, continues=7)


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest, aws: object) -> Ledger:
    if request.param == "memory":
        return Ledger(MemoryStore(), lambda: NOW)
    create_queue_and_ledger()
    return Ledger(DynamoStore("ledger"), lambda: NOW)


def written(ledger: Ledger, entry: Entry, ref: str = REF) -> Entry:
    mine, stored = ledger.write(ref, entry)
    assert mine
    return stored


def claim_of(ledger: Ledger) -> Tried:
    stored = written(ledger, claimed(NEW, NOW + 30.25, NOW))
    assert isinstance(stored, Tried)
    return stored


def test_a_post_that_nobody_wrote_of_is_new(ledger: Ledger) -> None:
    assert ledger.read(REF) == NEW


def test_what_was_written_is_read(ledger: Ledger) -> None:
    claim = claim_of(ledger)
    assert ledger.read(REF) == claim == Tried(NOW + 30.25, received_at=NOW, version=1)
    done = written(ledger, filed(claim, RESULT, {TOLD}))
    assert ledger.read(REF) == done
    assert done == Filed(RESULT, frozenset({TOLD}), received_at=NOW, version=2)


def test_only_who_has_seen_the_latest_may_write(ledger: Ledger) -> None:
    claim = claim_of(ledger)
    assert ledger.write(REF, claimed(NEW, NOW + 1, NOW)) == (False, claim)
    second = written(ledger, released(claim, "dns"))
    assert second == Open("dns", received_at=NOW, version=2)
    assert ledger.write(REF, filed(claim, RESULT, set())) == (False, second)
    assert ledger.read(REF) == second


def test_of_many_claims_at_once_one_succeeds() -> None:
    """In memory only: DynamoDB's conditions are atomic, moto's are not when threads race."""
    ledger = Ledger(MemoryStore(), lambda: NOW)
    won: list[bool] = []

    def claim(number: int) -> None:
        won.append(ledger.write(REF, claimed(NEW, NOW + number, NOW))[0])

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_posts_do_not_touch_each_other(ledger: Ledger) -> None:
    claim_of(ledger)
    assert ledger.read("other") == NEW


def test_what_is_known_counts_however_old_it_is(clock: Clock) -> None:
    ledger = Ledger(MemoryStore(), clock)
    claim = claim_of(ledger)
    clock.now += 1000 * 24 * 3600
    assert ledger.read(REF) == claim
    assert ledger.write(REF, claimed(NEW, clock.now, clock.now)) == (False, claim)


def test_the_ledger_holds_no_words_and_forgets(aws: object) -> None:
    client = boto3.client("dynamodb")
    create_queue_and_ledger()
    Ledger(DynamoStore("ledger"), lambda: NOW).write(REF, filed(NEW, RESULT, {TOLD}))
    (item,) = client.scan(TableName="ledger")["Items"]
    assert item.keys() == {
        "post",
        "state",
        "until",
        "tries",
        "since",
        "why",
        "how",
        "former",
        "done",
        "version",
        "expires",
        "writer",
        "ticket",
    }
    assert int(item["expires"]["N"]) == NOW + 40 * 24 * 3600


def test_an_entry_of_a_version_to_come_is_an_error_and_not_a_no(ledger: Ledger) -> None:
    ledger._store.put_if(REF, Item({"state": "pondering"}, NOW + 9), 0)
    with pytest.raises(AwsError, match="UnreadableEntry"):
        ledger.read(REF)
    with pytest.raises(AwsError, match="UnreadableEntry"):
        ledger.write(REF, claimed(NEW, NOW, NOW))
