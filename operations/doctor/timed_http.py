"""An HTTP client that notes how fast a server answers and how far its clock is off."""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from bridge.net.deadline import Deadline
from bridge.net.http import MAX_ANSWER, Answer, Body, Http

SKEW_SECONDS = 120.0
"""AWS accepts five minutes; two already make logs hard to read."""


class TimedHttp(Http):
    """A client that notes how long the first answer took, and what time the server had.

    Attributes:
        milliseconds: until the first answer was there, 0 before it is.
        skew: seconds by which the server's clock is ahead, None when it does not tell the time.
    """

    def __init__(self, ca_bundle: str | None, now: Callable[[], float] = time.time) -> None:
        super().__init__(ca_bundle=ca_bundle)
        self._now = now
        self.milliseconds = 0
        self.skew: float | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: Body | None = None,
        into: BinaryIO | None = None,
        limit: int = MAX_ANSWER,
    ) -> Answer:
        """Send one request, and note when its answer came; see `Http.request`."""
        started = time.monotonic()
        answer = super().request(
            method, url, deadline=deadline, headers=headers, body=body, into=into, limit=limit
        )
        self.milliseconds = self.milliseconds or 1 + int((time.monotonic() - started) * 1000)
        self.skew = skew(answer.headers.get("Date", ""), self._now())
        return answer


def skew(date: str, now: float) -> float | None:
    """Return how many seconds a server's clock is ahead, by its header Date; None without it."""
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return None
