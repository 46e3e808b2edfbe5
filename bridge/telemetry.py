"""What CloudWatch learns: counts and durations by our own names, never anything that people wrote.

Metrics travel as log lines (CloudWatch's embedded metric format) and so cost no call.
"""

import os
from functools import cache

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from bridge.filing.servicedesk import Outcome
from bridge.filing.worker import Verdict
from bridge.net.aws import AwsError
from bridge.net.http import ServerError
from bridge.storage.ledger import TOLD

NAMESPACE = "MattermostGlpiBridge"

SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "mattermost-glpi-bridge")
"""The stack's name, so that installations side by side have metrics and alarms of their own."""

EVENTS = {
    "filed": "Filed",
    "added": "Added",
    "empty": "Empty",
    "ignored": "Ignored",
    "unknown_desk": "UnknownDesk",
    "duplicate": "Duplicate",
    "queued": "Queued",
    "queued_later": "QueuedLater",
    "refused": "Refused",
    "too_large": "Refused",
    "not_confirmed": "NotConfirmed",
    "not_saved": "NotSaved",
}
"""Which metric counts an outcome's event."""

METRICS = (
    *dict.fromkeys(EVENTS.values()),
    "RefusedToken",
    "Malformed",
    "SettingAtFault",
    "Failed",
    "FailedByCause",
    "GlpiLatency",
    "ColdStart",
    "FiledLate",
    "Waiting",
    "OldestWaiting",
    "Buried",
    "Twins",
    "Untold",
)
"""All metrics there are; alarms and dashboard in template.yaml watch some of them."""

_metrics = Metrics(namespace=NAMESPACE, service=SERVICE)


def count(name: str) -> None:
    """Count one of something."""
    _metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


@cache
def count_cold_start() -> None:
    """Count that this container is new, when it is asked for the first time."""
    count("ColdStart")


def failed(cause: str) -> None:
    """Count a message that was not filed while its author waited, in all and by its cause."""
    count("Failed")
    failed_by(cause)


def failed_by(cause: str) -> None:
    """Count a failure by its cause."""
    by_cause = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    by_cause.add_dimension("cause", cause)
    by_cause.add_metric("FailedByCause", MetricUnit.Count, 1)
    by_cause.flush_metrics()


def _setting(error: ServerError | AwsError) -> None:
    if error.setting_at_fault:
        count("SettingAtFault")


def outcome(done: Outcome) -> None:
    """Count what became of a post, and how long GLPI took."""
    count(EVENTS[done.event])
    if done.aside:
        failed_by(done.aside.code)
        _setting(done.aside)
    if done.error:
        failed(done.error.code)
        _setting(done.error)
    if done.glpi_seconds is not None:
        _metrics.add_metric("GlpiLatency", MetricUnit.Milliseconds, done.glpi_seconds * 1000)


def verdict(done: Verdict) -> None:
    """Count what the worker did, how old what waits is, and why."""
    if done.event == "filed":
        count("FiledLate")
    if done.wait:
        count("Waiting")
        _metrics.add_metric("OldestWaiting", MetricUnit.Seconds, done.age)
    if TOLD in done.given_up:
        count("Untold")
    if done.twins:
        count("Twins")
    if done.error:
        failed_by(done.error.code)
        _setting(done.error)


def flush() -> None:
    """Write what was counted since the last time."""
    if _metrics.metric_set:
        _metrics.flush_metrics()
