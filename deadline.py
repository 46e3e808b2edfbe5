"""The moment by which work has to be over, and not waiting for longer."""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar, cast

T = TypeVar("T")


class Deadline:
    """The moment by which all of a piece of work has to be over.

    Args:
        seconds: from now.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left, always more than 0.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def shared(self, among: int) -> "Deadline":
        """Return an earlier deadline: the first of so many equal parts of what is left."""
        return Deadline((self._end - self._clock()) / among, self._clock)

    def within(self, seconds: float) -> "Deadline":
        """Return an earlier deadline, if so many seconds are less than what is left."""
        return Deadline(min(seconds, self._end - self._clock()), self._clock)

    @property
    def passed(self) -> bool:
        """Whether nothing is left."""
        return self._clock() >= self._end


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns; a call that takes longer is left behind on its thread.

    Raises:
        TimeoutError: there is no result after `seconds`.
        Exception: whatever the call raises.
    """
    results: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:  # noqa: BLE001 - raised again where it can be handled
            results.put((None, error))

    threading.Thread(target=run, name="bounded call", daemon=True).start()
    try:
        value, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return cast(T, value)
