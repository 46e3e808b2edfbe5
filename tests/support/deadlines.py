"""Deadlines that pass at one step and at no other, however slow a machine is."""

from functools import partial
from typing import Any

import pytest

from bridge.net.connections import Cause, under_way
from bridge.net.deadline import Deadline
from bridge.net.http import Answer, Http
from local.glpi_simulator import GlpiSimulator
from tests.support.limits import PLENTY
from tests.support.safe_path import Clock

SHORT = 0.1
"""Seconds that are really waited for what never comes."""


class ShortFrom(Deadline):
    """Plenty of time until an exchange comes to a step, hardly any from then on.

    Args:
        step: `Cause.CUT` is the step in which the request has been sent.
    """

    def __init__(self, step: Cause) -> None:
        super().__init__(PLENTY)
        self._step = step
        self._short = False

    def remaining(self) -> float:
        exchange = under_way.get(None)
        if exchange and exchange.stage is self._step and not self._short:
            self._short = True
            self._end = self._clock() + SHORT
        return super().remaining()


def skip_waits(monkeypatch: pytest.MonkeyPatch, glpi: GlpiSimulator) -> None:
    """Let requests that GLPI is slow to answer use up their time, but hardly any of ours.

    The endpoints' deadlines follow a clock that moves only then, by as much as the request had.
    """
    clock = Clock()
    real = Http.request

    def request(http: Http, method: str, url: str, *, deadline: Deadline, **more: Any) -> Answer:
        called = f"{method} {url.partition('/apirest.php/')[2]}"
        slow = any(fault.seconds and fault.match in called for fault in glpi.faults)
        if deadline.passed or not slow:
            return real(http, method, url, deadline=deadline, **more)
        remaining = deadline.remaining()
        try:
            return real(http, method, url, deadline=ShortFrom(Cause.CUT), **more)
        finally:
            assert glpi.delays.acquire(timeout=PLENTY), "GLPI has not come to its delay"
            clock.now += remaining

    monkeypatch.setattr(Http, "request", request)
    for endpoint in ("outgoing_webhook", "queue"):
        deadline = partial(Deadline, clock=clock)
        monkeypatch.setattr(f"bridge.endpoints.{endpoint}.Deadline", deadline)
