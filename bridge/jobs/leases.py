"""Who is at the steps that follow, so that two do not do them at once."""

import contextlib
from collections.abc import Callable, Set
from dataclasses import replace

from bridge.config.timing import Timing
from bridge.net.aws import AwsError
from bridge.storage.entries import Filed
from bridge.storage.ledger import Ledger


class Leases:
    """The leases of posts that have their ticket.

    Args:
        ledger: what has become of each post.
        clock: seconds since the epoch.
        pauses: how long to wait for what.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float], pauses: Timing) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pauses = pauses

    def take(self, ref: str, entry: Filed) -> Filed | float:
        """Keep others from doing the steps of a post.

        Returns:
            The entry as leased; the seconds to wait if somebody else is at them.

        Raises:
            AwsError: the ledger did not answer.
        """
        now = self._clock()
        if entry.lease_until > now:
            return max(entry.lease_until - now, 1.0)
        leased = replace(entry, lease_until=now + self._pauses.worker_lease)
        mine, written = self._ledger.write(ref, leased)
        return written if mine and isinstance(written, Filed) else 1.0

    def give_back(
        self, ref: str, leased: Filed, done: Set[str], error: str, *, in_doubt: bool
    ) -> float:
        """Record how far the steps of a post have come; never raises.

        If that fails, they are done again: better than not at all.

        Args:
            ref: the post's.
            leased: what `take` has returned.
            done: the steps that are done now.
            error: the code of what keeps the rest from being done, "" when nothing remains.
            in_doubt: whether something may still be executed, so that nobody may go on yet.

        Returns:
            The seconds for which nobody should go on.
        """
        wait = self._pauses.settle if in_doubt else 0.0
        until = self._clock() + wait if wait else 0.0
        steps = leased.steps_done | done
        entry = replace(leased, steps_done=steps, lease_until=until, last_error=error)
        with contextlib.suppress(AwsError):
            self._ledger.write(ref, entry)
        return wait

    def record_done(self, ref: str, step: str) -> None:
        """Record that a step of a post just filed is done, unless the worker is at it already.

        Never raises.
        """
        with contextlib.suppress(AwsError):
            entry = self._ledger.read(ref)
            if not isinstance(entry, Filed):
                return
            if entry.lease_until <= self._clock() + self._pauses.fast_lease:
                steps = entry.steps_done | {step}
                self._ledger.write(ref, replace(entry, steps_done=steps, lease_until=0.0))
