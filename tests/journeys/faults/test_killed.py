"""The function killed at each of its steps: what was made safe gets its ticket, and only one.

A step is a call of the outbox, the ledger or GLPI; the container is killed before and after it is
executed, at one of these points in each run, until a run comes through. A killed fast path has
answered nothing, so nobody was promised anything. It claims a post while the queue takes the
message, so the queue is let be the first of the two, and the last.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import pytest

from bridge.net.http import Http
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.outbox import SqsOutbox
from local.glpi_simulator import Fault
from tests.conftest import json_event
from tests.journeys.faults.bench import CREATE, CUT, DOWN, FAST, REPLAY, WORKER, Bench, Tell

pytestmark = pytest.mark.no_cover  # what these cover, quicker tests cover

STEPS = (
    (SqsOutbox, "pause"),
    (SqsOutbox, "bury"),
    (DynamoStore, "get"),
    (DynamoStore, "get_many"),
    (DynamoStore, "put_if"),
    (Http, "request"),
)

DAYS: dict[str, Fault | None] = {
    "killed at each step": None,
    "killed at each step, GLPI down": DOWN,
    "killed at each step, answer cut": CUT,
    "killed at each step, right missing": Fault("right_missing"),
}
UNCLEAR = "killed at each step of a look-up"
BURYING = "killed at each step of burying"
DONE = "killed when all is done"

PROVEN = {
    *((name, column) for name in DAYS for column in (FAST, WORKER, REPLAY)),
    *((name, column) for name in (UNCLEAR, BURYING, DONE) for column in (WORKER, REPLAY)),
}


class Killed(BaseException):
    """The container ended here, without a chance to say anything."""


@contextmanager
def killed_at(point: int, *, queue_first: bool = True) -> Iterator[list[str]]:
    """Kill whoever comes to the given point; yields the steps that were come to."""
    passed: list[str] = []

    def come_to(step: str) -> None:
        if len(passed) < point:
            passed.append(step)
        if len(passed) == point:  # the dead come no further
            raise Killed

    def mortal(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            come_to(f"before {name}")
            result = real(*arguments, **named)
            come_to(f"after {name}")
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, mortal(name, getattr(owner, name)))
        real = SqsOutbox.send

        def send(*arguments: Any) -> Callable[[], object]:
            take = cache(mortal("send", lambda: real(*arguments)()))
            if queue_first:
                take()
            return take

        patch.setattr(SqsOutbox, "send", send)
        yield passed


def runs(bench: Bench, prepare: Callable[[], None], fault: Fault | None) -> Iterator[int]:
    """Return the points at which to kill; before each, prepare a post of its own and GLPI."""
    for point in itertools.count(1):
        prepare()
        bench.lab.cold_start()
        bench.forget()
        if fault:
            bench.lab.glpi.inject(fault)
        yield point


def die(point: int, call: Callable[[], object], *, queue_first: bool = True) -> list[str] | None:
    """Return the steps until somebody was killed at a point, None if that was not reached."""
    with killed_at(point, queue_first=queue_first) as passed:
        try:
            call()
        except Killed:
            return passed
    return None


@pytest.mark.parametrize("queue_first", [True, False])
@pytest.mark.parametrize("name", DAYS)
def test_on_the_fast_path(
    bench: Bench, name: str, queue_first: bool, record_property: Tell
) -> None:
    died = []
    for point in runs(bench, lambda: None, DAYS[name]):
        event = json_event(post_id=f"k{point:025}")
        invoke = partial(bench.lab.invoke, event)
        steps = die(point, invoke, queue_first=queue_first)
        if steps is None:
            break
        died.append(steps[-1])
        is_safe = bool(bench.out.queue)
        assert is_safe == ("after send" in steps)
        if not is_safe:
            assert bench.filed == 0
            invoke()  # another hook sends the same post
        bench.all_is_well()
    queue, claim = ["before send", "after send"], ["before put_if", "after put_if"]
    assert died[:4] == (queue + claim if queue_first else claim + queue)
    if DAYS[name] is None:  # a new container asks what links begin with when all is written
        *died, before, after = died
        assert (before, after) == ("before request", "after request")
    assert died[-1] == "after put_if"
    bench.all_is_well()
    record_property("cell", (name, FAST, f"nothing read; one ticket, {len(died)} points"))


def at_the_worker(
    bench: Bench, column: str, fault: Fault | None, before: Callable[[], None]
) -> list[str]:
    """Kill the worker at each point, on a message that has just come to it."""

    def prepare() -> None:
        bench.heal()
        (bench.queued if column == WORKER else bench.redriven)()
        before()

    died = []
    for point in runs(bench, prepare, fault):
        steps = die(point, bench.work)
        if steps is None:
            break
        died.append(steps[-1])
        assert bench.out.queue
        bench.heal()
        bench.converge()
        assert bench.filed == 1
    bench.heal()
    bench.converge()
    assert bench.filed == 1
    assert bench.out.queue == bench.out.dead == []
    return died


def nothing() -> None:
    """Leave the message as it is."""


@pytest.mark.parametrize("column", [WORKER, REPLAY])
@pytest.mark.parametrize("name", DAYS)
def test_at_the_worker(bench: Bench, name: str, column: str, record_property: Tell) -> None:
    died = at_the_worker(bench, column, DAYS[name], nothing)
    assert died[0] == "before get"
    assert died[-1] == ("after pause" if DAYS[name] else "after put_if")
    record_property("cell", (name, column, f"one ticket, {len(died)} points"))


@pytest.mark.parametrize("column", [WORKER, REPLAY])
def test_while_the_worker_looks_a_ticket_up(
    bench: Bench, column: str, record_property: Tell
) -> None:
    def lose_the_answer() -> None:
        bench.lab.glpi.inject(Fault("cut_before", CREATE, times=1))
        assert bench.work()
        bench.clock.now = bench.out.next_at() or 0

    died = at_the_worker(bench, column, None, lose_the_answer)
    assert died.count("after request") >= 4  # a login, two searches, a create
    record_property("cell", (UNCLEAR, column, f"one ticket, {len(died)} points"))


@pytest.mark.parametrize("column", [WORKER, REPLAY])
def test_while_the_worker_buries(bench: Bench, column: str, record_property: Tell) -> None:
    died = at_the_worker(bench, column, DOWN, bench.outlive)
    assert died[-2:] == ["before bury", "after bury"]
    record_property("cell", (BURYING, column, f"one ticket after a redrive, {len(died)} points"))


@pytest.mark.parametrize("column", [WORKER, REPLAY])
def test_after_the_last_step_before_the_queue_hears_of_it(
    bench: Bench, column: str, record_property: Tell
) -> None:
    (bench.queued if column == WORKER else bench.redriven)()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench.out, "delete", lambda _: None)
        assert bench.work() == []
    assert bench.filed == 1
    assert bench.out.queue
    bench.all_is_well()
    record_property("cell", (DONE, column, "one ticket"))
