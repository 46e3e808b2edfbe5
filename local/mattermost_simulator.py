"""A Mattermost on 127.0.0.1, as far as the bridge speaks to one; held to recordings of 5.37.0.

It knows a team with channels, a bot account and an incoming webhook, and keeps what is posted.
"""

import itertools
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from local.glpi_simulator.listener import Listener

VERSION_ID = "5.37.0.5.37.0"
"""The header that tells clients the version."""

MAX_MESSAGE = 16_383
"""Characters of a post."""

_ITEM = re.compile(r"/api/v4/(posts|users|files)/([a-z0-9]{26})(/info)?")
_PERMISSIONS = "api.context.permissions.app_error"

Json = dict[str, Any]


@dataclass
class Channel:
    """A public channel, and whether the bot is a member."""

    id: str
    name: str
    with_bot: bool = True


@dataclass
class User:
    """Somebody who writes; the address is hidden when it is empty."""

    id: str
    username: str
    email: str = ""


@dataclass
class File:
    """A file that somebody attached."""

    id: str
    post: str
    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True)
class Trouble:
    """A way to fail: before or after the request is processed.

    Attributes:
        status: what is answered; 0 cuts the connection instead.
        done: whether the request is processed all the same.
        match: strikes only requests whose "METHOD path" holds it.
        headers: of the answer.
        body: of the answer.
    """

    status: int = 0
    done: bool = False
    match: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "<html>proxy</html>"


class MattermostSimulator:
    """Start with `with`; tell it of channels and posts, and look at `posts`.

    Args:
        port: 0 takes a free one.
    """

    bot_token = "bottoken000000000000000000"
    admin_token = "admintoken0000000000000000"
    bot_id = "tbxskbymetgd3j51qs9o688r4c"
    hook_id = "incominghookid000000000000"

    def __init__(self, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"simulator": self})
        self._listener = Listener(port, handler)
        self._numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, Json] = {}
        self.users: dict[str, User] = {}
        self.files: dict[str, File] = {}
        self.pending: dict[str, Json] = {}
        self.trouble: Trouble | None = None
        self.log: list[str] = []
        self.teams: list[Json] = [{"id": "n43e597yj7rs7k5posyzdogpkr", "name": "acme"}]
        self.hooks: list[Json] = []
        self.config = {
            "ShowEmailAddress": "true",
            "EnableOutgoingWebhooks": "true",
            "EnablePostUsernameOverride": "false",
            "EnablePostIconOverride": "false",
        }
        self.add_channel("helpdesk", "745i3akya3d9ierbsg6gsqmkfr")

    def __enter__(self) -> "MattermostSimulator":
        self._listener.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def hook_url(self) -> str:
        """The address of the incoming webhook."""
        return f"{self.url}/hooks/{self.hook_id}"

    def refuse(self) -> None:
        """Stop listening."""
        self._listener.refuse()

    def heal(self) -> None:
        """Listen again, without trouble."""
        self.trouble = None
        self._listener.open()

    def add_channel(self, name: str, channel_id: str = "", *, with_bot: bool = True) -> Channel:
        """Add a public channel."""
        channel = Channel(channel_id or self.new_id(), name, with_bot)
        self.channels[channel.id] = channel
        return channel

    def add_post(self, channel: str, root: str = "", post_id: str = "") -> str:
        """Let somebody write a post; returns its id."""
        post: Json = {
            "id": post_id or self.new_id(),
            "channel_id": channel,
            "root_id": root,
            "message": "",
        }
        self.posts[post["id"]] = post
        return str(post["id"])

    def add_user(self, username: str, email: str = "", user_id: str = "") -> User:
        """Add somebody who writes."""
        user = User(user_id or self.new_id(), username, email)
        self.users[user.id] = user
        return user

    def add_file(
        self,
        post: str,
        name: str,
        content: bytes,
        mime_type: str = "text/plain; charset=utf-8",
        file_id: str = "",
    ) -> str:
        """Attach a file to a post; returns its id."""
        file = File(file_id or self.new_id(), post, name, content, mime_type)
        self.files[file.id] = file
        return file.id

    def said(self, channel: str = "helpdesk") -> list[tuple[str, str]]:
        """Return what the bridge has posted: the root of the thread, "" for none, and the text."""
        ids = [c.id for c in self.channels.values() if c.name == channel]
        ours = [p for p in self.posts.values() if p["channel_id"] in ids and p.get("by_bridge")]
        return [(post["root_id"], post["message"]) for post in ours]

    def new_id(self) -> str:
        """Return an id that is not in use."""
        return f"simulated{next(self._numbers):017}"


Body = Json | list[Json] | File | bytes


class _Handler(BaseHTTPRequestHandler):
    simulator: MattermostSimulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes | None) -> None:
        request = f"{self.command} {self.path}"
        trouble = self.simulator.trouble
        struck = trouble if trouble and trouble.match in request else None
        with self.simulator.lock:
            self.simulator.log.append(request)
            ignored = struck is not None and not struck.done
            status, answer = (0, b"") if ignored else self._process(body)
        if struck is None:
            self._send(status, answer)
        elif struck.status:
            self._send(struck.status, struck.body.encode(), struck.headers)
        else:
            self.close_connection = True

    def _process(self, body: bytes | None) -> tuple[int, Body]:
        if self.path.startswith("/hooks/") and body is not None:
            return self._hook(json.loads(body))
        if self.path == "/api/v4/system/ping":
            return 200, {"status": "OK"}
        known = self._known()
        allowed = self._allowed(read_only=known is not None)
        if allowed:
            return _error(*allowed)
        if known is not None:
            return 200, known
        if self.path == "/api/v4/posts" and body is not None:
            return self._post(json.loads(body))
        found = _ITEM.fullmatch(self.path)
        if found is None:
            return _error(404, "api.context.404.app_error")
        kind, number, info = found.groups()
        if kind == "files":
            return self._file(number, info=bool(info))
        if kind == "users":
            user = self.simulator.users.get(number)
            return (200, vars(user)) if user else _error(404, "app.user.missing_account.const")
        post = self.simulator.posts.get(number)
        return (200, post) if post else _error(404, "app.post.get.app_error")

    def _allowed(self, *, read_only: bool) -> tuple[int, str] | None:
        """Return the refusal of a request, None when it may go on."""
        authorization = self.headers.get("Authorization")
        if read_only and authorization == f"Bearer {self.simulator.admin_token}":
            return None
        if authorization != f"Bearer {self.simulator.bot_token}":
            return 401, "api.context.session_expired.app_error"
        listing = self.path.startswith("/api/v4/hooks/outgoing")
        return (403, _PERMISSIONS) if listing else None

    def _known(self) -> Json | list[Json] | None:
        """Return what is told of the bot, the hooks and the settings; paths of the REST API v4."""
        chat = self.simulator
        channels = re.fullmatch("/api/v4/users/me/teams/([a-z0-9]{26})/channels", self.path)
        if channels:
            mine = [c for c in chat.channels.values() if c.with_bot]
            return [{"id": channel.id, "name": channel.name} for channel in mine]
        found: dict[str, Json | list[Json]] = {
            "/api/v4/users/me": {"id": chat.bot_id, "username": "glpi-bot", "is_bot": True},
            "/api/v4/users/me/teams": chat.teams,
            "/api/v4/hooks/outgoing?page=0&per_page=200": chat.hooks,
            "/api/v4/config/client?format=old": dict(chat.config),
        }
        return found.get(self.path)

    def _file(self, file_id: str, *, info: bool) -> tuple[int, Json | File | bytes]:
        """Hand a file out, if the bot is a member of its channel."""
        file = self.simulator.files.get(file_id)
        if file is None or file.post not in self.simulator.posts:
            return _error(404, "app.file_info.get.app_error")
        channel = self.simulator.channels[self.simulator.posts[file.post]["channel_id"]]
        if not channel.with_bot:
            return _error(403, _PERMISSIONS)
        known = {"id": file.id, "post_id": file.post, "name": file.name}
        described = {**known, "size": len(file.content), "mime_type": file.mime_type}
        return 200, described if info else file

    def _post(self, wanted: Json) -> tuple[int, Json | File | bytes]:
        """Create a post as the bot."""
        known = self.simulator.pending.get(wanted.get("pending_post_id", ""))
        channel = self.simulator.channels.get(wanted["channel_id"])
        if channel is None or not channel.with_bot:
            return _error(403, _PERMISSIONS)
        if known:
            return 201, known
        root = wanted.get("root_id", "")
        if root:
            thread = self.simulator.posts.get(root)
            if thread is None or thread["root_id"]:
                return _error(400, "api.post.create_post.root_id.app_error")
            if thread["channel_id"] != channel.id:
                return _error(400, "api.post.create_post.channel_root_id.app_error")
        if len(wanted["message"]) > MAX_MESSAGE:
            return _error(400, "model.post.is_valid.msg.app_error")
        post = self._keep(channel.id, root, wanted["message"], user_id=self.simulator.bot_id)
        if wanted.get("pending_post_id"):
            self.simulator.pending[wanted["pending_post_id"]] = post
        return 201, post

    def _hook(self, wanted: Json) -> tuple[int, Json | File | bytes]:
        """Create a post by the incoming webhook."""
        if self.path.rpartition("/")[2] != self.simulator.hook_id:
            return _error(400, "web.incoming_webhook.invalid.app_error")
        if not wanted.get("text"):
            return _error(400, "web.incoming_webhook.text.app_error")
        name = wanted.get("channel", "helpdesk")
        ids = [c.id for c in self.simulator.channels.values() if c.name == name]
        if not ids:
            return _error(404, "web.incoming_webhook.channel.app_error")
        self._keep(ids[0], "", wanted["text"], username=wanted.get("username", ""))
        return 200, b"ok"

    def _keep(self, channel: str, root: str, text: str, **more: str) -> Json:
        post = self.simulator.posts[self.simulator.add_post(channel, root)]
        post |= {"message": text, "by_bridge": True, **more}
        return post

    def _send(
        self,
        status: int,
        body: Body,
        headers: dict[str, str] | None = None,
    ) -> None:
        payload, kind = _payload(body)
        self.send_response(status)
        self.send_header("X-Version-Id", VERSION_ID)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def _payload(body: Body) -> tuple[bytes, str]:
    if isinstance(body, File):
        return body.content, body.mime_type
    if isinstance(body, bytes):
        return body, "text/plain"
    return json.dumps(body).encode(), "application/json"


def _error(status: int, name: str) -> tuple[int, Json]:
    return status, {"id": name, "message": "", "detailed_error": "", "status_code": status}
