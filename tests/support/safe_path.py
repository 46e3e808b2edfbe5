"""What the tests of ledger, outbox, filing and worker share."""

from typing import Any, Protocol

import handler
from bridge.config.timing import Timing
from bridge.mattermost.outgoing_webhook import Post, to_post
from local.gateway import FUNCTION_SECONDS, Context
from local.memory import Queued

NOW = 1_800_000_000.0
REF = "mii9sqkmfp8btqx7sk43tk3xpy"
MARKER = f"mattermost:{REF}"
FIELDS = {"name": "n", "content": f"<p>words</p>\n<p>{MARKER}</p>"}
TIMING = Timing()


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def post(text: str = "112 принтер", **fields: object) -> Post:
    return to_post(
        {"text": text, "post_id": REF, "timestamp": 1795509127979, **fields},
        "hook",
        "request",
        "token",
    )


def record(body: str, receives: int = 1, sent_at: float = NOW) -> dict[str, Any]:
    return {
        "messageId": "message",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": str(int(sent_at * 1000)),
        },
    }


class Consumed(Protocol):
    """A queue as Lambda sees it."""

    def receive(self) -> Queued | None:
        """Take the next visible message; it comes again unless it is deleted."""

    def delete(self, receipt: str) -> None:
        """Remove a message that is done with."""


def work(out: Consumed, seconds: float = FUNCTION_SECONDS) -> list[str]:
    """Let the worker have what is visible; returns what stays in the queue."""
    queued = out.receive()
    assert queued
    event = {
        "Records": [
            record(queued.body, queued.receives, queued.sent_at)
            | {"receiptHandle": queued.receipt, "messageId": queued.receipt}
        ]
    }
    answer = handler.queue_handler(event, Context(seconds))
    left = [str(item["itemIdentifier"]) for item in answer["batchItemFailures"]]
    if queued.receipt not in left:
        out.delete(queued.receipt)
    return left
