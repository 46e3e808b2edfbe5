"""Every fault of GLPI and of the way there, at every moment: what the person reads, what is left.

A fault strikes on the fast path (the person's own request), at the worker, or at a replay from the
dead letter queue. Afterwards it is healed, the worker goes on, and there must be exactly one
ticket, nothing in the queue and nothing in the dead letter queue. `make faults` prints the matrix.
"""

import pytest

from local.glpi_simulator import Fault
from tests.conftest import json_event
from tests.journeys.faults.bench import (
    CREATE,
    DOWN,
    FAST,
    FILED,
    LOST,
    REPLAY,
    SAVED,
    WAITS,
    WORKER,
    Bench,
    Case,
    Tell,
)
from tests.support.deadlines import SHORT

CASES = {
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
    "200 maintenance": Case(DOWN, SAVED),
    "200 empty": Case(Fault("empty", CREATE), SAVED),
    "login page at the login": Case(Fault("html", "initSession"), WAITS, at_login=True),
    "login page at the create": Case(Fault("html", CREATE), SAVED),
    "dead database": Case(Fault("database_down", CREATE), SAVED),
    "session expired": Case("expire", FILED, True),
    "sessions forgotten": Case(Fault("forget_sessions"), SAVED),
    "tokens rejected": Case(Fault("reject_tokens"), WAITS, at_login=True),
    "app token rejected": Case(Fault("reject_app_token"), WAITS),
    "API disabled": Case(Fault("api_disabled"), WAITS),
    "address not allowed": Case(Fault("ip_not_allowed"), WAITS, at_login=True),
    "right missing": Case(Fault("right_missing"), WAITS),
    "right given after the login": Case("stale", FILED, True),
    "redirect": Case(Fault("redirect", location="https://glpi.example/"), SAVED),
    "oversized answer": Case(Fault("oversized", CREATE), SAVED, True),
    "dripping answer": Case(Fault("drip", CREATE, seconds=SHORT / 2), SAVED, True),
    "invalid JSON": Case(Fault("invalid_json", CREATE), SAVED, True),
    "number as text": Case(Fault("wrong_shape", CREATE), SAVED, True),
}

OUT_OF_TIME = "function out of time"
TOO_LARGE = "larger than the queue takes"

PROVEN = {
    *((name, column) for name in (*CASES, OUT_OF_TIME) for column in (FAST, WORKER, REPLAY)),
    (TOO_LARGE, FAST),
}


@pytest.mark.parametrize("name", CASES)
def test_on_the_fast_path(bench: Bench, name: str, record_property: Tell) -> None:
    case = CASES[name]
    bench.inject(case)
    said = bench.lab.say("112 принтер")
    record_property("cell", (name, FAST, said[:40]))
    assert case.said in said
    assert bench.filed == case.filed_at_once
    bench.all_is_well()


@pytest.mark.parametrize("name", CASES)
def test_at_the_worker(bench: Bench, name: str, record_property: Tell) -> None:
    bench.queued()
    strike_the_worker(bench, CASES[name])
    bench.all_is_well()
    record_property("cell", (name, WORKER, "waits" if CASES[name].said != FILED else "filed"))


@pytest.mark.parametrize("name", CASES)
def test_at_a_replay_from_the_dead_letter_queue(
    bench: Bench, name: str, record_property: Tell
) -> None:
    bench.redriven()
    body = bench.out.queue[0].body
    strike_the_worker(bench, CASES[name])
    bench.all_is_well()
    bench.out.put(body)  # and once more, by mistake
    bench.all_is_well()
    record_property("cell", (name, REPLAY, "waits" if CASES[name].said != FILED else "filed"))


def strike_the_worker(bench: Bench, case: Case) -> None:
    """Let a fault hit the worker, which must neither lose the message nor promise too much."""
    bench.inject(case)
    left = bench.work()
    assert bool(left) == (case.said != FILED)
    assert bench.filed == case.filed_at_once


def test_out_of_time_on_the_fast_path(bench: Bench, record_property: Tell) -> None:
    _, answer = bench.lab.invoke(json_event(), seconds=0.5)
    record_property("cell", (OUT_OF_TIME, FAST, answer["text"][:40]))
    assert SAVED in answer["text"]
    assert bench.filed == 0
    bench.all_is_well()


@pytest.mark.parametrize("column", [WORKER, REPLAY])
def test_out_of_time_at_the_worker(bench: Bench, column: str, record_property: Tell) -> None:
    (bench.queued if column == WORKER else bench.redriven)()
    assert bench.work(seconds=0)
    assert bench.filed == 0
    bench.all_is_well()
    record_property("cell", (OUT_OF_TIME, column, "waits"))


def test_a_message_too_large_for_the_queue_is_filed_at_once_or_the_person_is_told(
    bench: Bench, record_property: Tell
) -> None:
    said = bench.lab.say("112 " + "x" * 1_100_000)
    record_property("cell", (TOO_LARGE, FAST, said[:40]))
    assert FILED in said
    bench.lab.glpi.inject(DOWN)
    assert LOST in bench.lab.say("112 " + "x" * 1_100_000)
    bench.all_is_well()
