"""What feeds the worker on a laptop, in the place of Lambda's event source mapping.

With the setting PAUSES=short, what takes minutes in AWS takes seconds here.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

import handler
from local.gateway import Context, Gateway

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
    sqs, queue = boto3.client("sqs"), os.environ["QUEUE_URL"]
    while not stopping.wait(POLL_SECONDS):
        received = sqs.receive_message(
            QueueUrl=queue,
            VisibilityTimeout=30,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        for message in received.get("Messages", []):
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            with gateway.one_at_a_time:
                context = Context(WORKER_FUNCTION_SECONDS)
                answer = handler.queue_handler({"Records": [record]}, context)
            if not answer["batchItemFailures"]:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
