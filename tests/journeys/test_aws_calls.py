"""How AWS is asked: within its time, and two parts at once where a promise allows it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from bridge import container
from bridge.filing.planning import Planner
from bridge.glpi_api.followups import CLOSED
from bridge.net import deadline
from bridge.storage.dynamodb import DynamoStore
from glpi import Glpi
from local.memory import MemoryOutbox
from tests.conftest import Lab, json_event
from tests.support.chat import Chat, chat
from tests.support.safe_path import NOW, REF, Clock

__all__ = ["chat"]


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
    monkeypatch.setattr(DynamoStore, "put_if", noted("ledger", DynamoStore.put_if))
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


def test_a_call_has_its_time_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    class Waited(Future[str]):
        def result(self, timeout: float | None = None) -> str:
            waited.append(timeout or 0.0)
            return "result"

    clock = Clock()
    monkeypatch.setattr(deadline, "Future", Waited)
    monkeypatch.setattr("bridge.net.deadline.time.monotonic", clock)
    answer = deadline.begin(2.0, lambda: "result")
    for later, left in ((0.0, 2.0), (0.5, 1.5), (5.0, 0.0)):
        clock.now = NOW + later
        assert answer() == "result"
        assert waited[-1] == pytest.approx(left)


def test_a_message_makes_no_client(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes its time, and the default session is not for several threads at once."""
    lab.cold_start()
    container.container()
    monkeypatch.setattr(boto3, "client", None)
    assert "Принято" in lab.say("112 x")


BEFORE_THE_ANSWER = {
    "message": {"SendMessage": 1, "PutItem": 2},
    "reply": {"SendMessage": 1, "GetItem": 2, "PutItem": 3},
    "continuation": {"SendMessage": 1, "GetItem": 2, "PutItem": 5},
}
"""What AWS is asked; of a reply that the bot answers, that it did is recorded before the end."""


@pytest.mark.parametrize("what", BEFORE_THE_ANSWER)
def test_nobody_waits_for_more_calls_of_aws_than_these(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    root = chat.write("112 принтер")
    chat.settle()
    if what == "continuation":
        chat.change(chat.ticket["id"], status=CLOSED)
    calls: list[str] = []
    real: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: object, operation: str, arguments: dict[str, Any]) -> Any:
        calls.append(operation)
        return real(self, operation, arguments)

    def send(*_: object) -> Callable[[], object]:
        calls.append("SendMessage")
        return lambda: None

    monkeypatch.setattr(BaseClient, "_make_api_call", counting)
    monkeypatch.setattr(chat.worker, "send", send)
    chat.write("112 x", root="" if what == "message" else root)
    assert Counter(calls) == BEFORE_THE_ANSWER[what]
