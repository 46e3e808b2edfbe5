"""The outbox: one contract, two implementations."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from bridge.net.aws import AwsError
from bridge.storage.kinds import Queue
from bridge.storage.outbox import Outbox, SqsOutbox
from local.memory import MemoryOutbox
from tests.support.safe_path import NOW, TIMING


class SqsConsumer:
    """Receives from SQS as Lambda does."""

    def __init__(self, queue: str, dead: str) -> None:
        self._client = boto3.client("sqs")
        self._urls = {"queue": queue, "dead": dead}

    def receive(self, which: str = "queue") -> tuple[str, str, int, str] | None:
        received = self._client.receive_message(
            QueueUrl=self._urls[which],
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            VisibilityTimeout=540,
        )
        for message in received.get("Messages", []):
            attributes: Any = message.get("MessageAttributes", {})
            reason = attributes["reason"]["StringValue"] if attributes else ""
            count = int(message["Attributes"]["ApproximateReceiveCount"])
            return message["ReceiptHandle"], message["Body"], count, reason
        return None


class MemoryConsumer:
    """Receives from memory."""

    def __init__(self, outbox: MemoryOutbox) -> None:
        self._outbox = outbox

    def receive(self, which: str = "queue") -> tuple[str, str, int, str] | None:
        if which == "dead":
            queued = self._outbox.dead[0] if self._outbox.dead else None
        else:
            queued = self._outbox.receive()
        if queued is None:
            return None
        return queued.receipt, queued.body, queued.receives, queued.reason


Receive = Callable[..., tuple[str, str, int, str] | None]

BODY = '{"of": "whatever kind",\n\t"a":  "b & 😀"}'


@pytest.fixture(params=["memory", "sqs"])
def outbox(request: pytest.FixtureRequest, aws: object) -> tuple[Outbox, Receive]:
    if request.param == "memory":
        memory = MemoryOutbox(lambda: NOW)
        return memory, MemoryConsumer(memory).receive
    sqs = boto3.client("sqs")
    queue, dead = (sqs.create_queue(QueueName=n)["QueueUrl"] for n in ("queue", "dead"))
    return SqsOutbox({Queue.PEOPLE: queue}, dead), SqsConsumer(queue, dead).receive


def test_a_message_comes_out_as_it_went_in(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(BODY, delay=0)()
    received = receive()
    assert received
    assert received[1] == BODY
    assert received[2] == 1
    assert receive() is None


def test_a_message_travels_through_the_queue_that_is_named(aws: object) -> None:
    sqs = boto3.client("sqs")
    urls = {queue: sqs.create_queue(QueueName=queue.value)["QueueUrl"] for queue in Queue}
    out = SqsOutbox(urls, "none")
    for queue in Queue:
        out.send(queue.value, 0, queue)()
    out.send("no queue named", 0)()
    for queue, url in urls.items():
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        unnamed = ["no queue named"] if queue is Queue.PEOPLE else []
        assert sorted(m["Body"] for m in received) == sorted([queue.value, *unnamed])


def test_a_delayed_message_is_not_there_yet(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(BODY, delay=TIMING.first_delay)()
    assert receive() is None


def test_a_paused_message_comes_again(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(BODY, delay=0)()
    first = receive()
    assert first
    out.pause(first[0], 0)
    second = receive()
    assert second
    assert (second[1], second[2]) == (first[1], 2)
    out.pause(second[0], 600)
    assert receive() is None


def test_a_buried_message_says_why(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.bury("body", "too old")
    dead = receive("dead")
    assert dead
    assert (dead[1], dead[3]) == ("body", "too old")
    assert receive() is None


def test_a_queue_out_of_reach_is_an_error(aws: object) -> None:
    out = SqsOutbox({Queue.PEOPLE: "https://sqs.eu-central-1.amazonaws.com/1/none"}, "none")
    with pytest.raises(AwsError, match="NonExistentQueue"):
        out.send(BODY, delay=0)()
