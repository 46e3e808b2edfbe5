"""The outbox: where a message is safe before anything is tried with it.

Messages are versioned JSON in SQS, since a deployment meets what the version before has queued, up
to 18 days old. They hold people's words, encrypted at rest, and never a token.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any, Protocol

import boto3

from bridge.config import timing
from bridge.mattermost.outgoing_webhook import Post
from bridge.net.aws import ask, begin_to_ask, config
from bridge.storage.kinds import Queue, Unreadable

POST_VERSION = 1
"""Of the jobs that are posts; the release before reads no other."""


@dataclass(frozen=True)
class Message:
    """A post on its way to a ticket.

    Attributes:
        post: what was written.
        received_at: seconds since the epoch when the bridge took it over; retrying ends by its age.
    """

    post: Post
    received_at: float


def dumps(message: Message) -> str:
    """Return the queued form of a message."""
    post = asdict(message.post)
    written_at = message.post.written_at
    post["written_at"] = written_at.isoformat() if written_at else None
    queued = {"v": POST_VERSION, "received_at": message.received_at, "post": post}
    return json.dumps(queued, separators=(",", ":"))  # in ASCII: SQS refuses U+FFFE and U+FFFF


def loads(body: str) -> Message:
    """Read a queued post of POST_VERSION.

    Raises:
        Unreadable: it is not one.
    """
    try:
        queued = json.loads(body)
        return Message(_post(queued["post"]), float(queued["received_at"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"not a message of the bridge ({type(error).__name__})") from None


def _post(fields: Mapping[str, Any]) -> Post:
    written_at = fields["written_at"]
    known = {field.name for field in dataclass_fields(Post)}
    return Post(
        **{
            **{name: value for name, value in fields.items() if name in known},
            "written_at": datetime.fromisoformat(written_at) if written_at else None,
            "file_ids": tuple(fields["file_ids"]),
            "odd_fields": tuple(fields["odd_fields"]),
        }
    )


class Outbox(Protocol):
    """The queue as the bridge uses it."""

    def send(self, message: Message, delay: float) -> Callable[[], object]:
        """Start to make a message safe; the worker gets it after `delay` seconds at the earliest.

        Returns:
            What waits until it is safe. It raises AwsError if it is not, as far as is known.
        """

    def pause(self, receipt: str, seconds: float, queue: Queue = Queue.PEOPLE) -> None:
        """Hide a received message for so long; then the worker gets it again.

        Args:
            receipt: SQS's handle of it.
            seconds: for so long.
            queue: that it was received from.

        Raises:
            AwsError: it comes back when its visibility timeout is over.
        """

    def bury(self, body: str, reason: str) -> None:
        """Put a message into the dead letter queue, with a fresh clock, and say why.

        Raises:
            AwsError: it is not there, as far as is known.
        """


class SqsOutbox:
    """The outbox in SQS queues.

    Its client, like the ledger's, is made before anything is asked: making one takes its time, and
    the default session is not for several threads at once (boto3's guide, "Session", 1.38).

    Args:
        urls: of the queues that the worker is fed from.
        dead_letter_url: of the queue for what cannot be filed.
    """

    def __init__(self, urls: Mapping[Queue, str], dead_letter_url: str) -> None:
        self._urls = urls
        self._dead_letter_url = dead_letter_url
        self._sqs = boto3.client("sqs", config=config(timing.QUEUE_SECONDS))

    def send(self, message: Message, delay: float) -> Callable[[], object]:
        """Send it on a thread of its own (`Outbox`)."""
        body, seconds = dumps(message), min(round(delay), timing.MAX_DELAY_SECONDS)
        return begin_to_ask(
            timing.QUEUE_SECONDS,
            lambda: self._sqs.send_message(
                QueueUrl=self._urls[Queue.PEOPLE], MessageBody=body, DelaySeconds=seconds
            ),
        )

    def pause(self, receipt: str, seconds: float, queue: Queue = Queue.PEOPLE) -> None:
        """Change its visibility timeout (`Outbox`)."""
        hidden = min(max(0, round(seconds)), timing.MAX_HIDDEN_SECONDS)
        ask(
            timing.QUEUE_SECONDS,
            lambda: self._sqs.change_message_visibility(
                QueueUrl=self._urls[queue], ReceiptHandle=receipt, VisibilityTimeout=hidden
            ),
        )

    def bury(self, body: str, reason: str) -> None:
        """Send it with the reason as an attribute (`Outbox`)."""
        attributes: Any = {"reason": {"DataType": "String", "StringValue": reason}}
        ask(
            timing.QUEUE_SECONDS,
            lambda: self._sqs.send_message(
                QueueUrl=self._dead_letter_url, MessageBody=body, MessageAttributes=attributes
            ),
        )
