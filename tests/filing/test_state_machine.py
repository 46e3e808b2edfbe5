"""Any bad day at all: what may never happen does not, and in the end each post has its ticket.

Hypothesis makes up the days: deliveries, doubled and at the same moment; GLPI, ledger and queue in
and out of order; containers that are killed, or overtaken by another, between any two steps; the
clock, the worker, the dead letter queue. The clock is virtual; everything else is what ships.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from bridge.config.credentials import MattermostAccess
from bridge.config.rules import read_rules
from bridge.config.settings import SettingsError
from bridge.config.timing import Timing
from bridge.container import BRIDGE_TOML, assemble
from bridge.filing.exactly_once import MAX_TRIES
from bridge.filing.servicedesk import ServiceDesk
from bridge.filing.worker import Worker
from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.outgoing_webhook import Post, to_post
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.storage.entries import without_ticket
from bridge.storage.kinds import Queue
from bridge.storage.ledger import entry_of
from bridge.storage.store import Item
from glpi import AccessDenied, Condition, OutcomeUnknown, Refused, Unavailable
from local.memory import MemoryOutbox, MemoryStore

T = TypeVar("T")

TIMING = Timing()
RULES = read_rules(BRIDGE_TOML)

FAST_SECONDS, WORKER_SECONDS = 10.0, 60.0
"""So long an attempt may take before it ends without an answer."""

PROMISES = ("filed", "queued", "queued_later", "refused")
"""Answers after which there has to be a ticket sooner or later."""

GLPI = ("up", "down", "denied", "refused", "lost", "unheard", "late", "search broken", "secret")
AWS = ("up", "refuses", "lost", "unheard")

LATEST = 299.0
"""Seconds after which GLPI has done what it was asked: timing.Timing.settle is above."""

POSTS = 2
"""So few that much happens to each."""


class Killed(BaseException):
    """The container ended here, without a chance to say anything."""


@dataclass
class World:
    """The virtual clock, what is out of order, and what happens between the steps of a container.

    Attributes:
        state: how GLPI, ledger and queue are.
        delay: seconds after which GLPI has done what it was too slow to answer.
        between: what happens at which step of the operation under way.
        dead: whether whoever was at that operation was killed.
    """

    now: float = 1_800_000_000.0
    state: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    between: dict[int, Callable[[], None]] = field(default_factory=dict)
    dead: bool = False
    nested: int = 0
    steps: int = 0

    def clock(self) -> float:
        return self.now

    def step(self) -> None:
        """Come to the next point at which something may happen; the dead come to none."""
        if self.dead:
            raise Killed
        self.steps += 1
        happens = self.between.pop(self.steps, None)
        if happens:
            happens()

    def ask(self, part: str, call: Callable[[], T]) -> T:
        """Let ledger or queue do something, as well as they can."""
        self.step()
        state = self.state.get(part, "up")
        if state in ("refuses", "lost"):
            raise AwsError(state, refused=state == "refuses")
        done = call()
        self.step()
        if state == "unheard":
            raise AwsError(state, refused=False)
        return done


class Table(MemoryStore):
    """A table that can be out of order."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def get(self, key: str) -> Item | None:
        real = super().get
        return self._world.ask("ledger", lambda: real(key))

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        real = super().put_if
        return self._world.ask("ledger", lambda: real(key, item, seen))


class Outbox(MemoryOutbox):
    """A queue that can be out of order."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self._world = world
        self.sent: list[str] = []
        """The posts that became safe."""

    def send(self, body: str, delay: float, queue: Queue = Queue.PEOPLE) -> Callable[[], object]:
        """Take every other post at once, and the rest when somebody waits for that."""
        real, owner = super().send, loads(body).post.ref
        taken: Future[None] = Future()

        def take() -> None:
            real(body, delay, queue)
            self.sent.append(owner)

        def ask() -> None:
            try:
                taken.set_result(self._world.ask("queue", take))
            except AwsError as error:
                taken.set_exception(error)

        def wait() -> None:
            if not taken.done():
                ask()
            return taken.result()

        if int(owner) % 2:
            ask()
        return wait

    def pause(self, receipt: str, seconds: float, queue: Queue = Queue.PEOPLE) -> None:
        real = super().pause
        self._world.ask("queue", lambda: real(receipt, seconds, queue))

    def bury(self, body: str, reason: str) -> None:
        real = super().bury
        self._world.ask("queue", lambda: real(body, reason))


class Server:
    """GLPI itself: its tickets.

    Attributes:
        tickets: when each is there for a search, and the ref of its post.
    """

    def __init__(self) -> None:
        self.tickets: list[tuple[float, str]] = []

    def add(self, at: float, marker: str) -> int:
        self.tickets.append((at, marker.removeprefix("mattermost:")))
        return len(self.tickets)

    def of(self, ref: str) -> list[int]:
        """Return the numbers of all tickets of a post, those included that are yet to come."""
        return [n for n, (_, owner) in enumerate(self.tickets, start=1) if owner == ref]


class Client:
    """What one container sees of GLPI."""

    people: Any = None
    documents: Any = None

    def __init__(self, world: World, server: Server, patience: float, *, cold: bool) -> None:
        self.followups = self
        self._world = world
        self._server = server
        self._patience = patience
        self._cold = cold

    def ticket_url(self, ticket: int) -> str:
        return f"/{ticket}"

    def learn_address(self, deadline: Deadline) -> None:
        """Know it already."""

    def create_ticket(self, fields: Mapping[str, object], deadline: Deadline) -> int:
        world, marker = self._world, str(fields["externalid"])
        world.step()
        state = self._answering(writes=True)
        if state == "lost":
            self._wait()
            raise OutcomeUnknown("cut", "look")
        number = self._server.add(world.now + (world.delay if state == "late" else 0), marker)
        world.step()
        if state in ("late", "unheard"):
            self._wait()
            raise OutcomeUnknown("timeout", "look")
        return number

    def probe(self, deadline: Deadline) -> None:
        self._world.step()
        self._answering()

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        self._world.step()
        if self._answering() in ("lost", "search broken"):
            raise Unavailable("cut", "wait")
        tickets = self._server.of(marker.removeprefix("mattermost:"))
        return [n for n in tickets if self._server.tickets[n - 1][0] <= self._world.now]

    def condition(self, ticket: int, deadline: Deadline) -> Condition:
        self._world.step()
        if self._answering() == "lost":
            raise Unavailable("cut", "wait")
        return Condition(exists=True, status=1, entity=0)

    def _answering(self, *, writes: bool = False) -> str:
        """Return how GLPI is, unless it says no."""
        state = self._world.state.get("glpi", "up")
        if state == "down":
            raise Unavailable("maintenance", "wait", 200)
        if state == "denied":
            raise AccessDenied("ERROR_GLPI_LOGIN_USER_TOKEN", "mend", 401)
        if state == "refused" and writes:
            raise Refused("ERROR_GLPI_ADD", "mend", 400)
        if state == "secret" and self._cold:
            raise SettingsError("SECRET_ID", "there is none")
        return state

    def _wait(self) -> None:
        """Use up the time that an attempt has, unless somebody else's time is standing still."""
        if not self._world.nested:
            self._world.now += self._patience


@dataclass
class Told:
    """What one delivery of a post has led to."""

    event: str
    ticket: int | None
    safe: bool


MISHAPS = st.one_of(
    st.none(),
    st.tuples(st.integers(1, 9), st.sampled_from(["killed", "delivered again", "worker"])),
)


class AnyDay(RuleBasedStateMachine):
    """Everything that can happen to posts."""

    posts: Bundle[int] = Bundle("posts")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.server = Server()
        self.outbox = Outbox(self.world)
        self.table = Table(self.world)
        self.told: dict[int, list[Told]] = {}
        self.fast = [self._container(FAST_SECONDS, cold=False)[0] for _ in range(2)]
        self.workers = [self._container(WORKER_SECONDS, cold=True)[1] for _ in range(2)]

    def _container(self, seconds: float, *, cold: bool) -> tuple[ServiceDesk, Worker]:
        return assemble(
            RULES,
            Client(self.world, self.server, seconds, cold=cold),  # type: ignore[arg-type]
            MattermostApi(None, MattermostAccess, Http()),
            self.table,
            self.outbox,
            self.world.clock,
            TIMING,
        )

    # --- What happens

    @precondition(lambda self: len(self.told) < POSTS)
    @rule(target=posts, mishap=MISHAPS)
    def somebody_writes(self, mishap: tuple[int, str] | None) -> int:
        number = len(self.told)
        self.told[number] = []
        self._operate(lambda: self._deliver(number), number, mishap)
        return number

    @rule(post=posts, mishap=MISHAPS)
    def a_post_is_delivered_again(self, post: int, mishap: tuple[int, str] | None) -> None:
        self._operate(lambda: self._deliver(post), post, mishap)

    @precondition(lambda self: len(self.told) < POSTS)
    @rule(target=posts)
    def two_hooks_send_a_post_in_an_outage(self) -> int:
        number = len(self.told)
        self.told[number] = []
        self.world.state.clear()
        self.world.state["glpi"] = "down"
        for _ in range(2):
            self._operate(lambda: self._deliver(number), number, None)
        self.world.state.clear()
        return number

    @precondition(lambda self: self.outbox.queue)
    @rule(mishap=MISHAPS, post=posts)
    def the_worker_gets_what_is_due(self, mishap: tuple[int, str] | None, post: int) -> None:
        self.world.now = max(self.world.now, self.outbox.next_at() or 0)
        self._operate(self._work, post, mishap)

    @rule(seconds=st.sampled_from([1.0, 16.0, 31.0, 120.0, 300.0, 540.0, 3700.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.now += seconds

    @precondition(lambda self: self.outbox.queue)
    @rule()
    def days_pass_in_an_outage(self) -> None:
        self.world.now += TIMING.max_age
        self.world.state["glpi"] = "down"

    @rule(state=st.sampled_from(GLPI), delay=st.sampled_from([60.0, LATEST]))
    def glpi_changes(self, state: str, delay: float) -> None:
        self.world.state["glpi"] = state
        self.world.delay = delay

    @rule()
    def glpi_is_slower_than_anybody_waits(self) -> None:
        self.world.state = {"glpi": "late"}
        self.world.delay = LATEST

    @rule(part=st.sampled_from(["ledger", "queue"]), state=st.sampled_from(AWS))
    def a_part_of_ours_changes(self, part: str, state: str) -> None:
        self.world.state[part] = state

    @rule()
    def everything_is_mended(self) -> None:
        self.world.state.clear()

    @precondition(lambda self: self.outbox.dead)
    @rule()
    def what_was_buried_is_replayed(self) -> None:
        dead, self.outbox.dead = self.outbox.dead, []
        for queued in dead:
            self.outbox.put(queued.body)

    # --- How it happens

    def _operate(
        self, operation: Callable[[], None], post: int, mishap: tuple[int, str] | None
    ) -> None:
        """Run one invocation, in the midst of which something may happen."""
        happenings = {
            "killed": self._kill,
            "delivered again": lambda: self._meanwhile(lambda: self._deliver(post)),
            "worker": lambda: self._meanwhile(self._work_overlapping),
        }
        self.world.steps, self.world.dead = 0, False
        self.world.between = {mishap[0]: happenings[mishap[1]]} if mishap else {}
        try:
            operation()
        except Killed:
            return
        finally:
            self.world.between, self.world.dead = {}, False

    def _kill(self) -> None:
        self.world.dead = True
        raise Killed

    def _meanwhile(self, operation: Callable[[], None]) -> None:
        """Let another container do something, from beginning to end."""
        self.world.nested += 1
        operation()
        self.world.nested -= 1

    def _work_overlapping(self) -> None:
        """Let the worker begin while the fast path is still at it: it may last 26 seconds."""
        self.world.now += TIMING.first_delay + 1
        self._work()

    def _deliver(self, number: int) -> None:
        """Let one container handle a delivery; a killed one has told nobody anything."""
        sent = len(self.outbox.sent)
        desk = self.fast[self.world.nested]
        post = make_post(number)
        outcome = desk.handle(post.submission(), dumps(PostJob(post, self.world.now)), Deadline(10))
        safe = ref(number) in self.outbox.sent[sent:]
        self.told[number].append(Told(outcome.event, outcome.ticket, safe))

    def _work(self) -> None:
        """Let one container have the next message that is due, as handler.py does."""
        queued = self.outbox.receive()
        if queued is None:
            return
        job, worker = loads(queued.body), self.workers[self.world.nested]
        try:
            verdict = worker.converge(
                job.post.submission(),
                Deadline(60),
                received_at=job.received_at,
                receives=queued.receives,
                queued_at=queued.sent_at,
            )
            assert verdict.twins == ()
            if verdict.wait:
                self.outbox.pause(queued.receipt, verdict.wait)
                return
            if verdict.event == "buried":
                self.outbox.bury(queued.body, verdict.reason)
        except (AwsError, SettingsError):
            return  # it comes back by the queue's own timeout
        self.world.step()
        self.outbox.delete(queued.receipt)

    # --- What holds

    @invariant()
    def no_post_has_two_tickets(self) -> None:
        owners = [owner for _, owner in self.server.tickets]
        assert len(owners) == len(set(owners))

    @invariant()
    def who_read_a_number_has_that_ticket(self) -> None:
        for number, told in self.told.items():
            for answer in told:
                if answer.event == "filed":
                    assert self.server.of(ref(number)) == [answer.ticket]

    @invariant()
    def nobody_reads_that_nothing_is_saved_when_it_is(self) -> None:
        for told in self.told.values():
            assert not [answer for answer in told if answer.event == "not_saved" and answer.safe]

    def teardown(self) -> None:
        """Mend everything, and let the worker go on until nothing waits."""
        self.world.state.clear()
        for _ in range(2):
            self._drain()
            self.what_was_buried_is_replayed()
        blind = {loads(queued.body).post.ref for queued in self.outbox.queue}
        for number, told in self.told.items():
            tickets = len(self.server.of(ref(number)))
            if ref(number) in blind:
                known = without_ticket(entry_of(self.table.items[ref(number)]))
                assert known
                assert known.tries >= MAX_TRIES
            elif ref(number) in self.outbox.sent:
                assert tickets == 1
            else:
                assert not [answer for answer in told if answer.event in PROMISES[1:]]
            if told and {answer.event for answer in told} == {"not_saved"}:
                assert tickets == (ref(number) in self.outbox.sent)

    def _drain(self) -> None:
        for _ in range(1000):
            at = self.outbox.next_at()
            if at is None:
                return
            self.world.now = max(self.world.now, at)
            self._work()
        raise AssertionError("messages are still waiting")


def ref(number: int) -> str:
    return f"{number:026}"


def make_post(number: int) -> Post:
    return to_post(
        {"text": f"112 message {number}", "post_id": ref(number)}, "hook", "request", "token"
    )


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(
    derandomize=True, deadline=None, max_examples=600, stateful_step_count=40
)
