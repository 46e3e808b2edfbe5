"""Something in front of GLPI refuses a message: who is told what, and what stays known."""

from dataclasses import replace

import pytest

from bridge.filing.exactly_once import MAX_TRIES
from bridge.jobs.claims import Claims
from bridge.storage.entries import Buried, Entry, Tried
from glpi import Glpi
from local.glpi_simulator import Fault
from operations.error_codes import meaning_of_reason
from tests.conftest import Lab, ledger
from tests.support.chat import Chat, chat, plain
from tests.support.safe_path import TIMING

__all__ = ["chat", "plain"]

CREATE = "POST Ticket"
STATUSES = [401, 403, 405, 406]
NAMED = ("proxy", "firewall", "login page")


def refuse(chat: Chat, status: int, match: str = CREATE) -> None:
    chat.glpi.inject(Fault("status_before", match=match, status=status))


def give_up(chat: Chat) -> str:
    """Let the worker go on until the message is buried; returns the reason."""
    for _ in range(4 * MAX_TRIES):
        if chat.worker.dead:
            return chat.worker.dead[0].reason
        chat.go_on()
    pytest.fail("it goes on for ever")


@pytest.mark.parametrize("status", STATUSES)
def test_the_author_reads_that_it_was_refused_on_the_way_and_not_that_glpi_is_silent(
    chat: Chat, status: int
) -> None:
    refuse(chat, status)
    chat.write("112 select * from users")
    assert "не отвечает" not in chat.said
    assert "по дороге в GLPI" in chat.said
    assert "Причина записана в журнале для администратора" in chat.said
    (line,) = [e for e in chat.lab.logged() if e["level"] == "ERROR"]
    assert line["message"] == "intercepted"
    assert (line["code"], line["http_status"]) == (f"http-{status}", status)
    assert all(word in line["remedy"] for word in NAMED)


@pytest.mark.parametrize("status", STATUSES)
def test_a_buried_message_keeps_what_refused_it(chat: Chat, status: int) -> None:
    refuse(chat, status)
    post = chat.write("112 select * from users")
    assert give_up(chat).startswith(f"blind; last: http-{status}")
    entry = ledger().read(post)
    assert isinstance(entry, Buried)
    assert entry.reason == f"blind; last: http-{status}"
    (line,) = [e for e in chat.lab.logged() if e.get("code") == "blind"]
    assert all(word in line["remedy"] for word in NAMED)
    assert "rules or plug-ins" not in line["remedy"]
    (told,) = chat.told()
    assert "по дороге в GLPI" in told
    assert "GLPI не принимает" not in told


def test_a_look_up_that_fails_meanwhile_hides_no_cause(chat: Chat) -> None:
    refuse(chat, 403)
    post = chat.write("112 x")
    for visit in range(4 * MAX_TRIES):
        if chat.worker.dead:
            break
        if visit % 2:
            chat.glpi.inject(Fault("status_before", match="GET search/Ticket", status=500, times=1))
        chat.go_on()
        entry = ledger().read(post)
        assert isinstance(entry, Buried) or (
            isinstance(entry, Tried) and entry.attempt_error == "http-403"
        )
    assert chat.worker.dead[0].reason.startswith("blind; last: http-403")


def test_what_is_too_old_while_glpi_cannot_be_searched_names_the_create_too(chat: Chat) -> None:
    refuse(chat, 403)
    chat.write("112 x")
    chat.glpi.heal()
    chat.glpi.inject(Fault("status_before", match="GET search/Ticket", status=502))
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    reason = chat.worker.dead[0].reason
    assert reason.startswith("too old; last: http-403; look-up: http-502")


@pytest.mark.parametrize("kind", ["cut_before", "status_before"])
def test_any_other_cause_of_a_blind_look_up_is_kept_as_well(chat: Chat, kind: str) -> None:
    status = 502 if kind == "status_before" else 0
    chat.glpi.inject(Fault(kind, match=CREATE, status=status))
    chat.write("112 x")
    code = "http-502" if status else "cut"
    assert give_up(chat).startswith(f"blind; last: {code}")


@pytest.mark.parametrize("match", ["initSession", "GET search/User"])
def test_a_question_that_is_refused_on_the_way_names_who_refuses(
    chat: Chat, lab: Lab, match: str
) -> None:
    refuse(chat, 403, match)
    lab.cold_start()
    chat.write("112 x")
    (line,) = [e for e in chat.lab.logged() if e.get("http_status") == 403]
    assert all(word in line["remedy"] for word in NAMED)


def test_a_message_that_passes_later_is_one_ticket(chat: Chat) -> None:
    refuse(chat, 403)
    chat.write("112 x")
    chat.go_on()
    chat.glpi.heal()
    chat.settle()
    assert len(chat.glpi.tickets) == 1


# --- Only what was refused each time never got to GLPI

NOBODY_KNOWS = "GLPI так и не подтвердил заявку"


def attempts(chat: Chat, monkeypatch: pytest.MonkeyPatch, *ends: Fault) -> str:
    """Let each attempt end in its way, while a search sees nothing; returns the reason."""
    monkeypatch.setattr(Glpi, "find_tickets", lambda *_: [])
    for end in ends:
        chat.glpi.inject(replace(end, match=CREATE, times=1))
    chat.write("112 x")
    return give_up(chat)


CUT = Fault("cut_after")
REFUSED = Fault("status_before", status=403)


def test_a_message_that_glpi_has_taken_is_not_called_one_that_never_got_there(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = attempts(chat, monkeypatch, *[CUT] * (MAX_TRIES - 1), REFUSED)
    assert len(chat.glpi.tickets) == MAX_TRIES - 1
    (told,) = chat.told()
    assert NOBODY_KNOWS in told
    assert "заявки по" not in told
    means = meaning_of_reason(reason)
    assert "http-403" in reason
    (line,) = [e for e in chat.lab.logged() if e.get("code") == "blind"]
    for text in (means, line["remedy"]):
        assert all(word in text for word in (*NAMED, "rules"))
    assert "hardly" not in line["remedy"]


@pytest.mark.parametrize("unclear", range(MAX_TRIES))
def test_one_attempt_of_another_end_is_enough_whichever_it_is(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, unclear: int
) -> None:
    ends = [CUT if number == unclear else REFUSED for number in range(MAX_TRIES)]
    means = meaning_of_reason(attempts(chat, monkeypatch, *ends))
    assert NOBODY_KNOWS in chat.told()[0]
    assert "rules" in means


def test_an_attempt_whose_container_was_ended_is_of_unknown_end(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = Claims.record, list[object]()

    def record(self: Claims, ref: str, entry: Entry) -> Entry | None:
        written.append(entry)
        ended = len([e for e in written if isinstance(e, Tried) and e.attempt_error])
        return None if ended == 3 and entry is written[-1] else real(self, ref, entry)

    monkeypatch.setattr(Claims, "record", record)
    reason = attempts(chat, monkeypatch, *[REFUSED] * MAX_TRIES)
    assert NOBODY_KNOWS in chat.told()[0]
    assert "http-403" in reason
    assert "rules" in meaning_of_reason(reason)


def test_what_was_surely_not_sent_meanwhile_changes_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [REFUSED, REFUSED, Fault("maintenance"), REFUSED, REFUSED, REFUSED]
    reason = attempts(chat, monkeypatch, *ends)
    assert reason.startswith("blind; last: http-403; the author")
    assert "по дороге в GLPI" in chat.told()[0]
    assert "rules" not in meaning_of_reason(reason)


@pytest.mark.parametrize("match", ["GET search/Ticket", "GET search"])
def test_a_search_that_is_refused_on_the_way_says_nothing_of_the_create_before_it(
    chat: Chat, match: str
) -> None:
    chat.glpi.inject(Fault("cut_after", match=CREATE, times=1))
    chat.write("112 x")
    refuse(chat, 403, match)
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert len(chat.glpi.tickets) == 1
    assert NOBODY_KNOWS in chat.told()[0]


def test_a_message_that_glpi_has_surely_not_taken_has_no_ticket(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert "создать не удалось" in chat.told()[0]


def test_a_message_whose_burial_cannot_be_noted_may_have_a_ticket(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    monkeypatch.setattr(Claims, "record_buried", lambda *_: None)
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert NOBODY_KNOWS in chat.told()[0]


def test_a_replay_begins_to_count_anew(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts(chat, monkeypatch, *[CUT] * MAX_TRIES)
    refuse(chat, 403)
    (dead,) = chat.worker.dead
    chat.worker.dead.clear()
    chat.worker.put(dead.body)
    assert give_up(chat).startswith("blind; last: http-403; the author")
