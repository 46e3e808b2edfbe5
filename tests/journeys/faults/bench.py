"""What the cells of the fault matrix share: the bench, what people read, what cannot occur."""

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bridge import container
from bridge.config.timing import TIMINGS
from local.gateway import FUNCTION_SECONDS
from local.glpi_simulator import Fault
from tests.conftest import Lab
from tests.support.deadlines import skip_waits
from tests.support.moto_queue import MotoOutbox, drive
from tests.support.safe_path import Clock, work

SAVED = "Сообщение сохранено. GLPI сейчас не отвечает"
LATER = "Сообщение сохранено, заявка появится немного позже"
WAITS = "GLPI пока не принимает"
FILED = "Принято: заявка"
LOST = "Сообщение не сохранено"
DOUBT = "GLPI не подтвердил"

FAST, WORKER, REPLAY = COLUMNS = ("fast path", "worker", "replay")

CREATE = "POST Ticket"
DOWN = Fault("maintenance")
CUT = Fault("cut_after", CREATE)

Tell = Callable[[str, object], None]
"""pytest's record_property; a cell is a property of its own name."""


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


class Bench:
    """The bridge over the embedded AWS on a clock that stands, with faults to inject into GLPI."""

    def __init__(self, lab: Lab, out: MotoOutbox, clock: Clock) -> None:
        self.lab = lab
        self.out = out
        self.clock = clock
        self._before = 0
        self._patch = pytest.MonkeyPatch()

    def warm_up(self) -> None:
        """Have a session and a connection, as on an ordinary day, and count tickets from now on."""
        self.lab.say("112 warm up")
        self.converge()
        self._before = len(self.lab.glpi.tickets)

    @property
    def filed(self) -> int:
        """How many tickets there are since the bench is warm, or since the last `forget`."""
        return len(self.lab.glpi.tickets) - self._before

    def forget(self) -> None:
        """Count tickets from now on."""
        self._before = len(self.lab.glpi.tickets)

    def inject(self, case: Case) -> None:
        """Let a fault strike from now on."""
        fault = case.fault
        if case.at_login:
            self.lab.glpi.expire_sessions()
        if isinstance(fault, Fault):
            self.lab.glpi.inject(fault)
            if fault.seconds:
                skip_waits(self._patch, self.lab.glpi)
        elif fault == "dns":
            self._patch.setattr(socket, "getaddrinfo", _unresolvable)
        elif fault == "tls":
            self._patch.setattr(container.container().glpi.session, "base_url", self._https())
        elif fault == "expire":
            self.lab.glpi.expire_sessions()
        elif fault == "stale":
            self.lab.glpi.inject(Fault("stale_rights"))
        container.container().glpi.session._http.close()  # the next request needs a connection

    def heal(self) -> None:
        """Let everything work again."""
        self.lab.glpi.heal()
        self._patch.undo()

    def _https(self) -> str:
        """Return the address of a port that speaks no TLS as if it did."""
        return self.lab.glpi.url.replace("http:", "https:")

    def queued(self) -> None:
        """Have a message in the queue whose author has read that it is saved."""
        self.lab.glpi.inject(Fault("maintenance", times=1))
        assert SAVED in self.lab.say("112 принтер")
        self.clock.now = self.out.next_at() or 0

    def outlive(self) -> None:
        """Let what is in the queue become too old to be tried any longer."""
        self.clock.now += TIMINGS["normal"].max_age + 1

    def redriven(self) -> None:
        """Have a message that comes again out of the dead letter queue."""
        self.lab.glpi.inject(DOWN)
        assert SAVED in self.lab.say("112 принтер")
        self.outlive()
        assert self.work() == []
        assert len(self.out.dead) == 1
        self.lab.glpi.heal()
        self.out.redrive()
        self.clock.now = self.out.next_at() or 0

    def work(self, seconds: float = FUNCTION_SECONDS) -> list[str]:
        """Let the worker have what is visible; returns what stays in the queue."""
        return work(self.out, seconds)

    def converge(self) -> None:
        """Let the worker go on until nothing waits, and redrive once what was buried."""
        for _ in range(2):
            self._drain()
            if not self.out.redrive():
                return
        pytest.fail("what was redriven is buried again")

    def _drain(self) -> None:
        for _ in range(20):
            at = self.out.next_at()
            if at is None:
                return
            self.clock.now = max(self.clock.now, at)
            self.work()
        pytest.fail("messages are still waiting")

    def all_is_well(self, tickets: int = 1) -> None:
        """Heal everything, let the worker go on, and see what is left."""
        self.heal()
        self.converge()
        assert self.filed == tickets
        assert self.out.queue == self.out.dead == []


def _unresolvable(*_: object, **__: object) -> Any:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def build(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return the bench, warm and healthy."""
    clock = Clock()
    drive(monkeypatch, clock)
    out = MotoOutbox(os.environ["QUEUE_URL"], os.environ["DEAD_LETTER_URL"])
    monkeypatch.setattr(container, "SqsOutbox", lambda *_: out)
    monkeypatch.setattr("bridge.container.time.time", clock)
    monkeypatch.setattr("bridge.config.timing.SECRET_PAUSE_SECONDS", 0)
    monkeypatch.setattr(random, "uniform", lambda _, highest: highest)
    lab.cold_start()
    bench = Bench(lab, out, clock)
    bench.warm_up()
    return bench
