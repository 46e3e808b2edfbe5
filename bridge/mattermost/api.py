"""Mattermost's REST API v4 for a bot, and incoming webhooks. Seen on Mattermost 5.37.0.

MattermostError
├── Unreachable   not there, overloaded, or nothing that makes sense: waiting helps
├── Denied        token, membership, address or hook: the setting is at fault
└── Gone          the post, file or user was deleted
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from bridge.config import timing
from bridge.config.credentials import MattermostAccess
from bridge.net.deadline import Deadline
from bridge.net.errors import Retry, ServerError
from bridge.net.http import MAX_ANSWER, Answer, Cause, Http, NoAnswer
from bridge.net.remedies import Server, no_answer_remedy


class MattermostError(ServerError):
    """A call to Mattermost that did not succeed. The type says what to do next."""


class Unreachable(MattermostError):
    """Waiting helps; what was to be posted may have been posted."""


class Denied(MattermostError):
    """Mattermost does not allow it; somebody has to change a setting."""

    retry = Retry.WHEN_MENDED
    setting_at_fault = True


class Gone(MattermostError):
    """The post, file or user is not there any more."""

    retry = Retry.NEVER


_ID = re.compile("[a-z0-9]{26}")
_JSON = {"Content-Type": "application/json"}
_CHECK_ADDRESS = (
    "check MATTERMOST_URL (a sub-folder included) or the incoming webhook's address, and keep "
    "login pages away from it"
)
_NOT_MATTERMOST = f"What answers is not Mattermost: {_CHECK_ADDRESS}."
CODES: dict[str, tuple[type[MattermostError], str, str]] = {
    "api.context.session_expired.app_error": (
        Denied,
        "token",
        "Mattermost does not accept the bot's token: enable the bot account, or create a new token "
        "(Integrations > Bot Accounts) and store it as mattermost_bot_token.",
    ),
    "api.context.permissions.app_error": (
        Denied,
        "permissions",
        "The bot may not read or write there: add it to the team and to the channel.",
    ),
    "app.file_info.get.app_error": (Gone, "file-gone", "The file was deleted in Mattermost."),
    "app.user.missing_account.const": (Gone, "user-gone", "The user was deleted in Mattermost."),
    "app.post.get.app_error": (Gone, "post-gone", "The message was deleted in Mattermost."),
    "api.post.create_post.root_id.app_error": (
        Gone,
        "post-gone",
        "The thread was deleted in Mattermost.",
    ),
    "web.incoming_webhook.invalid.app_error": (
        Denied,
        "hook",
        "Mattermost does not know the incoming webhook: copy its URL again into "
        "mattermost_incoming_webhook.",
    ),
}
"""By the `id` of Mattermost's errors: type, our code, remedy."""

MATTERMOST = Server(
    "Mattermost",
    url="MATTERMOST_URL",
    ca_bundle="MATTERMOST_CA_BUNDLE",
    checks={Cause.TOO_LARGE: _CHECK_ADDRESS},
)
"""Mattermost's names, and what else can be checked there when it gives no answer."""


@dataclass(frozen=True)
class Position:
    """Where a post stands.

    Attributes:
        channel: the id of its channel.
        root: the id of the post that its thread hangs on, None if it is not a reply.
        written_at: seconds since the epoch, None if Mattermost does not say.
    """

    channel: str
    root: str | None
    written_at: float | None = None


@dataclass(frozen=True)
class FileInfo:
    """What Mattermost knows of an attached file; the size is in bytes."""

    name: str
    size: int
    mime_type: str


class MattermostApi:
    """Mattermost as a bot sees it, and an incoming webhook.

    Every call raises a MattermostError of the type that says what to do next.

    Args:
        base_url: of Mattermost, without a slash at the end; a bot cannot do without.
        access: what the secret says now; raises SettingsError when it cannot be read.
        http: used for nothing but Mattermost.
    """

    def __init__(
        self, base_url: str | None, access: Callable[[], MattermostAccess], http: Http
    ) -> None:
        self.base_url = base_url
        self._access = access
        self._http = http

    def has_bot(self) -> bool:
        """Whether there is a bot that can be used."""
        return bool(self.base_url and self._access().bot_token)

    def has_webhook(self) -> bool:
        """Whether there is an incoming webhook."""
        return bool(self._access().incoming_webhook)

    def position(self, post_id: str, deadline: Deadline) -> Position:
        """Say where a post stands."""
        found = self._call("GET", f"posts/{post_id}", deadline)
        channel = _id_in(found, "channel_id")
        if channel is None:
            raise _odd()
        return Position(channel, _id_in(found, "root_id"), _moment_in(found, "create_at"))

    def email(self, user_id: str, deadline: Deadline) -> str:
        """Return a user's e-mail address, "" when Mattermost hides it (ShowEmailAddress)."""
        return _text(self._call("GET", f"users/{user_id}", deadline), "email")

    def file_info(self, file_id: str, deadline: Deadline) -> FileInfo:
        """Say what is known of a file; a bot outside the channel may not (Denied)."""
        found = self._call("GET", f"files/{file_id}/info", deadline)
        size = found.get("size") if isinstance(found, dict) else None
        if not isinstance(size, int):
            raise _odd()
        return FileInfo(_text(found, "name"), size, _text(found, "mime_type"))

    def download(self, file_id: str, into: BinaryIO, limit: int, deadline: Deadline) -> None:
        """Write a file's bytes, `limit` of them at most."""
        url = f"{self.base_url}/api/v4/files/{file_id}"
        answer = self._request("GET", url, deadline, self._headers(), into=into, limit=limit)
        if answer.status != HTTPStatus.OK:
            decipher(answer)
            raise _odd()

    def reply(self, channel: str, root: str, text: str, about: str, deadline: Deadline) -> None:
        """Write into a thread as the bot.

        The same text about the same post appears once within 30 s. Whoever guesses a pending id
        can keep its post from appearing (5.37), so it is made with the token.
        """
        token = self._access().bot_token
        pending = hmac.new(token.encode(), f"{about} {text}".encode(), hashlib.sha256)
        body = {
            "channel_id": channel,
            "root_id": root,
            "message": text,
            "pending_post_id": pending.hexdigest(),
        }
        self._call("POST", "posts", deadline, body)

    def announce(self, fields: Mapping[str, object], deadline: Deadline) -> None:
        """Write into a channel by the incoming webhook."""
        url = self._access().incoming_webhook
        decipher(self._request("POST", url, deadline, _JSON, json.dumps(fields).encode()))

    def _call(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        fields: Mapping[str, object] | None = None,
    ) -> object:
        body = None if fields is None else json.dumps(fields).encode()
        url = f"{self.base_url}/api/v4/{path}"
        return decipher(self._request(method, url, deadline, {**_JSON, **self._headers()}, body))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access().bot_token}"}

    def _request(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        into: BinaryIO | None = None,
        limit: int = MAX_ANSWER,
    ) -> Answer:
        try:
            return self._http.request(
                method, url, deadline=deadline, headers=headers, body=body, into=into, limit=limit
            )
        except NoAnswer as error:
            raise no_answer(error) from None


def no_answer(error: NoAnswer) -> MattermostError:
    """Say what it means that Mattermost did not answer."""
    kind = Denied if error.cause is Cause.CERTIFICATE else Unreachable
    remedy = no_answer_remedy(MATTERMOST, error.cause, error.detail)
    return kind(f"mattermost-{error.cause.value}", remedy)


def _odd() -> Denied:
    """Say that this is no answer of Mattermost's."""
    return Denied("mattermost-odd-answer", _NOT_MATTERMOST, 200)


def _text(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise _odd()
    return found


def _id_in(value: object, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _moment_in(value: object, name: str) -> float | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found / 1000 if isinstance(found, int) else None


def decipher(answer: Answer) -> object:
    """Return what a successful answer holds: JSON, or the text "ok" of an incoming webhook.

    Mattermost's own error texts are localised and are neither read nor kept; the `id` decides.

    Raises:
        MattermostError: of the type that says what to do next.
    """
    status = answer.status
    if status == 429:
        raise _too_many(answer)
    if status >= 500:
        remedy = "Mattermost or a proxy failed: look into its log."
        raise Unreachable(f"mattermost-http-{status}", remedy, status)
    if status in (200, 201) and answer.body.strip() == b"ok":
        return "ok"
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if status in (200, 201) and isinstance(value, dict):
        return value
    if status < 400:
        raise Denied("mattermost-odd-answer", _NOT_MATTERMOST, status)
    name = value.get("id") if isinstance(value, dict) else None
    remedy = "Mattermost does not take this: see its log." if name else _NOT_MATTERMOST
    kind, code, remedy = CODES.get(str(name), (Denied, f"http-{status}", remedy))
    raise kind(f"mattermost-{code}", remedy, status)


def _too_many(answer: Answer) -> Unreachable:
    """Say how long Mattermost's rate limit asks to wait (header Retry-After, in seconds)."""
    error = Unreachable("mattermost-http-429", "Mattermost limits requests: raise its limit.", 429)
    wait = answer.headers.get("Retry-After", "")
    if wait.isdecimal():
        error.wait = min(float(wait), timing.RETRY_AFTER_SECONDS)
    return error
