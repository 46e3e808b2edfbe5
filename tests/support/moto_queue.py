"""SQS of moto on a virtual clock, and Lambda's side of it.

moto decides by two functions of its own what the time is; the virtual clock takes their place.
Lambda's side asks moto directly: a fault that is injected into the bridge's calls does not hit it.
"""

from collections.abc import Callable

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs.models import Message as MotoMessage
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from bridge.storage import kinds
from bridge.storage.outbox import SqsOutbox
from local.aws import PRETENDED
from local.memory import Queued

RETENTION = {"MessageRetentionPeriod": str(14 * 24 * 3600)}
"""As template.yaml has it for both queues."""

TICK = 0.001
"""Seconds. In moto a message is visible one millisecond after it is due."""


def drive(monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float]) -> None:
    """Let a virtual clock decide what moto's queues hide."""
    monkeypatch.setattr("moto.sqs.models.unix_time", clock)
    monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda: clock() * 1000)


class MotoOutbox(SqsOutbox):
    """The shipped outbox, with what `local.memory.MemoryOutbox` has for the one who consumes."""

    def __init__(self, queue_url: str, dead_letter_url: str, visibility: float = 540.0) -> None:
        super().__init__({kinds.Queue.PEOPLE: queue_url}, dead_letter_url)
        self._visibility = visibility
        self._moto: SQSBackend = sqs_backends[DEFAULT_ACCOUNT_ID][PRETENDED["AWS_DEFAULT_REGION"]]
        self._live, self._dead = (
            self._moto.set_queue_attributes(url.rpartition("/")[2], RETENTION)
            for url in (queue_url, dead_letter_url)
        )

    @property
    def queue(self) -> list[Queued]:
        """All messages that are not done with, hidden ones included."""
        return [_queued(message) for message in self._live._messages]

    @property
    def dead(self) -> list[Queued]:
        """All messages of the dead letter queue."""
        return [_queued(message) for message in self._dead._messages]

    def put(self, body: str) -> None:
        """Queue a body as it is."""
        self._moto.send_message(self._live.name, body)

    def redrive(self) -> int:
        """Move what is in the dead letter queue back, as the console does; returns how many."""
        bodies = [message.body for message in self._dead._messages]
        _empty(self._dead)
        for body in bodies:
            self.put(body)
        return len(bodies)

    def next_at(self) -> float | None:
        """Return when the next message becomes visible, None if there is none."""
        return min((queued.visible_at for queued in self.queue), default=None)

    def receive(self) -> Queued | None:
        """Take the next visible message; it comes again unless it is deleted."""
        received = self._moto.receive_message(self._live.name, 1, 0, int(self._visibility), ["All"])
        if not received:
            return None
        queued = _queued(received[0])
        queued.receives = int(received[0].approximate_receive_count)
        return queued

    def delete(self, receipt: str) -> None:
        """Remove a message that is done with."""
        self._moto.delete_message(self._live.name, receipt)


def _empty(queue: Queue) -> None:
    queue._messages = []
    queue._pending_messages = set()


def _queued(message: MotoMessage) -> Queued:
    sent_at = float(message.sent_timestamp or 0)
    hidden_until = max(sent_at, float(message.visible_at), float(message.delayed_until)) / 1000
    reason = message.message_attributes.get("reason", {})
    return Queued(
        receipt=str(message.receipt_handle),
        body=str(message.body),
        visible_at=hidden_until + TICK,
        sent_at=sent_at / 1000,
        receives=int(message.approximate_receive_count),
        reason=str(reason.get("StringValue") or reason.get("string_value") or ""),
    )
