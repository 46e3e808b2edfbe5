"""How many messages wait in a queue of an installation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from bridge.net.aws import config
from operations.aws import CALL_SECONDS, asking

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Counts:
    """How many messages a queue holds, as far as SQS knows: the numbers are approximate.

    Attributes:
        ready: can be received now.
        hidden: paused, or being worked on.
        delayed: new, and not to be received yet.
        retention_seconds: for so long the queue keeps a message.
    """

    ready: int
    hidden: int
    delayed: int
    retention_seconds: int

    @property
    def total(self) -> int:
        """All messages of the queue, whether they can be received now or not."""
        return self.ready + self.hidden + self.delayed


def count(url: str) -> Counts:
    """Ask SQS how many messages a queue holds.

    Raises:
        CannotAsk: it does not say.
    """

    def get() -> Counts:
        sqs: SQSClient = boto3.client("sqs", config=config(CALL_SECONDS))
        names: Any = ["All"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return Counts(
            ready=int(found["ApproximateNumberOfMessages"]),
            hidden=int(found["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(found["ApproximateNumberOfMessagesDelayed"]),
            retention_seconds=int(found["MessageRetentionPeriod"]),
        )

    return asking(f"the queue {url}", get)
