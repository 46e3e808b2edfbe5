"""Bringing a post to exactly one place in GLPI, whatever happens on the way.

Two callers: the person's own request, which gets one early attempt, and the worker, which comes
back until the ticket is there. Both decide by the claims alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.config.timing import Timing
from bridge.filing.planning import Plan
from bridge.jobs.claims import Claims
from bridge.net.deadline import Deadline
from bridge.net.errors import Retry
from bridge.storage.entries import (
    ANSWERED,
    FILES,
    TOLD,
    Filed,
    Result,
    Tried,
    Waiting,
    doubted,
    filed,
    released,
)
from glpi import GlpiError, OutcomeUnknown, remedy_of_page

MAX_TRIES = 5
"""So many creates may go unanswered for one post; a look-up that finds none of them is blind."""

BLIND = (
    "GLPI took this message several times without an answer, and a search finds none of the "
    "tickets: look in GLPI for its words, and for rules or plug-ins that move or change tickets."
)

OTHERWISE = "others may have got through"
"""What a dead letter's reason says where something on the way refused the last attempt, only."""

BLIND_ON_THE_WAY = (
    "This message was sent to GLPI several times, and a search finds none of the tickets, so it "
    "hardly got there."
)

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Progress:
    """How far a post has come.

    Attributes:
        result: what it is in GLPI, when it is there.
        error: why it has no ticket yet, when GLPI was asked.
        wait: seconds before it makes sense to try again; 0 for as soon as the caller likes.
        twins: other tickets of the same post, which should not exist.
        entry: what the ledger knows of a post with a ticket, None if it did not record it.
    """

    result: Result | None = None
    error: GlpiError | None = None
    wait: float = 0.0
    twins: tuple[int, ...] = ()
    entry: Filed | None = None

    @property
    def ticket(self) -> int | None:
        """The number of its ticket, when it has one."""
        return self.result.ticket if self.result else None


class Filing:
    """Files posts, at most once each.

    Args:
        claims: say who may.
        clock: seconds since the epoch.
        pauses: how long to wait for what.
    """

    def __init__(self, claims: Claims, clock: Callable[[], float], pauses: Timing) -> None:
        self._claims = claims
        self._clock = clock
        self._pauses = pauses

    def first_attempt(self, ref: str, claim: Tried, plan: Plan, deadline: Deadline) -> Progress:
        """Create what a post should become, while its author waits.

        Args:
            ref: the post's.
            claim: what `Claims.first` has returned.
            plan: what should become of it.
            deadline: for everything that is asked of GLPI.
        """
        is_ours_to_tell = not plan.done & {TOLD, ANSWERED}
        until = claim.lease_until if is_ours_to_tell else 0.0
        return self._create(ref, claim, plan, deadline, until=until)

    def converge(
        self, ref: str, entry: Waiting, plan: Plan, received_at: float, deadline: Deadline
    ) -> Progress:
        """Do what is next for a post without a ticket: wait, look up, or create.

        Args:
            ref: the post's.
            entry: what the ledger knows of it.
            plan: what should become of it.
            received_at: when the bridge took it over, seconds since the epoch.
            deadline: for everything that is asked of GLPI.

        Raises:
            AwsError: the ledger did not answer; nothing is known to have been done.
        """
        unsettled = self._claims.unsettled(entry)
        if unsettled:
            return Progress(wait=unsettled)
        if isinstance(entry, Tried) or self._claims.may_be_forgotten(entry, received_at):
            found = self._look_up(ref, entry, plan, received_at, deadline)
            if found:
                return found
        target = plan.draft.target
        names_files = FILES in plan.done
        claim = self._claims.again(ref, entry, received_at, target, names_files=names_files)
        return self._create(ref, claim, plan, deadline) if claim else Progress(wait=1.0)

    def _look_up(
        self, ref: str, entry: Waiting, plan: Plan, received_at: float, deadline: Deadline
    ) -> Progress | None:
        """Find what an earlier attempt has created; None if it is surely safe to create."""
        days = int((self._clock() - received_at) / DAY) + 2
        target = entry.attempted_ticket if isinstance(entry, Tried) else None
        try:
            found = plan.draft.find(days, target, deadline)
        except GlpiError as error:
            if isinstance(entry, Tried):  # an item of its own would end "forgotten"
                self._claims.record(ref, replace(entry, last_error=error.code))
                error.attempts = _ended(entry)
            return Progress(error=error)
        if found:
            done = entry.steps_done if isinstance(entry, Tried) else frozenset[str]()
            twins = tuple(twin.ticket for twin in found[1:])
            recorded = self._record(ref, filed(entry, found[0], done))
            return Progress(found[0], twins=twins, entry=recorded)
        if entry.tries < MAX_TRIES:
            return None
        blind = _blind(entry)
        known = replace(entry, tries=0, intercepted=0, last_error=blind.code)  # for a replay
        self._claims.record(ref, known)
        return Progress(error=blind)

    def _create(
        self, ref: str, claim: Tried, plan: Plan, deadline: Deadline, *, until: float = 0.0
    ) -> Progress:
        try:
            result = plan.draft.create(deadline)
        except OutcomeUnknown as error:
            is_intercepted, now = error.is_intercepted, self._clock()
            doubt = doubted(claim, now, error.code, is_intercepted=is_intercepted)
            self._claims.record(ref, doubt)
            return Progress(error=error, wait=self._pauses.settle)
        except GlpiError as error:
            self._claims.record(ref, released(claim, error.code))
            return Progress(error=error)
        entry = filed(claim, result, plan.done, until)
        return Progress(result, entry=self._record(ref, entry))

    def _record(self, ref: str, entry: Filed) -> Filed | None:
        recorded = self._claims.record(ref, entry)
        return recorded if isinstance(recorded, Filed) else None


def _ended(entry: Waiting) -> str:
    """Say how the attempts at a post ended, "" when that is not known."""
    code = entry.attempt_error if isinstance(entry, Tried) else ""
    is_mixed = bool(remedy_of_page(code)) and entry.intercepted < entry.tries
    return f"{code}; {OTHERWISE}" if is_mixed else code


def _blind(entry: Waiting) -> OutcomeUnknown:
    """Return what holds when several creates of a post went unanswered, and none is found.

    Only if something on the way refused each of them, there is surely no ticket.
    """
    why = remedy_of_page(entry.attempt_error if isinstance(entry, Tried) else "")
    is_intercepted = bool(why) and entry.intercepted == entry.tries
    what = BLIND_ON_THE_WAY if is_intercepted else BLIND
    blind = OutcomeUnknown("blind", f"{what} {why}" if why else what)
    blind.retry = Retry.NEVER  # it could only make more tickets that nobody sees
    blind.attempts = _ended(entry)
    blind.is_intercepted, blind.setting_at_fault = is_intercepted, bool(why)
    return blind
