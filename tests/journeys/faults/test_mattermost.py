"""Every fault of Mattermost, requesters and files, at every moment, with a bot in the channel.

A message with two files, or a reply in the thread of a ticket, is struck on the fast path, at the
worker or at a replay. Afterwards it is healed and the worker goes on: the ticket or followup is
there once, with its requester and files, each failure is stated, and nothing is said twice.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from local.mattermost_simulator.model import TEAM, TEAM_ID
from tests.conftest import Lab
from tests.journeys.faults.bench import DOWN, FAST, REPLAY, WORKER, Bench, Tell, build
from tests.journeys.faults.test_killed import Killed, killed_at
from tests.support.chat import ALICE, HELPDESK
from tests.support.safe_path import work

pytestmark = pytest.mark.no_cover  # what these cover, quicker tests cover

A, B = ("a.txt", b"1"), ("b.txt", b"2")
LARGE = ("a.txt", bytes(2 * 1024 * 1024 + 1))
REFUSED = ("a.exe", b"MZ")
FOLLOWUP, UPLOAD, NAME = "POST ITILFollowup", "POST Document", "POST Ticket_User"
POSTS = "POST /api/v4/posts"


class ChatBench(Bench):
    """The bench with a bot in the channel."""

    def __init__(self, bench: Bench, mattermost: MattermostSimulator) -> None:
        super().__init__(bench.lab, bench.out, bench.clock)
        self.chat = mattermost
        self.alice = mattermost.add_user("alice", "alice@example.com")
        self.slow = False

    def write(self, root: str = "", files: tuple[tuple[str, bytes], ...] = ()) -> str:
        """Write a message or a reply; returns what the webhook's answer says."""
        post = self.chat.add_post(HELPDESK, root)
        ids = [self.chat.add_file(post, name, content) for name, content in files]
        return self.deliver(post, ids)

    def deliver(self, post: str, ids: list[str]) -> str:
        """Let the outgoing webhook tell of a message."""
        attached = {"file_ids": ",".join(ids)} if ids else {}
        known = {"user_id": self.alice.id, "timestamp": int(self.clock.now * 1000)}
        return self.lab.say("112 принтер", post_id=post, **known, **attached)

    def heal(self) -> None:
        """Let everything work again, and everybody in."""
        super().heal()
        if self.slow:
            self.chat.lock.release()
            self.slow = False
        self.chat.heal()
        self.chat.bot_token = MattermostSimulator.bot_token
        self.chat.channels[HELPDESK].with_bot = True
        self.chat.teams[:] = [{"id": TEAM_ID, "name": TEAM}]

    def forget_log(self) -> None:
        """Look only at what is logged from now on."""
        self.lab.log_stream.seek(0)
        self.lab.log_stream.truncate()

    def hang(self) -> None:
        """Let Mattermost not answer, and nobody wait for a whole deadline."""
        self._patch.setattr("bridge.config.timing.WORKER_SECONDS", 0.3)
        for name in (
            "bridge.config.timing.PLACE_SECONDS",
            "bridge.config.timing.USER_SECONDS",
            "bridge.config.timing.NOTICE_SECONDS",
            "bridge.config.timing.NOTICE_SECONDS",
            "bridge.config.timing.REPLY_SECONDS",
        ):
            self._patch.setattr(name, 0.2)
        self.chat.lock.acquire()
        self.slow = True

    def visit(self) -> None:
        """Let the worker have the next message."""
        self.clock.now = max(self.clock.now, self.out.next_at() or 0)
        work(self.out)

    def told(self, *words: str) -> list[str]:
        """Return what the bot has said with one of these words in it."""
        return [text for _, text in self.chat.said() if any(word in text for word in words)]


Strike = Callable[[ChatBench], None]


def chat(**fields: Any) -> Strike:
    """Strike Mattermost."""
    return lambda bench: setattr(bench.chat, "fault", MattermostFault(**fields))


def glpi(fault: Fault) -> Strike:
    """Strike GLPI."""
    return lambda bench: bench.lab.glpi.inject(fault)


def hide(bench: ChatBench) -> None:
    bench.alice.email = ""


def shut_out(bench: ChatBench) -> None:
    """Remove the bot from the channel, and from the team: it would join again."""
    bench.chat.channels[HELPDESK].with_bot = False
    bench.chat.teams.clear()


def leave(bench: ChatBench) -> None:
    """Remove the bot from the channel only."""
    bench.chat.channels[HELPDESK].with_bot = False


def change_token(bench: ChatBench) -> None:
    bench.chat.bot_token = "another"


def delete_a_file(bench: ChatBench) -> None:
    name = next(number for number, file in bench.chat.files.items() if file.name == A[0])
    del bench.chat.files[name]


def nothing(bench: ChatBench) -> None:
    """Strike nothing: what is wrong is in the message."""


@dataclass(frozen=True)
class Row:
    """A fault: what strikes at each visit in turn, and what there is in the end.

    Attributes:
        files: of the message.
        documents: names of those that arrive.
        named: whether the author is the requester in the end.
        silent: whether no line of the log need say anything: the ticket does.
        notices: how often the author may be told the same.
    """

    strikes: tuple[Strike, ...] = (nothing,)
    files: tuple[tuple[str, bytes], ...] = (A, B)
    documents: tuple[str, ...] = ("a.txt", "b.txt")
    named: bool = True
    silent: bool = False
    notices: int = 1


LOOK_UP = chat(status=500, match="/users/")
MESSAGES = {
    "user hidden": Row((hide,), named=False, silent=True),
    "user look-up down": Row((LOOK_UP,)),
    "user look-up in GLPI down": Row(
        (glpi(Fault("status_before", "GET search/User", status=500)),)
    ),
    "bot not a member": Row((shut_out,)),
    "bot not in the channel": Row((leave,), silent=True),
    "bot token wrong": Row((change_token,)),
    "Mattermost down": Row((lambda bench: bench.chat.refuse(),)),
    "Mattermost slow": Row((ChatBench.hang,)),
    "Mattermost 500": Row((chat(status=500),)),
    "Mattermost 429": Row((chat(status=429, headers={"Retry-After": "5"}),)),
    "Mattermost cut": Row((chat(),)),
    "Mattermost is a login page": Row((chat(status=200),)),
    "notice refused": Row((chat(status=500, match=POSTS),)),
    "notice cut after it was written": Row((chat(done=True, match=POSTS),)),
    "file gone": Row((delete_a_file,), documents=("b.txt",), silent=True),
    "file too large": Row(files=(LARGE, B), documents=("b.txt",), silent=True),
    "file refused by GLPI": Row(files=(REFUSED, B), documents=("b.txt",), silent=True),
    "GLPI down at upload": Row((glpi(Fault("status_before", UPLOAD, status=502)),)),
    "upload cut before": Row((glpi(Fault("cut_before", UPLOAD)),)),
    "upload cut after": Row((glpi(Fault("cut_after", UPLOAD)),)),
    "note on files cut before": Row(
        (glpi(Fault("cut_before", FOLLOWUP)),), (REFUSED, B), ("b.txt",)
    ),
    "note on files cut after": Row((glpi(Fault("cut_after", FOLLOWUP)),), (REFUSED, B), ("b.txt",)),
    "requester's addition cut before": Row((LOOK_UP, glpi(Fault("cut_before", NAME)))),
    "requester's addition cut after": Row((LOOK_UP, glpi(Fault("cut_after", NAME)))),
}
REPLIES = {
    "reply: Mattermost down": Row((lambda bench: bench.chat.refuse(),)),
    "reply: Mattermost slow": Row((ChatBench.hang,)),
    "reply: Mattermost 500": Row((chat(status=500),)),
    "reply: GLPI down": Row((glpi(DOWN),)),
    "reply: ticket cannot be read": Row((glpi(Fault("status_before", "GET Ticket/", status=500)),)),
    "reply: followup cut before": Row((glpi(Fault("cut_before", FOLLOWUP)),)),
    "reply: followup cut after": Row((glpi(Fault("cut_after", FOLLOWUP)),)),
    "reply: followup 500 after": Row((glpi(Fault("status_after", FOLLOWUP, status=500)),)),
    "reply: answer refused": Row((chat(status=500, match=POSTS),)),
    "reply: answer cut after it was written": Row((chat(done=True, match=POSTS),), notices=2),
}
KILLED = "killed at each step of a message with files"
KILLED_REPLY = "killed at each step of a reply"

UNTOLD = "notice refused"
UNTOLD_CUT = "notice cut after it was written"
IMPOSSIBLE_FAST = (UNTOLD, UNTOLD_CUT)
"""On the fast path a new message is answered by the webhook's own answer."""

ROWS = (*MESSAGES, *REPLIES, KILLED, KILLED_REPLY)
PROVEN = {
    (row, column)
    for row in ROWS
    for column in (FAST, WORKER, REPLAY)
    if column != FAST or row not in IMPOSSIBLE_FAST
}


@pytest.fixture
def channel(
    lab: Lab, mattermost: MattermostSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChatBench]:
    """The bench with a bot in the channel, warm and healthy."""
    monkeypatch.setenv("MATTERMOST_URL", mattermost.url)
    lab.store(mattermost_bot_token=mattermost.bot_token)
    bench = ChatBench(build(lab, monkeypatch), mattermost)
    bench.forget()
    yield bench
    bench.heal()


def prepare(bench: ChatBench, column: str, row: Row, root: str) -> str:
    """Bring a message to where the fault strikes it; returns what the person has read."""
    files = () if root else row.files
    if column == FAST:
        row.strikes[0](bench)
        if row.strikes[0] is not delete_a_file:
            return bench.write(root, files)
    bench.lab.glpi.inject(DOWN)
    said = bench.write(root, files)
    if column == REPLAY:
        bench.outlive()
        bench.visit()
        assert len(bench.out.dead) == 1
        bench.out.redrive()
    bench.lab.glpi.heal()
    bench.forget_log()
    row.strikes[0](bench)
    return said


def go_through(bench: ChatBench, column: str, row: Row, root: str) -> str:
    """Let a row's faults strike, then heal everything and let the worker go on."""
    if row.strikes[0] is delete_a_file and column == FAST:
        post = bench.chat.add_post(HELPDESK)
        ids = [bench.chat.add_file(post, *file) for file in row.files]
        delete_a_file(bench)
        said = bench.deliver(post, ids)
    else:
        said = prepare(bench, column, row, root)
    bench.visit()
    for strike in row.strikes[1:]:
        bench.heal()
        strike(bench)
        bench.visit()
    bench.heal()
    bench.converge()
    assert bench.out.queue == bench.out.dead == []
    return said


def failures(bench: ChatBench) -> list[dict[str, Any]]:
    """Return the lines of the log that name a failure and its cure."""
    return [line for line in bench.lab.logged() if line.get("code") and line.get("remedy")]


@pytest.mark.parametrize(
    ("name", "column"), [cell for cell in sorted(PROVEN) if cell[0] in MESSAGES]
)
def test_a_message_with_files(
    channel: ChatBench, name: str, column: str, record_property: Tell
) -> None:
    row = MESSAGES[name]
    said = go_through(channel, column, row, "")
    assert channel.filed == 1
    ticket = channel.lab.glpi.tickets[-1]
    assert sorted(document["filename"] for document in ticket["documents"]) == list(row.documents)
    assert ticket["requesters"] == ([ALICE] if row.named else [])
    assert "alice" in ticket["content"]
    assert bool(failures(channel)) or row.silent
    refused = len(row.documents) < 2
    assert len(channel.told("не все файлы")) == refused
    assert len(ticket["followups"]) == refused
    told = channel.told("готово: заявка")
    assert len(told) == ("Принято" not in said)
    record_property("cell", (name, column, "told later" if told else said[:40]))


@pytest.mark.parametrize("column", [FAST, WORKER, REPLAY])
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply(channel: ChatBench, name: str, column: str, record_property: Tell) -> None:
    row = REPLIES[name]
    channel.write()
    channel.converge()
    root = next(iter(channel.chat.posts))
    go_through(channel, column, row, root)
    ticket = channel.lab.glpi.tickets[-1]
    assert channel.filed == 1
    (followup,) = ticket["followups"]
    assert followup["users_id"] == ALICE
    assert ticket["takeintoaccountdate"] is None
    told = channel.told("обавлено в заявку")
    assert 1 <= len(told) <= row.notices
    assert failures(channel)
    record_property("cell", (name, column, f"one followup, told {len(told)} time(s)"))


def killed_everywhere(bench: ChatBench, column: str, root: str) -> int:
    """Kill whoever is at a message, at each point in turn; returns how many points there are.

    Between two steps nothing happens outside, so "after" one is "before" the next.
    """
    files = () if root else (REFUSED, B)
    points: list[int] = [1, *range(2, 200, 2)]
    for point in points:
        bench.heal()
        before = len(bench.lab.glpi.tickets)
        spoken = len(bench.chat.said())
        if column != FAST:
            prepare(bench, column, Row(files=files), root)
        bench.lab.cold_start()
        bench.chat.pending.clear()
        bench.clock.now = max(bench.clock.now, bench.out.next_at() or 0)
        with killed_at(point) as passed, contextlib.suppress(Killed):
            bench.write(root, files) if column == FAST else work(bench.out)
        bench.chat.pending.clear()  # Mattermost forgets them after 30 s
        safe = column != FAST or passed[-1] != "before send"
        bench.converge()
        assert bench.out.queue == bench.out.dead == []
        once(bench, before, spoken, root, safe=safe)
        if len(passed) < point:
            return point
    pytest.fail("there is no end to it")


def once(bench: ChatBench, before: int, spoken: int, root: str, *, safe: bool) -> None:
    """See that the message is there once, and said once, or once more after a kill."""
    tickets = bench.lab.glpi.tickets
    ours = [p for p in bench.chat.posts.values() if not p.get("by_bridge")]
    post = ours[-1]["id"]
    said = [text for _, text in bench.chat.said()[spoken:]]
    assert len([t for t in said if "готово" in t or "обавлено в" in t]) <= 2
    if root:
        added = [f for t in tickets for f in t["followups"] if post in f["content"]]
        assert len(added) == safe
        assert len(tickets) == before
        return
    assert len(tickets) - before == safe
    for ticket in tickets[before:]:
        assert [document["filename"] for document in ticket["documents"]] == ["b.txt"]
        assert ticket["requesters"] == [ALICE]
        assert len(ticket["followups"]) == 1
    assert safe <= len([t for t in said if "не все файлы" in t]) <= 2


@pytest.mark.parametrize("column", [FAST, WORKER, REPLAY])
def test_killed_on_a_day_with_files(channel: ChatBench, column: str, record_property: Tell) -> None:
    points = killed_everywhere(channel, column, "")
    assert points > (10 if column == FAST else 30)
    record_property("cell", (KILLED, column, f"one ticket, {points} points"))


@pytest.mark.parametrize("column", [FAST, WORKER, REPLAY])
def test_killed_on_a_day_with_a_reply(
    channel: ChatBench, column: str, record_property: Tell
) -> None:
    channel.write()
    channel.converge()
    root = next(iter(channel.chat.posts))
    points = killed_everywhere(channel, column, root)
    assert points > 10
    record_property("cell", (KILLED_REPLY, column, f"one followup, {points} points"))
