"""The ledger: one contract, two implementations."""

import threading
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from bridge.net.aws import AwsError
from bridge.storage.ledger import NEW, STEPS, TOLD, DynamoLedger, Ledger, State
from local.aws import create_queue_and_ledger
from local.memory import MemoryLedger
from tests.support.safe_path import NOW, REF


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest, aws: object) -> Ledger:
    if request.param == "memory":
        return MemoryLedger()
    create_queue_and_ledger()
    return DynamoLedger("ledger", lambda: NOW)


def test_a_post_that_nobody_wrote_of_is_new(ledger: Ledger) -> None:
    assert ledger.read(REF) == NEW


def test_what_was_written_is_read(ledger: Ledger) -> None:
    written, entry = ledger.write(REF, NEW.claimed(NOW + 30.25, NOW), seen=NEW)
    assert written
    assert ledger.read(REF) == entry == replace(NEW.claimed(NOW + 30.25, NOW), version=1)
    _, filed = ledger.write(REF, entry.filed(42, {TOLD}, "closed", 7), seen=entry)
    assert ledger.read(REF) == filed
    assert (filed.state, filed.ticket, filed.version) == (State.FILED, 42, 2)
    assert (filed.since, filed.done, filed.until) == (NOW, frozenset({TOLD}), 0.0)
    assert (filed.kind, filed.former) == ("closed", 7)


def test_why_a_post_waits_and_since_when_is_kept_over_the_tries(ledger: Ledger) -> None:
    _, claim = ledger.write(REF, NEW.claimed(NOW + 30, NOW), seen=NEW)
    _, waits = ledger.write(REF, claim.doubted(NOW + 30, "cut"), seen=claim)
    _, again = ledger.write(REF, waits.claimed(NOW + 999, NOW + 900), seen=waits)
    assert (ledger.read(REF).reason, ledger.read(REF).since) == ("cut", NOW)
    ledger.write(REF, again.filed(42, set()), seen=again)
    assert (ledger.read(REF).reason, ledger.read(REF).done) == ("", frozenset())


def test_an_item_of_the_first_version_is_read_and_has_no_steps_left(aws: object) -> None:
    create_queue_and_ledger()
    item: Any = {
        "post": {"S": REF},
        "state": {"S": "filed"},
        "until": {"N": "0.0"},
        "tries": {"N": "1"},
        "version": {"N": "2"},
        "ticket": {"N": "42"},
    }
    boto3.client("dynamodb").put_item(TableName="ledger", Item=item)
    entry = DynamoLedger("ledger", lambda: NOW).read(REF)
    assert (entry.state, entry.ticket, entry.done) == (State.FILED, 42, STEPS)


def test_only_who_has_seen_the_latest_may_write(ledger: Ledger) -> None:
    _, first = ledger.write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    assert ledger.write(REF, NEW.claimed(NOW + 1, NOW), seen=NEW) == (False, first)
    _, second = ledger.write(REF, first.released("dns"), seen=first)
    assert ledger.write(REF, first.filed(1, set()), seen=first) == (False, second)
    assert ledger.read(REF) == second


def test_of_many_claims_at_once_one_succeeds() -> None:
    """In memory only: DynamoDB's conditions are atomic, moto's are not when threads race."""
    ledger, won = MemoryLedger(), []

    def claim(number: int) -> None:
        mine, _ = ledger.write(REF, NEW.claimed(NOW + number, NOW), seen=NEW)
        won.append(mine)

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_posts_do_not_touch_each_other(ledger: Ledger) -> None:
    ledger.write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    assert ledger.read("other") == NEW


def test_a_write_that_was_heard_but_not_answered_is_recognised(
    aws: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_queue_and_ledger()
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to inject a fault

    def twice(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "PutItem":
            real(self, operation, parameters)
        return real(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)
    written, _ = DynamoLedger("ledger", lambda: NOW).write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    assert written


def test_the_ledger_holds_no_words_and_forgets(aws: object) -> None:
    client = boto3.client("dynamodb")
    create_queue_and_ledger()
    DynamoLedger("ledger", lambda: NOW).write(REF, NEW.filed(42, {TOLD}, former=7), seen=NEW)
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


def test_a_ledger_out_of_reach_is_an_error_within_a_second(aws: object) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        DynamoLedger("none", lambda: NOW).read(REF)


def test_an_item_of_a_version_to_come_is_an_error_and_not_a_no(aws: object) -> None:
    create_queue_and_ledger()
    item: Any = {"post": {"S": REF}, "state": {"S": "pondering"}, "version": {"N": "1"}}
    boto3.client("dynamodb").put_item(TableName="ledger", Item=item)
    ledger = DynamoLedger("ledger", lambda: NOW)
    with pytest.raises(AwsError, match="UnreadableEntry"):
        ledger.read(REF)
    with pytest.raises(AwsError, match="UnreadableEntry"):
        ledger.write(REF, NEW.claimed(NOW, NOW), seen=NEW)


def test_attempts_that_may_have_been_executed_are_counted() -> None:
    claim = NEW.claimed(NOW, NOW)
    assert claim.released("dns").tries == 0
    assert claim.doubted(NOW, "cut").claimed(NOW, NOW).tries == 2
