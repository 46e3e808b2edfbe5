"""What a message asks of GLPI and AWS, and costs, at one, a hundred and ten thousand a minute.

    make bench PART=growth

Counted on the code that ships, over a queue and a ledger in memory: each message goes through the
fast path and, fifteen seconds later, the worker. Prices and durations are those of docs/cost.toml;
docs/cost.md has the whole bill.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from bench.recovery import Clock
from bridge.config.credentials import MattermostAccess
from bridge.config.rules import read_rules
from bridge.config.timing import Timing
from bridge.container import BRIDGE_TOML, assemble
from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.outgoing_webhook import to_post
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.storage.kinds import Queue
from bridge.storage.store import Item
from glpi import Condition
from local import sam
from local.memory import MemoryOutbox, MemoryStore

RATES = (1, 100, 10_000)
"""Messages a minute."""

COST = tomllib.loads((Path(__file__).parent.parent / "docs" / "cost.toml").read_text("utf-8"))
"""Prices in dollars, a message's seconds in both functions, and what a month is; as in cost.md."""

PRICE: Mapping[str, float] = COST["price"]
MESSAGE: Mapping[str, float] = COST["message"]
MONTH: Mapping[str, float] = COST["month"]

PRICES = {
    "HTTP API request": PRICE["http_api_per_million"] / 1e6,
    "Lambda request": PRICE["lambda_per_million"] / 1e6,
    "SQS request": PRICE["sqs_per_million"] / 1e6,
    "DynamoDB write": PRICE["write_per_million"] / 1e6,
    "DynamoDB read": PRICE["read_per_million"] / 1e6,
}
"""Dollars each."""

GIGABYTES: float = sam.read()["Globals"]["Function"]["MemorySize"] / 1024

FUNCTIONS = ("webhook", "worker")

SECOND = GIGABYTES * PRICE["gb_second"]
"""Dollars for a second of either function."""


class CountingOutbox(MemoryOutbox):
    """Counts what SQS would be asked."""

    def __init__(self, clock: Clock, asked: Counter[str]) -> None:
        super().__init__(clock)
        self._asked = asked

    def send(self, body: str, delay: float, queue: Queue = Queue.PEOPLE) -> Callable[[], object]:
        self._asked["SQS request"] += 1
        return super().send(body, delay, queue)

    def pause(self, receipt: str, seconds: float, queue: Queue = Queue.PEOPLE) -> None:
        self._asked["SQS request"] += 1
        super().pause(receipt, seconds, queue)


class CountingStore(MemoryStore):
    """Counts what DynamoDB would be asked."""

    def __init__(self, asked: Counter[str]) -> None:
        super().__init__()
        self._asked = asked

    def get(self, key: str) -> Item | None:
        self._asked["DynamoDB read"] += 1
        return super().get(key)

    def get_many(self, keys: Collection[str]) -> Mapping[str, Item]:
        self._asked["DynamoDB read"] += len(keys)
        return super().get_many(keys)

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        self._asked["DynamoDB write"] += 1
        return super().put_if(key, item, seen)


class CountingGlpi:
    """Counts what GLPI is asked."""

    people: Any = None
    documents: Any = None
    probe: Any = None

    def __init__(self, asked: Counter[str]) -> None:
        self.followups = self
        self._asked = asked

    def condition(self, ticket: int, deadline: Deadline) -> Condition:
        self._asked["GLPI call"] += 1
        return Condition(exists=True, status=1, entity=0)

    def ticket_url(self, ticket: int) -> str:
        return f"/{ticket}"

    def learn_address(self, deadline: Deadline) -> None:
        """Know it already."""

    def create_ticket(self, fields: Mapping[str, object], deadline: Deadline) -> int:
        self._asked["GLPI call"] += 1
        return self._asked["GLPI call"]


def count(messages: int) -> Counter[str]:
    """Let so many messages come within a minute; returns what was asked of whom."""
    asked: Counter[str] = Counter()
    clock = Clock()
    start = clock.now
    outbox = CountingOutbox(clock, asked)
    desk, worker = assemble(
        read_rules(BRIDGE_TOML),
        CountingGlpi(asked),  # type: ignore[arg-type]
        MattermostApi(None, MattermostAccess, Http()),
        CountingStore(asked),
        outbox,
        clock,
        Timing(),
    )
    for number in range(messages):
        clock.now = start + 60 * number / messages
        post = to_post(
            {"text": f"112 message {number}", "post_id": f"{number:026}"},
            "hook",
            "request",
            "token",
        )
        asked.update({"HTTP API request": 1, "Lambda request": 1})
        body = dumps(PostJob(post, clock.now))
        assert desk.handle(post.submission(), body, Deadline(10)).event == "filed"
    while (at := outbox.next_at()) is not None:
        clock.now = max(clock.now, at)
        queued = outbox.receive()
        assert queued
        asked.update({"SQS request": 1, "Lambda request": 1})
        job = loads(queued.body)
        verdict = worker.converge(
            job.post.submission(),
            Deadline(60),
            received_at=job.received_at,
            receives=1,
            queued_at=queued.sent_at,
        )
        assert not verdict.wait
        asked["SQS request"] += 1
        outbox.delete(queued.receipt)
    return asked


def dollars(calls: Mapping[str, float]) -> float:
    """Return what a message costs, without storage, logs, traces and data."""
    seconds = MESSAGE["webhook_seconds"] + MESSAGE["worker_seconds"]
    return sum(PRICES[name] * n for name, n in calls.items() if name in PRICES) + seconds * SECOND


def starts(messages: float, seconds: float) -> float:
    """Return what initialising containers costs at most while so many messages come."""
    each = min(messages, seconds / MONTH["idle_seconds"])
    return len(FUNCTIONS) * each * MESSAGE["start_seconds"] * SECOND


def polling() -> float:
    """Return what it costs that Lambda asks idle queues for a month."""
    asked = MONTH["pollers"] * 3600 / MONTH["poll_seconds"] * MONTH["hours"]
    return len(Queue) * asked * PRICES["SQS request"]


def report() -> list[str]:
    """Measure; return the section of docs/performance.md in lines of Markdown."""
    lines = [
        "| messages a minute | GLPI calls | AWS calls | $ per million "
        "| … with idle polling and container starts |",
        "|---|---|---|---|---|",
    ]
    for rate in RATES:
        calls = {name: number / rate for name, number in count(rate).items()}
        aws = sum(number for name, number in calls.items() if name.startswith(("SQS", "Dynamo")))
        month = rate * 60 * MONTH["hours"]
        rest = (polling() + starts(month, MONTH["hours"] * 3600)) / month
        lines.append(
            f"| {rate:,} | {calls['GLPI call']:.2f} | {aws:.2f} | {dollars(calls) * 1e6:.2f} "
            f"| {(dollars(calls) + rest) * 1e6:.2f} |"
        )
    return lines


if __name__ == "__main__":
    print("\n".join(report()))
