"""Table and outbox in memory, on any clock: what storms and benchmarks use instead of AWS.

One contract suite holds them equal to DynamoDB and SQS.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from bridge.storage.kinds import Queue
from bridge.storage.store import OPEN, SEEN, STATUS, Item, Page, Row


class MemoryStore:
    """The table as a dictionary (`Store`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.items: dict[str, Item] = {}

    def get(self, key: str) -> Item | None:
        """Return an item, None when there is none."""
        return self.items.get(key)

    def get_many(self, keys: Collection[str]) -> Mapping[str, Item]:
        """Return those items of so many keys that there are."""
        return {key: self.items[key] for key in keys if key in self.items}

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        """Write an item unless another was written since `seen`."""
        with self._lock:
            stored = self.items.get(key)
            if (stored.version if stored else 0) != seen:
                return False, stored
            self.items[key] = replace(item, version=seen + 1)
            return True, self.items[key]

    def add(self, key: str, attribute: str, amount: int, expires: float) -> int:
        """Add to a number, from 0 where there is none."""
        with self._lock:
            stored = self.items.get(key, Item({}, expires))
            number = int(stored.attributes.get(attribute, 0)) + amount  # type: ignore[arg-type]  # a number
            attributes = {**stored.attributes, attribute: number}
            self.items[key] = Item(attributes, expires, stored.version + 1)
            return number

    def open_after(self, kind: str, last: str = "", limit: int = 1000) -> Page:
        """List what is open, by key."""
        found = [
            (key, item.attributes)
            for key, item in sorted(self.items.items(), key=lambda found: found[0])
            if item.attributes.get(OPEN) == kind and key > last
        ]
        rows = tuple(Row(key, held.get(SEEN), held.get(STATUS)) for key, held in found[:limit])
        return Page(rows, rows[-1].key if len(found) > limit else "")


@dataclass
class Queued:
    """A message in a queue.

    Attributes:
        visible_at: from when on it can be received.
        sent_at: when it was put there.
        receives: how often it was.
        reason: why it was buried, for a message in the dead letter queue.
    """

    receipt: str
    body: str
    visible_at: float
    sent_at: float
    receives: int = 0
    reason: str = ""


class MemoryOutbox:
    """The outbox as two queues.

    Args:
        clock: seconds.
        visibility: seconds for which a received message stays hidden.
    """

    def __init__(self, clock: Callable[[], float], visibility: float = 540.0) -> None:
        self._clock = clock
        self._visibility = visibility
        self._receipts = itertools.count(1)
        self._waiting: dict[str, Queued] = {}
        self._order: list[tuple[float, int, str]] = []
        self.dead: list[Queued] = []

    @property
    def queue(self) -> list[Queued]:
        """All messages that are not done with, hidden ones included."""
        return list(self._waiting.values())

    def send(self, body: str, delay: float, queue: Queue = Queue.PEOPLE) -> Callable[[], object]:  # noqa: ARG002 - one queue stands for all
        """Queue a message that becomes visible after `delay` seconds; it is safe at once.

        Returns:
            What `Outbox` says waits until the message is safe; here it does nothing.
        """
        self.put(body, delay)
        return lambda: None

    def put(self, body: str, delay: float = 0.0) -> None:
        """Queue a body as it is, as a redrive does."""
        queued = Queued(str(next(self._receipts)), body, 0.0, self._clock())
        self._waiting[queued.receipt] = queued
        self._show(queued, self._clock() + delay)

    def pause(self, receipt: str, seconds: float, queue: Queue = Queue.PEOPLE) -> None:  # noqa: ARG002 - receipts are of one queue here
        """Hide a received message for so many seconds; then it can be received again."""
        self._show(self._waiting[receipt], self._clock() + seconds)

    def bury(self, body: str, reason: str) -> None:
        """Put a body into the dead letter queue, with the reason why it is there."""
        receipt = str(next(self._receipts))
        self.dead.append(Queued(receipt, body, self._clock(), self._clock(), reason=reason))

    def next_at(self) -> float | None:
        """Return when the next message becomes visible, None if there is none."""
        while self._order:
            visible_at, _, receipt = self._order[0]
            queued = self._waiting.get(receipt)
            if queued and queued.visible_at == visible_at:
                return visible_at
            heapq.heappop(self._order)  # it was paused or deleted since
        return None

    def receive(self) -> Queued | None:
        """Take the next visible message; it comes again unless it is deleted."""
        visible_at = self.next_at()
        if visible_at is None or visible_at > self._clock():
            return None
        queued = self._waiting[heapq.heappop(self._order)[2]]
        queued.receives += 1
        self._show(queued, self._clock() + self._visibility)
        return queued

    def delete(self, receipt: str) -> None:
        """Remove a message that is done with; `receipt` is that of `receive`."""
        del self._waiting[receipt]

    def _show(self, queued: Queued, visible_at: float) -> None:
        queued.visible_at = visible_at
        heapq.heappush(self._order, (visible_at, int(queued.receipt), queued.receipt))
