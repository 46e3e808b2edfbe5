"""What Mattermost's failures mean: type, our code, remedy. Seen on 5.37.0, or in its source.

MattermostError
├── Unreachable   not there, overloaded, or nothing that makes sense: waiting helps
├── Denied        token, membership, address, channel or hook: the setting is at fault
└── Gone          the post, file, user or channel was deleted
"""

import json
from http import HTTPStatus

from bridge.config import timing
from bridge.net.errors import Retry, ServerError
from bridge.net.http import Answer, Cause, NoAnswer
from bridge.net.remedies import Server, no_answer_remedy


class MattermostError(ServerError):
    """A call to Mattermost that did not succeed. The type says what to do next."""

    @property
    def is_outside(self) -> bool:
        """Whether that is so since the bot is no member of the channel or team."""
        return self.code == f"mattermost-{PERMISSIONS}"


class Unreachable(MattermostError):
    """Waiting helps; what was to be posted may have been posted."""


class Denied(MattermostError):
    """Mattermost does not allow it; somebody has to change a setting."""

    retry = Retry.WHEN_MENDED
    setting_at_fault = True


class Gone(MattermostError):
    """The post, file, user or channel is not there any more."""

    retry = Retry.NEVER


NOT_ACCEPTED = "token"
MFA = "mfa"
"""The codes of a token that Mattermost takes for nothing at all."""

PERMISSIONS = "permissions"
"""The code of what is not allowed since the bot is no member."""

INVALID_FIELD = "invalid-field"
"""The code of a field that Mattermost never takes, which comes after all other refusals."""

_CHECK_ADDRESS = (
    "check MATTERMOST_URL (a sub-folder included) or the incoming webhook's address, and keep "
    "login pages away from it"
)
_NOT_MATTERMOST = f"What answers is not Mattermost: {_CHECK_ADDRESS}."
_UNKNOWN = (
    "Mattermost does not take this, for a reason that the bridge does not know: look for the "
    "request in its log."
)
_MEMBER = "The bot may not read or write there: add it to the team and to the channel."
_NOT_ACCEPTED = (
    "Mattermost does not accept the bot's token: enable the bot account, or create a new token "
    "(Integrations > Bot Accounts) and store it as mattermost_bot_token."
)
_NO_HOOK = (
    "Mattermost does not know the incoming webhook, which goes for good when its channel is "
    "archived: create one and copy its URL into mattermost_incoming_webhook."
)
_WEBHOOKS_OFF = (
    "Webhooks are switched off in Mattermost: enable them (System Console > Integrations > "
    "Integration Management)."
)
_PLUGIN = (
    "A plug-in of Mattermost refuses the bot's posts: let it make an exception for the bot, or "
    "look into the plug-in's log."
)
_REJECTED = "Post rejected by plugin."
"""What the id begins with where a plug-in gives a reason of its own (app/post.go)."""

CODES: dict[str, tuple[type[MattermostError], str, str]] = {
    # ---- Who asks
    "api.context.session_expired.app_error": (Denied, NOT_ACCEPTED, _NOT_ACCEPTED),
    "api.context.get_user.app_error": (Denied, NOT_ACCEPTED, _NOT_ACCEPTED),
    "api.context.mfa_required.app_error": (
        Denied,
        MFA,
        "Mattermost wants a second factor of the account behind mattermost_bot_token, which is a "
        "person's: use the token of a bot account.",
    ),
    "api.context.permissions.app_error": (Denied, PERMISSIONS, _MEMBER),
    "app.team.get_member.missing.app_error": (Denied, PERMISSIONS, _MEMBER),
    "app.channel.get_member.missing.app_error": (Denied, PERMISSIONS, _MEMBER),
    "api.channel.add_user.to.channel.failed.deleted.app_error": (Denied, PERMISSIONS, _MEMBER),
    "api.channel.add_members.user_denied": (
        Denied,
        "group-channel",
        "The members of the channel come from groups, so the bot cannot join it: add it to one of "
        "them, or end the synchronisation with groups there.",
    ),
    "api.context.404.app_error": (
        Denied,
        "no-such-path",
        "Mattermost answers, but not with its API: take what is too much off MATTERMOST_URL, such "
        "as /api/v4 or the name of a team.",
    ),
    # ---- What is not there any more
    "app.file_info.get.app_error": (Gone, "file-gone", "The file was deleted in Mattermost."),
    "app.user.missing_account.const": (Gone, "user-gone", "The user was deleted in Mattermost."),
    "app.post.get.app_error": (Gone, "post-gone", "The message was deleted in Mattermost."),
    "app.channel.get.existing.app_error": (
        Gone,
        "channel-gone",
        "The channel was deleted in Mattermost.",
    ),
    "api.post.create_post.root_id.app_error": (
        Gone,
        "post-gone",
        "The thread was deleted in Mattermost.",
    ),
    # ---- Reading and writing
    "api.post.create_post.channel_root_id.app_error": (
        Unreachable,
        "thread-moved",
        "The thread is in another channel by now: it is looked up anew, so nothing is to be done.",
    ),
    "api.post.create_post.can_not_post_to_deleted.error": (
        Denied,
        "archived",
        "The channel is archived, so nobody can be told there: unarchive it (its webhooks have to "
        "be created anew), or let people know otherwise.",
    ),
    "api.post.create_post.town_square_read_only": (
        Denied,
        "read-only",
        "The channel is read-only, so nobody can be told there: let people write to the bridge in "
        "another one.",
    ),
    "model.post.is_valid.msg.app_error": (
        Denied,
        "too-long",
        "The text is longer than Mattermost takes: shorten it in [texts] of bridge.toml.",
    ),
    "plugin.message_will_be_posted.dismiss_post": (Denied, "plugin", _PLUGIN),
    "api.file.file_reader.app_error": (
        Unreachable,
        "file-storage",
        "Mattermost does not get the file from its own storage: check FileSettings and the disk "
        "or bucket behind it.",
    ),
    # ---- Incoming webhooks
    "web.incoming_webhook.invalid.app_error": (Denied, "hook", _NO_HOOK),
    "web.incoming_webhook.disabled.app_error": (Denied, "hook-off", _WEBHOOKS_OFF),
    "web.incoming_webhook.channel.app_error": (
        Denied,
        "hook-channel",
        "The team of the incoming webhook has no such channel: create the webhook in the team "
        "that incoming_webhook_team of bridge.toml names.",
    ),
    "web.incoming_webhook.channel_locked.app_error": (
        Denied,
        "hook-locked",
        "The incoming webhook is locked to another channel: edit it and take the tick off “Lock "
        "to this channel”.",
    ),
    "web.incoming_webhook.permissions.app_error": (
        Denied,
        "hook-permissions",
        "Whoever created the incoming webhook may not read that channel: invite them, or create "
        "the webhook as a member.",
    ),
    "web.incoming_webhook.user.app_error": (
        Denied,
        "hook-owner",
        "Whoever created the incoming webhook is not there any more: create it anew and copy its "
        "URL into mattermost_incoming_webhook.",
    ),
    "api.context.invalid_param.app_error": (Denied, INVALID_FIELD, _UNKNOWN),
    # ---- What only `manage.py doctor` asks
    "api.incoming_webhook.disabled.app_error": (Denied, "hook-off", _WEBHOOKS_OFF),
    "api.outgoing_webhook.disabled.app_error": (Denied, "hook-off", _WEBHOOKS_OFF),
    "app.webhooks.get_incoming.app_error": (Denied, "hook", _NO_HOOK),
}
"""By the `id` of Mattermost's errors: type, our code, remedy.

All that the calls of the bridge can meet on 5.37.0, by its source: web/handlers.go, web/context.go,
api4/{post,file,user,channel}.go, app/{post,file,channel,webhook}.go.
"""

MATTERMOST = Server(
    "Mattermost",
    url="MATTERMOST_URL",
    ca_bundle="MATTERMOST_CA_BUNDLE",
    checks={Cause.TOO_LARGE: _CHECK_ADDRESS},
)
"""Mattermost's names, and what else can be checked there when it gives no answer."""


def no_answer(error: NoAnswer) -> MattermostError:
    """Say what it means that Mattermost did not answer."""
    kind = Denied if error.cause is Cause.CERTIFICATE else Unreachable
    remedy = no_answer_remedy(MATTERMOST, error.cause, error.detail)
    return kind(f"mattermost-{error.cause.value}", remedy)


def odd_answer(status: int = HTTPStatus.OK) -> Denied:
    """Say that this is no answer of Mattermost's."""
    return Denied("mattermost-odd-answer", _NOT_MATTERMOST, status)


def decipher(answer: Answer) -> object:
    """Return what a successful answer holds: JSON, or the text "ok" of an incoming webhook.

    Mattermost's own error texts are localised and are neither read nor kept; the `id` decides.

    Raises:
        MattermostError: of the type that says what to do next.
    """
    status = answer.status
    if status in (200, 201) and answer.body.strip() == b"ok":
        return "ok"
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if status in (200, 201) and isinstance(value, dict):
        return value
    if status < 400:
        raise odd_answer(status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _too_many(answer)
    raise _failure(status, value.get("id") if isinstance(value, dict) else None)


def _failure(status: int, name: object) -> MattermostError:
    """Say what an error means.

    The same id comes with 404 for what is not there and with 500 for a database that is not, so
    what fails inside Mattermost is waited for whatever it is called; 501 is what is switched off.
    """
    failed = status >= 500 and status != HTTPStatus.NOT_IMPLEMENTED
    if failed or status == HTTPStatus.REQUEST_TIMEOUT:
        remedy = "Mattermost or a proxy failed: look into its log."
        return Unreachable(f"mattermost-http-{status}", remedy, status)
    if isinstance(name, str) and name.startswith(_REJECTED):
        return Denied("mattermost-plugin", _PLUGIN, status)
    otherwise = (Denied, f"http-{status}", _UNKNOWN if name else _NOT_MATTERMOST)
    kind, code, remedy = CODES.get(str(name), otherwise)
    return kind(f"mattermost-{code}", remedy, status)


def _too_many(answer: Answer) -> Unreachable:
    """Say how long Mattermost's rate limit asks to wait (header Retry-After, in seconds)."""
    error = Unreachable("mattermost-http-429", "Mattermost limits requests: raise its limit.", 429)
    wait = answer.headers.get("Retry-After", "")
    if wait.isdecimal():
        error.wait = min(float(wait), timing.RETRY_AFTER_SECONDS)
    return error
