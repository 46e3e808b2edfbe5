"""The outbox: one contract, two implementations; and what is queued."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from bridge.net.aws import AwsError
from bridge.storage.kinds import Queue, Unreadable
from bridge.storage.outbox import Message, Outbox, SqsOutbox, dumps, loads
from local.memory import MemoryOutbox
from tests.support.safe_path import NOW, REF, TIMING, post


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
    message = Message(post("112 a\n\tb & 😀", file_ids=REF, user_name="alice"), NOW)
    out.send(message, delay=0)()
    received = receive()
    assert received
    assert loads(received[1]) == message
    assert received[2] == 1
    assert receive() is None


def test_a_delayed_message_is_not_there_yet(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(Message(post(), NOW), delay=TIMING.first_delay)()
    assert receive() is None


def test_a_paused_message_comes_again(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(Message(post(), NOW), delay=0)()
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
        out.send(Message(post(), NOW), delay=0)()


def test_what_sqs_does_not_take_is_not_in_a_queued_message() -> None:
    message = Message(post("112 \ufffe\uffff \x00 принтер 😀"), NOW)
    body = dumps(message)
    assert body.isascii()
    assert body.isprintable()
    assert loads(body) == message


def test_a_queued_message_is_versioned_and_holds_no_token() -> None:
    body = dumps(Message(post(), NOW))
    assert json.loads(body)["v"] == 1
    assert "token" not in body


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "5", '{"v": 1}', '{"v": 2}', '{"v": 1, "post": {}, "received_at": 1}']
)
def test_what_is_no_message_of_ours_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        loads(body)


FIRST_VERSION = (
    '{"v":1,"received_at":1800000000.0,"post":{"ref":"mii9sqkmfp8btqx7sk43tk3xpy",'
    '"id":"mii9sqkmfp8btqx7sk43tk3xpy","text":"112 принтер","trigger_word":"112",'
    '"user_name":"alice","channel_id":"745i3akya3d9ierbsg6gsqmkfr","channel_name":"helpdesk",'
    '"team_domain":"acme","written_at":"2026-11-24T08:32:07.979000+00:00",'
    '"file_ids":["jcu8m79n6bbwbx94dbqj9dbtny"],"webhook":"helpdesk","odd_fields":[]}}'
)


def test_what_the_first_version_queued_is_still_read() -> None:
    message = loads(FIRST_VERSION)
    assert message.post.text == "112 принтер"
    assert message.post.file_ids == ("jcu8m79n6bbwbx94dbqj9dbtny",)
    assert message.post.user_id is None
    assert loads(dumps(message)) == message


def test_a_field_of_a_later_version_does_no_harm_after_a_rollback() -> None:
    queued = json.loads(FIRST_VERSION)
    queued["post"]["root_id"] = REF
    assert loads(json.dumps(queued)) == loads(FIRST_VERSION)
