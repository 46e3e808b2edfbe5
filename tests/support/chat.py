"""People who write in a Mattermost that the bridge has a bot in, and the worker behind it."""

from pathlib import Path
from typing import Any

import pytest

from bridge import container
from local.glpi_simulator import GlpiSimulator
from local.mattermost_simulator import MattermostSimulator, User
from local.memory import MemoryOutbox
from tests.conftest import Lab
from tests.support.safe_path import Clock, work

HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"
ALICE, BOB = 11, 12
"""Their ids in GLPI."""

PNG = b"\x89PNG\r\n\x1a\n" + bytes(62)


class Chat:
    """What people do in the channel, and what becomes of it.

    Attributes:
        said: what the webhook's answer to the last message was, "" for silence.
        post: the id of that message.
    """

    def __init__(
        self, lab: Lab, mattermost: MattermostSimulator, worker: MemoryOutbox, clock: Clock
    ) -> None:
        self.lab = lab
        self.mattermost = mattermost
        self.worker = worker
        self.clock = clock
        self.said = ""
        self.post = ""
        self.users = {
            name: mattermost.add_user(name, f"{name}@example.com") for name in ("alice", "bob")
        }

    @property
    def glpi(self) -> GlpiSimulator:
        return self.lab.glpi

    def user(self, name: str, email: str = "") -> User:
        """Let somebody else come into the channel."""
        self.users[name] = self.mattermost.add_user(name, email)
        return self.users[name]

    def add_post(self, root: str = "", *files: tuple[str, bytes]) -> tuple[str, list[str]]:
        """Put a message with files into the channel; nobody hears of it yet."""
        post = self.mattermost.add_post(HELPDESK, root)
        return post, [self.mattermost.add_file(post, name, content) for name, content in files]

    def write(
        self,
        text: str,
        *files: tuple[str, bytes],
        root: str = "",
        author: str = "alice",
        **fields: object,
    ) -> str:
        """Write a message, or a reply in a thread; returns its id."""
        post, ids = self.add_post(root, *files)
        self.deliver(text, post, ids, author=author, **fields)
        return post

    def deliver(
        self, text: str, post: str, ids: list[str], author: str = "alice", **fields: object
    ) -> None:
        """Let the outgoing webhook tell the bridge of a message, and post what it answers."""
        attached = {"file_ids": ",".join(ids)} if ids else {}
        known = {"user_name": author, "user_id": self.users[author].id, "timestamp": self.now_ms}
        told = {"post_id": post, **known, **attached, **fields}
        self.post, self.said = post, self.lab.say(text, **told)

    @property
    def now_ms(self) -> int:
        return int(self.clock.now * 1000)

    @property
    def ticket(self) -> dict[str, Any]:
        """The only ticket there is."""
        (ticket,) = self.glpi.tickets
        return ticket

    def change(self, ticket: object, **columns: object) -> None:
        """Let somebody change a ticket in GLPI."""
        store = self.glpi._store
        with store.lock:
            store.table("Ticket")[int(str(ticket))].update(columns)

    def purge(self, ticket: object) -> None:
        """Let somebody remove a ticket from GLPI for good."""
        store = self.glpi._store
        with store.lock:
            del store.table("Ticket")[int(str(ticket))]

    def go_on(self) -> list[str]:
        """Let the worker have what waits, at the moment it becomes visible."""
        self.clock.now = max(self.clock.now, self.worker.next_at() or 0)
        return work(self.worker)

    def settle(self, visits: int = 30) -> None:
        """Let the worker go on until nothing waits, and see that nothing was buried."""
        for _ in range(visits):
            if not self.worker.queue:
                break
            self.go_on()
        assert self.worker.queue == self.worker.dead == []

    def told(self) -> list[str]:
        """Return what the bot has written."""
        return [text for _, text in self.mattermost.said()]

    def asked(self, what: str) -> list[str]:
        """Return the requests that Mattermost got whose method and path hold something."""
        return [request for request in self.mattermost.log if what in request]

    def rules(self, monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
        """Have another bridge.toml: these lines, and a desk for 112."""
        path = folder / "bridge.toml"
        path.write_text(f'{text}\n[[desk]]\ntriggers = ["112"]\n', "utf-8")
        monkeypatch.setattr(container, "BRIDGE_TOML", path)
        self.lab.cold_start()


def filenames(ticket: dict[str, Any]) -> list[str]:
    """Return the names of a ticket's documents."""
    return [document["filename"] for document in ticket["documents"]]


def contents(ticket: dict[str, Any]) -> list[str]:
    """Return what a ticket's followups say."""
    return [followup["content"] for followup in ticket["followups"]]


@pytest.fixture
def chat(lab: Lab, bot: MattermostSimulator, worker: MemoryOutbox, clock: Clock) -> Chat:
    """The channel, with a bot in it."""
    return Chat(lab, bot, worker, clock)


@pytest.fixture
def plain(lab: Lab, worker: MemoryOutbox, mattermost: MattermostSimulator, clock: Clock) -> Chat:
    """The channel, without a bot."""
    return Chat(lab, mattermost, worker, clock)
