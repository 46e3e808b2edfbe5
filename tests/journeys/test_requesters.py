"""From a Mattermost user to the requester of a ticket, whatever keeps that from working."""

from pathlib import Path
from typing import Any

import pytest

from bridge import container
from bridge.config import timing
from bridge.config.timing import REQUESTER_AGE_SECONDS
from bridge.tickets.requesters import KEPT
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from tests.conftest import both_versions
from tests.support.chat import ALICE, BOB, Chat, chat, plain
from tests.support.deadlines import skip_waits
from tests.support.limits import PLENTY
from tests.support.safe_path import TIMING

__all__ = ["chat", "plain"]

SEARCH = "GET search/User"
ADD = "POST Ticket_User"


def searches(chat: Chat) -> int:
    """Return how often GLPI was asked for a user."""
    return len([e for e in chat.glpi.log if e.path.endswith("search/User")])


def requesters(chat: Chat) -> list[Any]:
    return [who for ticket in chat.glpi.tickets for who in ticket["requesters"]]


@both_versions
def test_the_author_is_the_requester_by_their_address(chat: Chat) -> None:
    chat.write("112 x")
    assert requesters(chat) == [ALICE]
    assert "Принято" in chat.said
    assert chat.go_on() == []
    assert chat.worker.queue == []


@both_versions
def test_whom_glpi_does_not_know_it_writes_to(chat: Chat) -> None:
    chat.user("guest", "guest@elsewhere.example")
    chat.write("112 x", author="guest")
    assert requesters(chat) == ["guest@elsewhere.example"]
    chat.settle()
    assert requesters(chat) == ["guest@elsewhere.example"]


@both_versions
@pytest.mark.parametrize("email", ["", "not an address", "a@b.cd\nBcc: x@y.zz"])
def test_without_an_address_the_name_stays_in_the_ticket(chat: Chat, email: str) -> None:
    chat.user("guest", email)
    chat.write("112 x", author="guest")
    chat.settle()
    assert requesters(chat) == []
    assert "guest" in chat.ticket["name"]
    assert "guest" in chat.ticket["content"]


@both_versions
@pytest.mark.parametrize("who", ["carol", "dave"])
def test_a_disabled_or_trashed_user_is_written_to_instead(chat: Chat, who: str) -> None:
    chat.user(who, f"{who}@example.com")
    chat.write("112 x", author=who)
    assert requesters(chat) == [f"{who}@example.com"]


def test_whom_two_users_could_be_is_written_to_instead(chat: Chat) -> None:
    chat.glpi._store.users[BOB].email = "ALICE@example.com"
    chat.write("112 x")
    assert requesters(chat) == ["alice@example.com"]


@pytest.mark.parametrize("email", ["%@example.com", "_lice@example.com"])
def test_a_wildcard_in_an_address_finds_nobody(chat: Chat, email: str) -> None:
    chat.user("eve", email)
    chat.write("112 x", author="eve")
    assert requesters(chat) == [email]


def test_an_author_who_is_deleted_costs_nothing(chat: Chat) -> None:
    del chat.mattermost.users[chat.users["alice"].id]
    chat.write("112 x")
    assert "Принято" in chat.said
    assert chat.go_on() == []
    assert requesters(chat) == []
    assert not [e for e in chat.lab.logged() if e["level"] in ("WARNING", "ERROR")][1:]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("[requesters]\nalice = 12", [BOB]),
        ('[requesters]\n"@Alice" = 12', [BOB]),
        ('[requesters]\nalice = "bob@example.com"', [BOB]),
        ('[requesters]\nalice = "guest@elsewhere.example"', ["guest@elsewhere.example"]),
        ("[requesters]\nbob = 12", [ALICE]),
    ],
)
def test_the_table_of_requesters_goes_before_the_address(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rules: str, expected: list[object]
) -> None:
    chat.rules(monkeypatch, tmp_path, rules)
    chat.write("112 x")
    assert requesters(chat) == expected


@pytest.mark.parametrize(("rules", "expected"), [("", []), ("requester_by_login = true", [ALICE])])
def test_a_login_counts_only_when_that_is_switched_on(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rules: str, expected: list[object]
) -> None:
    plain.rules(monkeypatch, tmp_path, rules)
    plain.write("112 x", user_name="Alice")
    assert requesters(plain) == expected
    assert plain.mattermost.log == []


def test_the_address_goes_before_the_login(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "requester_by_login = true")
    chat.write("112 x", user_name="bob")
    assert requesters(chat) == [ALICE]


# --- What is remembered


def test_a_warm_ticket_by_a_known_person_costs_no_look_up(chat: Chat) -> None:
    chat.write("112 x")
    chat.mattermost.log.clear()
    before = len(chat.glpi.log)
    chat.write("112 y")
    assert len(chat.glpi.log) - before == 1
    assert chat.asked("/users/") == []
    assert requesters(chat) == [ALICE, ALICE]


def test_what_is_known_of_somebody_is_asked_anew_after_a_while(chat: Chat) -> None:
    chat.write("112 x")
    chat.glpi.change_user("alice", is_active=False)
    chat.clock.now += REQUESTER_AGE_SECONDS - 1
    chat.write("112 y")
    assert requesters(chat) == [ALICE]  # GLPI 11 drops a disabled user
    chat.clock.now += 1
    chat.write("112 z")
    assert requesters(chat) == [ALICE, "alice@example.com"]


def test_only_so_many_people_are_remembered(chat: Chat) -> None:
    known = container.container().worker._completion._requesters._known
    assert known.maxsize == KEPT
    chat.write("112 x")
    assert len(known) == 1


@pytest.mark.parametrize("down", ["glpi", "mattermost"])
def test_a_look_up_that_failed_is_not_remembered(chat: Chat, down: str) -> None:
    if down == "glpi":
        chat.glpi.inject(Fault("status_before", match=SEARCH, status=500, times=1))
    else:
        chat.mattermost.fault = MattermostFault(status=500, match="/users/")
    chat.write("112 x")
    assert requesters(chat) == []
    chat.mattermost.heal()
    chat.write("112 y")
    assert chat.glpi.tickets[1]["requesters"] == [ALICE]


# --- While it cannot be known


TROUBLES = [
    MattermostFault(status=500, match="/users/"),
    MattermostFault(status=429, match="/users/"),
    MattermostFault(match="/users/"),
]
FAULTS = [
    Fault("status_before", match=SEARCH, status=500),
    Fault("empty", match=SEARCH),
    Fault("cut_before", match=SEARCH),
]


@both_versions
@pytest.mark.parametrize("trouble", [*TROUBLES, *FAULTS], ids=str)
def test_a_look_up_that_fails_costs_no_ticket_and_the_requester_is_added_later(
    chat: Chat, trouble: MattermostFault | Fault
) -> None:
    if isinstance(trouble, Fault):
        chat.glpi.inject(trouble)
    else:
        chat.mattermost.fault = trouble
    chat.write("112 x")
    assert "Принято" in chat.said
    assert requesters(chat) == []
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("filed, but")]
    assert line["remedy"]
    assert chat.go_on()
    chat.mattermost.heal()
    chat.glpi.heal()
    chat.settle()
    assert requesters(chat) == [ALICE]
    assert chat.told() == []


def test_a_look_up_that_hangs_leaves_time_for_the_ticket(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.config.timing.LOOK_UP_SECONDS", 0.2)
    chat.glpi.inject(Fault("delay_before", match=SEARCH, seconds=60))
    chat.write("112 x")
    assert "Принято" in chat.said
    chat.glpi.heal()
    chat.settle()
    assert requesters(chat) == [ALICE]


@pytest.mark.usefixtures("shipped_limits")
def test_all_that_is_asked_before_the_ticket_leaves_time_for_it() -> None:
    before = timing.QUEUE_SECONDS + timing.PLACE_SECONDS + timing.LOOK_UP_SECONDS
    assert before + timing.PROBE_SECONDS < timing.GLPI_SECONDS
    assert before + 3 <= timing.GLPI_SECONDS  # GLPI is probed after failures only
    assert timing.USER_SECONDS < timing.LOOK_UP_SECONDS


@pytest.mark.usefixtures("shipped_limits")
def test_all_that_is_asked_leaves_time_for_the_answer() -> None:
    secret = 2 * timing.SECRET_SECONDS
    notes = 6 * timing.LEDGER_SECONDS  # the claim, its end, the thread's two, and that it was told
    asked = secret + timing.GLPI_SECONDS + notes + timing.REPLY_SECONDS
    assert asked <= 26 - 3


def refusal(status: int, body: str = "<html>proxy</html>") -> MattermostFault:
    return MattermostFault(status=status, match="/users/", body=body)


REFUSALS = {
    "token": refusal(401, '{"id": "api.context.session_expired.app_error"}'),
    "mfa": refusal(401, '{"id": "api.context.mfa_required.app_error"}'),
    "login page": refusal(200),
    "firewall": refusal(403),
}


@both_versions
@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("visits", [0, 1, 3])
def test_a_refused_bot_costs_no_requester(chat: Chat, why: str, visits: int) -> None:
    """That it may not ask now says nothing of the author."""
    chat.mattermost.fault = REFUSALS[why]
    chat.write("112 x")
    assert "Принято" in chat.said
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("filed, but")]
    assert line["code"].startswith("mattermost-")
    for _ in range(visits):
        assert chat.go_on()
    assert requesters(chat) == []
    chat.mattermost.heal()
    chat.settle()
    assert requesters(chat) == [ALICE]


def test_a_refused_bot_costs_no_requester_of_what_the_worker_files(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.glpi.heal()
    chat.mattermost.fault = REFUSALS["token"]
    assert chat.go_on()
    chat.mattermost.heal()
    chat.settle()
    assert requesters(chat) == [ALICE]


def test_a_ticket_that_has_a_requester_waits_for_no_bot(chat: Chat) -> None:
    chat.mattermost.fault = REFUSALS["token"]
    chat.write("112 x")
    row = {"tickets_id": chat.ticket["id"], "users_id": BOB, "type": 1, "alternative_email": ""}
    chat.glpi._store.insert("Ticket_User", row | {"use_notification": 1})
    assert chat.go_on() == []
    assert requesters(chat) == [BOB]


def test_whom_the_bot_may_not_see_costs_no_days(chat: Chat) -> None:
    chat.mattermost.fault = refusal(403, '{"id": "api.context.permissions.app_error"}')
    chat.write("112 x")
    assert chat.go_on() == []
    assert requesters(chat) == []


def test_a_requester_who_waits_for_the_bot_alone_rings_nobody_and_is_given_up_in_the_end(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = list[float]()
    monkeypatch.setattr("bridge.telemetry.measure_waiting", ages.append)
    chat.mattermost.fault = REFUSALS["token"]
    chat.write("112 x")
    for _ in range(3):
        assert chat.go_on()
        assert chat.worker.queue[0].visible_at - chat.clock.now == TIMING.answered_pause
    chat.clock.now += TIMING.max_age
    assert chat.go_on() == []
    assert chat.worker.dead == []
    assert ages == []
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    assert (line["level"], line["steps"]) == ("WARNING", ["requester"])


def test_a_requester_who_waits_for_glpi_is_measured_as_ever(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = list[float]()
    monkeypatch.setattr("bridge.telemetry.measure_waiting", ages.append)
    chat.mattermost.fault = REFUSALS["token"]
    chat.write("112 x")
    chat.mattermost.heal()
    chat.glpi.inject(Fault("maintenance"))
    assert chat.go_on()
    assert ages == [TIMING.first_delay]


@both_versions
@pytest.mark.parametrize("cut", ["cut_before", "cut_after", "delay_after"])
def test_an_addition_of_unknown_outcome_names_the_requester_once(
    chat: Chat, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.mattermost.fault = TROUBLES[0]
    chat.write("112 x")
    chat.mattermost.heal()
    seconds = PLENTY if cut == "delay_after" else 0.0
    chat.glpi.inject(Fault(cut, match=ADD, times=1, seconds=seconds))
    skip_waits(monkeypatch, chat.glpi)
    assert chat.go_on()
    assert requesters(chat) == ([] if cut == "cut_before" else [ALICE])
    chat.settle()
    assert requesters(chat) == [ALICE]


def test_an_addition_that_is_executed_twice_names_the_requester_once(chat: Chat) -> None:
    chat.mattermost.fault = TROUBLES[0]
    chat.write("112 x")
    chat.mattermost.heal()
    chat.glpi.inject(Fault("wrong_shape", match="Ticket_User", body="[]", times=1))
    people = container.container().glpi.people
    real = people.has_requester
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "has_requester", lambda *_: real(*_) and False)
        chat.go_on()
        chat.settle()
    assert requesters(chat) == [ALICE]


def test_somebody_who_was_named_in_glpi_meanwhile_stays_the_only_one(chat: Chat) -> None:
    chat.mattermost.fault = TROUBLES[0]
    chat.write("112 x")
    chat.mattermost.heal()
    ticket = chat.ticket["id"]
    row = {"tickets_id": ticket, "users_id": BOB, "type": 1, "alternative_email": ""}
    chat.glpi._store.insert("Ticket_User", row | {"use_notification": 1})
    chat.settle()
    assert requesters(chat) == [BOB]


def test_a_requester_who_cannot_be_named_in_days_is_given_up_and_logged(chat: Chat) -> None:
    chat.mattermost.fault = TROUBLES[0]
    chat.write("112 x")
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert chat.worker.queue == chat.worker.dead == []
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    assert line["steps"] == ["requester"]
    assert line["code"] == "mattermost-http-500"


def test_the_worker_says_why_it_filed_without_a_requester(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.glpi.heal()
    chat.mattermost.fault = MattermostFault(
        status=403, match="/users/", body='{"id": "api.context.permissions.app_error"}'
    )
    chat.settle()
    (line,) = [e for e in chat.lab.logged() if e["message"] == "worker: filed"]
    assert line["code"] == "mattermost-permissions"
    assert line["remedy"]


# --- With less right


@both_versions
def test_an_api_user_who_may_not_find_users_files_for_the_address(chat: Chat) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    chat.write("112 x")
    assert "Принято" in chat.said
    assert requesters(chat) == ["alice@example.com"]
    asked = searches(chat)
    chat.write("112 y")
    assert searches(chat) == asked
    chat.settle()


@both_versions
def test_an_api_user_who_may_not_find_users_adds_the_requester_later(chat: Chat) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    chat.mattermost.fault = TROUBLES[0]
    chat.write("112 x")
    chat.mattermost.heal()
    chat.settle()
    assert requesters(chat) == ["alice@example.com"]


# --- Addresses of every kind

SPELLINGS = [
    "sean.o'brien@example.com",
    "foi&dpa@example.com",
    "plus+tag=x/y@example.com",
    "иван@почта.рф",
    "ivan@почта.рф",
    "{odd}!#$%*?^`|~@example.com",
    "josé.núñez@example.com",
]


@both_versions
@pytest.mark.parametrize("email", SPELLINGS)
def test_every_address_is_looked_up(chat: Chat, email: str) -> None:
    chat.glpi._store.users[BOB].email = email
    chat.user("sean", email)
    chat.write("112 x", author="sean")
    assert requesters(chat) == [BOB]


@pytest.mark.parametrize("glpi", ["10.0.14"], indirect=True)
def test_a_host_name_is_known_in_both_of_its_spellings(chat: Chat) -> None:
    chat.glpi._store.users[BOB].email = "ivan@xn--80a1acny.xn--p1ai"
    chat.user("ivan", "ivan@почта.рф")
    chat.write("112 x", author="ivan")
    assert requesters(chat) == [BOB]


@both_versions
@pytest.mark.parametrize(
    ("email", "of_10", "of_11"),
    [
        ("sean.o'brien@example.com", True, True),
        ("a!b#c$d*e=f@example.com", True, True),
        ("foi&dpa@example.com", False, True),
        ("иван@почта.рф", False, True),
        ("a..b@example.com", False, False),
        (".a@example.com", False, False),
        ("a.@example.com", False, False),
        ("a@x..com", False, False),
        ("a@-x.com", False, False),
        ("a,b@example.com", False, False),
    ],
)
def test_glpi_is_sent_the_addresses_that_it_takes_and_the_ticket_always(
    chat: Chat, email: str, of_10: bool, of_11: bool
) -> None:
    chat.user("guest", email)
    chat.write("112 x", author="guest")
    assert "Принято" in chat.said
    takes = of_10 if chat.glpi.version.startswith("10") else of_11
    assert requesters(chat) == ([email] if takes else [])
    assert len([e for e in chat.glpi.log if e.path.endswith("/Ticket")]) == 1
    said = [e for e in chat.lab.logged() if e.get("code") == "requester-address"]
    assert len(said) == (not takes)
    assert all(email not in str(line) and "[requesters]" in line["remedy"] for line in said)
    chat.settle()


@both_versions
@pytest.mark.parametrize("user", ["mm-tech", "mm-self"])
def test_an_address_that_glpi_refuses_after_all_costs_no_ticket(
    chat: Chat, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[user])
    chat.lab.cold_start()
    monkeypatch.setattr("bridge.glpi_api.people._is_address", lambda _: True)
    chat.user("guest", "a..b@example.com")
    chat.write("112 x", author="guest")
    assert "Принято" in chat.said
    chat.settle()
    assert requesters(chat) == []
    (line,) = [e for e in chat.lab.logged() if e.get("code") == "requester-refused"]
    assert "has none" in line["remedy"]


def test_a_ticket_that_glpi_refuses_for_another_cause_is_refused(chat: Chat) -> None:
    chat.user("guest", "guest@elsewhere.example")
    chat.glpi.inject(Fault("right_missing", match="POST Ticket"))
    chat.write("112 x", author="guest")
    assert "GLPI пока не принимает" in chat.said
    chat.glpi.heal()
    chat.settle()
    assert requesters(chat) == ["guest@elsewhere.example"]


@both_versions
@pytest.mark.parametrize("number", [9999, 13, 14])
@pytest.mark.parametrize("user", ["mm-tech", "mm-self"])
def test_an_id_that_is_no_active_users_gives_way_to_the_address_and_is_logged(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, user: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[user])
    chat.rules(monkeypatch, tmp_path, f"[requesters]\nalice = {number}")
    chat.write("112 x")
    chat.settle()
    kept = number != 9999 and chat.glpi.version.startswith("10") and user == "mm-self"
    address = "alice@example.com" if user == "mm-self" else ALICE
    assert requesters(chat) == [number if kept else address]
    said = [e for e in chat.lab.logged() if e.get("code") == "requester-id"]
    assert len(said) == (not kept)
    assert all("[requesters]" in line["remedy"] for line in said)


def test_what_is_wrong_with_an_author_is_logged_with_each_of_their_tickets(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "[requesters]\nalice = 9999")
    chat.user("odd", "a..b@example.com")
    for _ in range(3):
        chat.write("112 x")
        chat.write("112 x", author="odd")
    chat.settle()
    codes = [e.get("code") for e in chat.lab.logged() if e["message"].startswith("filed, but")]
    assert codes == ["requester-id", "requester-address"] * 3


def test_an_id_without_an_address_to_fall_back_to_is_logged(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain.rules(monkeypatch, tmp_path, "[requesters]\nalice = 9999")
    plain.write("112 x")
    plain.settle()
    assert requesters(plain) == []
    assert [e for e in plain.lab.logged() if e.get("code") == "requester-id"]


def test_somebody_disabled_since_they_were_looked_up_is_named_by_address(chat: Chat) -> None:
    chat.write("112 x")
    chat.glpi.change_user("alice", is_active=False)
    chat.write("112 y")
    chat.settle()
    assert requesters(chat) == [ALICE, "alice@example.com"]
