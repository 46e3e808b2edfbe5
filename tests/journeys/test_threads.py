"""Replies in the thread of a ticket: followups of it, in their authors' names, each once."""

from pathlib import Path
from typing import Any

import pytest

from bridge.config.timing import (
    ABANDONED_SECONDS,
    MATTERMOST_PAUSE_SECONDS,
    THREAD_TICKET_SECONDS,
    THREAD_UNKNOWN_SECONDS,
)
from bridge.filing.threads import FAILURES
from bridge.glpi_api.followups import CLOSED, PENDING, SOLVED
from bridge.jobs.leases import Leases
from bridge.mattermost.notifier import Notifier
from bridge.net.aws import AwsError
from bridge.storage.entries import NEW, Filed, claimed
from bridge.storage.links import Links
from bridge.storage.store import Item, Store
from glpi import GlpiFollowups
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from tests.conftest import both_versions, ledger
from tests.support.chat import ALICE, BOB, HELPDESK, Chat, chat, contents, plain
from tests.support.safe_path import TIMING, work

__all__ = ["chat", "plain"]

FOLLOWUP = "POST ITILFollowup"
DOWN = Fault("maintenance")


def open_ticket(chat: Chat) -> tuple[str, int]:
    """Have a ticket whose worker is done; returns its thread and number."""
    root = chat.write("112 принтер")
    chat.settle()
    (ticket,) = chat.glpi.tickets
    return root, int(ticket["id"])


def link(chat: Chat, ticket: object) -> str:
    return f"[№\u00a0{ticket}]({chat.glpi.url}/front/ticket.form.php?id={ticket})"


@both_versions
def test_a_reply_becomes_a_followup_in_its_authors_name_and_is_answered_in_the_thread(
    chat: Chat,
) -> None:
    root, number = open_ticket(chat)
    chat.write("112 и **сканер**", root=root)
    assert chat.said == ""  # Mattermost would drop it
    (followup,) = chat.ticket["followups"]
    assert followup["users_id"] == ALICE
    assert followup["is_private"] == 0
    assert followup["content"].startswith("<p>и <strong>сканер</strong></p>")
    assert followup["content"].endswith(f"<p>mattermost:{chat.post}</p>")
    answer = f":speech_balloon: Добавлено в заявку {link(chat, number)}."
    assert chat.mattermost.said() == [(root, answer)]
    chat.settle()
    assert len(chat.told()) == 1


@both_versions
def test_a_followup_does_not_take_the_ticket_into_account(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    chat.write("112 x", root=root)
    assert chat.ticket["takeintoaccountdate"] is None


def test_another_persons_reply_is_a_followup_of_that_person(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    chat.write("112 у меня тоже", root=root, author="bob")
    assert [f["users_id"] for f in chat.ticket["followups"]] == [BOB]
    assert chat.ticket["requesters"] == [ALICE]


def test_a_reply_by_somebody_that_glpi_does_not_know_names_them_in_its_words(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    chat.user("guest", "guest@elsewhere.example")
    chat.write("112 x", root=root, author="guest")
    (followup,) = chat.ticket["followups"]
    assert followup["users_id"] == 7  # the API user's
    assert "guest" in followup["content"]


@both_versions
@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_a_reply_to_a_solved_or_pending_ticket_opens_it_again_and_says_so(
    chat: Chat, status: int
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    chat.write("112 снова", root=root)
    assert len(chat.glpi.tickets) == 1
    assert chat.ticket["status"] == 1
    assert chat.told() == [
        f":speech_balloon: Добавлено в заявку {link(chat, number)}, она снова в работе."
    ]


@both_versions
def test_a_reply_to_a_closed_ticket_is_a_new_one_that_is_linked_and_takes_the_thread(
    chat: Chat,
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", root=root, author="bob")
    old, new = chat.glpi.tickets
    assert new["linked"] == [old["id"]]
    assert new["requesters"] == [BOB]
    assert old["followups"] == []
    told = (
        f"Заявка {link(chat, number)} больше не принимает дополнений, поэтому создана новая: "
        f"{link(chat, new['id'])}."
    )
    assert told in chat.told()[0]
    chat.write("112 и ещё", root=root)
    assert [len(t["followups"]) for t in chat.glpi.tickets] == [0, 1]
    chat.settle()
    assert len(chat.told()) == 2


@pytest.mark.parametrize("how", ["trash", "purged"])
def test_a_reply_to_a_ticket_that_is_gone_is_a_new_one(chat: Chat, how: str) -> None:
    root, number = open_ticket(chat)
    chat.purge(number) if how == "purged" else chat.change(number, is_deleted=1)
    chat.write("112 x", root=root)
    new = chat.glpi.tickets[-1]
    assert new["id"] != number
    assert new["linked"] == []
    assert f"Принято: заявка {link(chat, new['id'])}" in chat.told()[0]
    chat.write("112 y", root=root)
    assert len(chat.glpi.tickets[-1]["followups"]) == 1


def test_a_reply_in_a_thread_without_a_ticket_is_a_ticket_and_takes_the_thread(chat: Chat) -> None:
    root, _ = chat.add_post()
    chat.write("112 x", root=root)
    chat.write("112 y", root=root)
    assert len(contents(chat.ticket)) == 1


def test_a_reply_whose_post_is_deleted_becomes_a_ticket(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    post, ids = chat.add_post(root)
    del chat.mattermost.posts[post]
    chat.deliver("112 x", post, ids)
    assert len(chat.glpi.tickets) == 2
    chat.settle()


def test_two_hooks_on_a_reply_make_one_followup_and_one_answer(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    post = chat.write("112 x", root=root)
    chat.mattermost.pending.clear()
    chat.deliver("112 x", post, [])
    chat.settle()
    assert len(contents(chat.ticket)) == len(chat.told()) == 1


def test_two_replies_within_seconds_are_answered_both(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    chat.write("112 x", root=root)
    chat.write("112 y", root=root)
    chat.settle()
    assert len(contents(chat.ticket)) == len(chat.told()) == 2


# --- Without a bot, or with one that does not work


def test_without_a_bot_a_reply_is_a_ticket_and_mattermost_is_not_asked(plain: Chat) -> None:
    root, _ = open_ticket(plain)
    plain.write("112 y", root=root)
    plain.settle()
    assert len(plain.glpi.tickets) == 2
    assert plain.mattermost.log == []


def test_a_wrong_token_does_not_cost_the_ticket(chat: Chat) -> None:
    chat.lab.store(mattermost_bot_token="wrong")
    chat.lab.cold_start()
    chat.write("112 x")
    assert "Принято" in chat.said
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("filed, but")]
    assert line["code"] == "mattermost-token"
    assert "mattermost_bot_token" in line["remedy"]
    chat.go_on()
    assert len(chat.glpi.tickets) == 1
    chat.lab.store(mattermost_bot_token=chat.mattermost.bot_token)
    chat.lab.cold_start()
    chat.settle()
    assert len(chat.glpi.tickets) == 1
    assert chat.told() == []


def test_with_answers_in_the_channel_a_replys_is_there_and_comes_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, 'reply = "channel"')
    root, number = open_ticket(chat)
    chat.write("112 x", root=root)
    assert f"Добавлено в заявку {link(chat, number)}." in chat.said
    chat.settle()
    assert chat.told() == []


# --- While something is down


def test_a_reply_is_answered_while_glpi_is_down_and_its_author_is_told_later(chat: Chat) -> None:
    root, number = open_ticket(chat)
    chat.glpi.inject(DOWN)
    chat.write("112 x", root=root)
    assert chat.said == ""
    ((thread, text),) = chat.mattermost.said()
    assert thread == root
    assert "Сообщение сохранено" in text
    chat.glpi.heal()
    chat.settle()
    later = f":speech_balloon: @alice, добавлено в заявку {link(chat, number)}."
    assert chat.mattermost.said()[1:] == [(root, later)]
    assert len(contents(chat.ticket)) == 1


def test_a_reply_is_answered_while_nobody_waits_for_glpi(chat: Chat) -> None:
    root, _ = open_ticket(chat)
    chat.glpi.inject(DOWN)
    for text in ("112 a", "112 b", "112 c"):
        chat.write(text)
    chat.write("112 x", root=root)
    assert [thread for thread, text in chat.mattermost.said() if "сохранено" in text] == [root]
    chat.glpi.heal()
    chat.settle()
    assert [len(contents(t)) for t in chat.glpi.tickets] == [1, 0, 0, 0]


@pytest.mark.parametrize(
    "trouble", [MattermostFault(status=500), MattermostFault(), MattermostFault(status=429)]
)
def test_a_reply_waits_while_mattermost_cannot_be_asked(
    chat: Chat, trouble: MattermostFault
) -> None:
    root, _ = open_ticket(chat)
    chat.mattermost.fault = trouble
    chat.write("112 x", root=root)
    assert "Сообщение сохранено" in chat.said
    chat.go_on()
    assert contents(chat.ticket) == []
    chat.mattermost.heal()
    chat.settle()
    assert len(contents(chat.ticket)) == 1
    assert len(chat.told()) == 1


def test_after_a_while_a_ticket_is_better_than_waiting_and_says_when_it_was_written(
    chat: Chat,
) -> None:
    root, _ = open_ticket(chat)
    chat.mattermost.refuse()
    chat.write("112 x", root=root)
    since = chat.clock.now
    while chat.clock.now < since + THREAD_UNKNOWN_SECONDS:
        assert len(chat.glpi.tickets) == 1
        chat.go_on()
    assert len(chat.glpi.tickets) == 2
    assert "Написано 2027-01-15 08:" in chat.glpi.tickets[1]["content"]
    chat.mattermost.heal()
    chat.settle()
    assert "готово: заявка" in chat.told()[-1]


def test_what_is_filed_at_once_does_not_say_when_it_was_written(chat: Chat) -> None:
    open_ticket(chat)
    assert "Написано" not in str(chat.ticket["content"])


@pytest.mark.parametrize("first", ["root", "reply"])
@pytest.mark.parametrize("outage", ["glpi", "glpi for long", "mattermost"])
def test_a_reply_waits_for_the_ticket_of_its_thread(chat: Chat, first: str, outage: str) -> None:
    if outage == "mattermost":
        chat.mattermost.refuse()
    else:
        chat.glpi.inject(DOWN)
    for text in ("112 a", "112 b") if outage == "glpi for long" else ():
        chat.write(text)
    root = chat.write("112 принтер")
    chat.write("112 x", root=root)
    chat.glpi.heal()
    chat.mattermost.heal()
    for queued in chat.worker.queue:
        late = ('"112 x"' in queued.body) == (first == "root")
        chat.worker.pause(queued.receipt, 60.0 if late else 1.0)
    chat.settle()
    (ticket,) = [t for t in chat.glpi.tickets if t["name"].endswith("принтер")]
    assert len(contents(ticket)) == 1
    assert len(chat.glpi.tickets) == (3 if outage == "glpi for long" else 1)


def test_a_reply_does_not_wait_for_ever_for_the_ticket_of_its_thread(chat: Chat) -> None:
    chat.glpi.inject(DOWN)
    root = chat.write("112 принтер")
    chat.worker.delete(chat.worker.queue[0].receipt)  # lost, say
    chat.glpi.heal()
    chat.write("112 x", root=root)
    since = chat.clock.now
    for seconds in (0, 3600, THREAD_TICKET_SECONDS - 1):
        chat.clock.now = since + seconds
        assert chat.go_on()
        assert chat.glpi.tickets == []
    chat.settle()
    assert len(chat.glpi.tickets) == 1


def test_a_reply_below_a_claim_without_a_message_waits_no_longer_than_a_worker_would_take(
    chat: Chat,
) -> None:
    """As a container leaves it that is killed before the queue has the message."""
    root = chat.mattermost.add_post(HELPDESK)
    claim = claimed(NEW, chat.clock.now + TIMING.fast_lease, chat.clock.now)
    assert ledger().write(root, claim)[0]
    chat.write("112 again", root=root)
    assert "Сообщение сохранено" in chat.told()[-1]
    chat.go_on()
    assert chat.glpi.tickets == []
    chat.clock.now += TIMING.fast_lease + TIMING.settle + ABANDONED_SECONDS
    chat.settle()
    assert [ticket["name"] for ticket in chat.glpi.tickets] == ["Заявка от alice: again"]


def test_a_reply_below_a_message_that_was_not_saved_is_filed_at_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AwsError("AccessDenied", refused=True)

    chat.glpi.inject(Fault("maintenance", match="POST Ticket", times=1))
    with monkeypatch.context() as queue:
        queue.setattr(chat.worker, "send", lambda *_: refuse)
        root = chat.write("112 принтер")
    assert "не сохранено" in chat.said
    chat.write("112 again", root=root)
    assert [ticket["name"] for ticket in chat.glpi.tickets] == ["Заявка от alice: again"]


def test_a_reply_below_a_buried_message_does_not_wait_for_its_ticket(chat: Chat) -> None:
    chat.glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    root = chat.write("112 принтер")
    chat.go_on()
    assert len(chat.worker.dead) == 1
    chat.glpi.heal()
    chat.write("112 short", root=root)
    assert [ticket["name"] for ticket in chat.glpi.tickets] == ["Заявка от alice: short"]
    chat.worker.put(chat.worker.dead.pop().body)  # a replay
    chat.settle()
    assert len(chat.glpi.tickets) == 2


def test_while_a_reply_is_being_answered_the_worker_keeps_off(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = chat.write("112 принтер")
    chat.settle()
    real = Notifier.say

    def slow(*arguments: Any, **named: Any) -> None:
        chat.clock.now += TIMING.first_delay
        work(chat.worker)
        real(*arguments, **named)

    monkeypatch.setattr(Notifier, "say", slow)
    chat.write("112 x", root=root)
    monkeypatch.undo()
    chat.settle()
    assert len([text for text in chat.told() if "обавлено" in text]) == 1


def test_two_hooks_on_one_post_are_answered_once_in_an_outage(chat: Chat) -> None:
    chat.glpi.inject(DOWN)
    for _ in range(2):
        chat.write("112 x")  # opens the circuit
    post, _ = chat.add_post()
    said = []
    for _ in range(2):
        chat.deliver("112 y", post, [])
        said.append(chat.said)
    assert "сохранено" in said[0]
    assert said[1] == ""
    chat.glpi.heal()
    chat.settle()
    assert len(chat.glpi.tickets) == 3


def test_nobody_waits_for_a_mattermost_that_the_function_cannot_reach(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=500, match="GET /api/v4/posts")
    for _ in range(FAILURES):
        chat.write("112 x")
        assert "немного позже" in chat.said
    chat.write("112 y")
    assert "Принято" in chat.said
    chat.mattermost.heal()
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    root = chat.write("112 z")
    chat.write("112 more", root=root)
    assert "Добавлено" in chat.told()[-1]


def store() -> Store:
    """Return the table of the bridge in its container."""
    return ledger()._store


def break_reads(chat: Chat, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Let the table not answer what it knows of a thread."""
    real = store().get

    def get(wanted: str) -> object:
        if wanted == key:
            raise AwsError("TimeoutError", refused=False)
        return real(wanted)

    monkeypatch.setattr(store(), "get", get)


def test_a_reply_waits_while_the_ledger_does_not_know_threads(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = open_ticket(chat)
    with monkeypatch.context() as patch:
        break_reads(chat, patch, f"thread:{root}")
        chat.write("112 x", root=root)
        assert chat.said == ""
        assert "сохранено" in chat.told()[0]
        assert chat.go_on()
    chat.settle()
    assert len(contents(chat.ticket)) == 1


# --- Nothing twice


@both_versions
@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
@pytest.mark.parametrize("status", [1, CLOSED])
def test_a_reply_of_unknown_outcome_is_there_once_even_if_its_ticket_is_closed_meanwhile(
    chat: Chat, cut: str, status: int
) -> None:
    root, number = open_ticket(chat)
    chat.glpi.inject(Fault(cut, match=FOLLOWUP, times=1))
    chat.write("112 x", root=root)
    assert "сохранено" in chat.told()[0]
    chat.change(number, status=status)
    chat.settle()
    old, *new = chat.glpi.tickets
    added = cut == "cut_after" or status == 1
    assert len(old["followups"]) == added
    assert len(new) == (not added)
    later = "добавлено в заявку" if added else "уже не принимала дополнений, поэтому создана новая"
    assert later in chat.told()[1]
    assert link(chat, number if added else new[0]["id"]) in chat.told()[1]
    assert len(chat.told()) == 2


def test_a_reply_of_unknown_outcome_is_found_where_it_was_tried_when_mattermost_is_down(
    chat: Chat,
) -> None:
    root, _ = open_ticket(chat)
    chat.glpi.inject(Fault("cut_after", match=FOLLOWUP, times=1))
    chat.write("112 x", root=root)
    chat.clock.now += THREAD_UNKNOWN_SECONDS
    chat.mattermost.refuse()
    chat.go_on()
    chat.mattermost.heal()
    chat.settle()
    assert len(contents(chat.ticket)) == 1


def test_a_reply_of_unknown_outcome_is_found_where_it_was_tried_when_the_thread_went_on(
    chat: Chat,
) -> None:
    root, number = open_ticket(chat)
    chat.glpi.inject(Fault("cut_after", match=FOLLOWUP, times=1))
    chat.write("112 x", root=root)
    chat.change(number, status=CLOSED)
    chat.write("112 y", root=root)
    chat.settle()
    assert [len(contents(t)) for t in chat.glpi.tickets] == [1, 0]


def test_a_ticket_of_unknown_outcome_is_found_although_its_thread_has_another_now(
    chat: Chat,
) -> None:
    root, _ = chat.add_post()
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    first = chat.write("112 x", root=root)
    chat.write("112 y", root=root)
    chat.settle()
    tickets = chat.glpi.tickets
    assert len(tickets) == 2
    assert all(len(contents(t)) == 0 for t in tickets)
    assert all(t["requesters"] == [ALICE] for t in tickets)
    assert sum(first in t["content"] for t in tickets) == 1


@pytest.mark.parametrize(
    "trouble", [MattermostFault(status=500, match="POST"), MattermostFault(match="POST")]
)
def test_an_answer_that_fails_is_told_by_the_worker(chat: Chat, trouble: MattermostFault) -> None:
    root, _ = open_ticket(chat)
    chat.mattermost.fault = trouble
    chat.write("112 x", root=root)
    assert len(contents(chat.ticket)) == 1
    assert any(e.get("code", "").startswith("mattermost-") for e in chat.lab.logged())
    chat.mattermost.heal()
    chat.settle()
    assert len(chat.told()) == 1
    assert "@alice, добавлено" in chat.told()[0]


@pytest.mark.parametrize("step", ["answer", "take_thread"])
def test_a_thread_whose_new_ticket_could_not_be_noted_finds_it_all_the_same(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    real = store().put_if

    def put_if(key: str, item: Item, seen: int) -> object:
        if key.startswith("thread:"):
            raise AwsError("TimeoutError", refused=False)
        return real(key, item, seen)

    with monkeypatch.context() as patch:
        patch.setattr(store(), "put_if", put_if)
        chat.write("112 опять", root=root)
        if step == "answer":
            assert chat.go_on()
    chat.settle()
    chat.write("112 и ещё", root=root)
    chat.settle()
    assert [len(contents(t)) for t in chat.glpi.tickets] == [0, 1]


def test_the_thread_stays_with_its_newest_ticket(chat: Chat) -> None:
    links = Links(store(), chat.clock)
    links.take_thread("root", 8)
    links.take_thread("root", 7)
    entry = links.entry("root")
    assert isinstance(entry, Filed)
    assert entry.result.ticket == 8


def test_two_workers_with_two_messages_of_one_post_do_its_steps_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.glpi.inject(DOWN)
    chat.write("112 x", ("a.txt", b"words"))
    chat.glpi.heal()
    chat.worker.put(chat.worker.queue[0].body, TIMING.first_delay)
    real, nested = Leases.take, list[list[str]]()

    def take(*arguments: Any) -> object:
        leased = real(*arguments)
        if not nested:
            nested.append(work(chat.worker))
        return leased

    monkeypatch.setattr(Leases, "take", take)
    chat.go_on()
    assert nested != [[]]  # the other message stays in the queue
    chat.mattermost.pending.clear()
    chat.settle()
    assert len(chat.ticket["documents"]) == len(chat.told()) == 1
    assert chat.ticket["requesters"] == [ALICE]


# --- With less right


@both_versions
@pytest.mark.parametrize(
    ("status", "followups", "tickets"), [(1, 1, 1), (SOLVED, 0, 2), (CLOSED, 0, 2)]
)
def test_self_service_adds_to_what_is_open_and_files_anew_what_is_not(
    chat: Chat, status: int, followups: int, tickets: int
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    chat.write("112 x", root=root)
    chat.settle()
    old, *new = chat.glpi.tickets
    assert len(old["followups"]) == followups
    assert len(new) == tickets - 1
    assert [t["linked"] for t in new] == [[number]] * len(new)
    chat.write("112 y", root=root)
    assert len(contents(chat.glpi.tickets[-1])) == 1 + followups


def self_service(chat: Chat) -> None:
    """Let the API user have GLPI's profile Self-Service."""
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()


@both_versions
@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_what_self_service_cannot_reopen_goes_on_in_a_new_ticket_and_is_not_called_open(
    chat: Chat, status: int
) -> None:
    """GLPI answers its followup with 201, and the ticket stays solved: nobody would notice."""
    self_service(chat)
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    post = chat.write("112 снова", root=root)
    old, new = chat.glpi.tickets
    assert (old["status"], old["followups"]) == (status, [])
    assert new["content"].endswith(f"<p>mattermost:{post}</p>")
    assert new["linked"] == [number]
    assert chat.told() == [
        f":speech_balloon: Заявку {link(chat, number)} нельзя открыть снова, поэтому создана "
        f"новая: {link(chat, new['id'])}. Они связаны."
    ]
    chat.settle()
    assert len(chat.told()) == 1


@pytest.mark.parametrize(
    ("status", "profile", "said"),
    [
        (CLOSED, "mm-tech", "заявка {old} уже не принимала дополнений, поэтому создана новая: "),
        (SOLVED, "mm-self", "заявку {old} нельзя было открыть снова, поэтому создана новая: "),
        (SOLVED, "mm-tech", "добавлено в заявку {old}, она была открыта снова."),
    ],
)
def test_whoever_is_answered_later_reads_what_those_read_who_are_answered_at_once(
    chat: Chat, status: int, profile: str, said: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[profile])
    chat.lab.cold_start()
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    chat.glpi.inject(Fault("maintenance", times=1))
    chat.write("112 опять", root=root, author="bob")
    chat.settle()
    old, *new = chat.glpi.tickets
    t = "".join(f"{link(chat, ticket['id'])}. Они связаны." for ticket in new)
    rings = said.format(old=link(chat, old["id"])) + t
    assert chat.told()[1:] == [f":speech_balloon: @bob, {rings}"]


def test_a_link_that_glpi_did_not_make_is_not_claimed_later_either(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GlpiFollowups, "are_linked", lambda *_: False)
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.glpi.inject(Fault("maintenance", times=1))
    chat.write("112 опять", root=root)
    chat.settle()
    assert "уже не принимала дополнений" in chat.told()[-1]
    assert "связаны" not in chat.told()[-1]


@both_versions
@pytest.mark.parametrize("status", [PENDING, SOLVED])
@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_what_self_service_cannot_reopen_is_there_once_though_an_answer_was_lost(
    chat: Chat, status: int, cut: str
) -> None:
    self_service(chat)
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    chat.glpi.inject(Fault(cut, match="POST Ticket", times=1))
    chat.write("112 снова", root=root)
    chat.settle()
    old, new = chat.glpi.tickets
    assert old["followups"] == []
    assert new["linked"] == [number]
    assert not [text for text in chat.told() if "снова в работе" in text]


@both_versions
@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_self_service_reopens_a_ticket_that_it_asks_for_itself(chat: Chat, status: int) -> None:
    self_service(chat)
    root, number = open_ticket(chat)
    row = {"tickets_id": number, "users_id": 9, "type": 1, "alternative_email": ""}
    chat.glpi._store.insert("Ticket_User", row | {"use_notification": 1})
    chat.change(number, status=status)
    chat.write("112 снова", root=root)
    assert chat.ticket["status"] == 1
    assert "снова в работе" in chat.told()[0]


@both_versions
@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_a_ticket_that_stays_as_it_was_is_not_called_open_again(
    chat: Chat, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A life cycle of the profile, a rule or a plug-in may keep it from being opened."""
    root, number = open_ticket(chat)
    chat.change(number, status=status)
    monkeypatch.setattr("local.glpi_simulator.followups.reopen", lambda *_: None)
    chat.write("112 снова", root=root)
    assert len(contents(chat.ticket)) == 1
    (told,) = chat.told()
    assert told.startswith(f":speech_balloon: Добавлено в заявку {link(chat, number)}.")
    assert "в работе" not in told
    assert "могут не заметить" in told
    chat.settle()
    assert len(chat.told()) == 1


def test_a_ticket_that_stays_as_it_was_is_not_called_open_later_either(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=SOLVED)
    monkeypatch.setattr("local.glpi_simulator.followups.reopen", lambda *_: None)
    chat.glpi.inject(Fault("maintenance", times=1))
    chat.write("112 снова", root=root)
    chat.settle()
    assert "добавлено в заявку" in chat.told()[-1]
    assert "могут не заметить" in chat.told()[-1]


@pytest.mark.parametrize("fault", ["cut_before", "empty", "maintenance"])
def test_a_status_that_cannot_be_read_back_is_not_claimed_and_costs_no_second_followup(
    chat: Chat, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=SOLVED)
    real = GlpiFollowups.create

    def create(*arguments: Any) -> None:
        real(*arguments)
        chat.glpi.inject(Fault(fault, match=f"GET Ticket/{number}"))

    with monkeypatch.context() as patch:
        patch.setattr(GlpiFollowups, "create", create)
        chat.write("112 снова", root=root)
    assert chat.told() == [f":speech_balloon: Добавлено в заявку {link(chat, number)}."]
    chat.glpi.heal()
    chat.settle()
    assert len(contents(chat.ticket)) == len(chat.told()) == 1


# --- What a link does


@both_versions
@pytest.mark.parametrize("user", ["mm-tech", "mm-self"])
def test_a_ticket_that_goes_on_from_a_closed_one_counts_as_taken_by_nobody(
    chat: Chat, user: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[user])
    chat.lab.cold_start()
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", root=root)
    new = chat.glpi.tickets[1]
    assert new["takeintoaccountdate"] is not None  # by `_link`
    chat.settle()
    new = chat.glpi.tickets[1]
    assert (new["takeintoaccountdate"], new["takeintoaccount_delay_stat"]) == (None, 0)
    assert new["linked"] == [number]


@both_versions
@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "maintenance", "empty"])
def test_setting_that_back_is_done_once_whatever_happens_to_it(chat: Chat, fault: str) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", root=root)
    chat.glpi.inject(Fault(fault, match="PUT Ticket", times=1))
    assert chat.go_on()
    chat.settle()
    assert chat.glpi.tickets[1]["takeintoaccountdate"] is None
    changes = [e for e in chat.glpi.log if e.method == "PUT"]
    assert len(changes) == (1 if fault == "cut_after" else 2)


def technician(chat: Chat, ticket: int, act: str) -> None:
    """Let an agent take a ticket up, in a way of GLPI's."""
    store = chat.glpi._store
    if act in ("followup", "private followup"):
        row = {"itemtype": "Ticket", "items_id": ticket, "users_id": 8, "content": "<p>I see</p>"}
        store.insert("ITILFollowup", row | {"is_private": int(act != "followup")})
    elif act == "assigned":
        row = {"tickets_id": ticket, "users_id": 8, "type": 2, "alternative_email": ""}
        store.insert("Ticket_User", row | {"use_notification": 1})
    elif act == "solution":
        store.insert("ITILSolution", {"itemtype": "Ticket", "items_id": ticket, "content": "x"})
    chat.change(ticket, users_id_lastupdater=8, date_mod="2099-01-01 00:00:00")


@both_versions
@pytest.mark.parametrize(
    "act", ["followup", "private followup", "assigned", "solution", "status only"]
)
@pytest.mark.parametrize("then", ["", "a file comes"])
def test_a_ticket_that_an_agent_has_taken_meanwhile_stays_taken(
    chat: Chat, act: str, then: str
) -> None:
    """What comes to a ticket later does not change the date, so that it does not tell."""
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", root=root)
    new = int(chat.glpi.tickets[1]["id"])
    technician(chat, new, act)
    if then and act != "status only":  # the bridge's own write hides who came before it
        chat.change(new, users_id_lastupdater=7)
    chat.settle()
    assert chat.glpi.tickets[1]["takeintoaccountdate"] is not None


@both_versions
def test_an_agent_who_is_as_quick_as_the_bridge_has_taken_a_ticket(chat: Chat) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", root=root)
    new = chat.glpi.tickets[1]
    technician(chat, int(new["id"]), "followup")
    chat.change(new["id"], date_mod=new["date_creation"])
    chat.settle()
    assert chat.glpi.tickets[1]["takeintoaccountdate"] is not None


@both_versions
def test_what_the_bridge_itself_has_added_meanwhile_takes_nothing_up(chat: Chat) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.write("112 опять", ("bad.exe", b"MZ"), root=root)
    chat.write("112 и ещё", root=root, author="bob")
    chat.change(chat.glpi.tickets[1]["id"], date_mod="2099-01-01 00:00:00")
    chat.settle()
    assert chat.glpi.tickets[1]["takeintoaccountdate"] is None


def test_a_ticket_of_its_own_is_left_as_glpi_files_it(chat: Chat) -> None:
    open_ticket(chat)
    assert [e for e in chat.glpi.log if e.method == "PUT"] == []


def test_a_link_that_glpi_did_not_make_is_not_claimed(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    monkeypatch.setattr("local.glpi_simulator.tickets._link", lambda *_: False)
    chat.write("112 опять", root=root)
    (told,) = chat.told()
    assert f"создана новая: {link(chat, chat.glpi.tickets[1]['id'])}." in told
    assert "связаны" not in told


@pytest.mark.parametrize("fault", ["cut_before", "empty"])
def test_a_link_that_cannot_be_read_back_is_not_claimed(chat: Chat, fault: str) -> None:
    root, number = open_ticket(chat)
    chat.change(number, status=CLOSED)
    chat.glpi.inject(Fault(fault, match="GET Ticket_Ticket"))
    chat.write("112 опять", root=root)
    assert len(chat.glpi.tickets) == 2
    assert "связаны" not in chat.told()[0]


# --- What is no request


@pytest.mark.parametrize(
    ("text", "trigger", "said"),
    [("112", "112", ":information_source:"), ("911 x", "911", ":grey_question:")],
)
def test_a_reply_that_asks_for_nothing_is_answered_in_its_thread(
    chat: Chat, text: str, trigger: str, said: str
) -> None:
    root, _ = open_ticket(chat)
    chat.write(text, root=root, trigger_word=trigger)
    assert chat.said == ""
    ((thread, answer),) = chat.mattermost.said()
    assert thread == root
    assert answer.startswith(said)


def test_what_nobody_answers_costs_no_question(chat: Chat) -> None:
    chat.write("hello", trigger_word="")
    assert chat.mattermost.log == []


@pytest.mark.parametrize(("down", "said"), [(False, "filed, but"), (True, "the author could not")])
def test_an_answer_that_fails_is_logged_as_what_it_is(chat: Chat, down: bool, said: str) -> None:
    root, _ = open_ticket(chat)
    chat.mattermost.fault = MattermostFault(status=500, match="POST")
    if down:
        chat.glpi.inject(DOWN)
    chat.write("112 x", root=root)
    (line,) = [e for e in chat.lab.logged() if e.get("code") == "mattermost-http-500"]
    assert line["message"].startswith(said)
    assert line["remedy"]
