"""The dead letter queue: looked at without changing it, and sent again without losing anything.

SQS shows a message only by receiving it, which hides it for a while; whoever looks makes everything
visible again. A message is sent to the main queue first and deleted here after that: a crash in
between leaves it in both, which the ledger makes harmless.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Self

import boto3

from bridge.jobs.post_job import POST_VERSION, PostJob, loads
from bridge.net.aws import config
from bridge.storage.kinds import POST, Kind, Queue, Unreadable, kind_of
from operations.aws import CALL_SECONDS, asking
from operations.errors import CannotAsk

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageTypeDef,
    )

BATCH = 10
"""SQS hands out, and takes back, so many messages at once."""

HIDDEN_SECONDS = 600
"""For so long a message that is being looked at is hidden, should this process be killed."""

WAIT_SECONDS = 1
"""Seconds that a receive waits for messages: without waiting SQS asks only some of its servers."""

EMPTY_TURNS = 2
"""After so many receives in a row without anything new, everything has been seen."""

NO_REASON = "tried 1000 times; its last reason is in the log"
"""What holds for a message that the queue itself has moved here (maxReceiveCount)."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be filed.

    Attributes:
        message_id: SQS's own name for it.
        receipt: what makes it visible again, or deletes it.
        body: exactly as it was queued.
        reason: why it is here.
        buried_at: seconds since the epoch when it was put here; its retention counts from then.
        kind: of the job, None when it is none.
        job: what the body of a post says, None for anything else.
        unreadable_reason: why this version cannot read it, "" when it can.
    """

    message_id: str
    receipt: str
    body: str
    reason: str
    buried_at: float
    kind: Kind | None
    job: PostJob | None
    unreadable_reason: str = ""

    @property
    def ref(self) -> str:
        """What names the post, "?" when it cannot be read."""
        return self.job.post.ref if self.job else "?"

    @property
    def name(self) -> str:
        """What it can be called by: the post's reference, else SQS's name."""
        return self.job.post.ref if self.job else self.message_id

    @property
    def received_at(self) -> float:
        """Seconds since the epoch when the bridge took it over, as far as is known."""
        return self.job.received_at if self.job else self.buried_at


@dataclass(frozen=True)
class Replayed:
    """What became of a message that was to be sent again.

    Attributes:
        letter: the message.
        sent: whether it is in the main queue again.
        reason: one sentence on what went wrong, "" when nothing did.
    """

    letter: DeadLetter
    sent: bool
    reason: str = ""


class DeadLetters:
    """The dead letter queue of an installation, to be used in a `with` block.

    When the block is left, whatever was collected and not sent again is visible again.

    Args:
        url: of the dead letter queue.
        urls: of the queues that the worker is fed from.
    """

    def __init__(self, url: str, urls: Mapping[Queue, str]) -> None:
        self._url = url
        self._urls = urls
        self._what = f"the dead letter queue {url}"
        self._held: dict[str, DeadLetter] = {}
        self._sqs: SQSClient = asking(
            self._what, lambda: boto3.client("sqs", config=config(CALL_SECONDS))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release(list(self._held.values()))
        self._held.clear()

    def collect(self, step: Callable[[int], object]) -> list[DeadLetter]:
        """Return all dead letters, oldest first; they are hidden until the block is left.

        Args:
            step: is told how many more have been read.

        Raises:
            CannotAsk: they cannot be read.
        """
        self._receive_all(step)
        letters = self._held.values()
        return sorted(letters, key=lambda letter: (letter.received_at, letter.message_id))

    def replay(self, letter: DeadLetter) -> Replayed:
        """Send a collected message to the queue of its kind, byte for byte, then delete it here.

        It is young again there: retrying ends by the age of what SQS was sent.
        """
        queue = letter.kind.queue if letter.kind else Queue.PEOPLE
        url = self._urls[queue] or self._urls[Queue.PEOPLE]
        try:
            asking(
                f"the queue {url}",
                lambda: self._sqs.send_message(QueueUrl=url, MessageBody=letter.body),
            )
        except CannotAsk as error:
            return Replayed(letter, sent=False, reason=str(error))
        try:
            asking(
                self._what,
                lambda: self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt),
            )
        except CannotAsk as error:
            return Replayed(letter, sent=True, reason=str(error))
        del self._held[letter.message_id]
        return Replayed(letter, sent=True)

    def _receive_all(self, step: Callable[[int], object]) -> None:
        empty = 0
        while empty < EMPTY_TURNS:
            received = asking(self._what, self._receive)
            new = [message for message in received if message["MessageId"] not in self._held]
            # Of a message that came twice, only the last receipt counts.
            self._held.update({message["MessageId"]: _letter(message) for message in received})
            step(len(new))
            empty = 0 if new else empty + 1

    def _receive(self) -> "Sequence[MessageTypeDef]":
        return self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])

    def _release(self, letters: Sequence[DeadLetter]) -> None:
        """Make messages visible again.

        What fails here comes back by itself after HIDDEN_SECONDS.
        """
        for start in range(0, len(letters), BATCH):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(n), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for n, letter in enumerate(letters[start : start + BATCH])
            ]
            show = partial(
                self._sqs.change_message_visibility_batch, QueueUrl=self._url, Entries=entries
            )
            with suppress(CannotAsk):
                asking(self._what, show)


def _letter(received: "MessageTypeDef") -> DeadLetter:
    body = received["Body"]
    kind, job, unreadable_reason = None, None, ""
    try:
        kind = kind_of(body)
        if kind == Kind(POST, POST_VERSION):
            job = loads(body)
        else:
            unreadable_reason = f"{kind} is not known here"
    except Unreadable as error:
        unreadable_reason = str(error)
    attributes = received.get("MessageAttributes", {})
    reason = attributes["reason"].get("StringValue", "") if "reason" in attributes else ""
    return DeadLetter(
        message_id=received["MessageId"],
        receipt=received["ReceiptHandle"],
        body=body,
        reason=reason or NO_REASON,
        buried_at=int(received["Attributes"]["SentTimestamp"]) / 1000,
        kind=kind,
        job=job,
        unreadable_reason=unreadable_reason,
    )


def facts(letter: DeadLetter, *, words: bool) -> dict[str, object]:
    """Return what is known of a message; people's words and names only with `words`.

    What may be shown is listed: a field that a later version adds counts as somebody's words.
    """
    found: dict[str, object] = {
        "ref": letter.ref,
        "kind": str(letter.kind) if letter.kind else None,
        "message_id": letter.message_id,
        "received_at": moment(letter.received_at),
        "buried_at": moment(letter.buried_at),
        "reason": letter.reason,
        "size": len(letter.body.encode()),
    }
    if letter.job:
        post = letter.job.post
        found |= {
            "trigger_word": post.trigger_word,
            "channel_name": post.channel_name,
            "channel_id": post.channel_id,
            "team_domain": post.team_domain,
            "written_at": post.written_at.isoformat() if post.written_at else None,
            "file_ids": list(post.file_ids),
            "webhook": post.webhook,
            "odd_fields": list(post.odd_fields),
        }
        if words:
            found |= {"user_name": post.user_name, "text": post.text}
    else:
        found["problem"] = letter.unreadable_reason
    return found


def moment(seconds: float) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
