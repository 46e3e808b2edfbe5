"""Nothing that the bridge itself does makes a ticket count as taken into account.

The tickets of these desks have a group, so that GLPI takes whoever changes one for an agent.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.glpi_api.followups import CLOSED, PENDING
from glpi import GlpiDocuments, GlpiTaking, Unavailable
from local.glpi_simulator import Fault
from tests.conftest import both_versions
from tests.support.chat import ALICE, PNG, Chat, chat, contents, filenames

__all__ = ["chat"]

BRIDGE, AGENT = 7, 8
"""Their ids in GLPI."""

UPLOAD = GlpiDocuments.upload


@pytest.fixture(autouse=True)
def _group(chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the desk give its tickets to a group."""
    desk = '[[desk]]\ntriggers = ["113"]\ngroup = 1\n'
    chat.rules(monkeypatch, tmp_path, desk)


def taken(ticket: dict[str, Any]) -> tuple[object, object]:
    return ticket["takeintoaccountdate"], ticket["takeintoaccount_delay_stat"]


NOT_TAKEN = (None, 0)


@both_versions
@pytest.mark.parametrize(
    "files",
    [(), (("a.txt", b"words"),), (("a.png", PNG), ("b.txt", b"x")), (("bad.exe", b"MZ"),)],
    ids=["words", "file", "picture", "refused file"],
)
def test_a_message_a_reply_and_a_message_after_closing_take_nothing_up(
    chat: Chat, files: tuple[tuple[str, bytes], ...]
) -> None:
    root = chat.write("113 принтер", *files)
    chat.settle()
    assert chat.ticket["status"] == 2
    assert taken(chat.ticket) == NOT_TAKEN
    chat.write("113 и ещё", *((name, b"2" + content) for name, content in files), root=root)
    chat.settle()
    assert taken(chat.ticket) == NOT_TAKEN
    chat.change(chat.ticket["id"], status=CLOSED)
    chat.write("113 опять", *files, root=root)
    chat.settle()
    former, new = chat.glpi.tickets
    assert taken(former) == taken(new) == NOT_TAKEN
    assert new["linked"] == [former["id"]]


@both_versions
def test_whom_a_rule_has_assigned_has_not_taken_the_ticket_up_by_that(chat: Chat) -> None:
    chat.write("113 x", ("a.txt", b"words"))
    technician(chat, "assigned")
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert taken(chat.ticket) == NOT_TAKEN


@both_versions
def test_a_requester_who_adds_something_in_glpi_has_taken_nothing_up(chat: Chat) -> None:
    root = chat.write("113 x")
    chat.settle()
    technician(chat, "followup", ALICE)
    chat.write("113 снимок", ("a.txt", b"words"), root=root)
    chat.settle()
    assert taken(chat.ticket) == NOT_TAKEN


# --- Whatever happens on the way


@both_versions
@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "maintenance", "empty"])
@pytest.mark.parametrize(
    "what", ["POST Document", "PUT Ticket", "with_documents=true", "Ticket_User?"]
)
def test_a_file_takes_nothing_up_and_comes_once_whatever_fails(
    chat: Chat, what: str, kind: str
) -> None:
    chat.write("113 x", ("a.txt", b"words"))
    chat.glpi.inject(Fault(kind, match=what, times=1))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert contents(chat.ticket) == []
    assert taken(chat.ticket) == NOT_TAKEN


def test_a_worker_that_ends_after_the_upload_is_made_good_for(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Unavailable("cut", "")

    chat.write("113 x", ("a.txt", b"words"))
    with monkeypatch.context() as patch:
        patch.setattr(GlpiTaking, "take_back", killed)
        assert chat.go_on()
    assert taken(chat.ticket) != NOT_TAKEN
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert taken(chat.ticket) == NOT_TAKEN


# --- An agent comes


def technician(chat: Chat, act: str, user: int = AGENT) -> None:
    """Let somebody work on the ticket in a way of GLPI's, without a trace of when."""
    number = int(chat.ticket["id"])
    store = chat.glpi._store
    with store.lock:
        row = {"itemtype": "Ticket", "items_id": number, "users_id": user, "content": "<p>I</p>"}
        moment = {"date_creation": chat.ticket["date_creation"]} if user != AGENT else {}
        if act in ("followup", "private followup"):
            store.insert("ITILFollowup", row | moment | {"is_private": int(act != "followup")})
        elif act == "solution":
            store.insert("ITILSolution", row)
        elif act == "assigned":
            actor = {"tickets_id": number, "users_id": user, "type": 2, "alternative_email": ""}
            store.insert("Ticket_User", actor | {"use_notification": 1})


def take(chat: Chat, act: str) -> None:
    """Let an agent take the ticket up as well."""
    if chat.ticket["takeintoaccountdate"] is None:
        now = chat.ticket["date_mod"]
        chat.change(chat.ticket["id"], takeintoaccountdate=now, takeintoaccount_delay_stat=1)
    technician(chat, act)
    status = {"status": PENDING} if act == "status" else {}
    chat.change(chat.ticket["id"], users_id_lastupdater=AGENT, **status)


ACTS = ["followup", "private followup", "assigned", "solution", "status"]


@both_versions
@pytest.mark.parametrize("act", [*ACTS, "urgency"])
def test_a_ticket_that_an_agent_took_up_before_the_file_came_stays_taken(
    chat: Chat, act: str
) -> None:
    chat.write("113 x", ("a.txt", b"words"))
    take(chat, act)
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert taken(chat.ticket) != NOT_TAKEN


def around_upload(
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[], None] = lambda: None,
    after: Callable[[], None] = lambda: None,
) -> None:
    def upload(*arguments: Any) -> int:
        before()
        number = UPLOAD(*arguments)
        after()
        return number

    monkeypatch.setattr(GlpiDocuments, "upload", upload)


@both_versions
@pytest.mark.parametrize("act", ACTS)
def test_an_agent_who_comes_in_the_same_second_before_the_file_has_taken_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """The file hides who was there before it."""

    def same_second() -> None:
        listed = chat.ticket["documents"][0]["date_creation"]
        chat.change(chat.ticket["id"], takeintoaccountdate=listed)
        assert chat.ticket["users_id_lastupdater"] == BRIDGE

    around_upload(monkeypatch, before=lambda: take(chat, act), after=same_second)
    chat.write("113 x", ("a.txt", b"words"))
    chat.settle()
    assert taken(chat.ticket) != NOT_TAKEN


@both_versions
@pytest.mark.parametrize("act", [*ACTS, "urgency"])
def test_an_agent_who_comes_right_after_the_file_has_taken_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    around_upload(monkeypatch, after=lambda: take(chat, act))
    chat.write("113 x", ("a.txt", b"words"))
    chat.settle()
    assert taken(chat.ticket) != NOT_TAKEN


@both_versions
def test_an_agent_who_comes_while_it_is_looked_for_agents_has_taken_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = GlpiTaking._is_worked_on

    def looked(*arguments: Any) -> bool:
        found = real(*arguments)
        take(chat, "urgency")
        return found

    monkeypatch.setattr(GlpiTaking, "_is_worked_on", looked)
    chat.write("113 x", ("a.txt", b"words"))
    chat.settle()
    assert taken(chat.ticket) != NOT_TAKEN


@both_versions
def test_the_next_act_of_an_agent_counts_after_a_file(chat: Chat) -> None:
    chat.write("113 x", ("a.txt", b"words"))
    chat.settle()
    take(chat, "followup")
    chat.write("113 y", ("b.txt", b"more"), root=chat.post)
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt", "b.txt"]
    assert taken(chat.ticket) != NOT_TAKEN


@both_versions
def test_a_self_service_user_takes_up_what_goes_to_a_group_and_the_files_come_all_the_same(
    chat: Chat,
) -> None:
    """GLPI lets nobody change that (docs/setup.md)."""
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    root = chat.write("113 x", ("a.txt", b"words"))
    assert taken(chat.ticket) != NOT_TAKEN
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    chat.change(chat.ticket["id"], status=CLOSED)
    chat.write("113 опять", ("b.txt", b"words"), root=root)
    chat.settle()
    for ticket in chat.glpi.tickets:
        assert taken(ticket) != NOT_TAKEN
    assert [e for e in chat.glpi.log if e.method == "PUT"] == []
