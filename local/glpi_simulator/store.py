"""What a GLPI keeps: users, sessions, tickets and the rows that hang on them.

One lock guards everything: a call is one transaction. Rows are plain dictionaries because GLPI's
own are; on 10.0.14 texts are kept escaped (`&#60;`), on 11.0.6 raw.
"""

import json
import secrets
import string
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from .call import Row

PASSWORD = "Secret-123"
FIRST_TICKET_ID = 101
SUPER_ADMIN, TECHNICIAN, SELF_SERVICE = 4, 6, 1
PROFILE_NAMES = {4: "Super-Admin", 6: "Technician", 1: "Self-Service"}
REQUEST_SOURCES = {
    1: "Helpdesk",
    2: "E-Mail",
    3: "Phone",
    4: "Direct",
    5: "Written",
    6: "Other",
    7: "Mattermost",
}
CATEGORIES = {1: "Hardware", 2: "Software"}
GROUPS = {1: "Service desk"}
ENTITIES = {0: "Root entity"}


@dataclass
class User:
    """A GLPI user; `profile` is None for one who may not log in."""

    id: int
    name: str
    firstname: str
    realname: str
    email: str = ""
    profile: int | None = SELF_SERVICE
    is_active: bool = True
    is_deleted: bool = False


@dataclass(frozen=True)
class Session:
    """An open session: rights are those at login, whatever becomes of the user afterwards."""

    token: str
    number: int
    user: User
    profile: int


@cache
def recorded_data(version: str) -> Row:
    """Return the profiles and the session keys recorded from a real GLPI of this version."""
    path = Path(__file__).parent / "data" / f"glpi-{version}.json"
    data: Row = json.loads(path.read_text(encoding="utf-8"))
    return data


def new_token(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return a random token such as GLPI makes."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def now() -> str:
    """Return GLPI's idea of the present, without a time zone."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Store:
    """The database, the session files and the users of one simulated GLPI.

    Args:
        version: of GLPI.
        first_ticket: its number; the others follow.
    """

    def __init__(self, version: str, first_ticket: int = FIRST_TICKET_ID) -> None:
        self.version = version
        self._first_ticket = first_ticket
        self.major = int(version.partition(".")[0])
        self.lock = threading.RLock()
        self.app_token = new_token(40)
        self.user_tokens = {
            name: new_token(40) for name in ("mm-bot", "mm-tech", "mm-self", "mm-noprof")
        }
        self.users: dict[int, User] = {}
        self.sessions: dict[str, Session] = {}
        self.sessions_opened = 0
        self.tables: dict[str, dict[int, Row]] = {}
        self.files: dict[int, bytes] = {}
        self._next_id: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Forget every session and item, and put the users back."""
        with self.lock:
            self.sessions.clear()
            self.tables.clear()
            self.files.clear()
            self._next_id = {"Ticket": self._first_ticket}
            self.restore_users()

    def restore_users(self) -> None:
        """Put the users back as they were at the start."""
        everyone = [
            User(2, "glpi", "", "glpi", profile=SUPER_ADMIN),
            User(7, "mm-bot", "X", "Mm-Bot", profile=SUPER_ADMIN),
            User(8, "mm-tech", "X", "Mm-Tech", profile=TECHNICIAN),
            User(9, "mm-self", "X", "Mm-Self"),
            User(10, "mm-noprof", "X", "Mm-Noprof"),
            User(11, "alice", "Alice", "Archer", "alice@example.com"),
            User(12, "bob", "Bob", "Baker", "bob@example.com"),
            User(13, "carol", "Carol", "Cole", "carol@example.com", is_active=False),
            User(14, "dave", "Dave", "Dunn", "dave@example.com", is_deleted=True),
        ]
        with self.lock:
            self.users = {user.id: user for user in everyone}

    def user_named(self, login: str) -> User | None:
        """Return the user with this login."""
        return next((user for user in self.users.values() if user.name == login), None)

    def open_session(self, user: User) -> Session:
        """Log a user in with the profile they have now."""
        token = new_token(26, string.ascii_lowercase + string.digits)
        self.sessions_opened += 1
        session = Session(token, self.sessions_opened, user, user.profile or SELF_SERVICE)
        self.sessions[token] = session
        return session

    def table(self, itemtype: str) -> dict[int, Row]:
        """Return the rows of an item type by id."""
        return self.tables.setdefault(itemtype, {})

    def insert(self, itemtype: str, row: Row) -> int:
        """Store a row under the next free id and return that id."""
        number = self._next_id.get(itemtype, 1)
        self._next_id[itemtype] = number + 1
        self.table(itemtype)[number] = {"id": number, **row}
        return number

    def rows(self, table: str, /, **wanted: Any) -> list[Row]:  # noqa: ANN401 - any column value
        """Return the rows whose columns have these values, by id."""
        return [
            row
            for row in self.table(table).values()
            if all(row.get(column) == value for column, value in wanted.items())
        ]
