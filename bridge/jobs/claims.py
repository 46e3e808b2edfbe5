"""Who may do a thing that is to be done once: the ledger decides, by compare-and-set.

Whoever wants to do it claims it first, so that a crash at any moment reads as "may have been done".
It does not matter who comes when, how often, or whether somebody is killed in between.
"""

import contextlib
from collections.abc import Callable

from bridge.config import timing
from bridge.config.timing import Timing
from bridge.net.aws import AwsError
from bridge.storage.entries import (
    NEW,
    Entry,
    Open,
    Tried,
    Waiting,
    buried,
    claimed,
    without_ticket,
)
from bridge.storage.ledger import Ledger


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

    def first(self, ref: str, target: int | None, *, names_files: bool) -> Tried | None:
        """Claim a post that nobody has tried yet, while its author waits.

        Args:
            ref: the post's.
            target: the ticket that it would be added to, if any.
            names_files: whether what is created says where the files are.

        Returns:
            The claim; None when somebody else is at the post, or has been.

        Raises:
            AwsError: the ledger did not answer.
        """
        now = self._clock()
        until = now + self._pauses.fast_lease
        return self._claim(ref, claimed(NEW, until, now, target, names_files=names_files))

    def again(
        self, ref: str, seen: Waiting, since: float, target: int | None, *, names_files: bool
    ) -> Tried | None:
        """Claim a post for the worker, likewise.

        Args:
            ref: the post's.
            seen: what the ledger knew of it.
            since: when the bridge took it over, seconds since the epoch.
            target: the ticket that it would be added to, if any.
            names_files: whether what is created says where the files are.
        """
        until = self._clock() + self._pauses.worker_lease
        return self._claim(ref, claimed(seen, until, since, target, names_files=names_files))

    def _claim(self, ref: str, claim: Tried) -> Tried | None:
        mine, entry = self._ledger.write(ref, claim)
        return entry if mine and isinstance(entry, Tried) else None

    def unsettled(self, entry: Waiting) -> float:
        """Return the seconds for which an earlier attempt may still be executed, 0 for none."""
        if isinstance(entry, Open):
            return 0.0
        return max(0.0, entry.lease_until + self._pauses.settle - self._clock())

    def is_abandoned(self, entry: Entry) -> bool:
        """Say whether a post was claimed so long ago that no worker can have its message.

        A worker that has it would have looked into GLPI by now, and recorded how that went.
        """
        if not isinstance(entry, Tried) or entry.last_error:
            return False
        settled = entry.lease_until + self._pauses.settle
        return settled + timing.ABANDONED_SECONDS < self._clock()

    def may_be_forgotten(self, entry: Waiting, since: float) -> bool:
        """Say whether the ledger may have forgotten a post that it does not know.

        Args:
            entry: what it knows.
            since: when the bridge took the post over, seconds since the epoch.
        """
        return entry == NEW and self._clock() - since > timing.FORGOTTEN_SECONDS

    def record(self, ref: str, entry: Entry) -> Entry | None:
        """Record how a claimed attempt went; returns the entry as written, None if it is not.

        Never raises: if it fails, the claim stays, and a look-up will find the truth.
        """
        with contextlib.suppress(AwsError):
            written, recorded = self._ledger.write(ref, entry)
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
            first, _ = self._ledger.write(ref, Open(reason, received_at=self._clock()))
            return first
        return True

    def record_buried(self, ref: str, reason: str) -> Waiting | None:
        """Record that nobody should wait for the ticket of a post; never raises.

        What the ledger does not know stays unknown: a replay looks into GLPI first.

        Returns:
            What was known of the post; None if it has a ticket after all, or nobody can tell.
        """
        with contextlib.suppress(AwsError):
            waiting = without_ticket(self._ledger.read(ref))
            if waiting and waiting != NEW:
                self._ledger.write(ref, buried(waiting, reason))
            return waiting
        return None
