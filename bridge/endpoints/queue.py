"""The queue: messages that wait come in, those that are not done with stay in it."""

import time
from collections.abc import Callable, Mapping
from functools import partial

from bridge import telemetry
from bridge.config import timing
from bridge.config.settings import SettingsError
from bridge.container import Container, container, queue_urls
from bridge.endpoints.guard import Answered, Record, attempt, guard
from bridge.endpoints.http import Context, Event, Response
from bridge.filing.worker import Verdict
from bridge.jobs.post_job import POST_VERSION, loads
from bridge.logs import error_fields, log_setting, log_unforeseen, logger
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.storage.entries import TOLD
from bridge.storage.kinds import POST, Kind, Queue, Unreadable, kind_of
from bridge.storage.outbox import Outbox

UNKNOWN_KIND = "unknown kind"
"""The reason of a dead letter that no worker knew in four days."""


def work(event: Event, context: Context) -> Response:
    """Work on queued messages; those that are not done with are reported as failures to SQS."""
    remaining = [
        record["messageId"]
        for record in event["Records"]
        if not guard(partial(_work, record, context), _failed)
    ]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in remaining]}


def _work(record: Event, context: Context) -> Answered[bool]:
    """Bring one message a step further; answers whether the queue may forget it.

    Raises:
        SettingsError: messages have to wait for the administrator.
        AwsError: the queue did not take an order.
    """
    logger.set_correlation_id(str(record["messageId"]))
    built = container()
    try:
        kind = kind_of(record["body"])
        do = JOBS.get(kind)
        return do(built, record, context) if do else _keep(built, record, kind)
    except Unreadable as error:
        return _bury(built.outbox, record["body"], str(error))


def _file(built: Container, record: Event, context: Context) -> Answered[bool]:
    """Bring a post a step nearer to its ticket.

    Raises:
        Unreadable: it is not one.
    """
    job = loads(record["body"])
    logger.set_correlation_id(job.post.ref)
    seconds = min(timing.WORKER_SECONDS, context.get_remaining_time_in_millis() / 1000)
    verdict = built.worker.converge(
        job.post.submission(),
        Deadline(seconds),
        received_at=job.received_at,
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
        queued_at=_queued_at(record),
    )
    ordered = attempt(partial(_order, verdict, record, built), _failed)
    records: list[Record] = [partial(_count, verdict), partial(_log, verdict), *ordered.records]
    return Answered(ordered.answer, tuple(records))


JOBS: Mapping[Kind, Callable[[Container, Event, Context], Answered[bool]]] = {
    Kind(POST, POST_VERSION): _file,
}
"""Who does a job, by its kind and version; a story's own imports come with its first job."""


def _keep(built: Container, record: Event, kind: Kind) -> Answered[bool]:
    """Let a job wait that only a newer bridge knows: this worker is about to be replaced by it.

    Nobody is told that it failed. When it is too old, it goes to the dead letter queue as it is.

    Raises:
        AwsError: the queue did not take the order.
    """
    age = time.time() - _queued_at(record)
    if built.policy.is_last(age):
        return _bury(built.outbox, record["body"], UNKNOWN_KIND)
    queue = _queue(record, built)
    built.outbox.pause(record["receiptHandle"], built.policy.unknown_pause, queue)
    fields = {"kind": kind.name, "version": kind.version, "age_seconds": round(age)}
    said = partial(logger.warning, "worker: of a kind that is not known here", extra=fields)
    return Answered(False, (partial(telemetry.measure_waiting, age), said))


def _queue(record: Event, built: Container) -> Queue:
    """Return the queue that a message was received from: a replay may have come by another."""
    name = str(record.get("eventSourceARN", "")).rpartition(":")[2]
    urls = {queue: url for queue, url in queue_urls(built.settings).items() if url}
    return next((q for q, url in urls.items() if url.rpartition("/")[2] == name), Queue.PEOPLE)


def _queued_at(record: Event) -> float:
    """Return when SQS took a message, seconds since the epoch; a replay is young again."""
    return int(record["attributes"]["SentTimestamp"]) / 1000


def _order(verdict: Verdict, record: Event, built: Container) -> Answered[bool]:
    """Tell the queue what becomes of a message.

    Raises:
        AwsError: it did not take the order.
    """
    if verdict.event == "buried":
        return _bury(built.outbox, record["body"], verdict.reason)
    if verdict.wait:
        built.outbox.pause(record["receiptHandle"], verdict.wait, _queue(record, built))
    return Answered(not verdict.wait)


def _bury(outbox: Outbox, body: str, reason: str) -> Answered[bool]:
    """Put a message into the dead letter queue; until it is there, the queue keeps it."""
    outbox.bury(body, reason)
    said = partial(logger.error, "buried: put into the dead letter queue", extra={"reason": reason})
    return Answered(True, (partial(telemetry.count, "Buried"), said))


def _failed(error: Exception) -> Answered[bool]:
    """Return what holds for a message that could not be worked on: the queue keeps it."""
    if isinstance(error, SettingsError):
        said = partial(log_setting, "a setting is at fault: messages wait", error)
        return Answered(False, (partial(telemetry.count, "SettingAtFault"), said))
    if isinstance(error, AwsError):  # it comes back when the queue's own timeout is over
        fields = {"code": error.code}
        return Answered(
            False, (partial(logger.error, "the queue did not take an order", extra=fields),)
        )
    return Answered(
        False, (partial(telemetry.failed, "unforeseen"), partial(log_unforeseen, error))
    )


def _count(verdict: Verdict) -> None:
    """Count what the worker did, how old what waits is, and what it waits for.

    Whoever has an answer waits for nothing, as far as is known.
    """
    if verdict.event == "filed":
        telemetry.count("FiledLate")
    if verdict.wait and not verdict.is_answered:
        telemetry.measure_waiting(verdict.age)
    if TOLD in verdict.given_up and not verdict.is_answered:
        telemetry.count("Untold")
    if verdict.twins:
        telemetry.count("Twins")
    if verdict.error:
        telemetry.count_error(verdict.error)


def _log(verdict: Verdict) -> None:
    fields: dict[str, object] = {"age_seconds": round(verdict.age)}
    if verdict.ticket:
        fields["ticket"] = verdict.ticket
    if verdict.wait:
        fields["wait_seconds"] = round(verdict.wait)
    if verdict.error:
        fields |= error_fields(verdict.error)
    logger.info(f"worker: {verdict.event}", extra=fields)
    if verdict.given_up:
        given_up = fields | {"steps": sorted(verdict.given_up)}
        if verdict.is_answered:
            logger.warning(
                "given up: it was answered, and the bot may still not ask", extra=given_up
            )
        else:
            logger.error("given up: the message is too old", extra=given_up)
    if verdict.twins:
        twins = [verdict.ticket, *verdict.twins]
        logger.error("two tickets for one post: close all but one", extra={"tickets": twins})
