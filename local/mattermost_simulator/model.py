"""What a Mattermost knows, as far as it is simulated."""

from dataclasses import dataclass, field
from typing import Any

MAX_MESSAGE = 16_383
"""Characters of a post."""

MAX_FILES = 10
"""Files of a post."""

TEAM = "acme"
TEAM_ID = "n43e597yj7rs7k5posyzdogpkr"

Json = dict[str, Any]


@dataclass
class Channel:
    """A channel of a team, whether it is public, and whether the bot is a member."""

    id: str
    name: str
    with_bot: bool = True
    team: str = TEAM
    is_private: bool = False
    is_archived: bool = False


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
class MattermostFault:
    """A way in which the simulated Mattermost fails, before or after a request is processed.

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
