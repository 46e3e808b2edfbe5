"""The moment by which work has to be over, and not waiting for longer."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

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
        remaining = self._end - self._clock()
        if remaining <= 0:
            raise TimeoutError
        return remaining

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


def begin(seconds: float, call: Callable[[], T]) -> Callable[[], T]:
    """Start a call on a thread of its own, which keeps no process from ending.

    Returns:
        What waits for the call's result, until so many seconds from now, and may be asked again. It
        raises TimeoutError when there is no result by then, and otherwise whatever the call raises.
    """
    future: Future[T] = Future()
    end = time.monotonic() + seconds

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - raised again where it can be handled
            future.set_exception(error)

    threading.Thread(target=run, name="bounded call", daemon=True).start()
    return lambda: future.result(max(0.0, end - time.monotonic()))


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns; a call that takes longer is left behind on its thread.

    Raises:
        TimeoutError: there is no result after `seconds`.
        Exception: whatever the call raises.
    """
    return begin(seconds, call)()
