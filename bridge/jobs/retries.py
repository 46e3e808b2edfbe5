"""When a queued message is tried again, and when it no longer is."""

import random

from bridge.config.timing import Timing
from bridge.net.errors import CallError, Retry


class RetryPolicy:
    """When to try again.

    Args:
        pauses: how long to wait for what.
    """

    def __init__(self, pauses: Timing) -> None:
        self._pauses = pauses

    @property
    def settle(self) -> float:
        """Seconds after which an attempt of unknown outcome can be looked up."""
        return self._pauses.settle

    @property
    def unknown_pause(self) -> float:
        """Seconds between two looks at a job that only a newer bridge knows."""
        return self._pauses.unknown_pause

    def is_last(self, age: float) -> bool:
        """Say whether a message of so many seconds is too old to be tried again."""
        return age > self._pauses.max_age

    def gives_up(self, error: CallError | None, age: float) -> bool:
        """Say whether a message goes to the dead letter queue.

        Never while it may have been done: then a look-up is owed first, however old it is.

        Args:
            error: what the last attempt ended with, None if there was none.
            age: seconds since the message was queued.
        """
        if error is None or error.retry is Retry.AFTER_LOOK_UP:
            return False
        return error.retry is Retry.NEVER or self.is_last(age)

    def pause(self, error: CallError | None, receives: int, *, is_answered: bool = False) -> float:
        """Return the seconds before the next attempt.

        They double up to the longest pause, are spread by chance, and are never fewer than a server
        asks for; while a setting is at fault they are the longest at once.

        Args:
            error: what the last attempt ended with, None if there was none.
            receives: how often the queue has handed the message out.
            is_answered: whether the author has an answer, and only a bot that may ask is missing.
        """
        at_fault = error is not None and error.setting_at_fault
        longest = self._pauses.longest_pause
        if at_fault and is_answered:
            longest = self._pauses.answered_pause
        elif not at_fault:
            longest = min(longest, self._pauses.first_delay * 2.0 ** min(receives - 1, 10))
        # Chance spreads the load here; it guards nothing.
        spread = longest * random.uniform(0.75, 1.0)  # noqa: S311  # nosec B311
        return max(spread, error.wait if error else 0.0)
