"""The way back: what the bridge says in Mattermost when nobody is waiting for an answer.

Uses a bot's token (REST API v4), which can answer in a thread, or an incoming webhook, which can
write into a channel (root_id only from server 11.8). Seen on Mattermost 5.37.0.

    MattermostError
    ├── Unreachable   not there, overloaded, or nothing that makes sense: waiting helps
    ├── Denied        token, membership, address or hook: the setting is at fault
    └── Gone          the post was deleted: there is nobody to tell
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from enum import Enum

from credentials import MattermostAccess
from mattermost import Post
from transport import Answer, Cause, Deadline, Http, NoAnswer, ServerError


class MattermostError(ServerError):
    """A call to Mattermost that did not succeed. The type says what to do next."""


class Unreachable(MattermostError):
    """Waiting helps; what was to be posted may have been posted.

    Attributes:
        wait: seconds that Mattermost asks to wait, 0 if it does not say.
    """

    wait = 0.0


class Denied(MattermostError):
    """Mattermost does not allow it; somebody has to change a setting."""


class Gone(MattermostError):
    """The post is not there any more."""


class Way(Enum):
    """How the author of a post can be told something later."""

    THREAD = "thread"
    CHANNEL = "channel"
    NONE = "none"


MAX_WAIT = 600.0
"""Seconds. A proxy that asks for more is not obeyed."""

_ID = re.compile("[a-z0-9]{26}")
_NOT_MATTERMOST = (
    "What answers is not Mattermost: check MATTERMOST_URL (a sub-folder included) or the incoming "
    "webhook's address, and keep login pages away from it."
)
_CODES: dict[str, tuple[type[MattermostError], str, str]] = {
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

_NO_ANSWER = {
    Cause.DNS: "Mattermost's host name could not be resolved ({detail}): check MATTERMOST_URL and "
    "the name servers of the function's network.",
    Cause.CONNECT: "No connection to Mattermost ({detail}): check that it runs, MATTERMOST_URL, "
    "firewalls, and the function's VPC routes.",
    Cause.TLS: "The TLS handshake with Mattermost failed ({detail}): check that its port speaks "
    "https and supports TLS 1.2 or newer.",
    Cause.CERTIFICATE: "Mattermost's certificate is not trusted ({detail}): name the CA's PEM file "
    "in MATTERMOST_CA_BUNDLE, or give the server a certificate for its host name.",
    Cause.TIMEOUT: "Mattermost did not answer in time: look for an overloaded server.",
    Cause.CUT: "Mattermost or a proxy cut the connection before answering: look into its log.",
    Cause.TOO_LARGE: _NOT_MATTERMOST,
}


class WayBack:
    """Tells authors what became of their posts.

    Args:
        base_url: of Mattermost, without a slash at the end; a bot cannot do without.
        access: what the secret says now.
        http: used for nothing but Mattermost.
    """

    def __init__(
        self, base_url: str | None, access: Callable[[], MattermostAccess], http: Http
    ) -> None:
        self._base_url = base_url
        self._access = access
        self._http = http

    def of(self, post: Post) -> Way:
        """Say where the author of a post will be told.

        Raises:
            SettingsError: the secret cannot be read.
        """
        access = self._access()
        if access.bot_token and self._base_url and post.id:
            return Way.THREAD
        if access.incoming_webhook and post.channel_name:
            return Way.CHANNEL
        return Way.NONE

    def tell(self, post: Post, reply: Mapping[str, str], deadline: Deadline) -> None:
        """Say something to the author of a post: in its thread, else in its channel.

        A bot speaks under its own name; the reply's name and icon are for the webhook. Saying the
        same twice within 30 s is recognised by Mattermost, if a bot says it.

        Args:
            post: what the author wrote.
            reply: the answer, as `mattermost.answer` builds it.
            deadline: for everything that is asked of Mattermost.

        Raises:
            MattermostError: it is not said, as far as is known.
        """
        if self.of(post) is Way.THREAD:
            self._reply(post, reply["text"], deadline)
            return
        said = {name: value for name, value in reply.items() if name != "response_type"}
        hook = self._access().incoming_webhook
        self._send("POST", hook, {**said, "channel": post.channel_name}, {}, deadline)

    def _reply(self, post: Post, text: str, deadline: Deadline) -> None:
        """Answer in the thread, whose root is not always the post itself."""
        token = self._access().bot_token
        headers = {"Authorization": f"Bearer {token}"}
        api = f"{self._base_url}/api/v4/posts"
        found = self._send("GET", f"{api}/{post.id}", None, headers, deadline)
        channel, root = _id_in(found, "channel_id"), _id_in(found, "root_id") or post.id
        if not channel:
            raise Denied("mattermost-odd-answer", _NOT_MATTERMOST, 200)
        # Whoever guesses a pending id can keep its post from appearing (5.37).
        pending = hmac.new(token.encode(), f"{post.id} {text}".encode(), hashlib.sha256)
        body = {
            "channel_id": channel,
            "root_id": root,
            "message": text,
            "pending_post_id": pending.hexdigest(),
        }
        self._send("POST", api, body, headers, deadline)

    def _send(
        self,
        method: str,
        url: str,
        fields: Mapping[str, object] | None,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> object:
        body = None if fields is None else json.dumps(fields).encode()
        typed = {"Content-Type": "application/json", **headers}
        try:
            answer = self._http.request(method, url, deadline=deadline, headers=typed, body=body)
        except NoAnswer as error:
            kind = Denied if error.cause is Cause.CERTIFICATE else Unreachable
            remedy = _NO_ANSWER[error.cause].format(detail=error.detail)
            raise kind(f"mattermost-{error.cause.value}", remedy) from None
        return decipher(answer)


def _id_in(value: object, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


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
    kind, code, remedy = _CODES.get(str(name), (Denied, f"http-{status}", remedy))
    raise kind(f"mattermost-{code}", remedy, status)


def _too_many(answer: Answer) -> Unreachable:
    """Say how long Mattermost's rate limit asks to wait (header Retry-After, in seconds)."""
    error = Unreachable("mattermost-http-429", "Mattermost limits requests: raise its limit.", 429)
    wait = answer.headers.get("Retry-After", "")
    if wait.isdecimal():
        error.wait = min(float(wait), MAX_WAIT)
    return error
