"""Bringing a post to exactly one ticket, whatever happens on the way.

Two callers: the person's own request, which gets one early attempt, and the worker, which comes
back until the ticket is there. Both decide by the ledger alone, so it does not matter who comes
when, how often, or whether somebody is killed in between.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aws import AwsError
from circuit import Circuit
from glpi import Glpi, GlpiError, OutcomeUnknown
from ledger import NEW, Entry, Ledger, State
from transport import Deadline


@dataclass(frozen=True)
class Patience:
    """How long the bridge waits for what, in seconds.

    Attributes:
        first_delay: before the worker looks at a message: the fast path needs less.
        longest_pause: between two attempts at most, while GLPI or a setting is at fault.
        settle: after an attempt of unknown outcome, GLPI has so long to finish or drop the request:
            above PHP's and common proxies' limits. Before, finding nothing proves nothing.
        fast_lease: by then a request of the fast path has left: the function is ended after 26.
        worker_lease: the same for the worker, which is ended after 90.
        max_age: after that a message goes to the dead letter queue.
    """

    first_delay: float = 15.0
    longest_pause: float = 600.0
    settle: float = 300.0
    fast_lease: float = 30.0
    worker_lease: float = 95.0
    max_age: float = 4 * 24 * 3600.0


PATIENCE = {
    "normal": Patience(),
    "short": Patience(2.0, longest_pause=4.0, settle=4.0, fast_lease=27.0),
}
"""By the setting PAUSES; the short one is for rehearsals, where an outage is to be watched."""

PROBE_SECONDS = 2.0
"""Seconds that a person waits for the answer to whether GLPI is there again."""

FORGOTTEN_AFTER = 3600.0
"""Seconds after which a post that the ledger does not know may have been forgotten by it."""

MAX_TRIES = 5
"""So many creates may go unanswered for one post; a look-up that finds none of them is blind."""

BLIND = (
    "GLPI took this message several times without an answer, and a search finds none of the "
    "tickets: look in GLPI for its words, and for rules or plug-ins that move or change tickets."
)

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Progress:
    """How far a post has come.

    Attributes:
        ticket: its number, when it has one.
        error: why it has none yet, when GLPI was asked.
        wait: seconds before it makes sense to try again; 0 for as soon as the caller likes.
        twins: other tickets of the same post, which should not exist.
        known: whether the ledger knew the ticket before.
        told: whether the author has read the number, as far as is known.
        hopeless: whether trying again could only make more tickets that nobody sees.
        skipped: whether GLPI was not asked, since it is surely down.
    """

    ticket: int | None = None
    error: GlpiError | None = None
    wait: float = 0.0
    twins: tuple[int, ...] = ()
    known: bool = False
    told: bool = False
    hopeless: bool = False
    skipped: bool = False


class Filing:
    """Files posts, at most once each.

    Args:
        glpi: where the tickets go.
        ledger: what has become of each post.
        clock: seconds since the epoch.
        patience: how long to wait for what.
    """

    def __init__(
        self, glpi: Glpi, ledger: Ledger, clock: Callable[[], float], patience: Patience
    ) -> None:
        self.patience = patience
        self._glpi = glpi
        self._ledger = ledger
        self._circuit = Circuit(clock)
        self._clock = clock

    def first_attempt(
        self, ref: str, fields: Mapping[str, object], deadline: Deadline, *, may_skip: bool
    ) -> Progress | None:
        """Create the ticket of a post that nobody has tried yet.

        Args:
            ref: the post's.
            fields: the ticket's `input` in GLPI's names.
            deadline: for everything that is asked of GLPI.
            may_skip: whether the message is safe, so that GLPI need not be asked while it is
                surely down.

        Returns:
            None when somebody else is at it, or has been.

        Raises:
            AwsError: the ledger did not answer; nothing was asked of GLPI.
        """
        down = (self._circuit.why_open or self._probe()) if may_skip else None
        if down:
            return Progress(error=down, skipped=True)
        now = self._clock()
        claim = NEW.claimed(now + self.patience.fast_lease, since=now)
        mine, entry = self._ledger.write(ref, claim, seen=NEW)
        if not mine:
            return None
        progress = self._create(ref, entry, fields, deadline, told=True)
        self._circuit.learn(progress.error)
        return progress

    def _probe(self) -> GlpiError | None:
        """After failures, ask GLPI whether it is there; returns why it is not."""
        if not self._circuit.wants_probe:
            return None
        try:
            self._glpi.probe(Deadline(PROBE_SECONDS))
        except GlpiError as error:
            self._circuit.learn(error)
            return self._circuit.why_open
        self._circuit.learn(None)
        return None

    def converge(
        self,
        ref: str,
        marker: str,
        fields: Mapping[str, object],
        received_at: float,
        deadline: Deadline,
    ) -> Progress:
        """Do what is next for a post: nothing, wait, look up, or create.

        Raises:
            AwsError: the ledger did not answer; nothing is known to have been done.
        """
        entry = self._ledger.read(ref)
        if entry.state is State.FILED:
            return Progress(ticket=entry.ticket, known=True, told=entry.told)
        now = self._clock()
        settled_in = entry.until + self.patience.settle - now
        if entry.state is State.TRIED and settled_in > 0:
            return Progress(wait=settled_in)
        forgotten = entry == NEW and now - received_at > FORGOTTEN_AFTER
        if entry.state is State.TRIED or forgotten:
            days = int((now - received_at) / DAY) + 2
            try:
                found = self._glpi.find_tickets(marker, days, deadline)
            except GlpiError as error:
                if entry.state is State.TRIED:  # an item of its own would end "forgotten"
                    self._note(ref, replace(entry, why=error.code), entry)
                return Progress(error=error)
            if found:
                self._note(ref, entry.filed(found[0], told=False), entry)
                return Progress(ticket=found[0], twins=tuple(found[1:]))
            if entry.tries >= MAX_TRIES:
                self._note(ref, replace(entry, tries=0, why="blind"), entry)  # for a replay
                return Progress(error=OutcomeUnknown("blind", BLIND), hopeless=True)
        claim = entry.claimed(now + self.patience.worker_lease, since=received_at)
        mine, entry = self._ledger.write(ref, claim, seen=entry)
        if not mine:
            return Progress(wait=1.0)
        return self._create(ref, entry, fields, deadline, told=False)

    def is_filed(self, ref: str) -> bool:
        """Say whether the ledger knows a ticket of the post.

        Raises:
            AwsError: the ledger did not answer.
        """
        return self._ledger.read(ref).state is State.FILED

    def note_told(self, ref: str) -> None:
        """Record that the author knows the number; if that fails, they may be told again."""
        with contextlib.suppress(AwsError):
            entry = self._ledger.read(ref)
            if entry.state is State.FILED:
                self._ledger.write(ref, replace(entry, told=True), seen=entry)

    def _create(
        self,
        ref: str,
        claim: Entry,
        fields: Mapping[str, object],
        deadline: Deadline,
        *,
        told: bool,
    ) -> Progress:
        try:
            ticket = self._glpi.create_ticket(fields, deadline)
        except OutcomeUnknown as error:
            self._note(ref, claim.doubted(self._clock(), error.code), claim)
            return Progress(error=error, wait=self.patience.settle)
        except GlpiError as error:
            self._note(ref, claim.released(error.code), claim)
            return Progress(error=error)
        self._note(ref, claim.filed(ticket, told=told), claim)
        return Progress(ticket=ticket, told=told)

    def _note(self, ref: str, entry: Entry, claim: Entry) -> None:
        """Record an outcome. If that fails, the claim stays, and a look-up will find the truth."""
        with contextlib.suppress(AwsError):
            self._ledger.write(ref, entry, seen=claim)
