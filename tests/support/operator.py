"""What the tests of the operator's command line share."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from bridge.jobs.post_job import PostJob, dumps
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import Entry
from bridge.storage.ledger import Ledger
from manage import cli
from tests.support.safe_path import NOW, post

CANARY = "canary-of-a-person"


def ref(number: int) -> str:
    """Return a post's reference."""
    return f"{number:026}"


def run(*args: str) -> Result:
    """Run manage.py as on a terminal of 80 columns."""
    return CliRunner().invoke(cli, args, env={"COLUMNS": "80"})


def ledger(written: float = 0.0) -> Ledger:
    """Return the ledger of the lab, as of so many seconds ago."""
    return Ledger(DynamoStore(os.environ["LEDGER_TABLE"]), lambda: time.time() - written)


def remember(key: str, entry: Entry, written: float = 0.0) -> None:
    """Write into the ledger what it does not know yet, so many seconds ago."""
    noted = replace(entry, received_at=entry.received_at or time.time())
    assert ledger(written).write(key, noted)[0]


def body(number: int, text: str = f"112 {CANARY}", **fields: object) -> str:
    """Return a queued message with words and a name that must not be seen."""
    there: dict[str, object] = {"user_name": CANARY, "channel_name": "helpdesk", **fields}
    return dumps(PostJob(post(text, post_id=ref(number), **there), NOW + number))


def bury(text: str, reason: str | None = "too old; last: maintenance") -> None:
    """Put a body into the dead letter queue as the worker does, or as SQS itself does."""
    attributes: Any = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["DEAD_LETTER_URL"], MessageBody=text, MessageAttributes=attributes
    )


def visible(queue: str) -> list[str]:
    """Take everything that can be received from QUEUE_URL or DEAD_LETTER_URL; its bodies."""
    sqs, bodies = boto3.client("sqs"), []
    while found := sqs.receive_message(QueueUrl=os.environ[queue], MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [message["Body"] for message in found]
    return sorted(bodies)


class Faulty:
    """AWS clients of which some calls fail.

    Args:
        call: the method.
        fails: what happens for these arguments; None lets the call through.
    """

    def __init__(self, call: str, fails: Callable[[dict[str, Any]], BaseException | None]) -> None:
        self._call = call
        self._fails = fails
        self._make = boto3.client

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        client = self._make(*args, **kwargs)
        if not hasattr(client, self._call):
            return client
        real = getattr(client, self._call)

        def call(**arguments: Any) -> Any:
            failure = self._fails(arguments)
            if failure:
                raise failure
            return real(**arguments)

        setattr(client, self._call, call)
        return client


def refusal(code: str) -> ClientError:
    """Return what boto3 raises when AWS refuses."""
    return ClientError({"Error": {"Code": code}}, "operation")
