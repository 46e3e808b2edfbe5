"""Keeping people from waiting for a GLPI that is surely down. No I/O."""

from collections.abc import Callable

from glpi import GlpiError, Unavailable

FAILURES = 2
"""So many attempts in a row that were surely not executed open the circuit."""

OPEN_SECONDS = 30.0
"""Seconds for which nobody waits; then GLPI is asked whether it is there again."""


class Circuit:
    """What the last attempts of this container say about the next one.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._why: GlpiError | None = None

    @property
    def why_open(self) -> GlpiError | None:
        """Why an attempt is not worth a person's time now, None if it is."""
        return self._why if self._clock() < self._open_until else None

    @property
    def wants_probe(self) -> bool:
        """Whether GLPI should be asked first: never with a person's create."""
        return self._failures >= FAILURES

    def learn(self, error: GlpiError | None) -> None:
        """Take in how an attempt or a probe ended."""
        if not isinstance(error, Unavailable):
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._why = error
            self._open_until = self._clock() + OPEN_SECONDS
