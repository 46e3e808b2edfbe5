"""Something in front of GLPI refuses a message: who is told what, and what stays known."""

import pytest

from bridge.filing.exactly_once import MAX_TRIES
from bridge.storage.entries import Buried, Tried
from local.glpi_simulator import Fault
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
