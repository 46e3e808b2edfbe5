"""Telling people something when nobody is waiting for an answer.

A bot can say it in a thread; an incoming webhook can say it in a channel (`root_id` only from
server 11.8).
"""

from dataclasses import dataclass
from enum import Enum

from bridge.mattermost.api import MattermostApi, Position
from bridge.mattermost.submissions import Place
from bridge.net.deadline import Deadline


class Reach(Enum):
    """Where the author of a post is told something later."""

    THREAD = "thread"
    CHANNEL = "channel"
    NONE = "none"


@dataclass(frozen=True)
class Thread:
    """A thread: the ids of its channel and of the post that it hangs on."""

    channel: str
    root: str


@dataclass(frozen=True)
class Channel:
    """A channel, by its name in addresses."""

    name: str


class Notifier:
    """Says something in Mattermost.

    Args:
        api: Mattermost.
        team: of the incoming webhook, by its name in addresses; "" if that is not known.
        username: of the incoming webhook's messages, None for its own.
        icon_url: likewise; a bot speaks under its own name and icon.
    """

    def __init__(
        self,
        api: MattermostApi,
        team: str = "",
        username: str | None = None,
        icon_url: str | None = None,
    ) -> None:
        self._api = api
        self._team = team
        self._looks = {
            name: value
            for name, value in (("username", username), ("icon_url", icon_url))
            if value is not None
        }

    def reach(self, place: Place) -> Reach:
        """Say where the author of a post is told.

        An incoming webhook takes a channel's name for that of its own team's channel (5.37), so it
        says nothing to people of another one, or while nobody knows which its own is.

        Raises:
            SettingsError: the secret cannot be read.
        """
        if place.post and self._api.has_bot():
            return Reach.THREAD
        is_its_team = bool(self._team) and place.team == self._team
        if place.channel_name and is_its_team and self._api.has_webhook():
            return Reach.CHANNEL
        return Reach.NONE

    def target_of(
        self, place: Place, deadline: Deadline, known: Position | None = None
    ) -> Thread | Channel:
        """Return where the author of a post will read what is said: its thread, else its channel.

        Args:
            place: where the post was written.
            deadline: for asking Mattermost where it stands.
            known: where it stands, if that is known.

        Raises:
            MattermostError: there is no telling.
        """
        if place.post and self._api.has_bot():
            position = known or self._api.position(place.post, deadline)
            return Thread(position.channel, position.root or place.post)
        return Channel(place.channel_name or "")

    def say(self, target: Thread | Channel, text: str, deadline: Deadline, *, once: str) -> None:
        """Say something.

        Args:
            target: where, as `target_of` says.
            text: Markdown, in which people's words are neutralised.
            deadline: for everything that is asked of Mattermost.
            once: what it is about; the same about the same appears once within 30 s in a thread.

        Raises:
            MattermostError: it is not said, as far as is known.
        """
        if isinstance(target, Thread):
            self._api.reply(target.channel, target.root, text, once, deadline)
        else:
            self._api.announce({"text": text, **self._looks, "channel": target.name}, deadline)
