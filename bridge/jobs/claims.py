"""Who may do a thing that is to be done once: the ledger decides, by compare-and-set.

Whoever wants to do it claims it first, so that a crash at any moment reads as "may have been done".
It does not matter who comes when, how often, or whether somebody is killed in between.
"""

import contextlib
from collections.abc import Callable, Set
from dataclasses import replace

from bridge.config import timing
from bridge.config.timing import Timing
from bridge.net.aws import AwsError
from bridge.storage.ledger import BURIED, NEW, Entry, Ledger, State


class Claims:
    """The claims on posts.

    Args:
        ledger: what has become of each post.
        clock: seconds since the epoch.
        pauses: how long to wait for what.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float], pauses: Timing) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pauses = pauses

    def entry(self, ref: str) -> Entry:
        """Return what the ledger knows of a post.

        Raises:
            AwsError: the ledger did not answer.
        """
        return self._ledger.read(ref)

    def first(self, ref: str, target: int | None, done: Set[str]) -> Entry | None:
        """Claim a post that nobody has tried yet, while its author waits.

        Args:
            ref: the post's.
            target: the ticket that it would be added to, if any.
            done: the steps that are done when it is created.

        Returns:
            The claim; None when somebody else is at the post, or has been.

        Raises:
            AwsError: the ledger did not answer.
        """
        now = self._clock()
        claim = NEW.claimed(now + self._pauses.fast_lease, now, target, done)
        mine, entry = self._ledger.write(ref, claim, seen=NEW)
        return entry if mine else None

    def again(
        self, ref: str, seen: Entry, since: float, target: int | None, done: Set[str]
    ) -> Entry | None:
        """Claim a post for the worker, likewise.

        Args:
            ref: the post's.
            seen: what the ledger knew of it.
            since: when the bridge took it over, seconds since the epoch.
            target: the ticket that it would be added to, if any.
            done: the steps that are done when it is created.
        """
        claim = seen.claimed(self._clock() + self._pauses.worker_lease, since, target, done)
        mine, entry = self._ledger.write(ref, claim, seen=seen)
        return entry if mine else None

    def unsettled(self, entry: Entry) -> float:
        """Return the seconds for which an earlier attempt may still be executed, 0 for none."""
        remaining = entry.until + self._pauses.settle - self._clock()
        return max(0.0, remaining) if entry.state is State.TRIED else 0.0

    def is_abandoned(self, entry: Entry) -> bool:
        """Say whether a post was claimed so long ago that no worker can have its message.

        A worker that has it would have looked into GLPI by now, and recorded how that went.
        """
        overdue = entry.until + self._pauses.settle + timing.ABANDONED_SECONDS < self._clock()
        return entry.state is State.TRIED and not entry.reason and overdue

    def may_be_forgotten(self, entry: Entry, since: float) -> bool:
        """Say whether the ledger may have forgotten a post that it does not know.

        Args:
            entry: what it knows.
            since: when the bridge took the post over, seconds since the epoch.
        """
        return entry == NEW and self._clock() - since > timing.FORGOTTEN_SECONDS

    def record(self, ref: str, entry: Entry, claim: Entry) -> Entry | None:
        """Record how a claimed attempt went; returns the entry as written, None if it is not.

        Never raises: if it fails, the claim stays, and a look-up will find the truth.
        """
        with contextlib.suppress(AwsError):
            written, recorded = self._ledger.write(ref, entry, seen=claim)
            return recorded if written else None
        return None

    def expect(self, ref: str, reason: str) -> bool:
        """Record that a post nobody has tried yet waits for its ticket; never raises.

        Without that, a reply that the worker comes to first would find a thread without one.

        Args:
            ref: the post's.
            reason: the code of what keeps it from its ticket, "" when that is not known.

        Returns:
            False when somebody has done that before, or tried; True also if there is no telling.
        """
        with contextlib.suppress(AwsError):
            waiting = replace(NEW, since=self._clock(), reason=reason)
            first, _ = self._ledger.write(ref, waiting, seen=NEW)
            return first
        return True

    def record_buried(self, ref: str) -> None:
        """Record that nobody should wait for the ticket of a post; never raises.

        What the ledger does not know stays unknown: a replay looks into GLPI first.
        """
        with contextlib.suppress(AwsError):
            entry = self._ledger.read(ref)
            if entry != NEW and entry.state is not State.FILED:
                self._ledger.write(ref, replace(entry, reason=BURIED), seen=entry)
