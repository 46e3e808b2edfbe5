"""What feeds the worker on a laptop, in the place of Lambda's event source mapping.

With the setting PAUSES=short, what takes minutes in AWS takes seconds here.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import boto3

from local.execution import Environments
from local.gateway import NoResponse

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

QUEUES = ("QUEUE_URL", "LOOK_QUEUE_URL", "ALERT_QUEUE_URL")
"""The environment variables with the URLs of those that feed the worker."""

AT_ONCE = 2
"""Messages of one queue, as `MaximumConcurrency` in template.yaml has it unless it is changed."""

ARN: "Sequence[QueueAttributeNameType]" = ["QueueArn"]
POLL_SECONDS = 0.5
WORKER_FUNCTION_SECONDS = 90.0
HIDDEN_SECONDS = 100
"""Longer than the worker may take: it never has a message twice at once."""


def environments() -> Environments:
    """Return where the worker runs."""
    return Environments("handler.queue_handler", WORKER_FUNCTION_SECONDS, AT_ONCE * len(QUEUES))


@contextmanager
def working(worker: Environments) -> Iterator[None]:
    """Let the worker have the queues' messages until the block ends."""
    stopping = threading.Event()
    sqs = boto3.client("sqs")
    with ExitStack() as stack:
        for name in QUEUES:
            queue = _Queue(sqs, os.environ[name], worker)
            for number in range(AT_ONCE):
                thread = threading.Thread(
                    target=queue.poll, args=(stopping,), name=f"{name} {number}"
                )
                thread.start()
                stack.callback(thread.join)
        stack.callback(stopping.set)
        yield


class _Queue:
    """A queue whose messages the worker gets."""

    def __init__(self, sqs: "SQSClient", url: str, worker: Environments) -> None:
        self._sqs = sqs
        self._url = url
        self._worker = worker
        self._receiving = threading.Lock()  # of two who ask moto at once both get the same message
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=ARN)["Attributes"]
        self._arn = attributes["QueueArn"]

    def poll(self, stopping: threading.Event) -> None:
        """Take one message after the other until it is time to stop."""
        while not stopping.wait(POLL_SECONDS):
            for message in self._receive():
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "eventSourceARN": self._arn,
                }
                if self._is_done(record):
                    self._sqs.delete_message(
                        QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
                    )

    def _receive(self) -> Sequence[Any]:
        with self._receiving:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return received.get("Messages", [])

    def _is_done(self, record: Mapping[str, object]) -> bool:
        """Let the worker have a message; returns whether the queue may forget it."""
        try:
            answer = self._worker.invoke({"Records": [record]})
        except NoResponse:
            return False
        return not answer["batchItemFailures"]
