"""Nothing escapes an endpoint: an answer is owed, and nothing that follows can change it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge import telemetry
from bridge.logs import log_unforeseen

T = TypeVar("T")

Record = Callable[[], object]
"""Counts or logs something."""


@dataclass(frozen=True)
class Answered(Generic[T]):
    """An answer, and what there is to count and to log of it.

    Attributes:
        answer: what the caller gets.
        records: count and log how it came about; called when the answer stands.
    """

    answer: T
    records: tuple[Record, ...] = ()


def attempt(
    act: Callable[[], Answered[T]], failed: Callable[[Exception], Answered[T]]
) -> Answered[T]:
    """Return what an act comes to, or what holds if it breaks, whatever the error is."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - the last line of defence; an answer is owed
        return failed(error)


def guard(act: Callable[[], Answered[T]], failed: Callable[[Exception], Answered[T]]) -> T:
    """Return the answer that an act comes to, or the one that holds if it breaks.

    Raises only what `failed` does, which is to compute an answer and nothing else.

    What is to be counted and logged comes after that, each on its own, so that a metric that
    cannot be written costs neither the answer nor the log line.
    """
    answered = attempt(act, failed)
    records: list[Record] = [telemetry.count_cold_start, *answered.records, telemetry.flush]
    for record in records:
        try:
            record()
        except Exception as error:  # noqa: BLE001 - it must not break the answer
            with contextlib.suppress(Exception):
                log_unforeseen(error)
    return answered.answer
