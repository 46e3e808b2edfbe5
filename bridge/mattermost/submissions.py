"""What somebody asks for, whatever way in it came by. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Audience(Enum):
    """Who can read what is written in a place."""

    PUBLIC = "public"
    """The whole team."""

    PRIVATE = "private"
    """The members of a private channel."""

    DIRECT = "direct"
    """Those who write to each other."""

    UNKNOWN = "unknown"
    """Nobody has said who."""


@dataclass(frozen=True)
class Author:
    """Who asks, as far as is known.

    Attributes:
        id: of the user.
        name: that the user is called by.
    """

    id: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Place:
    """Where something was asked, as far as is known.

    Attributes:
        channel_id: of the channel.
        channel_name: its name in addresses.
        team: likewise, of the team.
        post: the id of the post that was written there, None when it is unknown.
        audience: who can read it there.
    """

    channel_id: str | None = None
    channel_name: str | None = None
    team: str | None = None
    post: str | None = None
    audience: Audience = Audience.UNKNOWN


@dataclass(frozen=True)
class Submission:
    """What somebody asks for.

    Attributes:
        ref: names it towards people and in logs, and in GLPI.
        words: as they were typed, a trigger word included.
        author: who asks.
        place: where.
        files: the ids of those that came with it.
        written_at: when that was.
        source: our name of the webhook's token that came with it.
        trigger_word: that Mattermost has sent it for, "" if it sends whatever is written there.
    """

    ref: str
    words: str
    author: Author
    place: Place
    files: tuple[str, ...]
    written_at: datetime | None
    source: str
    trigger_word: str = ""
