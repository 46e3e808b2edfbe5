"""The worker: what waits is filed, what cannot be filed is buried, nothing blocks."""

import pytest

import handler
from bridge.config.timing import CIRCUIT_SECONDS
from bridge.endpoints import queue
from bridge.endpoints.guard import Answered
from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.storage.kinds import Kind, Queue, kind_of
from glpi import Glpi
from local.gateway import Context
from local.glpi_simulator import Fault
from local.memory import MemoryOutbox
from tests.conftest import Lab, both_versions, json_event
from tests.support.safe_path import NOW, TIMING, Clock, post, record, work


def test_what_was_filed_at_once_is_done(lab: Lab, worker: MemoryOutbox, clock: Clock) -> None:
    assert "Принято" in lab.say("112 x")
    assert worker.receive() is None
    clock.now += TIMING.first_delay
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
    clock.now += TIMING.first_delay
    assert work(worker)
    assert worker.queue[0].visible_at - clock.now == pytest.approx(TIMING.longest_pause)


def test_too_old_a_message_is_buried_with_its_words_and_the_reason(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("maintenance"))
    lab.say("112 принтер")
    clock.now += TIMING.max_age + 1
    assert work(worker) == []
    (dead,) = worker.dead
    assert dead.reason == "too old; last: maintenance"
    assert loads(dead.body).post.text == "112 принтер"
    assert worker.queue == []


def test_a_message_too_large_for_a_proxy_is_buried_at_once(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    assert "слишком велико" in lab.say("112 x")
    clock.now += TIMING.first_delay
    assert work(worker) == []
    assert worker.dead[0].reason == "http-413"


@pytest.mark.parametrize("body", ["rubbish", '{"v": 1}'])
def test_what_cannot_be_read_is_buried_and_blocks_nobody(
    lab: Lab, worker: MemoryOutbox, body: str
) -> None:
    good = dumps(PostJob(post(), NOW))
    event = {"Records": [record(body), record(good) | {"messageId": "good"}]}
    assert handler.queue_handler(event, Context()) == {"batchItemFailures": []}
    assert worker.dead[0].body == body
    assert len(lab.glpi.tickets) == 1


NEWER = '{"v":2,"kind":"look","ticket":42,"words":"canary"}'
"""A job of a bridge to come."""


def test_a_job_of_a_newer_bridge_waits_for_a_worker_that_knows_it(
    lab: Lab, worker: MemoryOutbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.put(NEWER)
    for _ in range(5):
        clock.now = worker.next_at() or 0
        assert work(worker)
        assert worker.queue[0].visible_at - clock.now == TIMING.unknown_pause
    assert worker.dead == []
    looked: list[str] = []

    def look(_: object, record: dict[str, str], __: object) -> Answered[bool]:
        looked.append(record["body"])
        return Answered(True)

    monkeypatch.setattr(queue, "JOBS", {Kind("look", 2): look})
    clock.now = worker.next_at() or 0
    assert work(worker) == []
    assert (looked, worker.queue) == ([NEWER], [])


def test_a_job_that_nobody_knows_rings_after_an_hour_and_is_buried_as_it_is_after_four_days(
    lab: Lab, worker: MemoryOutbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ages: list[float] = []
    monkeypatch.setattr("bridge.telemetry.measure_waiting", ages.append)
    worker.put(NEWER)
    while not worker.dead:
        clock.now = worker.next_at() or 0
        work(worker)
    assert min(age for age in ages if age > 3600) <= 3600 + TIMING.unknown_pause
    assert TIMING.max_age - TIMING.unknown_pause < max(ages) <= TIMING.max_age
    (dead,) = worker.dead
    assert (dead.body, dead.reason) == (NEWER, "unknown kind")
    assert worker.queue == []
    assert "canary" not in lab.log_stream.getvalue()
    kinds = [e for e in lab.logged() if "not known here" in e["message"]]
    assert (kinds[0]["kind"], kinds[0]["version"]) == ("look", 2)


def test_a_message_is_paused_in_the_queue_that_it_came_from(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[tuple[object, ...]] = []
    monkeypatch.setattr(worker, "pause", lambda *order: paused.append(order))
    arn = "arn:aws:sqs:eu-central-1:1:"
    records = [record(NEWER) | {"eventSourceARN": arn + name} for name in ("looks", "queue", "x")]
    assert len(handler.queue_handler({"Records": records}, Context())["batchItemFailures"]) == 3
    assert [order[2] for order in paused] == [Queue.LOOKS, Queue.PEOPLE, Queue.PEOPLE]


def test_a_stack_without_the_newer_queues_pauses_in_the_one_that_it_has(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_QUEUE_URL", "ALERT_QUEUE_URL"):
        monkeypatch.delenv(name)
    lab.cold_start()
    paused: list[tuple[object, ...]] = []
    monkeypatch.setattr(worker, "pause", lambda *order: paused.append(order))
    records = [record(NEWER), record(NEWER) | {"eventSourceARN": ""}]
    handler.queue_handler({"Records": records}, Context())
    assert [order[2] for order in paused] == [Queue.PEOPLE] * 2


def test_a_poisoned_message_does_not_keep_others_from_being_filed(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(body: str) -> Kind:
        if body == "poison":
            raise RuntimeError("canary")
        return kind_of(body)

    monkeypatch.setattr(queue, "kind_of", poisoned)
    good = record(dumps(PostJob(post(), NOW))) | {"messageId": "good"}
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
    event = {"Records": [record(dumps(PostJob(post(), NOW)))]}
    assert len(handler.queue_handler(event, Context())["batchItemFailures"]) == 1
    assert worker.dead == []


def test_a_message_whose_desk_is_gone_is_buried(lab: Lab, worker: MemoryOutbox) -> None:
    event = {"Records": [record(dumps(PostJob(post("nothing"), NOW)))]}
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


def test_a_redriven_message_is_young_again(lab: Lab, worker: MemoryOutbox, clock: Clock) -> None:
    lab.glpi.inject(Fault("maintenance"))
    old = dumps(PostJob(post(), NOW - 10 * 24 * 3600))
    worker.put(old)
    assert work(worker)
    assert worker.dead == []
    lab.glpi.heal()
    clock.now = worker.next_at() or 0
    assert work(worker) == []
    assert len(lab.glpi.tickets) == 1


def test_nothing_is_buried_while_its_ticket_may_be_on_the_way(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.glpi.inject(Fault("cut_after", "POST Ticket", times=1))
    worker.put(dumps(PostJob(post(), NOW)))
    clock.now += TIMING.max_age + 1
    assert work(worker)
    clock.now = worker.next_at() or 0
    assert work(worker) == []
    assert worker.dead == []
    assert len(lab.glpi.tickets) == 1


def test_a_filed_message_whose_desk_is_gone_is_done(
    lab: Lab, worker: MemoryOutbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.say("112 x")
    monkeypatch.setattr("bridge.filing.reception.find", lambda *_: None)
    clock.now += TIMING.first_delay
    assert work(worker) == []
    assert worker.dead == []


def test_a_message_that_is_not_safe_is_tried_without_asking_whether_glpi_is_there(
    lab: Lab, worker: MemoryOutbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AwsError("AccessDenied", refused=True)

    probed: list[Deadline] = []
    monkeypatch.setattr(Glpi, "probe", lambda _, deadline: probed.append(deadline))
    lab.glpi.inject(Fault("maintenance"))
    for _ in range(2):
        lab.say("112 x")
    lab.glpi.heal()
    clock.now += CIRCUIT_SECONDS
    with monkeypatch.context() as queue:
        queue.setattr(worker, "send", lambda *_: refuse)
        assert "Принято" in lab.say("112 x")
    assert probed == []


def test_a_queue_that_may_have_taken_a_message_is_never_called_a_loss(
    lab: Lab, worker: MemoryOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> None:
        raise AwsError("TimeoutError", refused=False)

    monkeypatch.setattr(worker, "send", lambda *_: slow)
    lab.glpi.inject(Fault("maintenance"))
    assert "не подтвердил" in lab.say("112 x")
