"""Making a message safe in the queue before anything is tried with it."""

from collections.abc import Callable
from enum import Enum
from functools import cache

from bridge.net.aws import AwsError
from bridge.storage.outbox import Outbox


class Safe(Enum):
    """Whether the queue has a message."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class Safekeeping:
    """Puts messages into the queue.

    Args:
        outbox: where messages are safe.
        delay: seconds after which the worker gets one at the earliest.
    """

    def __init__(self, outbox: Outbox, delay: float) -> None:
        self._outbox = outbox
        self._delay = delay

    def save(self, body: str) -> Callable[[], Safe]:
        """Start to put a message into the queue; returns what waits until that is known."""
        taken = self._outbox.send(body, self._delay)

        @cache
        def safe() -> Safe:
            try:
                taken()
            except AwsError as error:
                return Safe.NO if error.refused else Safe.UNCLEAR
            return Safe.YES

        return safe
