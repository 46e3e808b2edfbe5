"""What a Mattermost stores: channels, people, posts and files, and how it is set up."""

import secrets
import threading
import time

from operations.ids import RandomBytes, new_id

from .model import TEAM, TEAM_ID, Channel, File, Json, MattermostFault, User
from .outgoing import OutgoingWebhook


class Store:
    """Everything that one simulated server knows.

    Args:
        random_bytes: where new ids come from. They are others in each run, since a real GLPI
            knows the posts of earlier runs by them; team, bot and helpdesk stay, as events/ has
            them.

    Attributes:
        lock: guards everything, and wakes those who wait for a post.
        channels, posts, users, files: by their ids.
        pending: the posts that a client named itself (pending_post_id), by that name.
        outgoing: the webhook that people's posts set off, if there is one.
        fault: in force at the REST API and the incoming webhook, if there is one.
        log: "METHOD path" of each request to the REST API and the incoming webhook, in order.
        teams, hooks, config: what the REST API lists; the teams are those that the bot is in.
        hook_team: the team of the incoming webhook.
        hook_channel: the id of the only channel that it may write into, "" for any.
    """

    bot_token = "bottoken000000000000000000"
    admin_token = "admintoken0000000000000000"
    bot_id = "tbxskbymetgd3j51qs9o688r4c"
    hook_id = "incominghookid000000000000"
    direct_id = "directchannel0000000000000"

    def __init__(self, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        self.lock = threading.Condition()
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, Json] = {}
        self.users: dict[str, User] = {}
        self.files: dict[str, File] = {}
        self.pending: dict[str, Json] = {}
        self.outgoing: OutgoingWebhook | None = None
        self.fault: MattermostFault | None = None
        self.log: list[str] = []
        self.teams: list[Json] = [{"id": TEAM_ID, "name": TEAM}]
        self.hooks: list[Json] = []
        self.hook_team, self.hook_channel = TEAM, ""
        self.config = {
            "ShowEmailAddress": "true",
            "EnableOutgoingWebhooks": "true",
            "EnableIncomingWebhooks": "true",
            "EnablePostUsernameOverride": "false",
            "EnablePostIconOverride": "false",
        }
        self._random_bytes = random_bytes
        self._running = False
        self.add_channel("helpdesk", "745i3akya3d9ierbsg6gsqmkfr")

    def add_channel(
        self,
        name: str,
        channel_id: str = "",
        *,
        with_bot: bool = True,
        team: str = TEAM,
        is_private: bool = False,
    ) -> Channel:
        """Add a channel, of which the bot is a member or not; returns it."""
        number = channel_id or self.new_id()
        channel = Channel(number, name, with_bot, team=team, is_private=is_private)
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
        """Wait until something new stands in a thread, the time is up, or the simulator ends."""
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
        """Add somebody who writes; their address is hidden when it is empty."""
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
        """Return an id that is not in use, here or anywhere else."""
        return new_id(self._random_bytes)
