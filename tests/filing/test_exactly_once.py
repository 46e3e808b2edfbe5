"""One post, one ticket: looking up, settling, and not waiting for a GLPI that is down."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bridge.config.credentials import GlpiTokens
from bridge.config.timing import CIRCUIT_SECONDS
from bridge.filing.drafts import NewTicket
from bridge.filing.exactly_once import MAX_TRIES, Filing, Progress
from bridge.filing.planning import Plan
from bridge.jobs.circuit import Circuit
from bridge.jobs.claims import Claims
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.errors import CallError, Retry
from bridge.net.http import Answer, Http
from bridge.storage.entries import NEW, TOLD, Filed, Tried, claimed, without_ticket
from bridge.storage.ledger import Ledger
from glpi import Glpi, GlpiError, OutcomeUnknown, Unavailable
from local.glpi_simulator import Fault, GlpiSimulator
from local.memory import MemoryStore
from tests.conftest import both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY
from tests.support.safe_path import FIELDS, MARKER, NOW, REF, TIMING, Clock


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


class Desk:
    """What brings posts into GLPI, over a ledger in memory."""

    def __init__(self, client: Glpi, clock: Clock) -> None:
        self.client = client
        self.ledger = Ledger(MemoryStore(), clock)
        self.claims = Claims(self.ledger, clock, TIMING)
        self.filing = Filing(self.claims, clock, TIMING)
        self.circuit = Circuit(client.probe, clock)

    def plan(self, *done: str) -> Plan:
        return Plan(NewTicket(self.client, MARKER, FIELDS), frozenset(done))

    def converge(self) -> Progress:
        entry = without_ticket(self.claims.entry(REF))
        assert entry
        return self.filing.converge(REF, entry, self.plan(), NOW, deadline())

    def first_attempt(self, ref: str = REF) -> Progress:
        claim = self.claims.first(ref, None, names_files=False)
        assert claim
        progress = self.filing.first_attempt(ref, claim, self.plan(TOLD), deadline())
        self.circuit.learn(progress.error)
        return progress

    def attempt(self, number: int) -> Progress | CallError:
        """Try a message that is safe, unless GLPI is down."""
        return self.circuit.check() or self.first_attempt(f"{number:026}")


@pytest.fixture
def desk(client: Glpi, clock: Clock) -> Desk:
    return Desk(client, clock)


def test_the_first_attempt_files_and_all_others_know(desk: Desk, glpi: GlpiSimulator) -> None:
    first = desk.first_attempt()
    assert first
    assert desk.claims.first(REF, None, names_files=False) is None
    entry = desk.claims.entry(REF)
    assert entry == first.entry
    assert isinstance(entry, Filed)
    assert (entry.result, entry.steps_done) == (first.result, frozenset({TOLD}))
    assert len(glpi.tickets) == 1


def test_after_a_sure_failure_the_worker_creates_at_once(desk: Desk, glpi: GlpiSimulator) -> None:
    glpi.inject(Fault("maintenance"))
    progress = desk.first_attempt()
    assert progress
    assert isinstance(progress.error, Unavailable)
    glpi.heal()
    assert desk.converge().ticket
    assert len(glpi.tickets) == 1
    assert not [e for e in glpi.log if "search" in e.path]


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_an_unknown_outcome_settles_and_is_looked_up_before_anything_is_created(
    desk: Desk, glpi: GlpiSimulator, clock: Clock, kind: str
) -> None:
    glpi.inject(Fault(kind, match="POST Ticket", times=1))
    desk.first_attempt()
    before = len(glpi.tickets)
    assert desk.converge().wait == pytest.approx(TIMING.settle)
    clock.now += TIMING.settle - 1
    assert desk.converge().wait == pytest.approx(1)
    assert len(glpi.tickets) == before
    clock.now += 1
    assert desk.converge().ticket
    assert len(glpi.tickets) == 1
    assert [e.path for e in glpi.log if "search" in e.path]


def test_a_killed_container_leaves_a_claim_that_is_looked_up(
    desk: Desk, glpi: GlpiSimulator, clock: Clock
) -> None:
    ledger = desk.ledger
    ledger.write(REF, claimed(NEW, NOW + 30, NOW))  # and then nothing more
    assert desk.converge().wait == pytest.approx(30 + TIMING.settle)
    clock.now += 30 + TIMING.settle
    assert desk.converge().ticket
    assert len(glpi.tickets) == 1


def test_a_failed_look_up_creates_nothing(desk: Desk, glpi: GlpiSimulator, clock: Clock) -> None:
    desk.ledger.write(REF, claimed(NEW, NOW, NOW))
    clock.now += TIMING.settle
    glpi.inject(Fault("empty", match="search"))
    progress = desk.converge()
    assert progress.error
    assert progress.ticket is None
    assert glpi.tickets == []
    entry = desk.ledger.read(REF)
    assert isinstance(entry, Tried)
    assert entry.last_error == "not-glpi"


def test_twins_are_told(desk: Desk, client: Glpi, clock: Clock) -> None:
    numbers = [client.create_ticket(FIELDS, deadline()) for _ in range(2)]
    desk.ledger.write(REF, claimed(NEW, NOW, NOW))
    clock.now += TIMING.settle
    progress = desk.converge()
    assert {progress.ticket, *progress.twins} == set(numbers)


def test_an_outcome_that_cannot_be_recorded_is_found_again(
    desk: Desk,
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = desk.ledger.write, list[str]()

    def once(ref: str, entry: Any) -> Any:
        calls.append(ref)
        if len(calls) == 2:
            raise AwsError("ThrottlingException", refused=True)
        return real(ref, entry)

    monkeypatch.setattr(desk.ledger, "write", once)
    first = desk.first_attempt()
    assert first
    clock.now += 30 + TIMING.settle
    assert desk.converge().ticket == first.ticket
    assert len(glpi.tickets) == 1


def test_a_worker_whose_claim_another_took_creates_nothing(
    desk: Desk,
    client: Glpi,
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = desk.ledger
    ledger.write(REF, claimed(NEW, NOW, NOW))
    clock.now += TIMING.settle
    real = client.find_tickets

    def overtaken(*arguments: Any) -> list[int]:
        seen = without_ticket(ledger.read(REF))
        assert seen
        ledger.write(REF, claimed(seen, clock.now + 95, NOW))
        return real(*arguments)

    monkeypatch.setattr(client, "find_tickets", overtaken)
    progress = desk.converge()
    assert (progress.ticket, progress.wait) == (None, 1.0)
    assert glpi.tickets == []


def test_the_look_up_reaches_back_to_the_day_the_message_came(
    desk: Desk,
    client: Glpi,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def find(marker: str, days: int, limit: Deadline) -> list[int]:
        asked.append(days)
        return [7]

    desk.ledger.write(REF, claimed(NEW, NOW, NOW))
    clock.now += 9.5 * 24 * 3600
    monkeypatch.setattr(client, "find_tickets", find)
    assert desk.converge().ticket == 7
    assert asked == [11]


def test_what_the_ledger_may_have_forgotten_is_looked_up_first(
    desk: Desk, client: Glpi, glpi: GlpiSimulator, clock: Clock
) -> None:
    number = client.create_ticket(FIELDS, deadline())
    clock.now += 2 * 3600
    assert desk.converge().ticket == number
    assert len(glpi.tickets) == 1


def test_a_blind_look_up_does_not_make_tickets_without_end(
    desk: Desk,
    client: Glpi,
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "find_tickets", lambda *_: [])
    glpi.inject(Fault("status_after", "POST Ticket", status=500))
    assert until_hopeless(desk, clock).code == "blind"
    assert len(glpi.tickets) == MAX_TRIES


def until_hopeless(desk: Desk, clock: Clock) -> GlpiError:
    for _ in range(20):
        error = desk.converge().error
        if error and error.retry is Retry.NEVER:
            return error
        clock.now += TIMING.settle
    pytest.fail("it goes on for ever")


def test_a_replay_is_tried_again_after_creates_that_were_all_lost(
    desk: Desk, glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("cut_before", "POST Ticket"))
    until_hopeless(desk, clock)
    glpi.heal()
    clock.now += TIMING.settle
    assert desk.converge().ticket
    assert len(glpi.tickets) == 1


def test_a_redirect_in_answer_to_a_create_is_not_believed_to_be_a_no(
    desk: Desk, glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("redirect", "POST Ticket", times=1, location="https://glpi.example/"))
    progress = desk.first_attempt()
    assert progress
    assert isinstance(progress.error, OutcomeUnknown)
    assert isinstance(desk.ledger.read(REF), Tried)
    clock.now += TIMING.settle
    assert desk.converge().ticket
    assert [e.path for e in glpi.log if "search" in e.path]


# --- An outage costs nobody time


def filed(attempted: Progress | CallError) -> bool:
    return isinstance(attempted, Progress) and attempted.ticket is not None


def test_after_two_sure_failures_nobody_waits_for_half_a_minute(
    desk: Desk, glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("maintenance"))
    for number in range(2):
        desk.attempt(number)
    asked = len(glpi.log)
    glpi.heal()
    for number in range(2, 5):
        assert isinstance(desk.attempt(number), Unavailable)
    assert len(glpi.log) == asked
    assert desk.ledger.read(f"{4:026}") == NEW
    clock.now += CIRCUIT_SECONDS
    assert filed(desk.attempt(5))
    assert filed(desk.attempt(6))


def test_whether_glpi_is_back_is_asked_without_a_persons_create(
    desk: Desk, glpi: GlpiSimulator, clock: Clock
) -> None:
    assert filed(desk.attempt(1))
    glpi.inject(Fault("maintenance"))
    for number in range(2, 4):
        desk.attempt(number)
    clock.now += CIRCUIT_SECONDS
    asked = len(glpi.log)
    assert isinstance(desk.attempt(4), Unavailable)
    assert [(e.method, e.path.rpartition("/")[2]) for e in glpi.log[asked:]] == [
        ("GET", "getActiveProfile")
    ]
    assert isinstance(desk.attempt(5), Unavailable)
    assert len(glpi.log) == asked + 1


@pytest.mark.parametrize("fault", [Fault("cut_before", "POST Ticket"), Fault("right_missing")])
def test_what_is_not_surely_down_keeps_the_circuit_closed(
    desk: Desk, glpi: GlpiSimulator, fault: Fault
) -> None:
    glpi.inject(fault)
    for number in range(3):
        desk.attempt(number)
    glpi.heal()
    assert filed(desk.attempt(9))
