"""Mattermost's REST API v4 for the bot, and incoming webhooks."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler

from local.guard import Guarded

from .model import MAX_MESSAGE, File, Json
from .store import Store

Body = Json | list[Json] | File | bytes

VERSION_ID = "5.37.0.5.37.0"
"""The header that tells clients the version."""

PENDING_SECONDS = 30
"""So long a pending id belongs to its post (5.37)."""

_ITEM = re.compile(r"/api/v4/(posts|users|files)/([a-z0-9]{26})(/info)?")
_PERMISSIONS = "api.context.permissions.app_error"


class RestHandler(Guarded, BaseHTTPRequestHandler):
    """Serves one connection; a subclass carries the `store` it belongs to."""

    store: Store
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer; http.server looks for this name."""
        self.get()

    def do_POST(self) -> None:
        """Answer; http.server looks for this name."""
        self.post()

    def get(self) -> None:
        """Answer a GET of the REST API."""
        self._serve(None)

    def post(self) -> None:
        """Answer a POST to the REST API or to the incoming webhook."""
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes | None) -> None:
        request = f"{self.command} {self.path}"
        fault = self.store.fault
        struck = fault if fault and fault.match in request else None
        with self.store.lock:
            self.store.log.append(request)
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
        refusal = self._refusal(read_only=known is not None)
        if refusal:
            return _error(*refusal)
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
            user = self.store.users.get(number)
            return (200, vars(user)) if user else _error(404, "app.user.missing_account.const")
        post = self.store.posts.get(number)
        return (200, post) if post else _error(404, "app.post.get.app_error")

    def _refusal(self, *, read_only: bool) -> tuple[int, str] | None:
        """Return the refusal of a request, None when it may go on."""
        authorization = self.headers.get("Authorization")
        if read_only and authorization == f"Bearer {self.store.admin_token}":
            return None
        if authorization != f"Bearer {self.store.bot_token}":
            return 401, "api.context.session_expired.app_error"
        listing = self.path.startswith("/api/v4/hooks/outgoing")
        return (403, _PERMISSIONS) if listing else None

    def _known(self) -> Json | list[Json] | None:
        """Return what is told of the bot, the hooks and the settings; paths of the REST API v4."""
        chat = self.store
        channels = re.fullmatch("/api/v4/users/me/teams/([a-z0-9]{26})/channels", self.path)
        if channels:
            mine = [c for c in chat.channels.values() if c.with_bot]
            return [{"id": channel.id, "name": channel.name} for channel in mine]
        bot = {"id": chat.bot_id, "username": "glpi-bot", "email": "", "is_bot": True}
        found: dict[str, Json | list[Json]] = {
            "/api/v4/users/me": bot,
            "/api/v4/users/me/teams": chat.teams,
            "/api/v4/hooks/outgoing?page=0&per_page=200": chat.hooks,
            "/api/v4/config/client?format=old": dict(chat.config),
        }
        return found.get(self.path)

    def _file(self, file_id: str, *, info: bool) -> tuple[int, Body]:
        """Hand a file out, if the bot is a member of its channel."""
        file = self.store.files.get(file_id)
        if file is None or file.post not in self.store.posts:
            return _error(404, "app.file_info.get.app_error")
        channel = self.store.channels[self.store.posts[file.post]["channel_id"]]
        if not channel.with_bot:
            return _error(403, _PERMISSIONS)
        known = {"id": file.id, "post_id": file.post, "name": file.name}
        described = {**known, "size": len(file.content), "mime_type": file.mime_type}
        return 200, described if info else file

    def _post(self, wanted: Json) -> tuple[int, Body]:
        """Create a post as the bot."""
        known = self.store.pending.get(wanted.get("pending_post_id", ""))
        channel = self.store.channels.get(wanted["channel_id"])
        if channel is None or not channel.with_bot:
            return _error(403, _PERMISSIONS)
        if known and time.time() * 1000 - known["create_at"] < PENDING_SECONDS * 1000:
            return 201, known
        root = wanted.get("root_id", "")
        if root:
            thread = self.store.posts.get(root)
            if thread is None or thread["root_id"]:
                return _error(400, "api.post.create_post.root_id.app_error")
            if thread["channel_id"] != channel.id:
                return _error(400, "api.post.create_post.channel_root_id.app_error")
        if len(wanted["message"]) > MAX_MESSAGE:
            return _error(400, "model.post.is_valid.msg.app_error")
        bot = self.store.bot_id
        post = self.store.add_answer(channel.id, root, wanted["message"], user_id=bot)
        if wanted.get("pending_post_id"):
            self.store.pending[wanted["pending_post_id"]] = post
        return 201, post

    def _hook(self, wanted: Json) -> tuple[int, Body]:
        """Create a post by the incoming webhook."""
        if self.path.rpartition("/")[2] != self.store.hook_id:
            return _error(400, "web.incoming_webhook.invalid.app_error")
        if not wanted.get("text"):
            return _error(400, "web.incoming_webhook.text.app_error")
        name = wanted.get("channel", "helpdesk")
        ids = [c.id for c in self.store.channels.values() if c.name == name]
        if not ids:
            return _error(404, "web.incoming_webhook.channel.app_error")
        self.store.add_answer(ids[0], "", wanted["text"], username=wanted.get("username", ""))
        return 200, b"ok"

    def _send(self, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
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
        """Write nothing; http.server would write a line for each request."""


def _payload(body: Body) -> tuple[bytes, str]:
    if isinstance(body, File):
        return body.content, body.mime_type
    if isinstance(body, bytes):
        return body, "text/plain"
    return json.dumps(body).encode(), "application/json"


def _error(status: int, name: str) -> tuple[int, Json]:
    return status, {"id": name, "message": "", "detailed_error": "", "status_code": status}
