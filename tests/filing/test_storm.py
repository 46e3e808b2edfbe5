"""Thousands of messages through a bad day: one ticket for each post, and every answer true.

The clock is virtual and the seed fixed. GLPI goes up and down, processes late, and cuts answers
off; posts are delivered twice; containers are killed between any two steps.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest

from bridge.config.credentials import MattermostAccess
from bridge.config.rules import read_rules
from bridge.config.timing import Timing
from bridge.container import BRIDGE_TOML, assemble
from bridge.filing.worker import Worker
from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.outgoing_webhook import Post, to_post
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.outbox import Outbox
from bridge.storage.store import Item, Store
from glpi import Condition, OutcomeUnknown, Unavailable
from local.aws import create_queue_and_ledger
from local.memory import MemoryOutbox, MemoryStore, Queued
from tests.support.moto_queue import MotoOutbox, drive
from tests.support.safe_path import Consumed

HOURS = 6
START = 1_800_000_000.0
TIMING = Timing()
LATEST = 270.0
"""Seconds after which GLPI has finished what it was asked: the promise holds within `settle`."""


class Killed(BaseException):
    """The container ended here, without a chance to say anything."""


@dataclass
class World:
    """The virtual clock, chance, and what happens by it."""

    seed: int
    now: float = START
    kills: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def clock(self) -> float:
        return self.now

    def maybe_kill(self) -> None:
        """End the container, once in two hundred steps."""
        if self.chance.random() < 0.005:
            self.kills += 1
            raise Killed


class Queue(Outbox, Consumed, Protocol):
    """The outbox, and what Lambda and the operator see of it."""

    @property
    def queue(self) -> list[Queued]:
        """All messages that are not done with, hidden ones included."""

    @property
    def dead(self) -> list[Queued]:
        """All messages of the dead letter queue."""

    def next_at(self) -> float | None:
        """Return when the next message becomes visible, None if there is none."""


class MortalStore:
    """A table whose users can be killed before and after each write."""

    def __init__(self, real: Store, world: World) -> None:
        self._real = real
        self._world = world
        self.get, self.get_many = real.get, real.get_many
        self.add, self.open_after = real.add, real.open_after

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        self._world.maybe_kill()
        result = self._real.put_if(key, item, seen)
        self._world.maybe_kill()
        return result


class StormyGlpi:
    """GLPI on a bad day, as far as filing tickets goes."""

    people: Any = None
    documents: Any = None

    def __init__(self, world: World) -> None:
        self.followups = self
        self._world = world
        self.tickets: list[tuple[float, str]] = []
        """When each became visible, and the marker of its post."""

    def create_ticket(self, fields: Mapping[str, object], deadline: Deadline) -> int:
        chance = self._world.chance
        if self._down():
            raise Unavailable("maintenance", "wait", 200)
        if chance.random() < 0.05:  # the request is lost on its way
            raise OutcomeUnknown("cut", "look")
        late = chance.uniform(0, LATEST) if chance.random() < 0.1 else 0.0
        self.tickets.append((self._world.now + late, str(fields["externalid"])))
        self._world.maybe_kill()
        if late or chance.random() < 0.1:  # the answer is lost, or comes too late
            raise OutcomeUnknown("timeout", "look")
        return len(self.tickets)

    def ticket_url(self, ticket: int) -> str:
        return f"/{ticket}"

    def learn_address(self, deadline: Deadline) -> None:
        """Know it already."""

    def probe(self, deadline: Deadline) -> None:
        if self._down():
            raise Unavailable("maintenance", "wait", 200)

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        if self._down():
            raise Unavailable("maintenance", "wait", 200)
        return [
            number
            for number in self._by_marker().get(marker, [])
            if self.tickets[number - 1][0] <= self._world.now
        ]

    def condition(self, ticket: int, deadline: Deadline) -> Condition:
        if self._down():
            raise Unavailable("maintenance", "wait", 200)
        return Condition(exists=True, status=1, entity=0)

    def _by_marker(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = getattr(self, "_index", {})
        done = sum(map(len, index.values()))
        for number, (_, marker) in enumerate(self.tickets[done:], start=done + 1):
            index.setdefault(marker, []).append(number)
        self._index = index
        return index

    def _down(self) -> bool:
        """Half an hour down in every two, and always in the fourth hour."""
        hours = (self._world.now - START) / 3600
        return hours % 2 > 1.5 or 3 <= hours < 4


def make_post(number: int) -> Post:
    return to_post(
        {"text": f"112 message {number}", "post_id": f"{number:026}"}, "hook", "request", "token"
    )


def deliveries(world: World, messages: int) -> Iterator[tuple[float, int]]:
    """Return when which post is delivered; one in twenty twice, half of those at one moment."""
    for number in range(messages):
        at = START + world.chance.uniform(0, HOURS * 3600)
        yield at, number
        if world.chance.random() < 0.05:
            yield at + (0 if world.chance.random() < 0.5 else world.chance.uniform(0, 900)), number


Build = Callable[[World], tuple[Queue, Store]]


@pytest.fixture
def in_memory() -> Build:
    """Queue and ledger that are fast enough for a real storm."""
    return lambda world: (MemoryOutbox(world.clock), MemoryStore())


@pytest.fixture
def in_moto(aws: object, monkeypatch: pytest.MonkeyPatch) -> Build:
    """What ships, over moto on the virtual clock."""

    def build(world: World) -> tuple[Queue, Store]:
        names = create_queue_and_ledger()
        drive(monkeypatch, world.clock)
        out = MotoOutbox(names["QUEUE_URL"], names["DEAD_LETTER_URL"])
        return out, DynamoStore(names["LEDGER_TABLE"])

    return build


@pytest.mark.no_cover  # what it covers, quicker tests cover; measuring only slows it
@pytest.mark.parametrize(("where", "messages"), [("in_memory", 20_000), ("in_moto", 200)])
def test_after_the_storm_every_post_has_exactly_one_ticket_and_every_answer_was_true(
    where: str, messages: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Build = request.getfixturevalue(where)
    world = World(seed=1)
    monkeypatch.setattr("bridge.jobs.retries.random.uniform", world.chance.uniform)
    glpi = StormyGlpi(world)
    outbox, store = build(world)
    desk, worker = assemble(
        read_rules(BRIDGE_TOML),
        glpi,  # type: ignore[arg-type]
        MattermostApi(None, MattermostAccess, Http()),
        MortalStore(store, world),
        outbox,
        world.clock,
        TIMING,
    )
    answers: list[tuple[int, str, int | None]] = []
    for at, number in sorted(deliveries(world, messages)):
        work_until(at, world, worker, outbox)
        world.now = at
        try:
            post = make_post(number)
            outcome = desk.handle(post.submission(), dumps(PostJob(post, at)), Deadline(10))
        except Killed:
            continue
        answers.append((number, outcome.event, outcome.ticket))
    work_until(START + 4 * 24 * 3600, world, worker, outbox)

    assert world.kills > messages / 200
    assert outbox.queue == outbox.dead == []
    owners = [int(marker.partition(":")[2]) for _, marker in glpi.tickets]
    assert len(owners) == len(set(owners)) == messages
    events = {event for _, event, _ in answers}
    assert events == {"filed", "queued", "duplicate"}
    for number, event, ticket in answers:
        assert event != "filed" or (ticket and owners[ticket - 1] == number)


def work_until(end: float, world: World, worker: Worker, outbox: Queue) -> None:
    """Let the worker have every message that becomes visible until then."""
    while (at := outbox.next_at()) is not None and at <= end:
        world.now = max(world.now, at)
        queued = outbox.receive()
        assert queued
        job = loads(queued.body)
        try:
            verdict = worker.converge(
                job.post.submission(),
                Deadline(60),
                received_at=job.received_at,
                receives=queued.receives,
                queued_at=queued.sent_at,
            )
            world.maybe_kill()
        except Killed:
            continue
        assert verdict.twins == ()
        if verdict.wait:
            outbox.pause(queued.receipt, verdict.wait)
        elif verdict.event == "buried":
            outbox.bury(queued.body, verdict.reason)
            outbox.delete(queued.receipt)
        else:
            outbox.delete(queued.receipt)
