"""The way back: telling people something when nobody is waiting for an answer.

A bot can answer in a thread; an incoming webhook can write into a channel (`root_id` only from
server 11.8).
"""

from collections.abc import Mapping
from enum import Enum

from bridge.mattermost.api import MattermostApi, Place
from bridge.mattermost.outgoing_webhook import Post
from bridge.net.http import Deadline


class Way(Enum):
    """How the author of a post can be told something later."""

    THREAD = "thread"
    CHANNEL = "channel"
    NONE = "none"


class WayBack:
    """Tells authors what became of their posts.

    Args:
        api: Mattermost.
    """

    def __init__(self, api: MattermostApi) -> None:
        self._api = api

    def of(self, post: Post) -> Way:
        """Say where the author of a post will be told.

        Raises:
            SettingsError: the secret cannot be read.
        """
        if self._api.has_bot and post.id:
            return Way.THREAD
        if self._api.has_webhook and post.channel_name:
            return Way.CHANNEL
        return Way.NONE

    def tell(
        self,
        post: Post,
        reply: Mapping[str, str],
        deadline: Deadline,
        place: Place | None = None,
    ) -> None:
        """Say something to the author of a post: in its thread, else in its channel.

        A bot speaks under its own name; the reply's name and icon are for the webhook.

        Args:
            post: what the author wrote.
            reply: the answer, as `mattermost.answer` builds it.
            deadline: for everything that is asked of Mattermost.
            place: where the post stands, if that is known.

        Raises:
            MattermostError: it is not said, as far as is known.
        """
        if self._api.has_bot and post.id:
            place = place or self._api.place(post.id, deadline)
            self._api.reply(place, place.root or post.id, reply["text"], post.id, deadline)
            return
        said = {name: value for name, value in reply.items() if name != "response_type"}
        self._api.announce({**said, "channel": post.channel_name}, deadline)
