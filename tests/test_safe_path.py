"""Ledger, outbox, filing and worker: nothing lost, nothing doubled."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

import handler
from aws import AwsError
from circuit import OPEN_SECONDS
from credentials import GlpiTokens
from filing import Filing, Patience
from glpi import Glpi, GlpiError, OutcomeUnknown, Unavailable
from ledger import NEW, DynamoLedger, Ledger, State
from local.gateway import Context
from local.glpi_simulator import Fault, GlpiSimulator
from local.memory import MemoryLedger, MemoryOutbox
from mattermost import Post, to_post
from outbox import Message, Outbox, SqsOutbox, Unreadable, dumps, loads
from tests.conftest import Lab, both_versions, json_event
from tests.test_glpi import Tokens
from transport import Deadline, Http

NOW = 1_800_000_000.0
REF = "mii9sqkmfp8btqx7sk43tk3xpy"
PATIENCE = Patience()
MARKER = f"mattermost:{REF}"
FIELDS = {"name": "n", "content": f"<p>words</p>\n<p>{MARKER}</p>"}


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- The ledger: one contract, two implementations


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest, aws: object) -> Ledger:
    if request.param == "memory":
        return MemoryLedger()
    boto3.client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "post", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "post", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoLedger("ledger", lambda: NOW)


def test_a_post_that_nobody_wrote_of_is_new(ledger: Ledger) -> None:
    assert ledger.read(REF) == NEW


def test_what_was_written_is_read(ledger: Ledger) -> None:
    written, entry = ledger.write(REF, NEW.claimed(NOW + 30.25), seen=NEW)
    assert written
    assert ledger.read(REF) == entry == replace(NEW.claimed(NOW + 30.25), version=1)
    _, filed = ledger.write(REF, entry.filed(42), seen=entry)
    assert ledger.read(REF) == filed
    assert (filed.state, filed.ticket, filed.version) == (State.FILED, 42, 2)


def test_only_who_has_seen_the_latest_may_write(ledger: Ledger) -> None:
    _, first = ledger.write(REF, NEW.claimed(NOW), seen=NEW)
    assert ledger.write(REF, NEW.claimed(NOW + 1), seen=NEW) == (False, first)
    _, second = ledger.write(REF, first.released(), seen=first)
    assert ledger.write(REF, first.filed(1), seen=first) == (False, second)
    assert ledger.read(REF) == second


def test_of_many_claims_at_once_one_succeeds(ledger: Ledger) -> None:
    won = []

    def claim(number: int) -> None:
        mine, _ = ledger.write(REF, NEW.claimed(NOW + number), seen=NEW)
        won.append(mine)

    threads = [threading.Thread(target=claim, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_posts_do_not_touch_each_other(ledger: Ledger) -> None:
    ledger.write(REF, NEW.claimed(NOW), seen=NEW)
    assert ledger.read("other") == NEW


def test_a_write_that_was_heard_but_not_answered_is_recognised(
    aws: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "post", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "post", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # to inject a fault

    def twice(self: Any, operation: str, parameters: Any) -> Any:
        if operation == "PutItem":
            real(self, operation, parameters)
        return real(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", twice)
    written, _ = DynamoLedger("ledger", lambda: NOW).write(REF, NEW.claimed(NOW), seen=NEW)
    assert written


def test_the_ledger_holds_no_words_and_forgets(aws: object) -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "post", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "post", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    DynamoLedger("ledger", lambda: NOW).write(REF, NEW.filed(42), seen=NEW)
    (item,) = client.scan(TableName="ledger")["Items"]
    assert item.keys() == {"post", "state", "until", "version", "expires", "writer", "ticket"}
    assert int(item["expires"]["N"]) == NOW + 40 * 24 * 3600


def test_a_ledger_out_of_reach_is_an_error_within_a_second(aws: object) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        DynamoLedger("none", lambda: NOW).read(REF)


# --- The outbox: one contract, two implementations


def post(text: str = "112 принтер", **fields: object) -> Post:
    return to_post({"text": text, "post_id": REF, "timestamp": 1795509127979, **fields}, "hook")


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
    return SqsOutbox(queue, dead), SqsConsumer(queue, dead).receive


def test_a_message_comes_out_as_it_went_in(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    message = Message(post("112 a\n\tb & 😀", file_ids=REF, user_name="alice"), NOW)
    out.send(message, delay=0)
    received = receive()
    assert received
    assert loads(received[1]) == message
    assert received[2] == 1
    assert receive() is None


def test_a_delayed_message_is_not_there_yet(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(Message(post(), NOW), delay=PATIENCE.first_delay)
    assert receive() is None


def test_a_paused_message_comes_again(outbox: tuple[Outbox, Receive]) -> None:
    out, receive = outbox
    out.send(Message(post(), NOW), delay=0)
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
    out = SqsOutbox("https://sqs.eu-central-1.amazonaws.com/1/none", "none")
    with pytest.raises(AwsError, match="NonExistentQueue"):
        out.send(Message(post(), NOW), 0)


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
    assert dumps(message) == FIRST_VERSION


# --- Looking a ticket up


@pytest.fixture
def client(glpi: GlpiSimulator) -> Iterator[Glpi]:
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    yield client
    client.close(Deadline(1))


def deadline() -> Deadline:
    return Deadline(30)


@both_versions
def test_a_ticket_is_found_by_its_last_paragraph_only(client: Glpi) -> None:
    number = client.create_ticket(FIELDS, deadline())
    quoting = f"<p>see {MARKER}</p>\n<p>{MARKER}</p>\n<p>mattermost:{'b' * 26}</p>"
    client.create_ticket({"name": "q", "content": quoting}, deadline())
    client.create_ticket({"name": "q", "content": f"<p>x {MARKER}</p>"}, deadline())
    assert client.find_tickets(MARKER, 2, deadline()) == [number]
    assert client.find_tickets(f"mattermost:{'c' * 26}", 2, deadline()) == []


@both_versions
def test_two_tickets_of_one_post_are_both_found(client: Glpi) -> None:
    numbers = [client.create_ticket(FIELDS, deadline()) for _ in range(2)]
    assert sorted(client.find_tickets(MARKER, 2, deadline())) == numbers


@both_versions
@pytest.mark.parametrize(
    "fault",
    [
        Fault("html"),
        Fault("empty"),
        Fault("maintenance"),
        Fault("php_down"),
        Fault("cut_before"),
        Fault("status_before", status=403),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_look_up_that_fails_is_no_no(client: Glpi, glpi: GlpiSimulator, fault: Fault) -> None:
    client.create_ticket(FIELDS, deadline())
    glpi.inject(replace(fault, match="search/Ticket"))
    with pytest.raises(GlpiError) as caught:
        client.find_tickets(MARKER, 2, deadline())
    assert not isinstance(caught.value, OutcomeUnknown)


# --- Filing


@pytest.fixture
def filing(client: Glpi, clock: Clock) -> tuple[Filing, MemoryLedger]:
    ledger = MemoryLedger()
    return Filing(client, ledger, clock, PATIENCE), ledger


def converge(filing: Filing) -> Any:
    return filing.converge(REF, MARKER, FIELDS, NOW, deadline())


def test_the_first_attempt_files_and_all_others_know(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    first = filing[0].first_attempt(REF, FIELDS, deadline(), may_skip=True)
    assert first
    assert filing[0].first_attempt(REF, FIELDS, deadline(), may_skip=True) is None
    again = converge(filing[0])
    assert (again.ticket, again.known) == (first.ticket, True)
    assert len(glpi.tickets) == 1


def test_after_a_sure_failure_the_worker_creates_at_once(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    glpi.inject(Fault("maintenance"))
    progress = filing[0].first_attempt(REF, FIELDS, deadline(), may_skip=True)
    assert progress
    assert isinstance(progress.error, Unavailable)
    glpi.heal()
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1
    assert not [e for e in glpi.log if "search" in e.path]


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_an_unknown_outcome_settles_and_is_looked_up_before_anything_is_created(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock, kind: str
) -> None:
    glpi.inject(Fault(kind, match="POST Ticket", times=1))
    filing[0].first_attempt(REF, FIELDS, deadline(), may_skip=True)
    before = len(glpi.tickets)
    assert converge(filing[0]).wait == pytest.approx(PATIENCE.settle)
    clock.now += PATIENCE.settle - 1
    assert converge(filing[0]).wait == pytest.approx(1)
    assert len(glpi.tickets) == before
    clock.now += 1
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1
    assert [e.path for e in glpi.log if "search" in e.path]


def test_a_killed_container_leaves_a_claim_that_is_looked_up(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    ledger = filing[1]
    ledger.write(REF, NEW.claimed(NOW + 30), seen=NEW)  # and then nothing more
    assert converge(filing[0]).wait == pytest.approx(30 + PATIENCE.settle)
    clock.now += 30 + PATIENCE.settle
    assert converge(filing[0]).ticket
    assert len(glpi.tickets) == 1


def test_a_failed_look_up_creates_nothing(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    filing[1].write(REF, NEW.claimed(NOW), seen=NEW)
    clock.now += PATIENCE.settle
    glpi.inject(Fault("empty", match="search"))
    progress = converge(filing[0])
    assert progress.error
    assert progress.ticket is None
    assert glpi.tickets == []


def test_twins_are_told(filing: tuple[Filing, MemoryLedger], client: Glpi, clock: Clock) -> None:
    numbers = [client.create_ticket(FIELDS, deadline()) for _ in range(2)]
    filing[1].write(REF, NEW.claimed(NOW), seen=NEW)
    clock.now += PATIENCE.settle
    progress = converge(filing[0])
    assert {progress.ticket, *progress.twins} == set(numbers)


def test_an_outcome_that_cannot_be_recorded_is_found_again(
    filing: tuple[Filing, MemoryLedger],
    glpi: GlpiSimulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = filing[1].write, []

    def once(ref: str, entry: Any, seen: Any) -> Any:
        calls.append(ref)
        if len(calls) == 2:
            raise AwsError("ThrottlingException", refused=True)
        return real(ref, entry, seen)

    monkeypatch.setattr(filing[1], "write", once)
    first = filing[0].first_attempt(REF, FIELDS, deadline(), may_skip=True)
    assert first
    clock.now += 30 + PATIENCE.settle
    assert converge(filing[0]).ticket == first.ticket
    assert len(glpi.tickets) == 1


# --- An outage costs nobody time


def attempt(filing: Filing, number: int, *, safe: bool = True) -> Any:
    return filing.first_attempt(f"{number:026}", FIELDS, deadline(), may_skip=safe)


def test_a_message_that_is_not_safe_is_tried_all_the_same(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator
) -> None:
    glpi.inject(Fault("maintenance"))
    for number in range(2):
        attempt(filing[0], number)
    glpi.heal()
    assert attempt(filing[0], 3, safe=False).ticket


def test_after_two_sure_failures_nobody_waits_for_half_a_minute(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    glpi.inject(Fault("maintenance"))
    for number in range(2):
        attempt(filing[0], number)
    asked = len(glpi.log)
    glpi.heal()
    for number in range(2, 5):
        progress = attempt(filing[0], number)
        assert isinstance(progress.error, Unavailable)
    assert len(glpi.log) == asked
    assert filing[1].read(f"{4:026}") == NEW
    clock.now += OPEN_SECONDS
    assert attempt(filing[0], 5).ticket
    assert attempt(filing[0], 6).ticket


def test_whether_glpi_is_back_is_asked_without_a_persons_create(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, clock: Clock
) -> None:
    assert attempt(filing[0], 1).ticket
    glpi.inject(Fault("maintenance"))
    for number in range(2, 4):
        attempt(filing[0], number)
    clock.now += OPEN_SECONDS
    asked = len(glpi.log)
    assert attempt(filing[0], 4).error
    assert [(e.method, e.path.rpartition("/")[2]) for e in glpi.log[asked:]] == [
        ("GET", "getActiveProfile")
    ]
    assert attempt(filing[0], 5).error
    assert len(glpi.log) == asked + 1


@pytest.mark.parametrize("fault", [Fault("cut_before", "POST Ticket"), Fault("right_missing")])
def test_what_is_not_surely_down_keeps_the_circuit_closed(
    filing: tuple[Filing, MemoryLedger], glpi: GlpiSimulator, fault: Fault
) -> None:
    glpi.inject(fault)
    for number in range(3):
        attempt(filing[0], number)
    glpi.heal()
    assert attempt(filing[0], 9).ticket


# --- The worker


def record(body: str, receives: int = 1) -> dict[str, Any]:
    return {
        "messageId": "message",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


@pytest.fixture
def worker(lab: Lab, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> MemoryOutbox:
    """The worker over an outbox in memory, with the lab's GLPI and ledger."""
    out = MemoryOutbox(clock)
    monkeypatch.setattr(handler, "SqsOutbox", lambda *_: out)
    monkeypatch.setattr("handler.time.time", clock)
    monkeypatch.setattr(random, "uniform", lambda _, highest: highest)
    lab.cold_start()
    return out


def work(out: MemoryOutbox) -> list[str]:
    """Let the worker have what is visible; returns what stays in the queue."""
    queued = out.receive()
    assert queued
    event = {
        "Records": [
            record(queued.body, queued.receives)
            | {"receiptHandle": queued.receipt, "messageId": queued.receipt}
        ]
    }
    left = [
        i["itemIdentifier"] for i in handler.queue_handler(event, Context())["batchItemFailures"]
    ]
    if queued.receipt not in left:
        out.delete(queued.receipt)
    return left


def test_what_was_filed_at_once_is_done(lab: Lab, worker: MemoryOutbox, clock: Clock) -> None:
    assert "Принято" in lab.say("112 x")
    assert worker.receive() is None
    clock.now += PATIENCE.first_delay
    assert work(worker) == []
    assert worker.queue == []
    assert len(lab.glpi.tickets) == 1


@both_versions
def test_an_outage_costs_nothing_but_time(lab: Lab, worker: MemoryOutbox, clock: Clock) -> None:
    lab.glpi.inject(Fault("maintenance"))
    assert "Сообщение сохранено" in lab.say("112 принтер")
    for pause in (15, 30, 60, 120, 240, 480, 600, 600):
        clock.now = worker.queue[0].visible_at
        assert work(worker)
        assert worker.queue[0].visible_at - clock.now == pytest.approx(pause)
    lab.glpi.heal()
    clock.now = worker.queue[0].visible_at
    assert work(worker) == []
    (ticket,) = lab.glpi.tickets
    assert ticket["name"] == "Заявка от alice: принтер"
    assert worker.queue == worker.dead == []


def test_a_setting_at_fault_waits_at_the_longest_pause(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("right_missing"))
    lab.say("112 x")
    clock.now += PATIENCE.first_delay
    assert work(worker)
    assert worker.queue[0].visible_at - clock.now == pytest.approx(PATIENCE.longest_pause)


def test_too_old_a_message_is_buried_with_its_words_and_the_reason(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("maintenance"))
    lab.say("112 принтер")
    clock.now += PATIENCE.max_age + 1
    assert work(worker) == []
    (dead,) = worker.dead
    assert dead.reason == "too old; last: maintenance"
    assert loads(dead.body).post.text == "112 принтер"
    assert worker.queue == []


def test_a_message_too_large_for_a_proxy_is_buried_at_once(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    lab.say("112 x")
    clock.now += PATIENCE.first_delay
    assert work(worker) == []
    assert worker.dead[0].reason == "http-413"


@pytest.mark.parametrize("body", ["rubbish", '{"v": 2}'])
def test_what_cannot_be_read_is_buried_and_blocks_nobody(
    lab: Lab, worker: MemoryOutbox, body: str
) -> None:
    good = dumps(Message(post(), NOW))
    event = {"Records": [record(body), record(good) | {"messageId": "good"}]}
    assert handler.queue_handler(event, Context()) == {"batchItemFailures": []}
    assert worker.dead[0].body == body
    assert len(lab.glpi.tickets) == 1


def test_a_poisoned_message_does_not_keep_others_from_being_filed(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(body: str) -> Message:
        if body == "poison":
            raise RuntimeError("canary")
        return loads(body)

    monkeypatch.setattr(handler, "loads", poisoned)
    good = record(dumps(Message(post(), NOW))) | {"messageId": "good"}
    event = {"Records": [record("poison"), good]}
    failures = handler.queue_handler(event, Context())["batchItemFailures"]
    assert failures == [{"itemIdentifier": "message"}]
    assert len(lab.glpi.tickets) == 1
    assert "canary" not in lab.log_stream.getvalue()


def test_a_dead_letter_queue_out_of_reach_keeps_the_message(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise AwsError("ServiceUnavailable", refused=True)

    monkeypatch.setattr(worker, "bury", down)
    event = {"Records": [record("rubbish")]}
    assert len(handler.queue_handler(event, Context())["batchItemFailures"]) == 1


def test_without_a_secret_messages_wait(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_ID", "nowhere")
    lab.cold_start()
    event = {"Records": [record(dumps(Message(post(), NOW)))]}
    assert len(handler.queue_handler(event, Context())["batchItemFailures"]) == 1
    assert worker.dead == []


def test_a_message_whose_desk_is_gone_is_buried(lab: Lab, worker: MemoryOutbox) -> None:
    event = {"Records": [record(dumps(Message(post("nothing"), NOW)))]}
    assert handler.queue_handler(event, Context()) == {"batchItemFailures": []}
    assert "no desk" in worker.dead[0].reason


def test_two_deliveries_of_one_post_become_one_ticket(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    for _ in range(2):
        lab.invoke(json_event())
    for _ in range(6):
        clock.now = max(q.visible_at for q in worker.queue) if worker.queue else clock.now
        while worker.queue and min(q.visible_at for q in worker.queue) <= clock.now:
            work(worker)
    assert worker.queue == []
    assert len(lab.glpi.tickets) == 1
