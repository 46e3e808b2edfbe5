"""Ages, claims and leases on any clock: whoever comes when, one is at a thing."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.timing import ABANDONED_SECONDS, FORGOTTEN_SECONDS, Timing
from bridge.jobs.claims import Claims
from bridge.jobs.leases import Leases
from bridge.storage.entries import (
    NEW,
    Filed,
    Kind,
    Open,
    Result,
    Tried,
    doubted,
    filed,
    without_ticket,
)
from bridge.storage.ledger import Ledger
from local.memory import MemoryStore
from tests.support.safe_path import NOW, REF, Clock

TIMING = Timing()
pauses = st.floats(0.0, 2 * (TIMING.worker_lease + TIMING.settle)).map(lambda s: round(s, 3))
long_pauses = st.floats(0.0, 2 * (TIMING.settle + ABANDONED_SECONDS)).map(lambda s: round(s, 3))
workers = st.integers(0, 2)


@dataclass
class Held:
    """A lease that a worker believes to hold.

    Attributes:
        entry: as it was leased.
        since: when.
    """

    entry: Filed
    since: float


def test_nobody_is_at_the_steps_of_a_post_twice_within_a_lease() -> None:
    acts = st.lists(st.tuples(pauses, workers, st.booleans(), st.booleans()), max_size=30)

    @given(acts=acts)
    def any_day(acts: list[tuple[float, int, bool, bool]]) -> None:
        clock = Clock()
        ledger = Ledger(MemoryStore(), clock)
        leases = Leases(ledger, clock, TIMING)
        ledger.write(REF, filed(NEW, Result(Kind.TICKET, 42), set()))
        held: dict[int, Held] = {}
        done: set[str] = set()
        free_at = 0.0
        for step, (pause, worker, gives_back, in_doubt) in enumerate(acts):
            clock.now += pause
            mine = held.pop(worker, None) if gives_back else None
            if mine:
                leases.give_back(REF, mine.entry, {f"file:{step}"}, "", in_doubt=in_doubt)
                latest = ledger.read(REF)
                if isinstance(latest, Filed) and f"file:{step}" in latest.steps_done:
                    done.add(f"file:{step}")
                    free_at = clock.now + (TIMING.settle if in_doubt else 0.0)
                continue
            entry = ledger.read(REF)
            assert isinstance(entry, Filed)
            assert entry.steps_done == done
            taken = leases.take(REF, entry)
            if isinstance(taken, Filed):
                assert clock.now >= free_at
                free_at = clock.now + TIMING.worker_lease
                held[worker] = Held(taken, clock.now)
            else:
                assert taken >= min(1.0, free_at - clock.now) > 0
                assert clock.now < free_at

    any_day()


@given(first=pauses, second=long_pauses, unclear=st.booleans())
def test_a_claim_is_not_taken_over_before_it_has_settled(
    first: float, second: float, unclear: bool
) -> None:
    clock = Clock()
    claims = Claims(Ledger(MemoryStore(), clock), clock, TIMING)
    claim = claims.first(REF, None, names_files=False)
    assert claim
    ended = claim.lease_until
    clock.now += first
    if unclear:
        ended = clock.now
        claims.record(REF, doubted(claim, clock.now, "cut"))
    clock.now += second
    entry = without_ticket(claims.entry(REF))
    assert isinstance(entry, Tried)
    waits = claims.unsettled(entry)
    assert (waits > 0) == (clock.now < ended + TIMING.settle)
    assert abs(waits - max(0.0, ended + TIMING.settle - clock.now)) < 1e-3
    assert claims.first(REF, None, names_files=False) is None
    assert claims.is_abandoned(entry) == (
        not unclear and clock.now > ended + TIMING.settle + ABANDONED_SECONDS
    )


@given(age=st.floats(0.0, 3 * FORGOTTEN_SECONDS), known=st.booleans())
def test_only_what_is_unknown_and_old_may_have_been_forgotten(age: float, known: bool) -> None:
    clock = Clock()
    claims = Claims(Ledger(MemoryStore(), clock), clock, TIMING)
    if known:
        claims.expect(REF, "dns")
    clock.now += age
    entry = without_ticket(claims.entry(REF))
    assert isinstance(entry, Open)
    assert claims.may_be_forgotten(entry, NOW) == (
        not known and clock.now - NOW > FORGOTTEN_SECONDS
    )


def test_what_is_unknown_stays_unknown_when_its_message_is_buried() -> None:
    clock = Clock()
    ledger = Ledger(MemoryStore(), clock)
    Claims(ledger, clock, TIMING).record_buried(REF, "http-413")
    assert ledger.read(REF) == NEW


@pytest.mark.parametrize(("later", "is_recorded"), [(TIMING.fast_lease, True), (60.0, False)])
def test_a_step_of_the_fast_path_is_not_recorded_over_a_worker_that_is_at_it(
    later: float, is_recorded: bool
) -> None:
    clock = Clock()
    ledger = Ledger(MemoryStore(), clock)
    leases = Leases(ledger, clock, TIMING)
    until = clock.now + later
    ledger.write(REF, filed(NEW, Result(Kind.TICKET, 42), set(), until))
    leases.record_done(REF, "told")
    entry = ledger.read(REF)
    assert isinstance(entry, Filed)
    assert entry.steps_done == (frozenset({"told"}) if is_recorded else frozenset())
    assert entry.lease_until == (0.0 if is_recorded else until)


@given(age=st.floats(0.0, 100 * 24 * 3600.0))
def test_a_buried_post_is_taken_up_where_it_was(age: float) -> None:
    clock = Clock()
    ledger = Ledger(MemoryStore(), clock)
    claims = Claims(ledger, clock, TIMING)
    claim = claims.first(REF, 7, names_files=True)
    assert claim
    claims.record_buried(REF, "too old; last: cut")
    clock.now += age
    entry = without_ticket(claims.entry(REF))
    assert isinstance(entry, Tried)
    assert (entry.attempted_ticket, entry.names_files, entry.tries) == (7, True, 1)
    again = claims.again(REF, entry, NOW, 7, names_files=True)
    assert again
    assert (again.tries, again.received_at) == (2, NOW)
