"""Checks of Mattermost: whether it is there, and what the bot may do.

REST API v4, seen on 5.37.0; the names in `config/client` are those of the server's source
(config/client.go), which hands out most of them only to somebody logged in.
"""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from bridge.config.rules import Desk
from bridge.mattermost.api import Denied, Gone, decipher, no_answer
from bridge.net.deadline import Deadline
from bridge.net.http import Answer, NoAnswer
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, together
from operations.doctor.settings import Configuration
from operations.doctor.timed_http import TimedHttp

NO_URL = "MATTERMOST_URL is not set"
NO_BOT = "there is no bot: people get a code instead of a number that comes later"
NO_DESKS = "bridge.toml is not usable"

REDIRECT = Fault("MATTERMOST_URL is redirected to {base}.", "Set MATTERMOST_URL to {base}.")
UNUSED_BOT = Fault(
    "mattermost_bot_token is in the secret, but MATTERMOST_URL is not set, so there is no bot.",
    "Set MATTERMOST_URL (parameter MattermostUrl).",
)
NO_TEAM = Fault(
    "The bot is in no team.", "Invite it to the team and to the channels (Add members)."
)
NOT_IN_TEAM = Fault(
    "The bot is not in the team {team}, which a desk serves.", "Invite it to that team."
)
NOT_IN_CHANNEL = Fault(
    "The bot is not in the channel {channel}, which a desk serves, and does not join it by itself.",
    "Add it there (Channel > Add members), or files and answers in threads do not work.",
)
NO_CHANNEL = Fault(
    "The bot is in no channel but the ones of everybody, and bot_joins of bridge.toml is false.",
    "Add it to the channels in which people write to the bridge, or let it join them by itself.",
)
HIDDEN_ADDRESSES = Fault(
    "Mattermost hides e-mail addresses (ShowEmailAddress), so tickets have no requester.",
    "System Console > Site Configuration > Users and Teams: show them, or set "
    "requester_by_login or [requesters] in bridge.toml.",
)
NO_OVERRIDE = Fault(
    "{key} of bridge.toml has no effect: {setting} is off.",
    "System Console > Integrations: switch {setting} on, or remove {key}.",
)
NOT_A_HOOK = Fault(
    "mattermost_incoming_webhook is not the address of an incoming webhook.",
    "Copy it again from Integrations > Incoming Webhooks; it ends with /hooks/ and 26 characters.",
)
NO_HOOK_TEAM = Fault(
    "Nobody knows which team the incoming webhook is of, so nobody is told anything by it.",
    "Set incoming_webhook_team of bridge.toml to that team's name in addresses.",
)
OTHER_HOOK_TEAM = Fault(
    "The incoming webhook is of another team than {team}, which bridge.toml names.",
    "Correct incoming_webhook_team, or create the webhook in that team: its words would land in "
    "the wrong channel.",
)
LOCKED_HOOK = Fault(
    "The incoming webhook is locked to one channel.",
    "Take the tick off “Lock to this channel” if people write to the bridge in others, too.",
)
OTHER_HOST = Fault(
    "mattermost_incoming_webhook is at {host}, MATTERMOST_URL at {other}.",
    "Correct the one that is out of date.",
)

_OF_EVERYBODY = frozenset({"town-square", "off-topic"})

Json = Mapping[str, object]


class MattermostSubject:
    """Mattermost, asked as the bot, or as an administrator where that is possible.

    Args:
        configuration: the settings.
        deadline: for everything.
        admin_token: of an administrator, "" for none; used for reading only.
    """

    def __init__(
        self, configuration: Configuration, deadline: Deadline, admin_token: str = ""
    ) -> None:
        self.configuration = configuration
        self.deadline = deadline
        self.admin_token = admin_token
        broken = configuration.broken & {"MATTERMOST_URL", "MATTERMOST_CA_BUNDLE"}
        self.base = "" if broken else configuration.settings.mattermost_url or ""
        self.skip_reason = f"{' and '.join(sorted(broken))} is not usable" if broken else NO_URL
        self.http = TimedHttp(configuration.settings.mattermost_ca_bundle)
        self.bot_token = configuration.access.bot_token
        self.is_reachable = False
        self._answers: dict[tuple[str, str], object] = {}

    def ask(self, path: str, token: str = "") -> Answer:
        """Ask Mattermost for a path of its API.

        Raises:
            MattermostError: it does not answer.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.base}/api/v4/{path}"
        try:
            return self.http.request("GET", url, deadline=self.deadline, headers=headers)
        except NoAnswer as error:
            raise no_answer(error) from None

    def get(self, path: str, token: str) -> object:
        """Read an object or a list, once.

        Raises:
            MattermostError: it is not handed out.
        """
        if (path, token) not in self._answers:
            answer = self.ask(path, token)
            found = _listed(answer)
            self._answers[path, token] = decipher(answer) if found is None else found
        return self._answers[path, token]

    def rows(self, path: str, token: str) -> list[Json]:
        """Read a list of objects."""
        found = self.get(path, token)
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def close(self) -> None:
        """Close the connection to Mattermost, if one is open."""
        self.http.close()


def _listed(answer: Answer) -> list[object] | None:
    try:
        value = json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def reachable(chat: MattermostSubject) -> Result:
    """Say whether Mattermost answers at its address."""
    if not chat.base:
        return Skipped(chat.skip_reason)
    answer = chat.ask("system/ping")
    if 300 <= answer.status < 400:
        url = f"{chat.base}/api/v4/system/ping"
        target = urlsplit(urljoin(url, answer.headers.get("Location", "")))
        place = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
        return REDIRECT.found(base=place.removesuffix("/api/v4/system/ping"))
    decipher(answer)
    chat.is_reachable = True
    version = ".".join(answer.headers.get("X-Version-Id", "").split(".")[:3])
    return Ok(f"{chat.base}, {version or 'version not told'}, {chat.http.milliseconds} ms")


def bot(chat: MattermostSubject) -> Result:
    """Say whether Mattermost accepts the bot's token."""
    if not chat.bot_token:
        return Skipped(NO_BOT)
    if not chat.base:
        return UNUSED_BOT.found() if chat.skip_reason == NO_URL else Skipped(chat.skip_reason)
    if not chat.is_reachable:
        return Skipped("first mend “reachable”")
    me = chat.get("users/me", chat.bot_token)
    kind = "" if isinstance(me, dict) and me.get("is_bot") else ", a person's account"
    return Ok(f"its token is accepted{kind}")


def membership(chat: MattermostSubject) -> Result:
    """Say whether the bot is a member where desks need it."""
    teams = chat.rows("users/me/teams", chat.bot_token)
    if not teams:
        return NO_TEAM.found()
    if chat.configuration.rules is None:
        return Skipped(NO_DESKS)
    channels = [
        channel
        for team in teams
        for channel in chat.rows(f"users/me/teams/{team.get('id')}/channels", chat.bot_token)
        if channel.get("type") in ("O", "P")  # its direct channels are listed with each team (5.37)
    ]
    inside = {str(channel.get(key)) for channel in channels for key in ("id", "name")}
    teams_ = sorted({str(team.get("name")) for team in teams})
    desks, joins = chat.configuration.rules.desks, chat.configuration.rules.bot_joins
    outside = [c for c in _wanted(desks, "channels") if c not in inside]
    joined = [c for c in outside if joins and _would_join(chat, c, teams_)]
    found = together(
        *(NOT_IN_TEAM.found(team=t) for t in _wanted(desks, "teams") if t not in teams_),
        *(NOT_IN_CHANNEL.found(channel=c) for c in outside if c not in joined),
    )
    real = sorted({str(channel.get("name")) for channel in channels} - _OF_EVERYBODY)
    if not found and not real and not joins:
        return NO_CHANNEL.found()
    detail = f"{', '.join(real) or 'in no channel yet'} ({', '.join(teams_)})"
    later = ", ".join(joined) or "other public channels"
    return found or Ok(f"{detail}; joins {later} when somebody writes there" if joins else detail)


def _would_join(chat: MattermostSubject, channel: str, teams: Sequence[str]) -> bool:
    """Say whether a channel is a public one of the bot's teams; what it may not see is none."""
    paths = [f"teams/name/{team}/channels/name/{channel}" for team in teams]
    if re.fullmatch("[a-z0-9]{26}", channel):
        paths.append(f"channels/{channel}")
    for path in paths:
        with contextlib.suppress(Denied, Gone):
            found = chat.get(path, chat.bot_token)
            return isinstance(found, dict) and found.get("type") == "O"
    return False


def _wanted(desks: Sequence[Desk], key: str) -> list[str]:
    return list(dict.fromkeys(name for desk in desks for name in getattr(desk, key)))


def client_config(chat: MattermostSubject) -> Json:
    """Return the settings that Mattermost tells its clients."""
    found = chat.get("config/client?format=old", chat.admin_token or chat.bot_token)
    return found if isinstance(found, dict) else {}


def addresses(chat: MattermostSubject) -> Result:
    """Say whether the bot may know people's e-mail addresses, which name the requester."""
    if not chat.bot_token:
        return Skipped(NO_BOT)
    rules = chat.configuration.rules
    shown = client_config(chat).get("ShowEmailAddress")
    if shown == "true":
        return Ok("the bot sees them")
    if shown != "false":
        return Skipped("Mattermost does not tell whether it shows addresses")
    if rules and (rules.requester_by_login or rules.requesters):
        return Skipped("hidden, but bridge.toml says who is who")
    return HIDDEN_ADDRESSES.found()


def overrides(chat: MattermostSubject) -> Result:
    """Say whether name and picture of the answers have an effect."""
    if chat.configuration.rules is None:
        return Skipped(NO_DESKS)
    wanted = {
        "reply_username": ("EnablePostUsernameOverride", chat.configuration.rules.reply_username),
        "reply_icon_url": ("EnablePostIconOverride", chat.configuration.rules.reply_icon_url),
    }
    asked = {key: setting for key, (setting, value) in wanted.items() if value}
    if not asked:
        return Skipped("bridge.toml sets neither name nor picture")
    config = client_config(chat)
    untold = [setting for setting in asked.values() if setting not in config]
    if untold:
        return Skipped(f"look at {' and '.join(untold)} in System Console > Integrations")
    return together(
        *(
            NO_OVERRIDE.found(key=key, setting=setting)
            for key, setting in asked.items()
            if config[setting] != "true"
        )
    ) or Ok(f"{' and '.join(asked.values())} on")


def incoming(chat: MattermostSubject) -> Result:
    """Look at the address of the incoming webhook; nothing is ever posted."""
    address = chat.configuration.access.incoming_webhook
    if not address:
        return Skipped("there is none")
    parts = urlsplit(address)
    if not re.search(r"/hooks/[a-z0-9]{26}\Z", parts.path):
        return NOT_A_HOOK.found()
    own = urlsplit(chat.base)
    if chat.base and parts.netloc != own.netloc:
        return OTHER_HOST.found(host=parts.hostname, other=own.hostname)
    if chat.configuration.rules is None:
        return Skipped(NO_DESKS)
    team = chat.configuration.rules.incoming_webhook_team
    if not team:
        return NO_HOOK_TEAM.found()
    if chat.admin_token and chat.is_reachable:
        return _hook_as_told(chat, parts.path.rpartition("/")[2], team)
    return Ok(f"at {parts.hostname}, of the team {team}; not tried, since it would post")


def _hook_as_told(chat: MattermostSubject, number: str, team: str) -> Result:
    """Hold the incoming webhook to what Mattermost tells an administrator of it."""
    told = chat.get(f"hooks/incoming/{number}", chat.admin_token)
    hook = told if isinstance(told, dict) else {}
    its_own = chat.get(f"teams/{hook.get('team_id')}", chat.admin_token)
    name = its_own.get("name") if isinstance(its_own, dict) else None
    found = together(
        OTHER_HOOK_TEAM.found(team=team) if name != team else None,
        LOCKED_HOOK.found() if hook.get("channel_locked") else None,
    )
    return found or Ok(f"of the team {team}, for all its channels")


_NEEDS_REACHABLE = ("mattermost.reachable",)
_CONNECTION = tuple(
    f"mattermost-{code}"
    for code in ("dns", "connect", "tls", "certificate", "timeout", "cut", "odd-answer", "http-502")
)

CHECKS: tuple[Check[MattermostSubject], ...] = (
    Check("mattermost.reachable", "reachable", reachable, (), (REDIRECT,), _CONNECTION),
    Check("mattermost.bot", "bot", bot, (), (UNUSED_BOT,), ("mattermost-token",)),
    Check(
        "mattermost.member",
        "bot is a member",
        membership,
        ("mattermost.reachable", "mattermost.bot"),
        (NO_TEAM, NOT_IN_TEAM, NOT_IN_CHANNEL, NO_CHANNEL),
        ("mattermost-permissions",),
    ),
    Check(
        "mattermost.addresses", "e-mail addresses", addresses, _NEEDS_REACHABLE, (HIDDEN_ADDRESSES,)
    ),
    Check("mattermost.overrides", "name and picture", overrides, _NEEDS_REACHABLE, (NO_OVERRIDE,)),
    Check(
        "mattermost.incoming",
        "incoming webhook",
        incoming,
        (),
        (NOT_A_HOOK, OTHER_HOST, NO_HOOK_TEAM, OTHER_HOOK_TEAM, LOCKED_HOOK),
        ("mattermost-hook", "mattermost-hook-off"),
    ),
)
