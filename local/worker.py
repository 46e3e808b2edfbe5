"""What feeds the worker on a laptop, in the place of Lambda's event source mapping.

With the setting PAUSES=short, what takes minutes in AWS takes seconds here.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3

import handler
from local.gateway import Context, Gateway

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

ARN: "Sequence[QueueAttributeNameType]" = ["QueueArn"]
POLL_SECONDS = 0.5
WORKER_FUNCTION_SECONDS = 90.0


@contextmanager
def working(gateway: Gateway) -> Iterator[None]:
    """Let the worker have the queue's messages until the block ends."""
    stopping = threading.Event()
    thread = threading.Thread(target=_poll, args=(gateway, stopping), name="worker")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _poll(gateway: Gateway, stopping: threading.Event) -> None:
    sqs = boto3.client("sqs")
    urls = [os.environ[name] for name in ("QUEUE_URL", "LOOK_QUEUE_URL", "ALERT_QUEUE_URL")]
    arns: Any = {url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=ARN) for url in urls}
    while not stopping.wait(POLL_SECONDS):
        for url in urls:
            received = sqs.receive_message(
                QueueUrl=url,
                VisibilityTimeout=30,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
            for message in received.get("Messages", []):
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "eventSourceARN": arns[url]["Attributes"]["QueueArn"],
                }
                if _is_done(gateway, record):
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _is_done(gateway: Gateway, record: Mapping[str, object]) -> bool:
    """Let the worker have a message; returns whether the queue may forget it."""
    with gateway.one_at_a_time:
        context = Context(WORKER_FUNCTION_SECONDS)
        answer = handler.queue_handler({"Records": [record]}, context)
    return not answer["batchItemFailures"]
