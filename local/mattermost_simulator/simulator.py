"""The Mattermost that tests and the local rehearsal use: what it knows, and its port."""

import itertools
import threading
import time
from types import TracebackType

from local.glpi_simulator.listener import Listener

from .model import Channel, File, Json, Trouble, User
from .outgoing import OutgoingWebhook
from .port import Handler


class MattermostSimulator:
    """Start with `with`; tell it of channels and posts, and look at `posts`.

    Args:
        port: 0 takes a free one.

    Attributes:
        outgoing: the webhook that people's posts set off, if there is one.
    """

    bot_token = "bottoken000000000000000000"
    admin_token = "admintoken0000000000000000"
    bot_id = "tbxskbymetgd3j51qs9o688r4c"
    hook_id = "incominghookid000000000000"

    def __init__(self, port: int = 0) -> None:
        handler = type("OwnHandler", (Handler,), {"simulator": self})
        self._listener = Listener(port, handler)
        self._numbers = itertools.count(1)
        self.lock = threading.Condition()
        self._running = False
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, Json] = {}
        self.users: dict[str, User] = {}
        self.files: dict[str, File] = {}
        self.pending: dict[str, Json] = {}
        self.outgoing: OutgoingWebhook | None = None
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
        self._running = True
        self._listener.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self.lock:
            self._running = False
            self.lock.notify_all()
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
            "create_at": int(time.time() * 1000),
        }
        with self.lock:
            self.posts[post["id"]] = post
            self.lock.notify_all()
        return str(post["id"])

    def wait_for_post(self, root: str, seconds: float) -> None:
        """Wait until something new stands in a thread, or the simulator ends."""
        with self.lock:
            before = self._posts_in(root)
            self.lock.wait_for(lambda: not self._running or self._posts_in(root) > before, seconds)

    def _posts_in(self, root: str) -> int:
        return sum(post["root_id"] == root for post in self.posts.values())

    def add_answer(self, channel: str, root: str, text: str, **more: str) -> Json:
        """Let the bridge write a post, by whatever way; returns the post."""
        post = self.posts[self.add_post(channel, root)]
        post |= {"message": text, "by_bridge": True, **more}
        return post

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
