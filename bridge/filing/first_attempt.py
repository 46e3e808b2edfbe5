"""The one early attempt to bring a post into GLPI while its author waits."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.filing.answers import Answers, Outcome
from bridge.filing.exactly_once import Filing
from bridge.filing.outlook import NO_PROMISE, Outlook
from bridge.filing.planning import Plan, Planner, ThreadWaitsError
from bridge.filing.threads import Located
from bridge.jobs.circuit import Circuit
from bridge.jobs.claims import Claims
from bridge.jobs.safekeeping import Safe
from bridge.mattermost.api import MattermostError
from bridge.mattermost.notifier import Reach
from bridge.mattermost.submissions import Submission
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.errors import CallError, Retry
from bridge.storage.entries import FILES, Kind
from bridge.storage.links import Links
from bridge.tickets.desks import Routed
from glpi import GlpiError


@dataclass(frozen=True)
class Case:
    """A message that asks for a ticket.

    Attributes:
        submission: the message.
        routed: its desk.
        answers: as they are given there.
        located: where it stands.
        outlook: says what can be promised to its author, and may ask Mattermost for that.
        number_follows: says where they will be told the number of a ticket to come, likewise.
        settled: what is done, or noted, when Mattermost's request is answered with the ticket.
        safe: waits until it is known whether the message is safe.
    """

    submission: Submission
    routed: Routed
    answers: Answers
    located: Located
    outlook: Callable[[], Outlook]
    number_follows: Callable[[], Reach]
    settled: frozenset[str]
    safe: Callable[[], Safe]

    @property
    def ref(self) -> str:
        """What names the message."""
        return self.submission.ref

    def is_saved(self) -> bool:
        """Say whether the message is safe, for sure."""
        return self.safe() is Safe.YES

    def event(self, error: CallError | None) -> str:
        """Name what became of a message without a ticket."""
        if not self.is_saved():
            unclear = self.safe() is Safe.UNCLEAR or (
                error is not None and error.retry is Retry.AFTER_LOOK_UP
            )
            return "not_confirmed" if unclear else "not_saved"
        if error and error.retry is Retry.NEVER:
            return "too_large"
        if error and error.is_intercepted:
            return "intercepted"
        return "refused" if error and error.setting_at_fault else "queued"


class FirstAttempt:
    """Tries once, if nobody has tried yet.

    Args:
        circuit: keeps people from waiting for a GLPI that is down.
        planner: knows what should become of a post.
        claims: say who may file it.
        filing: brings it into GLPI.
        learn_address: asks GLPI what links for people begin with, in time; never raises.
        links: which thread belongs to which ticket.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        circuit: Circuit,
        planner: Planner,
        claims: Claims,
        filing: Filing,
        learn_address: Callable[[Deadline], None],
        links: Links,
        clock: Callable[[], float],
    ) -> None:
        self._circuit = circuit
        self._planner = planner
        self._claims = claims
        self._filing = filing
        self._learn_address = learn_address
        self._links = links
        self._clock = clock

    def run(self, case: Case, deadline: Deadline) -> Outcome:
        """Find out what should become of a message, unless GLPI is down, and try that.

        Never raises for failures of GLPI, Mattermost or AWS.

        Args:
            case: the message.
            deadline: for everything that is asked of GLPI.
        """
        down = self._circuit.check() if self._circuit.is_suspect and case.is_saved() else None
        if down:
            return self._wait(case, case.event(down), down)
        started = self._clock()
        try:
            plan = self._planner.plan(
                case.submission,
                case.routed,
                case.located,
                deadline,
                lambda _: case.is_saved(),
                hurried=True,
            )
        except GlpiError as error:
            self._circuit.learn(error)
            return self._wait(case, case.event(error), error)
        except (AwsError, MattermostError) as error:
            return self._wait(case, "queued_later", error)
        except ThreadWaitsError as waits:
            return self._wait(case, "queued_later", waits.error)
        outcome = self._file(case, plan, deadline)
        return replace(outcome, glpi_seconds=self._clock() - started)

    def _file(self, case: Case, plan: Plan, deadline: Deadline) -> Outcome:
        """Claim the post, and create; GLPI is asked after the queue has answered."""
        plan = replace(plan, done=plan.done | case.settled)
        try:
            names_files = FILES in plan.done
            claim = self._claims.first(case.ref, plan.draft.target, names_files=names_files)
        except AwsError as error:
            event = "queued_later" if case.is_saved() else case.event(None)
            return self._not_filed(case, event, error)
        case.safe()
        if claim is None:
            return Outcome("duplicate", {})  # another hook's request is answered already
        progress = self._filing.first_attempt(case.ref, claim, plan, deadline)
        self._circuit.learn(progress.error)
        if progress.result is None:
            if case.safe() is Safe.NO:
                # or replies would wait for its ticket
                last = f"; last: {progress.error.code}" if progress.error else ""
                self._claims.record_buried(case.ref, f"the queue did not take it{last}")
            return self._not_filed(case, case.event(progress.error), progress.error)
        result = progress.result
        if result.is_new and result.thread:
            with contextlib.suppress(AwsError):  # the worker makes sure of it
                self._links.take_thread(result.thread, result.ticket)
        promises = result.kind is Kind.TICKET or case.submission.files  # else nothing is asked
        outlook = case.outlook() if promises else NO_PROMISE
        self._learn_address(deadline)
        reply = case.answers.filed(case.submission, result, case.routed.trigger, outlook)
        event = "filed" if result.is_new else "added"
        return Outcome(event, reply, ticket=result.ticket, minor_error=plan.error)

    def _wait(self, case: Case, event: str, error: CallError | None) -> Outcome:
        """Say that nothing was tried; whoever replies to the message has to wait with it."""
        if case.is_saved() and not self._claims.expect(case.ref, error.code if error else ""):
            return Outcome("duplicate", {})
        return self._not_filed(case, event, error)

    def _not_filed(self, case: Case, event: str, error: CallError | None) -> Outcome:
        reply = case.answers.not_filed(event, case.submission, case.number_follows())
        return Outcome(event, reply, error=error)
