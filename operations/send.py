"""A message to the bridge, just as Mattermost's outgoing webhook would send it.

The request, and what becomes of the answer, are as seen on Mattermost 5.37.0: the status does not
count, JSON is decoded whatever it is, and only a `text` in it is posted.
"""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bridge.net.deadline import Deadline
from bridge.net.http import Cause, Http, NoAnswer
from operations.errors import CannotAsk
from operations.ids import new_id

SECONDS = 30.0
"""Mattermost's OutgoingIntegrationRequestsTimeout, unless it was changed."""

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer that Mattermost reads."""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_HEADERS = {"Accept": JSON, "User-Agent": "Mattermost-Bot/1.1"}


@dataclass(frozen=True)
class Request:
    """The request that is sent to the bridge: content type and body."""

    content_type: str
    body: bytes


@dataclass(frozen=True)
class Shown:
    """What Mattermost would make of an answer.

    Attributes:
        text: that people would read; or why there is none.
        where: it would appear, "" when it would not.
        well: whether nothing is wrong with that.
        status: of the answer, None when there was none.
        milliseconds: until the answer was there.
    """

    text: str
    where: str
    well: bool
    status: int | None
    milliseconds: int = 0


def message(
    text: str,
    token: str,
    *,
    user: str = "alice",
    channel: str = "helpdesk",
    as_json: bool = False,
    now: float | None = None,
    make_id: Callable[[], str] = new_id,
) -> Request:
    """Return the request for a message that somebody writes now.

    Args:
        text: the whole message, with the trigger word.
        token: of the webhook.
        user: who writes.
        channel: the name of the channel.
        as_json: whether the hook's content type is JSON instead of the default, a form.
        now: seconds since the epoch.
        make_id: makes ids such as Mattermost's.
    """
    moment = time.time() if now is None else now
    fields: dict[str, object] = {
        "token": token,
        "team_id": make_id(),
        "team_domain": "acme",
        "channel_id": make_id(),
        "channel_name": channel,
        "timestamp": int(moment * 1000) if as_json else int(moment),
        "user_id": make_id(),
        "user_name": user,
        "post_id": make_id(),
        "text": text,
        "trigger_word": (text.split(maxsplit=1) or [""])[0],
        "file_ids": "",
    }
    if as_json:
        return Request(JSON, _go_json(fields))
    return Request(FORM, urlencode(sorted(fields.items())).encode())


def _go_json(fields: Mapping[str, object]) -> bytes:
    """Encode as Go does: `&`, `<` and `>` are escaped."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    for character in "&<>":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def recorded(path: Path, token: str) -> Request:
    """Return the request of a recorded event, such as events/form.json.

    Args:
        path: of an event as API Gateway makes it (payload 2.0).
        token: replaces that of the event, unless it is "".

    Raises:
        CannotAsk: it is no such event.
    """
    try:
        event = json.loads(path.read_text("utf-8"))
        headers = {name.lower(): value for name, value in event["headers"].items()}
        kind, body = str(headers["content-type"]), str(event["body"])
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else None
        found = Request(kind, body.encode() if raw is None else raw)
        return _with_token(found, token) if token else found
    except OSError as error:
        raise CannotAsk(f"{path} cannot be read ({error.strerror}): name another.") from None
    except (ValueError, KeyError, AttributeError, TypeError, binascii.Error):
        raise CannotAsk(
            f"{path} is no recorded event: it is JSON with headers and body, as events/form.json."
        ) from None


def _with_token(request: Request, token: str) -> Request:
    if request.content_type.startswith(JSON):
        fields: dict[str, Any] = json.loads(request.body)
        return Request(request.content_type, _go_json(fields | {"token": token}))
    pairs = dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
    return Request(
        request.content_type, urlencode(sorted((pairs | {"token": token}).items())).encode()
    )


def send(url: str, request: Request, http: Http, seconds: float = SECONDS) -> Shown:
    """Send a request, and say what Mattermost would show.

    Args:
        url: the callback URL.
        request: what to send.
        http: sends it; Mattermost opens a new connection for each request, too.
        seconds: how long to wait.

    Raises:
        CannotAsk: it could not be sent.
    """
    started = time.monotonic()
    headers = {**_HEADERS, "Content-Type": request.content_type}
    try:
        answer = http.request(
            "POST",
            url,
            deadline=Deadline(seconds),
            headers=headers,
            body=request.body,
            limit=MAX_ANSWER,
        )
    except NoAnswer as error:
        if not error.sent:
            raise CannotAsk(_unsent(url, error)) from None
        took = int((time.monotonic() - started) * 1000)
        reason = "too large" if error.cause is Cause.TOO_LARGE else error.cause.value
        return Shown(
            f"nothing: no usable answer ({reason})", "", well=False, status=None, milliseconds=took
        )
    finally:
        http.close()
    took = int((time.monotonic() - started) * 1000)
    return shown(answer.status, answer.content_type, answer.body, took)


def _unsent(url: str, error: NoAnswer) -> str:
    reason = f"{error.cause.value}: {error.detail}" if error.detail else error.cause.value
    host = url.partition("//")[2].partition("/")[0].rpartition("@")[2]
    return f"The message could not be sent to {host} ({reason}): check --url, and that it runs."


def shown(status: int, content_type: str, body: bytes, milliseconds: int = 0) -> Shown:
    """Say what Mattermost would show of an answer."""

    def nothing(reason: str, *, well: bool) -> Shown:
        return Shown(reason, "", well, status, milliseconds)

    if 300 <= status < 400:
        return nothing("nothing: a redirect; use the address that it leads to", well=False)
    if not body.strip():
        well = status < 400
        return nothing("nothing (empty answer)", well=well)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        kind = content_type or "no content type"
        return nothing(f"nothing: the answer is not JSON (status {status}, {kind})", well=False)
    text = value.get("text") if isinstance(value, dict) else None
    if text is not None and not isinstance(text, str):
        return nothing("nothing: “text” in the answer is not a text", well=False)
    if not isinstance(value, dict):
        return nothing("nothing: the answer is JSON, but not an object", well=False)
    if text is None:
        refused = "; the token is not accepted" if status == 401 else ""
        return nothing(f"nothing (no text in the answer{refused})", well=status < 400)
    comment = value.get("response_type") == "comment"
    where = "a comment in the thread" if comment else "a new post in the channel"
    return Shown(text or "(an empty post)", where, bool(text), status, milliseconds)
