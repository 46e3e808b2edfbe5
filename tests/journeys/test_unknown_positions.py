"""Where a message stands may not be known when it is filed: unknown is not "no reply"."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config.timing import (
    MATTERMOST_PAUSE_SECONDS,
    OUTSIDE_AGE_SECONDS,
    THREAD_UNKNOWN_SECONDS,
)
from bridge.filing.threads import FAILURES
from bridge.storage.entries import LINK, REQUESTER, TOLD, Filed
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from tests.conftest import both_versions, ledger
from tests.support.chat import PNG, Chat, chat
from tests.support.safe_path import TIMING

__all__ = ["chat"]

POSITIONS = "GET /api/v4/posts"


def refuse_the_token(chat: Chat) -> None:
    chat.mattermost.bot_token = "another"


def take_the_team(chat: Chat) -> None:
    """Let somebody remove the bot from the team."""
    chat.mattermost.teams.clear()
    for channel in chat.mattermost.channels.values():
        channel.with_bot = False


def show_a_login_page(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=200)


def tire(chat: Chat) -> None:
    """Let Mattermost fail until nobody waits for it any more."""
    chat.mattermost.fault = MattermostFault(status=500, match=POSITIONS)
    for _ in range(FAILURES):
        chat.write("112 before")


UNKNOWN: dict[str, Callable[[Chat], None]] = {
    "token refused": refuse_the_token,
    "bot outside the team": take_the_team,
    "login page": show_a_login_page,
    "skipped after failures": tire,
}


def heal(chat: Chat) -> None:
    chat.mattermost.heal()
    chat.mattermost.bot_token = type(chat.mattermost).bot_token
    chat.mattermost.teams[:] = [{"id": "n43e597yj7rs7k5posyzdogpkr", "name": "acme"}]
    for channel in chat.mattermost.channels.values():
        channel.with_bot = True


def with_a_ticket(chat: Chat) -> str:
    root = chat.write("112 принтер")
    chat.settle()
    return root


@both_versions
@pytest.mark.parametrize("why", UNKNOWN)
def test_the_author_of_a_reply_is_told_once_when_the_way_is_back(chat: Chat, why: str) -> None:
    root = with_a_ticket(chat)
    UNKNOWN[why](chat)
    before = len(chat.told())
    reply = chat.write("112 и сканер", root=root)
    assert "Принято" in chat.said  # Mattermost drops it
    filed = next(t for t in chat.glpi.tickets if reply in t["content"])
    heal(chat)
    chat.settle()
    about = [text for text in chat.told()[before:] if f"id={filed['id']})" in text]
    assert len(about) == 1
    assert "@alice" in about[0]
    assert [root for root, text in chat.mattermost.said() if text == about[0]] == [root]


@pytest.mark.parametrize("why", UNKNOWN)
def test_below_a_post_that_is_no_reply_the_first_answer_stands_and_nothing_is_said_twice(
    chat: Chat, why: str
) -> None:
    with_a_ticket(chat)
    UNKNOWN[why](chat)
    before = len(chat.told())
    post = chat.write("112 и сканер")
    assert "Принято" in chat.said
    filed = next(t for t in chat.glpi.tickets if post in t["content"])
    heal(chat)
    chat.settle()
    assert [text for text in chat.told()[before:] if f"id={filed['id']})" in text] == []


@pytest.mark.parametrize("why", UNKNOWN)
def test_nobody_is_called_told_before_it_is_known_where_the_post_stands(
    chat: Chat, why: str
) -> None:
    with_a_ticket(chat)
    UNKNOWN[why](chat)
    post = chat.write("112 x")
    entry = ledger().read(post)
    assert isinstance(entry, Filed)
    assert TOLD not in entry.steps_done
    for _ in range(3):
        chat.go_on()
    entry = ledger().read(post)
    assert isinstance(entry, Filed)
    assert TOLD not in entry.steps_done
    heal(chat)
    chat.settle()
    entry = ledger().read(post)
    assert isinstance(entry, Filed)
    assert TOLD in entry.steps_done


def test_a_post_that_was_deleted_meanwhile_has_nobody_to_tell(chat: Chat) -> None:
    root = with_a_ticket(chat)
    refuse_the_token(chat)
    reply = chat.write("112 x", root=root)
    heal(chat)
    del chat.mattermost.posts[reply]
    chat.settle()
    assert chat.told() == []


def test_an_author_who_cannot_be_told_for_days_is_logged_and_holds_up_nothing(chat: Chat) -> None:
    root = with_a_ticket(chat)
    refuse_the_token(chat)
    chat.write("112 x", root=root)
    chat.go_on()
    chat.clock.now += TIMING.max_age
    chat.go_on()
    assert chat.worker.queue == chat.worker.dead == []
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    assert line["steps"] == [TOLD]


def test_an_answer_in_the_channel_is_read_wherever_the_post_stands(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, 'reply = "channel"')
    root = with_a_ticket(chat)
    refuse_the_token(chat)
    chat.write("112 x", root=root)
    assert chat.go_on() == []
    assert chat.told() == []


def test_after_the_pause_mattermost_is_asked_again(chat: Chat) -> None:
    root = with_a_ticket(chat)
    tire(chat)
    chat.mattermost.heal()
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    chat.write("112 x", root=root)
    assert "Добавлено" in chat.told()[-1]


# --- A bot that is refused makes no work


def test_a_refused_token_is_not_asked_with_for_a_while(chat: Chat) -> None:
    refuse_the_token(chat)
    for _ in range(3):
        chat.write("112 x")
    assert len(chat.mattermost.log) == 1
    chat.clock.now += OUTSIDE_AGE_SECONDS
    chat.write("112 x")
    assert len(chat.mattermost.log) == 2


def test_what_is_answered_and_waits_for_the_bot_alone_rings_nobody_and_is_seldom_looked_at(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages, counted = list[float](), list[str]()
    monkeypatch.setattr("bridge.telemetry.measure_waiting", ages.append)
    monkeypatch.setattr("bridge.telemetry.count", counted.append)
    with_a_ticket(chat)  # so that it is known who asks
    refuse_the_token(chat)
    post = chat.write("112 x")
    for _ in range(3):
        assert chat.go_on()
        assert chat.worker.queue[0].visible_at - chat.clock.now == TIMING.answered_pause
    entry = ledger().read(post)
    assert isinstance(entry, Filed)
    assert {LINK, REQUESTER} < entry.steps_done
    chat.clock.now += TIMING.max_age
    assert chat.go_on() == []
    assert ages == []
    assert "Untold" not in counted
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    assert (line["level"], line["steps"]) == ("WARNING", [TOLD])


def test_what_waits_for_more_than_the_bot_is_measured_as_ever(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages = list[float]()
    monkeypatch.setattr("bridge.telemetry.measure_waiting", ages.append)
    refuse_the_token(chat)
    chat.write("112 x", ("a.png", PNG))
    assert chat.go_on()
    assert chat.worker.queue[0].visible_at - chat.clock.now == TIMING.longest_pause
    assert ages == [TIMING.first_delay]


def test_whoever_read_no_answer_counts_as_untold(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = list[str]()
    monkeypatch.setattr("bridge.telemetry.count", counted.append)
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.glpi.heal()
    refuse_the_token(chat)
    chat.clock.now += THREAD_UNKNOWN_SECONDS
    assert chat.go_on()
    assert chat.worker.queue[0].visible_at - chat.clock.now == TIMING.longest_pause
    chat.clock.now += TIMING.max_age
    chat.go_on()
    assert "Untold" in counted
