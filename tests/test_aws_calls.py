"""How AWS is asked: within its time, and two parts at once where a promise allows it."""

import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import aws
from credentials import secrets_manager
from deadline import begin
from glpi import Glpi
from ledger import DynamoLedger
from local.memory import MemoryOutbox
from outbox import SqsOutbox
from planning import Planner
from tests.conftest import Lab, json_event
from tests.safe_path import NOW, REF


@pytest.fixture
def steps(worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens while a message is filed, in its order."""
    steps: list[str] = []

    def noted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            steps.append(name)
            return real(*arguments, **named)

        return call

    def send(*_: object) -> Callable[[], object]:
        steps.append("queue asked")
        return noted("queue answers", lambda: None)

    monkeypatch.setattr(worker, "send", send)
    monkeypatch.setattr(DynamoLedger, "write", noted("ledger", DynamoLedger.write))
    monkeypatch.setattr(Glpi, "create_ticket", noted("GLPI", Glpi.create_ticket))
    return steps


def test_queue_and_ledger_are_asked_together_and_glpi_after_both(
    lab: Lab, steps: list[str]
) -> None:
    assert "Принято" in lab.say("112 x")
    assert steps == ["queue asked", "ledger", "queue answers", "GLPI", "ledger"]


def test_a_doubled_message_is_safe_as_well_before_anybody_is_answered(
    lab: Lab, steps: list[str]
) -> None:
    lab.invoke(json_event(post_id=REF))
    steps.clear()
    assert lab.invoke(json_event(post_id=REF))[1] == {}
    assert steps == ["queue asked", "ledger", "queue answers"]


def test_whatever_goes_wrong_meanwhile_the_queue_is_waited_for(
    lab: Lab, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Planner, "plan", broken)
    status, answer = lab.invoke(json_event())
    assert (status, "не подтвердил" in answer["text"]) == (500, True)
    assert steps == ["queue asked", "queue answers"]


def test_a_call_has_its_time_from_its_beginning() -> None:
    may_end, ended = threading.Event(), threading.Event()

    def call() -> str:
        may_end.wait()
        return "result"

    def notify() -> str:
        ended.set()
        return "result"

    slow, quick = begin(0.0, call), begin(0.0, notify)
    with pytest.raises(TimeoutError):
        slow()
    may_end.set()
    ended.wait()
    assert within_a_moment(quick) == "result"


def within_a_moment(result: Callable[[], str]) -> str:
    """Return a result that is there as soon as its thread has gone on a little."""
    while True:
        try:
            return result()
        except TimeoutError:
            continue


def test_one_client_is_created_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[str] = []

    class Client:
        def __getattr__(self, _: str) -> Callable[..., dict[str, str]]:
            return lambda **_: {"SecretString": "{}"}

    def create(service: str, **_: object) -> Client:
        assert aws.CREATING.locked()
        created.append(service)
        return Client()

    monkeypatch.setattr(boto3, "client", create)
    SqsOutbox("queue", "dead").bury("body", "reason")
    DynamoLedger("ledger", lambda: NOW).read(REF)
    secrets_manager("secret")()
    assert created == ["sqs", "dynamodb", "secretsmanager"]
