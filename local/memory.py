"""Ledger and outbox in memory, on any clock: what storms and benchmarks use instead of AWS.

One contract suite holds them equal to DynamoDB and SQS.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ledger import NEW, Entry
from outbox import Message, dumps


class MemoryLedger:
    """The ledger as a dictionary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entries: dict[str, Entry] = {}

    def read(self, ref: str) -> Entry:
        """See `ledger.Ledger`."""
        return self.entries.get(ref, NEW)

    def write(self, ref: str, entry: Entry, seen: Entry) -> tuple[bool, Entry]:
        """See `ledger.Ledger`."""
        with self._lock:
            there = self.entries.get(ref, NEW)
            if there.version != seen.version:
                return False, there
            self.entries[ref] = replace(entry, version=seen.version + 1)
            return True, self.entries[ref]


@dataclass
class Queued:
    """A message in a queue.

    Attributes:
        visible_at: from when on it can be received.
        receives: how often it was.
        reason: why it was buried, for a message in the dead letter queue.
    """

    receipt: str
    body: str
    visible_at: float
    receives: int = 0
    reason: str = ""


class MemoryOutbox:
    """The outbox as two lists.

    Args:
        clock: seconds.
        visibility: seconds for which a received message stays hidden.
    """

    def __init__(self, clock: Callable[[], float], visibility: float = 540.0) -> None:
        self._clock = clock
        self._visibility = visibility
        self._receipts = map(str, itertools.count(1))
        self.queue: list[Queued] = []
        self.dead: list[Queued] = []

    def send(self, message: Message, delay: float) -> None:
        """See `outbox.Outbox`."""
        self.queue.append(Queued(next(self._receipts), dumps(message), self._clock() + delay))

    def pause(self, receipt: str, seconds: float) -> None:
        """See `outbox.Outbox`."""
        self._find(receipt).visible_at = self._clock() + seconds

    def bury(self, body: str, reason: str) -> None:
        """See `outbox.Outbox`."""
        self.dead.append(Queued(next(self._receipts), body, self._clock(), reason=reason))

    def receive(self) -> Queued | None:
        """Take the next visible message; it comes again unless it is deleted."""
        now = self._clock()
        for queued in self.queue:
            if queued.visible_at <= now:
                queued.visible_at = now + self._visibility
                queued.receives += 1
                return queued
        return None

    def delete(self, receipt: str) -> None:
        """Remove a message that is done with."""
        self.queue.remove(self._find(receipt))

    def _find(self, receipt: str) -> Queued:
        return next(queued for queued in self.queue if queued.receipt == receipt)
