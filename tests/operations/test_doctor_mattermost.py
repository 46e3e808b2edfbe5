"""manage.py doctor: Mattermost, its bot and its webhooks, on the simulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import SAMPLE_TOKENS
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from tests.conftest import Lab, kept_environment
from tests.support.doctor import Results, doctor, toml

BRIDGE = "https://example.execute-api.eu-central-1.amazonaws.com/mattermost/webhook"
WORDS = ["112", "заявка", "Заявка"]


@pytest.fixture(autouse=True)
def chat(
    lab: Lab, mattermost: MattermostSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MattermostSimulator]:
    """Mattermost with a bot and a hook, all well."""
    with kept_environment():
        monkeypatch.setenv("MATTERMOST_URL", mattermost.url)
        monkeypatch.setenv("WEBHOOK_URL", BRIDGE)
        lab.store(mattermost_bot_token=mattermost.bot_token)
        mattermost.hooks.append(hook())
        yield mattermost


def hook(**changes: object) -> dict[str, Any]:
    return {
        "id": "hook00000000000000000000id",
        "token": SAMPLE_TOKENS["helpdesk"],
        "display_name": "Help desk",
        "trigger_words": WORDS,
        "trigger_when": 0,
        "callback_urls": [BRIDGE],
        "content_type": "application/x-www-form-urlencoded",
        **changes,
    }


def checked(chat: MattermostSimulator, path: Path, desk: str = "", top: str = "") -> Results:
    """Check as an administrator may, with a limit for files that GLPI has, too."""
    config = toml(path, desk, f"max_file_mb = 2\n{top}")
    return doctor(
        admin_token=chat.admin_token,
        bridge_toml=config,
        canaries=(chat.admin_token, chat.bot_token),
    )


def test_a_healthy_mattermost_is_well(chat: MattermostSimulator, tmp_path: Path) -> None:
    results = checked(chat, tmp_path)
    assert results.wrong == []
    assert f"{chat.url}, 5.37.0, " in results.well("mattermost.reachable")
    assert results.well("mattermost.bot") == "its token is accepted"
    joins = "; joins other public channels when somebody writes there"
    assert results.well("mattermost.member") == f"helpdesk (acme){joins}"
    assert results.well("mattermost.addresses") == "the bot sees them"
    assert results.well("mattermost.enabled") == "switched on"
    assert results.well("mattermost.hooks") == "Help desk: form"
    assert results.well("mattermost.triggers") == "112, Заявка, заявка"
    assert results.well("mattermost.trigger-when")
    assert not any(line.startswith("POST") for line in chat.log)


# --- There or not


def test_an_address_that_is_not_set_is_no_fault(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.store(mattermost_bot_token="")
    monkeypatch.setenv("MATTERMOST_URL", "")
    results = doctor()
    assert results.wrong == []
    assert results.skipped("mattermost.reachable") == "MATTERMOST_URL is not set"


def test_a_bot_without_an_address_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERMOST_URL", "")
    assert "Set MATTERMOST_URL" in doctor().found("mattermost.bot")


def test_a_mattermost_that_is_down_is_one_finding(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    chat.refuse()
    results = checked(chat, tmp_path)
    assert results.wrong == ["mattermost.reachable"]
    assert "No connection to Mattermost" in results.found("mattermost.reachable")
    for check in ("bot", "member", "addresses", "enabled", "hooks", "triggers", "trigger-when"):
        assert results.skipped(f"mattermost.{check}") == "first mend “reachable”"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (MattermostFault(200), "What answers is not Mattermost."),
        (MattermostFault(502), "Mattermost or a proxy failed (HTTP 502)."),
        (MattermostFault(0), "cut the connection"),
    ],
    ids=["a login page", "a proxy", "cut"],
)
def test_what_answers_instead_is_found(
    chat: MattermostSimulator, tmp_path: Path, trouble: MattermostFault, said: str
) -> None:
    chat.fault = trouble
    results = checked(chat, tmp_path)
    assert results.wrong == ["mattermost.reachable"]
    assert said in results.found("mattermost.reachable")


def test_a_redirect_names_the_address_to_set(chat: MattermostSimulator, tmp_path: Path) -> None:
    there = {"Location": "https://chat.example/sub/api/v4/system/ping"}
    chat.fault = MattermostFault(301, headers=there)
    found = checked(chat, tmp_path).found("mattermost.reachable")
    assert "→ Set MATTERMOST_URL to https://chat.example/sub." in found


# --- The bot


def test_a_token_that_is_not_accepted_is_found(
    lab: Lab, chat: MattermostSimulator, tmp_path: Path
) -> None:
    lab.store(mattermost_bot_token="canary000000000000000000")
    results = checked(chat, tmp_path)
    assert "does not accept the bot's token" in results.found("mattermost.bot")
    assert results.skipped("mattermost.member") == "first mend “bot”"


def test_a_bot_without_a_team_is_found(chat: MattermostSimulator, tmp_path: Path) -> None:
    chat.teams.clear()
    assert "The bot is in no team." in checked(chat, tmp_path).found("mattermost.member")


def test_a_bot_outside_of_a_desks_team_or_channel_is_found(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    chat.add_channel("elsewhere", with_bot=False)
    desk = 'channels = ["helpdesk", "elsewhere"]\nteams = ["acme", "other"]\n'
    found = checked(chat, tmp_path, desk, "bot_joins = false\n").found("mattermost.member")
    assert "not in the team other, which" in found
    assert "not in the channel elsewhere, which" in found
    assert "helpdesk" not in found


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_public_channel_that_the_bot_will_join_by_itself_is_named(
    chat: MattermostSimulator, tmp_path: Path, by: str
) -> None:
    channel = chat.add_channel("elsewhere", with_bot=False)
    wanted = channel.name if by == "name" else channel.id
    well = checked(chat, tmp_path, f'channels = ["{wanted}"]\n').well("mattermost.member")
    assert well == f"helpdesk (acme); joins {wanted} when somebody writes there"
    assert not any(line.startswith("POST") for line in chat.log)


@pytest.mark.parametrize("kind", ["private", "other team", "unknown"])
def test_a_channel_that_the_bot_may_not_join_is_found(
    chat: MattermostSimulator, tmp_path: Path, kind: str
) -> None:
    if kind == "private":
        chat.add_channel("elsewhere", with_bot=False, is_private=True)
    elif kind == "other team":
        chat.add_channel("elsewhere", with_bot=False, team="other")
    found = checked(chat, tmp_path, 'channels = ["elsewhere"]\n').found("mattermost.member")
    assert "not in the channel elsewhere, which a desk serves, and does not join it" in found


def test_a_bot_in_no_channel_of_its_own_is_found(chat: MattermostSimulator, tmp_path: Path) -> None:
    """Every bot has a direct channel with its creator; that is none where people write."""
    chat.channels.clear()
    chat.add_channel("town-square")
    found = checked(chat, tmp_path, top="bot_joins = false\n").found("mattermost.member")
    assert "in no channel but the ones of everybody" in found
    well = checked(chat, tmp_path).well("mattermost.member")
    assert well.startswith("in no channel yet (acme); joins other public channels")


def test_hidden_addresses_are_found_unless_bridge_toml_says_who_is_who(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    chat.config["ShowEmailAddress"] = "false"
    assert "hides e-mail addresses" in checked(chat, tmp_path).found("mattermost.addresses")
    told = checked(chat, tmp_path, top="requester_by_login = true\n")
    assert told.skipped("mattermost.addresses")


def test_name_and_picture_without_effect_are_found(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    top = 'reply_username = "Desk"\nreply_icon_url = "https://example.com/i.png"\n'
    chat.config["EnablePostIconOverride"] = "true"
    found = checked(chat, tmp_path, top=top).found("mattermost.overrides")
    assert "reply_username of bridge.toml has no effect: EnablePostUsernameOverride" in found
    assert "reply_icon_url" not in found
    chat.config["EnablePostUsernameOverride"] = "true"
    assert checked(chat, tmp_path, top=top).well("mattermost.overrides")
    del chat.config["EnablePostUsernameOverride"]
    assert "look at EnablePost" in checked(chat, tmp_path, top=top).skipped("mattermost.overrides")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://chat.example/hooks/canary", "is not the address of an incoming webhook"),
        ("https://chat.example/hooks/canary00000000000000000000", "is at chat.example, MATTERMOST"),
    ],
)
def test_an_implausible_incoming_webhook_is_found(
    lab: Lab, chat: MattermostSimulator, tmp_path: Path, address: str, said: str
) -> None:
    lab.store(mattermost_incoming_webhook=address)
    results = checked(chat, tmp_path)
    assert said in results.found("mattermost.incoming")
    assert "canary" not in results.found("mattermost.incoming")


def test_a_plausible_incoming_webhook_is_not_tried(
    lab: Lab, chat: MattermostSimulator, tmp_path: Path
) -> None:
    lab.store(mattermost_incoming_webhook=f"{chat.url}/hooks/abcdefghijklmnopqrstuvwxyz")
    path = toml(tmp_path, "", 'incoming_webhook_team = "acme"\n')
    assert "not tried" in doctor(bridge_toml=path).well("mattermost.incoming")
    assert not any("hooks/abc" in line for line in chat.log)


def test_an_incoming_webhook_of_nobody_knows_which_team_is_found(
    lab: Lab, chat: MattermostSimulator, tmp_path: Path
) -> None:
    lab.store(mattermost_incoming_webhook=chat.hook_url)
    for desk in ("", 'teams = ["acme"]\n'):  # a desk's team need not be the webhook's
        found = checked(chat, tmp_path, desk).found("mattermost.incoming")
        assert "Set incoming_webhook_team of bridge.toml" in found
    top = 'incoming_webhook_team = "acme"\n'
    well = checked(chat, tmp_path, top=top).well("mattermost.incoming")
    assert well == "of the team acme, for all its channels"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("team", "is of another team than acme"),
        ("locked", "is locked to one channel"),
        ("gone", "does not know the incoming webhook"),
    ],
)
def test_an_administrator_sees_what_is_wrong_with_the_incoming_webhook(
    lab: Lab, chat: MattermostSimulator, tmp_path: Path, trouble: str, said: str
) -> None:
    lab.store(mattermost_incoming_webhook=chat.hook_url)
    if trouble == "team":
        chat.hook_team = "other"
    elif trouble == "locked":
        chat.hook_channel = "745i3akya3d9ierbsg6gsqmkfr"
    else:
        chat.hook_id = "anotherhookid0000000000000"
    top = 'incoming_webhook_team = "acme"\n'
    assert said in checked(chat, tmp_path, top=top).found("mattermost.incoming")
    assert not any(line.startswith("POST") for line in chat.log)


# --- Outgoing webhooks


def test_without_an_administrator_it_is_said_what_to_look_at() -> None:
    results = doctor()
    assert f"it calls {BRIDGE}" in results.skipped("mattermost.hooks")
    assert "the hook’s words are 112, заявка, Заявка" in results.skipped("mattermost.triggers")
    assert "is exactly a trigger" in results.skipped("mattermost.trigger-when")


def test_a_token_that_may_not_list_hooks_is_found(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    results = doctor(admin_token=chat.bot_token, bridge_toml=toml(tmp_path, top="max_file_mb = 2"))
    assert results.wrong == ["mattermost.hooks"]
    assert "does not hand the list of hooks" in results.found("mattermost.hooks")
    assert results.skipped("mattermost.triggers") == "MATTERMOST_ADMIN_TOKEN may not list hooks"


def test_switched_off_webhooks_are_found(chat: MattermostSimulator, tmp_path: Path) -> None:
    chat.config["EnableOutgoingWebhooks"] = "false"
    assert "are switched off" in checked(chat, tmp_path).found("mattermost.enabled")


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"token": "canary00000000000000000000"}, "hooks", "has a token that the secret lacks"),
        ({"callback_urls": [BRIDGE.replace("example", "old")]}, "hooks", "does not call"),
        ({"trigger_words": ["112", "Заявка"]}, "triggers", "No hook fires on заявка."),
        ({"trigger_words": ["112", "заявка"]}, "triggers", "fires on Заявка, which is how phones"),
        ({"trigger_when": 1}, "trigger-when", "fires on words that begin with a trigger"),
    ],
)
def test_a_hook_that_does_not_fit_is_found(
    chat: MattermostSimulator,
    tmp_path: Path,
    changes: dict[str, object],
    check: str,
    said: str,
) -> None:
    chat.hooks[:] = [hook(**changes)]
    results = checked(chat, tmp_path)
    assert said in results.found(f"mattermost.{check}")
    assert "canary" not in results.found(f"mattermost.{check}")


@pytest.mark.parametrize("url", [BRIDGE, "https://help.example/mattermost/webhook"])
def test_a_hook_may_call_by_a_name_of_ones_own_and_hide_its_token(
    chat: MattermostSimulator, tmp_path: Path, url: str
) -> None:
    chat.hooks[:] = [hook(callback_urls=[url], token="")]
    assert checked(chat, tmp_path).wrong == []


def test_no_hook_at_all_is_found(chat: MattermostSimulator, tmp_path: Path) -> None:
    chat.hooks.clear()
    assert "No outgoing webhook of Mattermost has a token" in checked(chat, tmp_path).found(
        "mattermost.hooks"
    )


def test_a_desk_that_wants_beginnings_needs_a_hook_that_does(
    chat: MattermostSimulator, tmp_path: Path
) -> None:
    found = checked(chat, tmp_path, 'match = "starts"\n').found("mattermost.trigger-when")
    assert "fires on the whole word only" in found
    chat.hooks[:] = [hook(trigger_when=1, content_type="application/json")]
    results = checked(chat, tmp_path, 'match = "starts"\n')
    assert results.wrong == []
    assert results.well("mattermost.hooks") == "Help desk: JSON"


def test_a_hook_without_words_gets_everything(chat: MattermostSimulator, tmp_path: Path) -> None:
    chat.hooks[:] = [hook(trigger_words=None)]
    assert "gets every message" in checked(chat, tmp_path).well("mattermost.triggers")
