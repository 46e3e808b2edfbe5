"""The worker: it brings every message to its wished-for state, however often that takes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.filing.answers import Answers, Ending
from bridge.filing.completion import Completion
from bridge.filing.exactly_once import Filing, Progress
from bridge.filing.planning import Plan, Planner, ThreadWaitsError
from bridge.filing.reception import Reception
from bridge.filing.threads import Threads
from bridge.jobs.claims import Claims
from bridge.jobs.retries import RetryPolicy
from bridge.mattermost.api import MattermostError
from bridge.mattermost.submissions import Submission
from bridge.net.deadline import Deadline
from bridge.net.errors import CallError, Retry
from bridge.storage.entries import Filed, Tried, Waiting, without_ticket
from bridge.tickets.desks import Routed
from glpi import OutcomeUnknown


@dataclass(frozen=True)
class Verdict:
    """What should be done with a queued message.

    Attributes:
        event: done (it was filed before), filed, waiting or buried.
        wait: seconds until the message should come again, 0 if it need not.
        reason: why it goes to the dead letter queue, when buried.
        ticket: its number, when filed.
        given_up: steps that will never be done, since the message is too old.
        is_answered: whether the author has an answer, and only a bot that may ask is missing.
        twins: other tickets of the same post, which should not exist.
        error: what went wrong last.
        age: seconds since the message was queued.
    """

    event: str
    wait: float = 0.0
    reason: str = ""
    ticket: int | None = None
    given_up: frozenset[str] = frozenset()
    is_answered: bool = False
    twins: tuple[int, ...] = ()
    error: CallError | None = None
    age: float = 0.0


@dataclass(frozen=True)
class Visit:
    """A message, this time.

    Attributes:
        submission: the message.
        received_at: when the bridge took it over, seconds since the epoch.
        routed: its desk, None if bridge.toml has none for it any more.
        answers: as they are given there.
        receives: how often the queue has handed it out, this time included.
        age: seconds since it was queued.
    """

    submission: Submission
    received_at: float
    routed: Routed | None
    answers: Answers
    receives: int
    age: float
    deadline: Deadline

    def is_younger_than(self, seconds: float) -> bool:
        """Say whether it may wait so long."""
        return self.age < seconds


class LaterAttempts:
    """Brings posts into GLPI while nobody waits.

    Args:
        claims: say who may file a post.
        threads: know where posts stand.
        planner: knows what should become of one.
        filing: brings it into GLPI.
    """

    def __init__(self, claims: Claims, threads: Threads, planner: Planner, filing: Filing) -> None:
        self._claims = claims
        self._threads = threads
        self._planner = planner
        self._filing = filing

    def run(self, visit: Visit, entry: Waiting, routed: Routed) -> tuple[Progress, Plan | None]:
        """Do what is next for a post without a ticket; returns how far it came, and the plan.

        Args:
            visit: to its message.
            entry: what the ledger knows of it.
            routed: its desk.

        Raises:
            ThreadWaitsError: its thread's ticket is still to be filed.
            CallError: somebody could not be asked.
        """
        unsettled = self._claims.unsettled(entry)
        if unsettled:
            return Progress(wait=unsettled), None
        submission, deadline = visit.submission, visit.deadline
        located = self._threads.locate(submission.place, deadline, hurried=False)
        plan = self._planner.plan(
            submission, routed, located, deadline, visit.is_younger_than, hurried=False
        )
        return self._filing.converge(submission.ref, entry, plan, visit.received_at, deadline), plan


class Worker:
    """Works on queued messages.

    Args:
        reception: knows the desks.
        claims: what has become of each post.
        attempts: bring one into GLPI.
        completion: does what remains then.
        policy: when to try again.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        reception: Reception,
        claims: Claims,
        attempts: LaterAttempts,
        completion: Completion,
        policy: RetryPolicy,
        clock: Callable[[], float],
    ) -> None:
        self._reception = reception
        self._claims = claims
        self._attempts = attempts
        self._completion = completion
        self._policy = policy
        self._clock = clock

    def converge(
        self,
        submission: Submission,
        deadline: Deadline,
        *,
        received_at: float,
        receives: int,
        queued_at: float,
    ) -> Verdict:
        """Bring a queued message one step nearer to its wished-for state.

        Args:
            submission: the message.
            deadline: for everything that is asked of GLPI.
            received_at: when the bridge took it over, seconds since the epoch.
            receives: how often the queue has handed it out, this time included.
            queued_at: when it was put there, seconds since the epoch; a replay is young again.
        """
        routed, answers = self._reception.desk_of(submission)
        age = self._clock() - queued_at
        visit = Visit(submission, received_at, routed, answers, receives, age, deadline)
        try:
            verdict = self._visit(visit)
        except CallError as error:
            verdict = self._wait(visit, 0.0, error)
        except ThreadWaitsError as waits:
            verdict = self._wait(visit, 0.0, waits.error)
        if verdict.event != "buried":
            return verdict
        before = self._claims.record_buried(submission.ref, verdict.reason)
        return self._tell_failure(visit, verdict, before)

    def _visit(self, visit: Visit) -> Verdict:
        submission = visit.submission
        entry = self._claims.entry(submission.ref)
        if isinstance(entry, Filed):
            verdict = Verdict("done", ticket=entry.result.ticket, age=visit.age)
            return self._complete(visit, entry, verdict)
        if visit.routed is None:
            return Verdict(
                "buried", reason="bridge.toml has no desk for it any more", age=visit.age
            )
        progress, plan = self._attempts.run(visit, without_ticket(entry), visit.routed)
        if progress.result is None or plan is None:
            return self._wait(visit, progress.wait, progress.error)
        verdict = Verdict(
            "filed", ticket=progress.ticket, twins=progress.twins, error=plan.error, age=visit.age
        )
        if progress.entry is None:  # the ledger did not record it; a look-up will find it
            remaining = self._completion.wanted(submission, progress.result) - plan.done
            return replace(verdict, wait=self._policy.settle if remaining else 0.0)
        return self._complete(visit, progress.entry, verdict)

    def _complete(self, visit: Visit, entry: Filed, verdict: Verdict) -> Verdict:
        """Do the steps that remain for a post in GLPI."""
        last = self._policy.is_last(visit.age)
        steps = self._completion.complete(
            visit.submission, visit.routed, entry, visit.answers, visit.deadline, last=last
        )
        if not steps.remaining:
            return replace(verdict, error=steps.error or verdict.error)
        if steps.busy:
            return replace(verdict, wait=steps.wait)
        is_answered = steps.is_answered
        verdict = replace(verdict, is_answered=is_answered, error=steps.error)
        if last:
            return replace(verdict, given_up=frozenset(steps.remaining))
        pause = self._policy.pause(steps.error, visit.receives, is_answered=is_answered)
        return replace(verdict, wait=max(steps.wait, pause))

    def _wait(self, visit: Visit, wait: float, error: CallError | None) -> Verdict:
        if self._policy.gives_up(error, visit.age):
            return Verdict("buried", reason=_reason(error), error=error, age=visit.age)
        wait = max(wait, self._policy.pause(error, visit.receives))
        return Verdict("waiting", wait=wait, error=error, age=visit.age)

    def _tell_failure(self, visit: Visit, verdict: Verdict, before: Waiting | None) -> Verdict:
        """Tell the author that there will be no ticket; the reason says whether that worked.

        Args:
            visit: to the message.
            verdict: that it is buried.
            before: what was known of it until then, None if that cannot be told.
        """
        submission = visit.submission
        hours = round((self._clock() - visit.received_at) / 3600)
        ending = _ending(verdict.error, before)
        text = visit.answers.failed(submission, hours, ending)
        try:
            told = self._completion.tell(submission, text)
        except MattermostError as error:
            reason = f"{verdict.reason}; the author could not be told ({error.code})"
            return replace(verdict, reason=reason)
        reason = f"{verdict.reason}; the author was told" if told else verdict.reason
        return replace(verdict, reason=reason)


def _ending(error: CallError | None, before: Waiting | None) -> Ending:
    """Say how trying has ended.

    Args:
        error: what the last visit ended with, if it was an error.
        before: what the ledger knew, None if that cannot be told.
    """
    is_blind = isinstance(error, OutcomeUnknown)
    is_intercepted = error is not None and error.is_intercepted
    if is_blind:
        return Ending.ON_THE_WAY if is_intercepted else Ending.UNCLEAR
    if before is None or (isinstance(before, Tried) and before.intercepted < before.tries):
        return Ending.UNCLEAR
    return Ending.ON_THE_WAY if is_intercepted else Ending.WITHOUT_TICKET


def _reason(error: CallError | None) -> str:
    """Say why a message is buried, with the code of what last kept it from its ticket."""
    if error is None:
        return "too old"
    if error.retry is Retry.NEVER:
        return f"{error.code}; last: {error.attempts}" if error.attempts else error.code
    if error.attempts:
        return f"too old; last: {error.attempts}; look-up: {error.code}"
    return f"too old; last: {error.code}"
