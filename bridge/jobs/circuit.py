"""Keeping people from waiting for a server that is surely down."""

from collections.abc import Callable

from bridge.config import timing
from bridge.net.deadline import Deadline
from bridge.net.errors import CallError, Retry

FAILURES = 2
"""So many attempts in a row that were surely not executed open the circuit."""


class Circuit:
    """What the last attempts of this container say about the next one.

    Args:
        probe: asks the server something that changes nothing; raises CallError.
        clock: seconds since the epoch.
    """

    def __init__(self, probe: Callable[[Deadline], None], clock: Callable[[], float]) -> None:
        self._probe = probe
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._error: CallError | None = None

    @property
    def is_suspect(self) -> bool:
        """Whether the server has failed just now; asks nobody."""
        return self._failures >= FAILURES

    def check(self) -> CallError | None:
        """Say why the server is surely down, so that nobody need wait for it; None if it is not.

        When it has been left alone for long enough it is asked: never with a person's create.
        """
        if not self.is_suspect:
            return None
        if self._clock() < self._open_until:
            return self._error
        try:
            self._probe(Deadline(timing.PROBE_SECONDS))
        except CallError as error:
            self.learn(error)
            return self._error if self.is_suspect else None
        self.learn(None)
        return None

    def learn(self, error: CallError | None) -> None:
        """Take in how an attempt or a probe ended."""
        if error is None or error.retry is not Retry.SOON:
            self._failures = 0
            return
        self._failures += 1
        if self.is_suspect:
            self._error = error
            self._open_until = self._clock() + timing.CIRCUIT_SECONDS
