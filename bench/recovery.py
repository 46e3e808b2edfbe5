"""After an outage: how fast what waits is filed, and what it costs.

    make bench PART=recovery

Ten thousand messages wait for a GLPI that was down. It comes back, takes so many requests a second
and no more, and each takes its time. The clock is virtual, the worker the real one, as many at once
as the template's WorkerConcurrency and as its event source mapping would start.
"""

import heapq
import random
from collections.abc import Mapping
from typing import Any

from bridge.config.credentials import MattermostAccess
from bridge.config.rules import read_rules
from bridge.config.timing import Timing
from bridge.container import BRIDGE_TOML, assemble
from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.outgoing_webhook import to_post
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from glpi import Condition, Unavailable
from local.memory import MemoryOutbox, MemoryStore

MESSAGES = 10_000
OUTAGE = 3600.0
CONCURRENCY = 2
SERVICE = 0.25
"""Seconds that GLPI takes for a ticket: with two at once its capacity is eight a second."""

READING = 0.015
"""Seconds that GLPI takes to tell of a ticket (11.0.6, 10,000 tickets, median)."""


class Clock:
    """A virtual clock, and what the worker under way has taken of it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class CountingGlpi:
    """GLPI with a service time; counts what it is asked."""

    people: Any = None
    documents: Any = None

    def __init__(self, clock: Clock, up_at: float) -> None:
        self.followups = self
        self._clock = clock
        self._up_at = up_at
        self.tickets: list[str] = []
        self.look_ups = 0
        self.spent = 0.0

    def ticket_url(self, ticket: int) -> str:
        return f"/{ticket}"

    def learn_address(self, deadline: Deadline) -> None:
        """Know it already."""

    def create_ticket(self, fields: Mapping[str, object], deadline: Deadline) -> int:
        self._serve()
        self.tickets.append(str(fields["externalid"]))
        return len(self.tickets)

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        self._serve()
        self.look_ups += 1
        return []

    def probe(self, deadline: Deadline) -> None:
        self._serve()

    def condition(self, ticket: int, deadline: Deadline) -> Condition:
        self._serve(READING)
        return Condition(exists=True, status=1, entity=0)

    def _serve(self, seconds: float = SERVICE) -> None:
        if self._clock.now < self._up_at:
            raise Unavailable("maintenance", "wait", 200)
        self.spent += seconds


def drain(messages: int = MESSAGES) -> dict[str, float]:
    """Let an outage happen; returns what became of it."""
    random.seed(1)
    clock = Clock()
    start = clock.now
    glpi = CountingGlpi(clock, start + OUTAGE)
    outbox = MemoryOutbox(clock)
    _, worker = assemble(
        read_rules(BRIDGE_TOML),
        glpi,  # type: ignore[arg-type]
        MattermostApi(None, MattermostAccess, Http()),
        MemoryStore(),
        outbox,
        clock,
        Timing(),
    )
    for number in range(messages):
        clock.now = start + OUTAGE * number / messages
        post = to_post(
            {"text": f"112 message {number}", "post_id": f"{number:026}"},
            "hook",
            "request",
            "token",
        )
        outbox.send(dumps(PostJob(post, clock.now)), 15.0)
    free = [start] * CONCURRENCY
    visible_after_return: list[float] = []
    last = 0.0
    while (at := outbox.next_at()) is not None:
        begin = max(at, heapq.heappop(free))
        clock.now = begin
        queued = outbox.receive()
        assert queued
        before = glpi.spent
        job = loads(queued.body)
        verdict = worker.converge(
            job.post.submission(),
            Deadline(60),
            received_at=job.received_at,
            receives=queued.receives,
            queued_at=queued.sent_at,
        )
        took = glpi.spent - before
        heapq.heappush(free, begin + max(took, 0.02))
        if verdict.wait:
            outbox.pause(queued.receipt, verdict.wait)
            continue
        outbox.delete(queued.receipt)
        if took:
            visible_after_return.append(at)
            last = max(last, begin + took)
    first = min(visible_after_return)
    ideal = messages * SERVICE / CONCURRENCY
    return {
        "seconds": last - first,
        "ideal": ideal,
        "ratio": (last - first) / ideal,
        "look_ups": glpi.look_ups,
        "tickets": len(glpi.tickets),
        "doubled": len(glpi.tickets) - len(set(glpi.tickets)),
        "back_after": first - (start + OUTAGE),
    }


def report() -> list[str]:
    """Measure; return the section of docs/performance.md in lines of Markdown."""
    found = drain()
    return [
        f"{MESSAGES:,} messages of a {OUTAGE / 3600:.0f} hour outage, GLPI taking "
        f"{CONCURRENCY / SERVICE:.0f} tickets a second:",
        "",
        "| | |",
        "|---|---|",
        f"| first ticket after GLPI is back | {found['back_after']:.0f} s |",
        f"| all filed within | {found['seconds']:.0f} s |",
        f"| messages ÷ capacity | {found['ideal']:.0f} s |",
        f"| ratio (goal: 1.1 at most) | **{found['ratio']:.2f}** |",
        f"| look-ups (none was needed) | {found['look_ups']:.0f} |",
        f"| tickets, doubled, lost | {found['tickets']:.0f}, {found['doubled']:.0f}, "
        f"{MESSAGES - found['tickets']:.0f} |",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
