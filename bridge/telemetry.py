"""What CloudWatch learns: counts and durations by our own names, never anything that people wrote.

Metrics travel as log lines (CloudWatch's embedded metric format) and so cost no call.
"""

import os
from functools import cache

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from bridge.net.errors import CallError

NAMESPACE = "MattermostGlpiBridge"

SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "mattermost-glpi-bridge")
"""The stack's name, so that installations side by side have metrics and alarms of their own."""

METRICS = (
    "Filed",
    "Added",
    "Empty",
    "Ignored",
    "UnknownDesk",
    "Duplicate",
    "Queued",
    "QueuedLater",
    "Refused",
    "NotConfirmed",
    "NotSaved",
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
    count_cause(cause)


def count_cause(cause: str) -> None:
    """Count a failure by its cause: the code of an error."""
    by_cause = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    by_cause.add_dimension("cause", cause)
    by_cause.add_metric("FailedByCause", MetricUnit.Count, 1)
    by_cause.flush_metrics()


def count_error(error: CallError) -> None:
    """Count an error by its cause, and as a setting at fault if it is one."""
    count_cause(error.code)
    if error.setting_at_fault:
        count("SettingAtFault")


def measure_glpi(seconds: float) -> None:
    """Measure how long GLPI took while a person waited."""
    _metrics.add_metric("GlpiLatency", MetricUnit.Milliseconds, seconds * 1000)


def measure_waiting(age: float) -> None:
    """Count a message that waits, and measure for how many seconds it has."""
    count("Waiting")
    _metrics.add_metric("OldestWaiting", MetricUnit.Seconds, age)


def flush() -> None:
    """Write what was counted since the last time."""
    if _metrics.metric_set:
        _metrics.flush_metrics()
