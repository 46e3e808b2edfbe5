"""Mattermost's REST API v4 for a bot, and incoming webhooks. Seen on Mattermost 5.37.0.

What its failures mean is in `errors`; nobody but this room imports from there.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from cachetools import TTLCache

from bridge.config import timing
from bridge.config.credentials import MattermostAccess
from bridge.mattermost.errors import (
    CODES,
    INVALID_FIELD,
    MATTERMOST,
    MFA,
    NOT_ACCEPTED,
    Denied,
    Gone,
    MattermostError,
    Unreachable,
    decipher,
    no_answer,
    odd_answer,
)
from bridge.net.deadline import Deadline
from bridge.net.http import MAX_ANSWER, Answer, Http, NoAnswer

__all__ = [
    "CODES",
    "MATTERMOST",
    "Denied",
    "FileInfo",
    "Gone",
    "MattermostApi",
    "MattermostError",
    "Position",
    "Unreachable",
    "decipher",
    "no_answer",
]

_ID = re.compile("[a-z0-9]{26}")
_JSON = {"Content-Type": "application/json"}
_REFUSED = {f"mattermost-{code}" for code in (NOT_ACCEPTED, MFA)}


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
        clock: seconds; a token that Mattermost refuses is not sent again for a while.
    """

    def __init__(
        self,
        base_url: str | None,
        access: Callable[[], MattermostAccess],
        http: Http,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url
        self._access = access
        self._http = http
        self._refused: TTLCache[str, Denied] = TTLCache(1, timing.OUTSIDE_AGE_SECONDS, clock)

    def has_bot(self) -> bool:
        """Whether there is a bot that can be used."""
        return bool(self.base_url and self._access().bot_token)

    def has_webhook(self) -> bool:
        """Whether there is an incoming webhook."""
        return bool(self._access().incoming_webhook)

    def position(self, post_id: str, deadline: Deadline) -> Position:
        """Say where a post stands."""
        found = self._call("GET", f"posts/{post_id}", deadline)
        channel, root = _text(found, "channel_id"), _text(found, "root_id")
        if not _ID.fullmatch(channel) or (root and not _ID.fullmatch(root)):
            raise odd_answer()  # not to know the root is not to know that there is none
        return Position(channel, root or None, _moment_in(found, "create_at"))

    def is_member(self, channel: str, deadline: Deadline) -> bool:
        """Say whether the bot is a member of a channel."""
        try:
            self._call("GET", f"channels/{channel}/members/me", deadline)
        except Denied as error:
            if not error.is_outside:
                raise
            return False
        return True

    def join(self, channel: str, deadline: Deadline) -> None:
        """Make the bot a member of a channel, which everybody there sees.

        Mattermost lets it into the public channels of its teams only (5.37).
        """
        me = _text(self._call("GET", "users/me", deadline), "id")
        self._call("POST", f"channels/{channel}/members", deadline, {"user_id": me})

    def email(self, user_id: str, deadline: Deadline) -> str:
        """Return a user's e-mail address, "" when Mattermost hides it (ShowEmailAddress)."""
        return _text(self._call("GET", f"users/{user_id}", deadline), "email")

    def file_info(self, file_id: str, deadline: Deadline) -> FileInfo:
        """Say what is known of a file; a bot outside the channel may not (Denied)."""
        found = self._call("GET", f"files/{file_id}/info", deadline)
        size = found.get("size") if isinstance(found, dict) else None
        if not isinstance(size, int):
            raise odd_answer()
        return FileInfo(_text(found, "name"), size, _text(found, "mime_type"))

    def download(self, file_id: str, into: BinaryIO, limit: int, deadline: Deadline) -> None:
        """Write a file's bytes, `limit` of them at most."""
        url = f"{self.base_url}/api/v4/files/{file_id}"
        token = self._usable_token()
        answer = self._request("GET", url, deadline, _bearer(token), into=into, limit=limit)
        if answer.status != HTTPStatus.OK:
            self._decipher(answer, token)
            raise odd_answer()

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

    def may_announce(self, channel: str, deadline: Deadline) -> bool:
        """Say whether the incoming webhook may write into a channel; nothing is posted.

        Mattermost takes no post of a system's type from a webhook, and says so only after it has
        looked for hook, channel, lock and the rights of the hook's creator (5.37; by the sources
        of other versions, old and new, as well).
        """
        try:
            self.announce({"text": "x", "channel": channel, "type": "system_probe"}, deadline)
        except Denied as error:
            return error.code == f"mattermost-{INVALID_FIELD}"
        return True

    def _call(
        self,
        method: str,
        path: str,
        deadline: Deadline,
        fields: Mapping[str, object] | None = None,
    ) -> object:
        body = None if fields is None else json.dumps(fields).encode()
        url = f"{self.base_url}/api/v4/{path}"
        token = self._usable_token()
        headers = {**_JSON, **_bearer(token)}
        return self._decipher(self._request(method, url, deadline, headers, body), token)

    def _usable_token(self) -> str:
        """Return the bot's token.

        Raises:
            Denied: Mattermost has refused it just now.
        """
        token = self._access().bot_token
        if refused := self._refused.get(token):
            raise Denied(refused.code, refused.remedy, refused.status)
        return token

    def _decipher(self, answer: Answer, token: str) -> object:
        try:
            return decipher(answer)
        except Denied as error:
            if error.code in _REFUSED:
                self._refused[token] = error
            raise

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


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _text(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise odd_answer()
    return found


def _moment_in(value: object, name: str) -> float | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found / 1000 if isinstance(found, int) else None
