"""What an author is told when nobody waits for an answer any more."""

from pathlib import Path

import pytest

import handler
from bridge import container
from bridge.config.timing import THREAD_UNKNOWN_SECONDS
from bridge.jobs.post_job import PostJob, dumps
from local.gateway import Context
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from local.memory import MemoryOutbox
from tests.conftest import Lab, both_versions
from tests.support.operator import run
from tests.support.safe_path import NOW, TIMING, Clock, post, record, work

HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"
TOO_LARGE = Fault("status_before", match="POST Ticket", status=413)


@pytest.fixture
def hook(
    lab: Lab,
    worker: MemoryOutbox,
    mattermost: MattermostSimulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> MattermostSimulator:
    """A Mattermost in which the bridge has an incoming webhook of the team acme."""
    path = tmp_path / "bridge.toml"
    desk = '[[desk]]\ntriggers = ["112"]\n'
    path.write_text(f'incoming_webhook_team = "acme"\n{desk}', "utf-8")
    monkeypatch.setattr(container, "BRIDGE_TOML", path)
    lab.store(mattermost_incoming_webhook=mattermost.hook_url)
    lab.cold_start()
    return mattermost


def post_id(mattermost: MattermostSimulator) -> str:
    """Return the id of the first post."""
    return next(iter(mattermost.posts))


def saved(lab: Lab, mattermost: MattermostSimulator, **fields: object) -> str:
    """Write a message while GLPI is down; returns what is read."""
    lab.glpi.inject(Fault("maintenance"))
    said = lab.say("112 принтер", post_id=mattermost.add_post(HELPDESK), **fields)
    lab.glpi.heal()
    return said


def go_on(worker: MemoryOutbox, clock: Clock) -> None:
    """Let the worker have what waits, at the moment it becomes visible."""
    clock.now = max(clock.now, worker.next_at() or 0)
    work(worker)


@both_versions
def test_a_bot_brings_the_number_into_the_thread_and_rings_the_author(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    said = saved(lab, bot)
    assert "Её номер придёт сюда" in said
    assert "Код" not in said
    go_on(worker, clock)
    (ticket,) = lab.glpi.tickets
    root = next(iter(bot.posts))
    number = f"[№\u00a0{ticket['id']}]({lab.glpi.url}/front/ticket.form.php?id={ticket['id']})"
    text = f":white_check_mark: @alice, готово: заявка {number} создана. Спасибо за терпение!"
    assert bot.said() == [(root, text)]
    assert worker.queue == []


def test_an_incoming_webhook_brings_the_number_into_the_channel(
    lab: Lab, hook: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    assert "Её номер придёт в этот канал" in saved(lab, hook)
    go_on(worker, clock)
    ((root, text),) = hook.said()
    assert root == ""
    assert "@alice, готово: заявка" in text


def test_without_a_way_back_there_is_a_code_and_nobody_is_told(
    lab: Lab, worker: MemoryOutbox, mattermost: MattermostSimulator, clock: Clock
) -> None:
    said = saved(lab, mattermost)
    assert "придёт" not in said
    assert "Код: " in said
    go_on(worker, clock)
    assert len(lab.glpi.tickets) == 1
    assert mattermost.log == []


def test_whoever_has_read_the_number_is_not_told_again(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    assert "Принято" in lab.say("112 x", post_id=bot.add_post(HELPDESK))
    go_on(worker, clock)
    assert bot.said() == []


def test_two_queued_messages_of_one_post_are_told_once(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    saved(lab, bot)
    worker.put(worker.queue[0].body, 3600)
    go_on(worker, clock)
    bot.pending.clear()  # Mattermost forgets them after 30 s
    go_on(worker, clock)
    assert worker.queue == []
    assert len(bot.said()) == 1


def test_an_unknown_outcome_is_told_when_the_ticket_is_found(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    assert "номер придёт" in lab.say("112 x", post_id=bot.add_post(HELPDESK))
    go_on(worker, clock)
    assert bot.said() == []
    go_on(worker, clock)
    assert len(lab.glpi.tickets) == len(bot.said()) == 1


def test_while_mattermost_is_down_the_ticket_is_there_and_the_notice_waits(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    saved(lab, bot)
    bot.refuse()
    while clock.now < NOW + THREAD_UNKNOWN_SECONDS:
        assert lab.glpi.tickets == []  # it may belong to a thread's ticket
        go_on(worker, clock)
    for _ in range(3):
        assert len(lab.glpi.tickets) == 1
        assert len(worker.queue) == 1
        go_on(worker, clock)
    bot.heal()
    go_on(worker, clock)
    assert len(bot.said()) == 1
    assert worker.queue == worker.dead == []


def test_mattermosts_own_wish_to_wait_is_obeyed(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    saved(lab, bot)
    bot.fault = MattermostFault(status=429, headers={"Retry-After": "200"}, match="POST")
    go_on(worker, clock)
    assert worker.queue[0].visible_at - clock.now == pytest.approx(200)


def test_a_bot_outside_the_channel_waits_for_the_administrator_at_the_longest_pause(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    bot.channels[HELPDESK].with_bot = False
    bot.teams.clear()  # so it cannot join
    saved(lab, bot)
    go_on(worker, clock)
    assert worker.queue[0].visible_at - clock.now == pytest.approx(TIMING.longest_pause)
    (entry,) = [e for e in lab.logged() if e.get("code") == "mattermost-permissions"]
    assert "add it to the team" in entry["remedy"]
    shown = run("queue").stdout
    assert f"{post_id(bot)}" in shown
    assert "filed" in shown
    assert "mattermost-permissions" in shown
    bot.channels[HELPDESK].with_bot = True
    go_on(worker, clock)
    assert len(bot.said()) == 1
    assert "mattermost-permissions" not in run("queue").stdout


def test_a_notice_is_given_up_with_the_messages_age_but_its_ticket_is_no_dead_letter(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    saved(lab, bot)
    bot.fault = MattermostFault(status=500, match="POST")
    go_on(worker, clock)
    clock.now += TIMING.max_age
    go_on(worker, clock)
    assert worker.queue == worker.dead == []
    (entry,) = [e for e in lab.logged() if e["message"].startswith("given up")]
    assert entry["steps"] == ["told"]


def test_a_deleted_post_has_nobody_to_tell_and_nothing_waits(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    saved(lab, bot)
    bot.posts.clear()
    go_on(worker, clock)
    assert len(lab.glpi.tickets) == 1
    assert worker.queue == []


@both_versions
def test_a_failure_for_good_is_told_with_a_link_and_the_hours(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    root = bot.add_post(HELPDESK)
    lab.glpi.inject(Fault("maintenance"))
    lab.say("112 x", post_id=root)
    clock.now += TIMING.max_age + 3600
    go_on(worker, clock)
    ((thread, text),) = bot.said()
    assert thread == root
    link = f"[вашему сообщению]({bot.url}/_redirect/pl/{root})"
    assert f":x: @alice, заявку по {link} создать не удалось, попытки шли 97 ч." in text
    assert f"Код: {root}" in text
    assert worker.dead[0].reason == "too old; last: maintenance; the author was told"


def test_a_failure_at_once_names_no_hours(
    lab: Lab, hook: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(TOO_LARGE)
    lab.say("112 x")
    go_on(worker, clock)
    ((_, text),) = hook.said()
    assert "GLPI не принимает заявку по вашему сообщению" in text
    assert "попытки" not in text


def test_a_failure_that_cannot_be_told_is_buried_and_says_so(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(TOO_LARGE)
    lab.say("112 x", post_id=bot.add_post(HELPDESK))
    bot.fault = MattermostFault(status=500, match="POST")
    go_on(worker, clock)
    reason = "http-413; the author could not be told (mattermost-http-500)"
    assert worker.dead[0].reason == reason
    assert worker.queue == []


@pytest.mark.parametrize(
    ("user_name", "shown"),
    [
        ("alice.b-c_1", "@alice.b-c_1, готово"),
        ("channel", ": channel, готово"),
        ("all", ": all, готово"),
        ("all.", ": all., готово"),
        ("here-_", ": here-\\_, готово"),
        ("@here", ": @\u200bhere, готово"),
        ("x y](http://z)", ": x y\\]\\(http:\u200b//\u200bz\\), готово"),
        ("", "автор сообщения, готово"),
    ],
)
def test_a_notice_rings_its_author_and_nobody_else(
    lab: Lab,
    bot: MattermostSimulator,
    worker: MemoryOutbox,
    clock: Clock,
    user_name: str,
    shown: str,
) -> None:
    saved(lab, bot, user_name=user_name)
    go_on(worker, clock)
    ((_, text),) = bot.said()
    assert shown in text


def test_an_old_messages_notice_comes_after_its_replay(
    lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox
) -> None:
    old = post(post_id=bot.add_post(HELPDESK), user_name="alice")
    queued = record(dumps(PostJob(old, NOW - 10 * 24 * 3600)))
    assert handler.queue_handler({"Records": [queued]}, Context()) == {"batchItemFailures": []}
    assert len(bot.said()) == 1
