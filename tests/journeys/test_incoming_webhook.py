"""What an incoming webhook says goes to its own team, or nowhere; what is promised follows."""

from pathlib import Path

import pytest

from bridge.config import timing
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from local.mattermost_simulator.model import Channel
from tests.support.chat import HELPDESK, Chat, chat, plain
from tests.support.safe_path import TIMING

__all__ = ["chat", "plain"]

CHANNEL = "номер придёт в этот канал"
ACME = 'incoming_webhook_team = "acme"'


@pytest.fixture
def other(plain: Chat) -> Channel:
    """The channel of the same name in another team."""
    return plain.mattermost.add_channel("helpdesk", with_bot=False, team="other")


def with_hook(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str = "", desk: str = ""
) -> None:
    """Give the bridge an incoming webhook, and these lines of bridge.toml."""
    chat.lab.store(mattermost_incoming_webhook=chat.mattermost.hook_url)
    chat.rules(monkeypatch, folder, text)
    path = folder / "bridge.toml"
    path.write_text(path.read_text("utf-8") + desk, "utf-8")
    chat.lab.cold_start()


def saved(chat: Chat, team: str = "acme") -> str:
    """Write a message while GLPI is down, and let the worker file it; returns what was read."""
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x", team_domain=team)
    chat.glpi.heal()
    chat.settle()
    return chat.said


def heard(chat: Chat, channel: str) -> list[str]:
    """Return what the bridge has said in a channel."""
    posts = chat.mattermost.posts.values()
    return [p["message"] for p in posts if p.get("by_bridge") and p["channel_id"] == channel]


@pytest.mark.parametrize("team", ["acme", "other"])
def test_news_of_one_team_never_land_in_the_channel_of_another(
    plain: Chat, other: Channel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, team: str
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    said = saved(plain, team)
    assert heard(plain, other.id) == []
    assert len(heard(plain, HELPDESK)) == (team == "acme")
    assert (CHANNEL in said) == (team == "acme")
    assert ("Код: " in said) == (team == "other")
    assert len(plain.glpi.tickets) == 1


@pytest.mark.parametrize("team", ["acme", "other", ""])
def test_while_nobody_says_which_team_the_webhook_is_of_it_says_nothing(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, team: str
) -> None:
    with_hook(plain, monkeypatch, tmp_path)
    assert CHANNEL not in saved(plain, team)
    assert plain.mattermost.said() == []
    said = "mattermost_incoming_webhook is of no use: set incoming_webhook_team in bridge.toml"
    assert said in [line["message"] for line in plain.lab.logged()]


def test_the_team_that_all_desks_serve_need_not_be_the_webhooks(
    plain: Chat, other: Channel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever created it may have been in another team; only its owner knows."""
    with_hook(plain, monkeypatch, tmp_path, desk='teams = ["acme"]\n')
    plain.mattermost.hook_team = "other"
    said = saved(plain)
    assert CHANNEL not in said
    assert "Код: " in said
    assert plain.mattermost.said() == []


def test_a_failure_for_good_is_not_told_in_the_wrong_room_either(
    plain: Chat, other: Channel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    plain.write("112 x", team_domain="other")
    plain.go_on()
    assert plain.mattermost.said() == []
    assert [dead.reason for dead in plain.worker.dead] == ["http-413"]


TROUBLE = {
    "archived, so that it is gone": ("mattermost-hook", "copy its URL"),
    "no such channel": ("mattermost-hook-channel", "incoming_webhook_team"),
    "locked to another channel": ("mattermost-hook-locked", "Lock to this channel"),
    "switched off": ("mattermost-hook-off", "enable them"),
    "private channel": ("mattermost-hook-permissions", "create the webhook as a member"),
}


def strike(chat: Chat, why: str) -> None:
    mattermost = chat.mattermost
    if why == "archived, so that it is gone":
        mattermost.hook_id = "another"
    elif why == "no such channel":
        mattermost.hook_team = "other"
    elif why == "locked to another channel":
        mattermost.hook_channel = mattermost.add_channel("town").id
    elif why == "switched off":
        mattermost.config["EnableIncomingWebhooks"] = "false"
    else:
        mattermost.channels[HELPDESK].is_private = True


@pytest.mark.parametrize("why", TROUBLE)
def test_what_keeps_the_webhook_from_telling_is_a_setting_with_its_remedy(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.glpi.inject(Fault("maintenance"))
    plain.write("112 x")
    plain.glpi.heal()
    strike(plain, why)
    plain.go_on()
    code, remedy = TROUBLE[why]
    (line,) = [e for e in plain.lab.logged() if e.get("code") == code]
    assert remedy in line["remedy"]
    assert plain.worker.queue[0].visible_at - plain.clock.now == TIMING.longest_pause


@pytest.mark.parametrize("why", TROUBLE)
def test_a_webhook_that_does_not_work_is_not_promised_and_a_working_one_is_tried_without_posting(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.glpi.inject(Fault("maintenance"))
    plain.write("112 x")
    assert CHANNEL in plain.said
    assert plain.mattermost.said() == []
    plain.write("112 y")
    assert len(plain.asked("POST /hooks/")) == 1  # known for a while
    strike(plain, why)
    plain.lab.cold_start()
    plain.write("112 z")
    assert CHANNEL not in plain.said
    assert f"Код: {plain.post}" in plain.said


def test_what_a_webhook_may_do_in_one_channel_is_promised_in_no_other(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.mattermost.hook_channel = HELPDESK
    plain.mattermost.add_channel("town")
    plain.glpi.inject(Fault("maintenance"))
    for channel, promised in (("helpdesk", True), ("town", False), ("helpdesk", True)):
        plain.write("112 x", channel_name=channel)
        assert (CHANNEL in plain.said) == promised
    assert plain.mattermost.said() == []


def test_what_has_been_mended_is_promised_again_after_a_while(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.mattermost.hook_channel = plain.mattermost.add_channel("town").id
    plain.glpi.inject(Fault("maintenance"))
    plain.write("112 x")
    assert CHANNEL not in plain.said
    plain.mattermost.hook_channel = HELPDESK
    plain.clock.now += timing.OUTSIDE_AGE_SECONDS
    plain.write("112 y")
    assert CHANNEL in plain.said


@pytest.mark.parametrize("status", [400, 403, 500, 502])
def test_a_refusal_that_is_not_the_one_asked_for_is_no_promise(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.glpi.inject(Fault("maintenance"))
    plain.mattermost.fault = MattermostFault(status=status, match="POST /hooks/")
    plain.write("112 x")
    assert CHANNEL not in plain.said


def test_nobody_tries_the_webhook_while_nothing_is_promised_by_it(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_hook(plain, monkeypatch, tmp_path, ACME)
    plain.write("112 x", ("a.txt", b"1"))
    assert "Принято" in plain.said
    assert plain.asked("POST /hooks/") == []


def test_a_channel_archived_meanwhile_is_named_as_the_reason(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.glpi.heal()
    chat.mattermost.channels[HELPDESK].is_archived = True
    chat.go_on()
    (line,) = [e for e in chat.lab.logged() if e.get("code") == "mattermost-archived"]
    assert "unarchive it" in line["remedy"]
    chat.mattermost.channels[HELPDESK].is_archived = False
    chat.settle()
    assert len(chat.told()) == 1
