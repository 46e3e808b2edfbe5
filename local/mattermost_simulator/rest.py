"""Mattermost's REST API v4 for the bot, and incoming webhooks."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler

from local.guard import Guarded

from .model import MAX_MESSAGE, Channel, File, Json
from .store import Store

Body = Json | list[Json] | File | bytes

VERSION_ID = "5.37.0.5.37.0"
"""The header that tells clients the version."""

PENDING_SECONDS = 30
"""So long a pending id belongs to its post (5.37)."""

_ITEM = re.compile(r"/api/v4/(posts|users|files)/([a-z0-9]{26})(/info)?")
_MEMBERS = re.compile(r"/api/v4/channels/([a-z0-9]{26})/members(/me)?")
_CHANNEL = re.compile(r"/api/v4/channels/([a-z0-9]{26})")
_CHANNEL_NAME = re.compile(r"/api/v4/teams/name/([^/]+)/channels/name/([^/]+)")
_INCOMING = "/api/v4/hooks/incoming/"
_FOREIGN = "b" * 26
"""The id of the incoming webhook's team, where it is none of the bot's."""

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
        listed = known is not None or self.path.startswith(_INCOMING)
        refusal = self._refusal(read_only=listed)
        if refusal:
            return _error(*refusal)
        if known is not None:
            return 200, known
        if listed:
            return _error(404, "app.webhooks.get_incoming.app_error")
        if self.path == "/api/v4/posts" and body is not None:
            return self._post(json.loads(body))
        return self._of_channel(body) or self._item()

    def _of_channel(self, body: bytes | None) -> tuple[int, Body] | None:
        """Tell of a channel or its members, or let the bot in; None for another path.

        Who is in the team may read its public channels, and join them (5.37).
        """
        chat = self.store
        if found := _MEMBERS.fullmatch(self.path):
            channel = chat.channels.get(found[1])
            return self._join(channel, json.loads(body)) if body else self._member(channel)
        if found := _CHANNEL_NAME.fullmatch(self.path):
            named = (c for c in chat.channels.values() if (c.team, c.name) == found.groups())
            channel = next(named, None)
            is_seen = channel is not None and self._reads(channel)
            missing = _error(404, "app.channel.get_by_name.missing.app_error")
            return (200, self._shown(channel)) if channel and is_seen else missing
        if found := _CHANNEL.fullmatch(self.path):
            channel = chat.channels.get(found[1])
            if channel is None:
                return _error(404, "app.channel.get.existing.app_error")
            return (
                (200, self._shown(channel)) if self._reads(channel) else _error(403, _PERMISSIONS)
            )
        return None

    def _join(self, channel: Channel | None, wanted: Json) -> tuple[int, Body]:
        if channel is None:
            return _error(404, "app.channel.get.existing.app_error")
        if wanted.get("user_id") != self.store.bot_id or not self._reads(channel):
            return _error(403, _PERMISSIONS)
        channel.with_bot = True
        return 201, self._membership(channel)

    def _member(self, channel: Channel | None) -> tuple[int, Body]:
        if channel is None or not channel.with_bot:
            return _error(403, _PERMISSIONS)
        return 200, self._membership(channel)

    def _membership(self, channel: Channel) -> Json:
        return {"channel_id": channel.id, "user_id": self.store.bot_id, "roles": "channel_user"}

    def _shown(self, channel: Channel) -> Json:
        team = next((t["id"] for t in self.store.teams if t["name"] == channel.team), "")
        kind = "P" if channel.is_private else "O"
        deleted = int(time.time() * 1000) if channel.is_archived else 0
        known = {"id": channel.id, "name": channel.name, "team_id": team, "type": kind}
        return {**known, "delete_at": deleted}

    def _reads(self, channel: Channel) -> bool:
        in_team = any(team["name"] == channel.team for team in self.store.teams)
        return channel.with_bot or (in_team and not channel.is_private)

    def _item(self) -> tuple[int, Body]:
        """Tell of a post, a user or a file."""
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
        if post is None:
            return _error(404, "app.post.get.app_error")
        is_read = self._reads(self.store.channels[post["channel_id"]])
        return (200, post) if is_read else _error(403, _PERMISSIONS)

    def _refusal(self, *, read_only: bool) -> tuple[int, str] | None:
        """Return the refusal of a request, None when it may go on."""
        authorization = self.headers.get("Authorization")
        if read_only and authorization == f"Bearer {self.store.admin_token}":
            return None
        if authorization != f"Bearer {self.store.bot_token}":
            return 401, "api.context.session_expired.app_error"
        listing = self.path.startswith("/api/v4/hooks/")
        return (403, _PERMISSIONS) if listing else None

    def _known(self) -> Json | list[Json] | None:
        """Return what is told of the bot, the hooks and the settings; paths of the REST API v4."""
        chat = self.store
        channels = re.fullmatch("/api/v4/users/me/teams/([a-z0-9]{26})/channels", self.path)
        if channels:
            mine = [self._shown(c) for c in chat.channels.values() if c.with_bot]
            direct = {"id": chat.direct_id, "name": f"{'a' * 26}__{chat.bot_id}"}
            found_here = [channel for channel in mine if channel["team_id"] == channels[1]]
            return [{**direct, "team_id": "", "type": "D", "delete_at": 0}, *found_here]
        bot = {"id": chat.bot_id, "username": "glpi-bot", "email": "", "is_bot": True}
        found: dict[str, Json | list[Json]] = {
            "/api/v4/users/me": bot,
            "/api/v4/users/me/teams": chat.teams,
            "/api/v4/hooks/outgoing?page=0&per_page=200": chat.hooks,
            f"{_INCOMING}{chat.hook_id}": self._incoming(),
            **{f"/api/v4/teams/{team['id']}": team for team in chat.teams},
            f"/api/v4/teams/{_FOREIGN}": {"id": _FOREIGN, "name": chat.hook_team},
            "/api/v4/config/client?format=old": dict(chat.config),
        }
        return found.get(self.path)

    def _incoming(self) -> Json:
        """Return what an administrator is told of the incoming webhook."""
        chat = self.store
        team = next((t["id"] for t in chat.teams if t["name"] == chat.hook_team), _FOREIGN)
        locked = {"channel_id": chat.hook_channel, "channel_locked": bool(chat.hook_channel)}
        return {"id": chat.hook_id, "team_id": team, **locked}

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
        if channel.is_archived:
            return _error(400, "api.post.create_post.can_not_post_to_deleted.error")
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
        """Create a post by the incoming webhook, which knows the channels of its own team only."""
        chat = self.store
        if chat.config["EnableIncomingWebhooks"] != "true":
            return _error(501, "web.incoming_webhook.disabled.app_error")
        if not wanted.get("text"):
            return _error(400, "web.incoming_webhook.text.app_error")
        if self.path.rpartition("/")[2] != chat.hook_id:
            return _error(400, "web.incoming_webhook.invalid.app_error")
        wished = (chat.hook_team, wanted.get("channel", "helpdesk").removeprefix("#"))
        found = next((c for c in chat.channels.values() if (c.team, c.name) == wished), None)
        if found is None:
            return _error(404, "web.incoming_webhook.channel.app_error")
        if chat.hook_channel and chat.hook_channel != found.id:
            return _error(403, "web.incoming_webhook.channel_locked.app_error")
        if found.is_private:
            return _error(403, "web.incoming_webhook.permissions.app_error")
        if str(wanted.get("type", "")).startswith("system_"):
            return _error(400, "api.context.invalid_param.app_error")
        chat.add_answer(found.id, "", wanted["text"], username=wanted.get("username", ""))
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
