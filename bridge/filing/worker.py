"""The worker: it brings every message to its wished-for state, however often that takes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.config.rules import Rules
from bridge.config.timing import Patience
from bridge.filing.answers import Answers
from bridge.filing.filing import Filing, Progress
from bridge.filing.planning import Planner, ThreadWaitsError
from bridge.filing.steps import NOTICE_SECONDS, Steps
from bridge.mattermost.api import MattermostError, Unreachable
from bridge.mattermost.notifier import Way, WayBack
from bridge.net.aws import AwsError
from bridge.net.http import Deadline, ServerError
from bridge.storage.ledger import Entry, State
from bridge.storage.outbox import Message
from bridge.tickets.desks import Routed, find
from glpi import GlpiError, OutcomeUnknown, TooLarge


@dataclass(frozen=True)
class Verdict:
    """What should be done with a queued message.

    Attributes:
        event: done (it was filed before), filed, waiting or buried.
        wait: seconds until the message should come again, 0 if it need not.
        reason: why it goes to the dead letter queue, when buried.
        ticket: its number, when filed.
        given_up: steps that will never be done, since the message is too old.
        twins: other tickets of the same post, which should not exist.
        error: what went wrong last.
        age: seconds since the message was queued.
    """

    event: str
    wait: float = 0.0
    reason: str = ""
    ticket: int | None = None
    given_up: frozenset[str] = frozenset()
    twins: tuple[int, ...] = ()
    error: ServerError | AwsError | None = None
    age: float = 0.0


@dataclass(frozen=True)
class _Visit:
    """A message, this time."""

    message: Message
    routed: Routed | None
    receives: int
    age: float
    deadline: Deadline

    def is_younger_than(self, seconds: float) -> bool:
        """Whether it may wait so long."""
        return self.age < seconds


class Worker:
    """Works on queued messages.

    Args:
        rules: bridge.toml.
        answers: what people read.
        planner: knows what should become of a post.
        filing: brings posts into GLPI.
        steps: what is left to do then.
        way_back: tells authors something later.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        answers: Answers,
        planner: Planner,
        filing: Filing,
        steps: Steps,
        way_back: WayBack,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._answers = answers
        self._planner = planner
        self._filing = filing
        self._steps = steps
        self._way_back = way_back
        self._clock = clock

    def converge(
        self, message: Message, receives: int, queued_at: float, deadline: Deadline
    ) -> Verdict:
        """Bring a queued message one step nearer to its wished-for state.

        Args:
            message: what was queued.
            receives: how often the queue has handed it out, this time included.
            queued_at: when it was put there, seconds since the epoch; a replay is young again.
            deadline: for everything that is asked of GLPI.
        """
        routed = find(self._rules.desks, message.post)
        visit = _Visit(message, routed, receives, self._clock() - queued_at, deadline)
        try:
            verdict = self._visit(visit)
        except (AwsError, GlpiError, MattermostError) as error:
            verdict = self._wait(visit, Progress(), error)
        except ThreadWaitsError:
            verdict = self._wait(visit, Progress(), None)
        if verdict.event != "buried":
            return verdict
        self._filing.note_buried(message.post.ref)
        return self._tell_failure(message, verdict)

    def _visit(self, visit: _Visit) -> Verdict:
        post = visit.message.post
        entry = self._filing.entry(post.ref)
        if entry.state is State.FILED:
            verdict = Verdict("done", ticket=entry.ticket, age=visit.age)
            return self._go_on(visit, entry, verdict)
        if visit.routed is None:
            return Verdict(
                "buried", reason="bridge.toml has no desk for it any more", age=visit.age
            )
        unsettled = self._filing.unsettled(entry)
        if unsettled:
            return self._wait(visit, Progress(wait=unsettled), None)
        spot = self._planner.spot(post, visit.deadline, hurried=False)
        plan = self._planner.plan(post, visit.routed, spot, visit.deadline, visit.is_younger_than)
        progress = self._filing.converge(
            post.ref, entry, plan.wish, visit.message.received_at, visit.deadline, plan.done
        )
        if progress.ticket is None:
            return self._wait(visit, progress, progress.error)
        verdict = Verdict(
            "filed", ticket=progress.ticket, twins=progress.twins, error=plan.trouble, age=visit.age
        )
        if progress.entry is None:  # the ledger did not take it down; a look-up will find it
            root = progress.became.root if progress.became else ""
            left = self._steps.wanted(post, root) - plan.done
            return replace(verdict, wait=self._filing.patience.settle if left else 0.0)
        return self._go_on(visit, progress.entry, verdict)

    def _go_on(self, visit: _Visit, entry: Entry, verdict: Verdict) -> Verdict:
        """Do the steps that are left for a post in GLPI."""
        post = visit.message.post
        left = self._steps.wanted(post, entry.root) - entry.done
        if not left:
            return verdict
        busy = entry.until - self._clock()
        held = None if busy > 0 else self._filing.hold(post.ref, entry)
        if held is None:
            return replace(verdict, wait=max(busy, 1.0))
        answers = self._answers.at(visit.routed.desk) if visit.routed else self._answers
        too_old = visit.age > self._filing.patience.max_age
        done = self._steps.do(post, held, left, answers, visit.deadline, last=too_old)
        settle = self._filing.patience.settle if done.doubtful else 0.0
        left -= done.steps
        why = done.error.code if done.error and left and not too_old else ""
        self._filing.release(post.ref, held, done.steps, settle, why)
        if not left:
            return verdict
        if too_old:
            return replace(verdict, given_up=left, error=done.error)
        wait = max(settle, self._pause(done.error, visit.receives))
        return replace(verdict, wait=wait, error=done.error)

    def _wait(
        self, visit: _Visit, progress: Progress, error: ServerError | AwsError | None
    ) -> Verdict:
        why = error.code if error else "another attempt may still be under way"
        if isinstance(error, TooLarge) or progress.hopeless:
            return Verdict("buried", reason=why, error=error, age=visit.age)
        settling = error is None or isinstance(error, OutcomeUnknown)
        if visit.age > self._filing.patience.max_age and not settling:
            return Verdict("buried", reason=f"too old; last: {why}", error=error, age=visit.age)
        wait = max(progress.wait, self._pause(error, visit.receives))
        return Verdict("waiting", wait=wait, error=error, age=visit.age)

    def _pause(self, error: ServerError | AwsError | None, receives: int) -> float:
        """Return the seconds before the next attempt, or what Mattermost asks to wait."""
        asked = error.wait if isinstance(error, Unreachable) else 0.0
        return max(asked, _pause(error, receives, self._filing.patience))

    def _tell_failure(self, message: Message, verdict: Verdict) -> Verdict:
        """Tell the author that there will be no ticket; the reason says whether that worked."""
        post = message.post
        if self._way_back.of(post) is Way.NONE:
            return verdict
        hours = round((self._clock() - message.received_at) / 3600)
        routed = find(self._rules.desks, post)
        answers = self._answers.at(routed.desk) if routed else self._answers
        try:
            self._way_back.tell(post, answers.failed(post, hours), Deadline(NOTICE_SECONDS))
        except MattermostError as error:
            reason = f"{verdict.reason}; the author could not be told ({error.code})"
            return replace(verdict, reason=reason)
        return replace(verdict, reason=f"{verdict.reason}; the author was told")


def _pause(error: ServerError | AwsError | None, receives: int, patience: Patience) -> float:
    """Return the seconds before the next attempt: doubling, capped, and spread by chance."""
    longest = patience.longest_pause
    if not error or not error.setting_at_fault:
        longest = min(longest, patience.first_delay * 2.0 ** min(receives - 1, 10))
    # Chance spreads the load here; it guards nothing.
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  # nosec B311
