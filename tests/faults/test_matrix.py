"""Every fault at every moment: what the person reads, and what is left when all is well again.

A fault strikes on the fast path (the person's own request), at the worker, or at a replay from the
dead letter queue. Afterwards it is healed, the worker goes on, and there must be exactly one
ticket, nothing in the queue and nothing in the dead letter queue. `make faults` prints the matrix.
"""

import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ConnectTimeoutError

import handler
from local.glpi_simulator import Fault
from local.memory import MemoryOutbox
from outbox import Message
from tests.conftest import Lab, json_event
from tests.safe_path import Clock, post, work

SAVED = "Сообщение сохранено. GLPI сейчас не отвечает"
LATER = "Сообщение сохранено, заявка появится немного позже"
WAITS = "GLPI пока не принимает"
FILED = "Принято: заявка"
LOST = "Сообщение не сохранено"
DOUBT = "GLPI не подтвердил"

CREATE = "POST Ticket"


@dataclass(frozen=True)
class Case:
    """A fault, and what the person reads when it strikes on the fast path.

    Attributes:
        fault: a fault of the simulator, or the name of one that is injected otherwise.
        said: the beginning of the answer.
        filed_at_once: whether the ticket exists although the person may not know.
        at_login: whether the fault strikes only at a login, so that the session must have expired.
    """

    fault: Fault | str
    said: str
    filed_at_once: bool = False
    at_login: bool = False


GLPI_CASES = {
    "GLPI refuses connections": Case(Fault("refuse"), SAVED),
    "DNS fails": Case("dns", SAVED),
    "TLS fails": Case("tls", SAVED),
    "slow before processing": Case(Fault("delay_before", CREATE, seconds=60), SAVED),
    "slow after processing": Case(Fault("delay_after", CREATE, seconds=60), SAVED, True),
    "cut before processing": Case(Fault("cut_before", CREATE), SAVED),
    "cut after processing": Case(Fault("cut_after", CREATE), SAVED, True),
    "cut in the answer": Case(Fault("cut_midbody", CREATE), SAVED, True),
    "500 before": Case(Fault("status_before", CREATE, status=500), SAVED),
    "500 after": Case(Fault("status_after", CREATE, status=500), SAVED, True),
    "502 HTML": Case(Fault("php_down"), SAVED),
    "504 after": Case(Fault("status_after", CREATE, status=504), SAVED, True),
    "429": Case(Fault("status_before", status=429), SAVED),
    "200 maintenance": Case(Fault("maintenance"), SAVED),
    "200 empty": Case(Fault("empty", CREATE), SAVED),
    "login page at the login": Case(Fault("html", "initSession"), WAITS, at_login=True),
    "login page at the create": Case(Fault("html", CREATE), SAVED),
    "dead database": Case(Fault("database_down", CREATE), SAVED),
    "session expired": Case("expire", FILED, True),
    "sessions forgotten": Case(Fault("forget_sessions"), SAVED),
    "tokens rejected": Case(Fault("reject_tokens"), WAITS, at_login=True),
    "app token rejected": Case(Fault("reject_app_token"), WAITS),
    "API disabled": Case(Fault("api_disabled"), WAITS),
    "right missing": Case(Fault("right_missing"), WAITS),
    "right given after the login": Case("stale", FILED, True),
    "redirect": Case(Fault("redirect", location="https://glpi.example/"), SAVED),
    "oversized answer": Case(Fault("oversized", CREATE), SAVED, True),
    "dripping answer": Case(Fault("drip", CREATE, seconds=0.02), SAVED, True),
    "invalid JSON": Case(Fault("invalid_json", CREATE), SAVED, True),
    "number as text": Case(Fault("wrong_shape", CREATE), SAVED, True),
}


class Bench:
    """The bridge with an outbox in memory and a clock that stands, and the faults to inject."""

    def __init__(self, lab: Lab, out: MemoryOutbox, clock: Clock) -> None:
        self.lab = lab
        self.out = out
        self.clock = clock
        self._patch = pytest.MonkeyPatch()

    def inject(self, case: Case) -> None:
        """Let a fault strike from now on."""
        fault = case.fault
        if case.at_login:
            self.lab.glpi.expire_sessions()
        if isinstance(fault, Fault):
            self.lab.glpi.inject(fault)
        elif fault == "dns":
            self._unresolvable()
        elif fault == "tls":
            self._patch.setattr(handler.container().glpi.session, "base_url", self._https())
        elif fault == "expire":
            self.lab.glpi.expire_sessions()
        elif fault == "stale":
            self.lab.glpi.inject(Fault("stale_rights"))
        handler.container().glpi.session._http.close()  # the next request needs a connection

    def heal(self) -> None:
        """Let everything work again."""
        self.lab.glpi.heal()
        self._patch.undo()

    def _unresolvable(self) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        self._patch.setattr(socket, "getaddrinfo", unknown)

    def _https(self) -> str:
        """Return the address of a port that speaks no TLS as if it did."""
        return self.lab.glpi.url.replace("http:", "https:")

    def converge(self) -> None:
        """Let the worker go on until nothing waits."""
        for _ in range(20):
            at = self.out.next_at()
            if at is None:
                return
            self.clock.now = max(self.clock.now, at)
            work(self.out)
        pytest.fail("messages are still waiting")


@pytest.fixture
def bench(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    clock = Clock()
    out = MemoryOutbox(clock)
    monkeypatch.setattr(handler, "SqsOutbox", lambda *_: out)
    monkeypatch.setattr("handler.time.time", clock)
    monkeypatch.setattr("handler.WORKER_SECONDS", 0.3)
    monkeypatch.setattr("handler.GLPI_SECONDS", 0.3)
    monkeypatch.setattr(random, "uniform", lambda _, highest: highest)
    lab.cold_start()
    bench = Bench(lab, out, clock)
    lab.say("112 warm up")  # a reused session and connection, as on an ordinary day
    bench.converge()
    yield bench
    bench.heal()


Tell = Callable[[str, object], None]


def tickets_since(bench: Bench, before: int) -> int:
    return len(bench.lab.glpi.tickets) - before


@pytest.mark.parametrize("name", GLPI_CASES)
def test_on_the_fast_path(bench: Bench, name: str, record_property: Tell) -> None:
    case, before = GLPI_CASES[name], len(bench.lab.glpi.tickets)
    bench.inject(case)
    said = bench.lab.say("112 принтер")
    record_property("cell", (name, "fast path", said[:40]))
    assert case.said in said
    assert tickets_since(bench, before) == case.filed_at_once
    bench.heal()
    bench.converge()
    assert tickets_since(bench, before) == 1
    assert bench.out.queue == bench.out.dead == []


@pytest.mark.parametrize("name", GLPI_CASES)
def test_at_the_worker(bench: Bench, name: str, record_property: Tell) -> None:
    case, before = GLPI_CASES[name], len(bench.lab.glpi.tickets)
    bench.lab.glpi.inject(Fault("maintenance", times=1))
    assert SAVED in bench.lab.say("112 принтер")
    bench.inject(case)
    bench.clock.now = bench.out.next_at() or 0
    left = work(bench.out)
    record_property("cell", (name, "worker", "waits" if left else "filed"))
    assert bool(left) == (case.said != FILED)
    assert tickets_since(bench, before) == case.filed_at_once
    bench.heal()
    bench.converge()
    assert tickets_since(bench, before) == 1
    assert bench.out.queue == bench.out.dead == []


@pytest.mark.parametrize("name", GLPI_CASES)
def test_at_a_replay_from_the_dead_letter_queue(
    bench: Bench, name: str, record_property: Tell
) -> None:
    case, before = GLPI_CASES[name], len(bench.lab.glpi.tickets)
    message = Message(post("112 принтер"), bench.clock.now)
    bench.out.send(message, 0)
    body = bench.out.queue[0].body
    bench.out.delete(bench.out.queue[0].receipt)
    bench.inject(case)
    bench.out.put(body)  # as a redrive does
    left = work(bench.out)
    record_property("cell", (name, "replay", "waits" if left else "filed"))
    assert tickets_since(bench, before) == case.filed_at_once
    bench.heal()
    bench.converge()
    bench.out.put(body)  # and once more, by mistake
    bench.converge()
    assert tickets_since(bench, before) == 1
    assert bench.out.queue == bench.out.dead == []


# --- Our own parts


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let an AWS service be out of reach."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to inject a fault
    down: set[str] = set()

    def call(self: object, operation: str, parameters: object) -> object:
        if self.meta.service_model.service_name in down:  # type: ignore[attr-defined]  # botocore's
            raise ConnectTimeoutError(endpoint_url="https://aws.example")
        return real(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return down.add


OWN_CASES: dict[str, tuple[set[str], Fault | None, str]] = {
    "ledger down": ({"dynamodb"}, None, LATER),
    "queue down": ({"sqs"}, None, FILED),
    "queue down, GLPI down": ({"sqs"}, Fault("maintenance"), DOUBT),
    "queue down, answer cut": ({"sqs"}, Fault("cut_after", CREATE), DOUBT),
    "queue and ledger down": ({"sqs", "dynamodb"}, None, DOUBT),
    "secrets down, cold": ({"secretsmanager"}, None, LOST),
}


@pytest.mark.parametrize("name", OWN_CASES)
def test_our_own_parts_on_the_fast_path(
    lab: Lab, fail: Callable[[str], None], name: str, record_property: Tell
) -> None:
    down, fault, said = OWN_CASES[name]
    for service in down:
        fail(service)
    if fault:
        lab.glpi.inject(fault)
    _, answer = lab.invoke(json_event())
    record_property("cell", (name, "fast path", answer["text"][:40]))
    assert said in answer["text"]
    filed = said == FILED or (fault is not None and fault.kind == "cut_after")
    assert len(lab.glpi.tickets) == filed


def test_secrets_down_in_a_warm_container_change_nothing(
    lab: Lab, fail: Callable[[str], None], record_property: Tell
) -> None:
    lab.say("112 x")
    fail("secretsmanager")
    said = lab.say("112 y")
    record_property("cell", ("secrets down, warm", "fast path", said[:40]))
    assert FILED in said


def test_a_message_too_large_for_the_queue_is_filed_at_once_or_the_person_is_told(
    lab: Lab, record_property: Tell
) -> None:
    said = lab.say("112 " + "x" * 1_100_000)
    record_property("cell", ("larger than the queue takes", "fast path", said[:40]))
    assert FILED in said
    lab.glpi.inject(Fault("maintenance"))
    assert LOST in lab.say("112 " + "x" * 1_100_000)
