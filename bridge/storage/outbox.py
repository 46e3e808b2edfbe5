"""The outbox: where a message is safe before anything is tried with it.

It knows bodies, and nothing of the kinds of jobs that they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import boto3

from bridge.config import timing
from bridge.net.aws import ask, begin_to_ask, config
from bridge.storage.kinds import Queue


class Outbox(Protocol):
    """The queues as the bridge uses them."""

    def send(self, body: str, delay: float, queue: Queue = Queue.PEOPLE) -> Callable[[], object]:
        """Start to make a message safe.

        Args:
            body: the job, as it is queued.
            delay: seconds after which the worker gets it at the earliest.
            queue: that it travels through.

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

    def send(self, body: str, delay: float, queue: Queue = Queue.PEOPLE) -> Callable[[], object]:
        """Send it on a thread of its own (`Outbox`)."""
        seconds = min(round(delay), timing.MAX_DELAY_SECONDS)
        return begin_to_ask(
            timing.QUEUE_SECONDS,
            lambda: self._sqs.send_message(
                QueueUrl=self._urls[queue], MessageBody=body, DelaySeconds=seconds
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
