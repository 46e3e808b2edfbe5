"""One post, one ticket: looking up, settling, and not waiting for a GLPI that is down."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bridge.config.credentials import GlpiTokens
from bridge.filing.filing import MAX_TRIES, Filing, Progress
from bridge.filing.threads import NewTicket
from bridge.glpi_api.followups import GlpiFollowups
from bridge.jobs.circuit import OPEN_SECONDS
from bridge.net.aws import AwsError
from bridge.net.http import Answer, Deadline, Http
from bridge.storage.ledger import NEW, TOLD, State
from glpi import Glpi, GlpiError, OutcomeUnknown, Unavailable
from local.glpi_simulator import Fault, GlpiSimulator
from local.memory import MemoryLedger
from tests.conftest import both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY
from tests.support.safe_path import FIELDS, MARKER, NOW, PATIENCE, REF, Clock


@pytest.fixture
def client(glpi: GlpiSimulator) -> Iterator[Glpi]:
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    yield client
    client.close(Deadline(1))


def deadline() -> Deadline:
    return Deadline(PLENTY)


@both_versions
def test_a_ticket_is_found_by_its_last_paragraph_only(client: Glpi) -> None:
    number = client.create_ticket(FIELDS, deadline())
    quoting = f"<p>see {MARKER}</p>\n<p>{MARKER}</p>\n<p>mattermost:{'b' * 26}</p>"
    client.create_ticket({"name": "q", "content": quoting}, deadline())
    client.create_ticket({"name": "q", "content": f"<p>x {MARKER}</p>"}, deadline())
    assert client.find_tickets(MARKER, 2, deadline()) == [number]
    assert client.find_tickets(f"mattermost:{'c' * 26}", 2, deadline()) == []


@both_versions
def test_two_tickets_of_one_post_are_both_found(client: Glpi) -> None:
    numbers = [client.create_ticket(FIELDS, deadline()) for _ in range(2)]
    assert sorted(client.find_tickets(MARKER, 2, deadline())) == numbers


@both_versions
@pytest.mark.parametrize(
    "fault",
    [
        Fault("html"),
        Fault("empty"),
        Fault("maintenance"),
        Fault("php_down"),
        Fault("cut_before"),
        Fault("status_before", status=403),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_look_up_that_fails_is_no_no(client: Glpi, glpi: GlpiSimulator, fault: Fault) -> None:
    client.create_ticket(FIELDS, deadline())
    glpi.inject(replace(fault, match="search/Ticket"))
    with pytest.raises(GlpiError) as caught:
        client.find_tickets(MARKER, 2, deadline())
    assert not isinstance(caught.value, OutcomeUnknown)


@both_versions
@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        "null",
        '"x"',
        '{"message": "blocked"}',
        '{"totalcount": 1, "count": 1}',
        '{"totalcount": true, "data": [{"2": 1}]}',
        '{"totalcount": 1, "data": [{"21": "x"}]}',
        '{"totalcount": 1, "data": [null]}',
        '{"totalcount": 1, "data": {"2": 1}}',
        '{"totalcount": 2, "data": [{"2": 1, "21": "x"}]}',
    ],
)
def test_json_that_is_no_searchs_answer_is_no_no(
    client: Glpi, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    client.open(deadline())
    answer = Answer(200, {"Content-Type": "application/json"}, body.encode())
    monkeypatch.setattr(Http, "request", lambda *_, **__: answer)
    with pytest.raises(Unavailable, match="odd-search"):
        client.find_tickets(MARKER, 2, deadline())
    monkeypatch.undo()


@both_versions
def test_a_trashed_ticket_is_found(client: Glpi, glpi: GlpiSimulator) -> None:
    number = client.create_ticket(FIELDS, deadline())
    client.session.delete(f"Ticket/{number}", deadline())
    assert glpi.tickets[0]["is_deleted"] == 1
    assert client.find_tickets(MARKER, 2, deadline()) == [number]


# --- Filing


@pytest.fixture
def filing(client: Glpi, clock: Clock) -> tuple[Filing, MemoryLedger]:
    ledger = MemoryLedger()
    return Filing(client, ledger, clock, PATIENCE), ledger


def wish(filing: Filing) -> NewTicket:
    return NewTicket(filing._glpi, GlpiFollowups(filing._glpi.session), MARKER, FIELDS)


def converge(filing: Filing) -> Any:
    entry = filing.entry(REF)
    return filing.converge(REF, entry, wish(filing), NOW, deadline(), frozenset())


def first_attempt(filing: Filing) -> Any:
    claim = filing.claim(REF, wish(filing), frozenset({TOLD}))
    assert claim
    return filing.first_attempt(REF, claim, wish(filing), deadline(), frozenset({TOLD}))


def test_the_first_attempt_files_and_all_others_know(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    first = first_attempt(filing[0])
    assert first
    assert filing[0].claim(REF, wish(filing[0]), frozenset()) is None
    entry = filing[0].entry(REF)
    assert entry == first.entry
    assert (entry.state, entry.ticket, entry.done) == (State.FILED, first.ticket, frozenset({TOLD}))
    assert len(glpi.tickets) == 1


def test_after_a_sure_failure_the_worker_creates_at_once(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    glpi.inject(Fault("maintenance"))
    progress = first_attempt(filing[0])
    assert progress
    assert isinstance(progress.error, Unavailable)
    glpi.heal()
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1
    assert not [e for e in glpi.log if "search" in e.path]


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_an_unknown_outcome_settles_and_is_looked_up_before_anything_is_created(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock, kind: str
) -> None:
    glpi.inject(Fault(kind, match="POST Ticket", times=1))
    first_attempt(filing[0])
    before = len(glpi.tickets)
    assert converge(filing[0]).wait == pytest.approx(PATIENCE.settle)
    clock.now += PATIENCE.settle - 1
    assert converge(filing[0]).wait == pytest.approx(1)
    assert len(glpi.tickets) == before
    clock.now += 1
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1
    assert [e.path for e in glpi.log if "search" in e.path]


def test_a_killed_container_leaves_a_claim_that_is_looked_up(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    ledger = filing[1]
    ledger.write(REF, NEW.claimed(NOW + 30, NOW), seen=NEW)  # and then nothing more
    assert converge(filing[0]).wait == pytest.approx(30 + PATIENCE.settle)
    clock.now += 30 + PATIENCE.settle
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1


def test_a_failed_look_up_creates_nothing(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    filing[1].write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    clock.now += PATIENCE.settle
    glpi.inject(Fault("empty", match="search"))
    progress = converge(filing[0])
    assert progress.error
    assert progress.ticket is None
    assert glpi.tickets == []
    assert filing[1].read(REF).why == "not-glpi"


def test_twins_are_told(filing: tuple[Filing, MemoryLedger], client: Glpi, clock: Clock) -> None:
    numbers = [client.create_ticket(FIELDS, deadline()) for _ in range(2)]
    filing[1].write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    clock.now += PATIENCE.settle
    progress = converge(filing[0])
    assert {progress.ticket, *progress.twins} == set(numbers)


def test_an_outcome_that_cannot_be_recorded_is_found_again(
    filing: tuple[Filing, MemoryLedger],
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = filing[1].write, []

    def once(ref: str, entry: Any, seen: Any) -> Any:
        calls.append(ref)
        if len(calls) == 2:
            raise AwsError("ThrottlingException", refused=True)
        return real(ref, entry, seen)

    monkeypatch.setattr(filing[1], "write", once)
    first = first_attempt(filing[0])
    assert first
    clock.now += 30 + PATIENCE.settle
    assert converge(filing[0]).ticket == first.ticket
    assert len(glpi.tickets) == 1


def test_a_worker_whose_claim_another_took_creates_nothing(
    filing: tuple[Filing, MemoryLedger],
    client: Glpi,
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = filing[1]
    ledger.write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    clock.now += PATIENCE.settle
    real = client.find_tickets

    def overtaken(*arguments: Any) -> list[int]:
        seen = ledger.read(REF)
        ledger.write(REF, seen.claimed(clock.now + 95, NOW), seen=seen)
        return real(*arguments)

    monkeypatch.setattr(client, "find_tickets", overtaken)
    progress = converge(filing[0])
    assert (progress.ticket, progress.wait) == (None, 1.0)
    assert glpi.tickets == []


def test_the_look_up_reaches_back_to_the_day_the_message_came(
    filing: tuple[Filing, MemoryLedger],
    client: Glpi,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def find(marker: str, days: int, limit: Deadline) -> list[int]:
        asked.append(days)
        return [7]

    filing[1].write(REF, NEW.claimed(NOW, NOW), seen=NEW)
    clock.now += 9.5 * 24 * 3600
    monkeypatch.setattr(client, "find_tickets", find)
    assert converge(filing[0]).ticket == 7
    assert asked == [11]


def test_what_the_ledger_may_have_forgotten_is_looked_up_first(
    filing: tuple[Filing, MemoryLedger], client: Glpi, glpi: GlpiSimulator, clock: Clock
) -> None:
    number = client.create_ticket(FIELDS, deadline())
    clock.now += 2 * 3600
    assert converge(filing[0]).ticket == number
    assert len(glpi.tickets) == 1


def test_a_blind_look_up_does_not_make_tickets_without_end(
    filing: tuple[Filing, MemoryLedger],
    client: Glpi,
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "find_tickets", lambda *_: [])
    glpi.inject(Fault("status_after", "POST Ticket", status=500))
    progress = until_hopeless(filing[0], clock)
    assert progress.error.code == "blind"
    assert len(glpi.tickets) == MAX_TRIES


def until_hopeless(filing: Filing, clock: Clock) -> Any:
    for _ in range(20):
        progress = converge(filing)
        if progress.hopeless:
            return progress
        clock.now += PATIENCE.settle
    pytest.fail("it goes on for ever")


def test_a_replay_is_tried_again_after_creates_that_were_all_lost(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("cut_before", "POST Ticket"))
    until_hopeless(filing[0], clock)
    glpi.heal()
    clock.now += PATIENCE.settle
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1


def test_a_redirect_in_answer_to_a_create_is_not_believed_to_be_a_no(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("redirect", "POST Ticket", times=1, location="https://glpi.example/"))
    progress = first_attempt(filing[0])
    assert progress
    assert isinstance(progress.error, OutcomeUnknown)
    assert filing[1].read(REF).state is State.TRIED
    clock.now += PATIENCE.settle
    assert converge(filing[0]).ticket
    assert [e.path for e in glpi.log if "search" in e.path]


# --- An outage costs nobody time


def attempt(filing: Filing, number: int, *, safe: bool = True) -> Any:
    down = filing.why_down() if filing.may_be_down and safe else None
    if down:
        return Progress(error=down)
    ref = f"{number:026}"
    claim = filing.claim(ref, wish(filing), frozenset())
    assert claim
    return filing.first_attempt(ref, claim, wish(filing), deadline(), frozenset())


def test_a_message_that_is_not_safe_is_tried_all_the_same(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    glpi.inject(Fault("maintenance"))
    for number in range(2):
        attempt(filing[0], number)
    glpi.heal()
    assert attempt(filing[0], 3, safe=False).ticket


def test_after_two_sure_failures_nobody_waits_for_half_a_minute(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("maintenance"))
    for number in range(2):
        attempt(filing[0], number)
    asked = len(glpi.log)
    glpi.heal()
    for number in range(2, 5):
        progress = attempt(filing[0], number)
        assert isinstance(progress.error, Unavailable)
    assert len(glpi.log) == asked
    assert filing[1].read(f"{4:026}") == NEW
    clock.now += OPEN_SECONDS
    assert attempt(filing[0], 5).ticket
    assert attempt(filing[0], 6).ticket


def test_whether_glpi_is_back_is_asked_without_a_persons_create(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    assert attempt(filing[0], 1).ticket
    glpi.inject(Fault("maintenance"))
    for number in range(2, 4):
        attempt(filing[0], number)
    clock.now += OPEN_SECONDS
    asked = len(glpi.log)
    assert attempt(filing[0], 4).error
    assert [(e.method, e.path.rpartition("/")[2]) for e in glpi.log[asked:]] == [
        ("GET", "getActiveProfile")
    ]
    assert attempt(filing[0], 5).error
    assert len(glpi.log) == asked + 1


@pytest.mark.parametrize("fault", [Fault("cut_before", "POST Ticket"), Fault("right_missing")])
def test_what_is_not_surely_down_keeps_the_circuit_closed(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, fault: Fault
) -> None:
    glpi.inject(fault)
    for number in range(3):
        attempt(filing[0], number)
    glpi.heal()
    assert attempt(filing[0], 9).ticket
