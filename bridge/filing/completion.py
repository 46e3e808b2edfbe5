"""What remains to do for a post that is in GLPI: telling its author, requester, link and files.

Each step can be done again without harm; none keeps another from being done.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from bridge.config import timing
from bridge.filing.answers import Answers
from bridge.filing.linking import Linking
from bridge.jobs.leases import Leases
from bridge.mattermost.api import Denied, Gone, MattermostError
from bridge.mattermost.notifier import Notifier, Reach, Thread
from bridge.mattermost.presence import Presence
from bridge.mattermost.submissions import Submission
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.errors import CallError, Retry, ServerError
from bridge.storage.entries import (
    ANSWERED,
    FILES,
    LINK,
    NOT_TAKEN,
    REQUESTER,
    TOLD,
    Filed,
    Kind,
    Result,
)
from bridge.tickets.content import MissingFiles
from bridge.tickets.desks import Routed
from bridge.tickets.files import Files
from bridge.tickets.requesters import Requesters, may_be_named, passes
from glpi import Glpi, GlpiError


@dataclass(frozen=True)
class Steps:
    """How far the steps of a post have come.

    Attributes:
        remaining: those that are still to be done.
        error: what kept one from being done, or from being done in full, if anything did.
        wait: seconds before it makes sense to go on, 0 for as soon as the caller likes.
        busy: whether somebody else is at them, so that nothing was tried.
        is_answered: whether the author has an answer, and nothing remains but what a bot that may
            ask would do: see whether it was read, and name the requester.
    """

    remaining: Set[str] = frozenset()
    error: CallError | None = None
    wait: float = 0.0
    busy: bool = False
    is_answered: bool = False


@dataclass(frozen=True)
class _Step:
    """How a step went.

    Attributes:
        done: what is done now: the step, files.
        error: what kept the rest from being done, if anything did.
        in_doubt: whether something may still be on its way to GLPI.
        lacking: what the administrator should know of a step that is done with less than there
            could be.
    """

    done: Set[str] = frozenset()
    error: CallError | None = None
    in_doubt: bool = False
    lacking: ServerError | None = None


def _all(steps: Sequence[_Step]) -> _Step:
    """Return how several steps went, with the first thing that went wrong."""
    return _Step(
        frozenset[str]().union(*(step.done for step in steps)),
        next((step.error for step in steps if step.error), None),
        any(step.in_doubt for step in steps),
        next((step.lacking for step in steps if step.lacking), None),
    )


def _is_answered(done: Set[str], remaining: Set[str], error: CallError | None) -> bool:
    """Say whether the author has an answer, and nothing waits but for a bot that may ask.

    Args:
        done: the steps that are done, and what is noted beside.
        remaining: those that are not.
        error: what kept them from being done, if anything did.
    """
    if TOLD in remaining and ANSWERED not in done:
        return False
    if remaining == {TOLD}:
        return True
    return remaining <= {TOLD, REQUESTER, LINK} and isinstance(error, Denied)


class Completion:
    """Does the steps.

    Args:
        leases: keep two from doing them at once.
        linking: links threads and tickets.
        requesters: know who asks.
        files: are carried.
        notifier: tells authors.
        presence: lets the bot join channels.
        glpi: where tickets are.
    """

    def __init__(
        self,
        leases: Leases,
        linking: Linking,
        requesters: Requesters,
        files: Files,
        notifier: Notifier,
        presence: Presence,
        glpi: Glpi,
    ) -> None:
        self._leases = leases
        self._linking = linking
        self._requesters = requesters
        self._files = files
        self._notifier = notifier
        self._presence = presence
        self._glpi = glpi

    def wanted(self, submission: Submission, result: Result) -> frozenset[str]:
        """Return the steps that a post in GLPI needs.

        Args:
            submission: the message.
            result: what it is in GLPI.

        Raises:
            SettingsError: the secret cannot be read.
        """
        wanted = {REQUESTER, LINK}
        if result.kind is Kind.CONTINUATION:
            wanted.add(NOT_TAKEN)
        if self._notifier.reach(submission.place) is not Reach.NONE:
            wanted.add(TOLD)
        if submission.files:
            wanted.add(FILES)
        return frozenset(wanted)

    def complete(
        self,
        submission: Submission,
        routed: Routed | None,
        entry: Filed,
        answers: Answers,
        deadline: Deadline,
        *,
        last: bool,
    ) -> Steps:
        """Do the steps that remain, unless somebody else is at them.

        Args:
            submission: the message.
            routed: its desk, None if bridge.toml has none for it any more.
            entry: what the ledger knows of it: it has a ticket.
            answers: what people read.
            deadline: for everything but the telling.
            last: whether what cannot be done now will not be tried again.

        Raises:
            AwsError: the ledger did not answer.
            SettingsError: the secret cannot be read.
        """
        remaining = self.wanted(submission, entry.result) - entry.steps_done
        if not remaining:
            return Steps()
        leased = self._leases.take(submission.ref, entry)
        if not isinstance(leased, Filed):
            return Steps(remaining, wait=leased, busy=True)
        self._come_in(submission, is_needed=bool(remaining & {TOLD, FILES}))
        leased, unplaced = self._place(submission, leased, deadline)
        remaining = self.wanted(submission, leased.result) - leased.steps_done
        if remaining & {TOLD, FILES}:
            self._glpi.learn_address(deadline)  # what people are told links to it
        steps: dict[str, Callable[[Filed], _Step]] = {
            NOT_TAKEN: partial(self._take_back, deadline),
            TOLD: partial(self._tell_number, submission, answers),
            REQUESTER: partial(self._name_requester, submission, deadline),
            LINK: partial(self._link, submission, routed, unplaced, deadline, last=last),
            FILES: partial(self._carry_files, submission, answers, deadline, last=last),
        }
        went, entry = list[_Step](), leased
        for do in (do for step, do in steps.items() if step in remaining):
            went.append(do(entry))
            entry = replace(entry, steps_done=entry.steps_done | went[-1].done)
        return self._give_back(submission, leased, remaining, _all(went), last=last)

    def _give_back(
        self, submission: Submission, leased: Filed, remaining: Set[str], went: _Step, *, last: bool
    ) -> Steps:
        """Record how far the steps have come."""
        remaining = remaining - went.done
        error = went.error.code if went.error and remaining and not last else ""
        wait = self._leases.give_back(
            submission.ref, leased, went.done, error, in_doubt=went.in_doubt
        )
        is_answered = _is_answered(leased.steps_done, remaining, went.error)
        return Steps(remaining, went.error or went.lacking, wait, is_answered=is_answered)

    def _place(
        self, submission: Submission, entry: Filed, deadline: Deadline
    ) -> tuple[Filed, MattermostError | None]:
        """Learn where a post stands that was filed without knowing; then its link is due again."""
        result, error = self._linking.placed(submission.place, entry.result, deadline)
        if result == entry.result:
            return entry, error
        return replace(entry, result=result, steps_done=entry.steps_done - {LINK}), None

    def _come_in(self, submission: Submission, *, is_needed: bool) -> None:
        """Let the bot join the channel, so that it can answer and read files from now on.

        Raises:
            SettingsError: the secret cannot be read.
        """
        channel = submission.place.channel_id
        if channel and self._notifier.reach(submission.place) is Reach.THREAD:
            deadline = Deadline(timing.PLACE_SECONDS)
            self._presence.enter(channel, deadline, is_needed=is_needed)

    def _tell_number(self, submission: Submission, answers: Answers, entry: Filed) -> _Step:
        """Tell the number, unless the author has read it already."""
        text = answers.later(submission, entry.result)
        is_answered = ANSWERED in entry.steps_done
        error = self._try_to_tell(submission, text, unless_root=is_answered)
        return _Step(frozenset(), error) if error else _Step({TOLD})

    def _take_back(self, deadline: Deadline, entry: Filed) -> _Step:
        """Let nobody have taken a new ticket up by its link; before an answer, which would be."""
        try:
            self._glpi.taking.take_back(entry.result.ticket, deadline)
        except GlpiError as error:
            return _Step(frozenset(), error)
        return _Step({NOT_TAKEN})

    def _name_requester(self, submission: Submission, deadline: Deadline, entry: Filed) -> _Step:
        """Name the requester of a new ticket; a followup needs none."""
        if not entry.result.is_new:
            return _Step({REQUESTER})
        error = self._requesters.name(submission.author, entry.result.ticket, deadline)
        if may_be_named(error):
            return _Step(frozenset(), error)
        return _Step({REQUESTER}, lacking=error)

    def _link(
        self,
        submission: Submission,
        routed: Routed | None,
        unplaced: MattermostError | None,
        deadline: Deadline,
        entry: Filed,
        *,
        last: bool,
    ) -> _Step:
        """Link it; whom GLPI has taken as requester, and where the post stands, comes first.

        A bot that may not ask keeps no link waiting: it is written again when the place is learnt.
        """
        desk = routed.desk.name if routed else ""
        error: CallError | None
        try:
            error = self._linking.link(submission, entry.result, desk, deadline, last=last)
        except AwsError as refusal:
            return _Step(frozenset(), refusal)
        error = error or (unplaced if passes(unplaced) and not last else None)
        if error or not (last or REQUESTER in entry.steps_done):
            return _Step(frozenset(), error)
        return _Step({LINK})

    def _carry_files(
        self,
        submission: Submission,
        answers: Answers,
        deadline: Deadline,
        entry: Filed,
        *,
        last: bool,
    ) -> _Step:
        """Carry the files, and tell which never reach the ticket."""
        ticket, own, done = entry.result.ticket, entry.result.is_new, entry.steps_done
        carried = self._files.carry(submission.files, ticket, done, deadline, inline=own)
        for refusal in carried.refusals:
            self._presence.learn_from(submission.place.channel_id, refusal)
        missing = carried.failed + (carried.late if last else ())
        error: CallError | None = None if last else carried.error
        if missing and not error:
            error = self._tell_missing(submission, ticket, missing, answers, deadline)
        in_doubt = carried.in_doubt or (error is not None and error.retry is Retry.AFTER_LOOK_UP)
        return _Step(carried.done | (frozenset() if error else {FILES}), error, in_doubt)

    def _tell_missing(
        self,
        submission: Submission,
        ticket: int,
        missing: MissingFiles,
        answers: Answers,
        deadline: Deadline,
    ) -> CallError | None:
        """Note in the ticket, and tell in the thread, which files never reach it."""
        try:
            links = self._files.note_missing(submission, ticket, missing, answers.rules, deadline)
        except GlpiError as error:
            return error
        text = answers.files_failed(ticket, missing, is_linked=links)
        return self._try_to_tell(submission, text)

    def tell(self, submission: Submission, text: str, *, unless_root: bool = False) -> bool:
        """Tell the author of a post something; returns False if there is no way to do so.

        Args:
            submission: the message.
            text: what is told.
            unless_root: whether nothing need be said if the post is no reply.

        Raises:
            MattermostError: they are not told, as far as is known.
            SettingsError: the secret cannot be read.
        """
        if self._notifier.reach(submission.place) is Reach.NONE:
            return False
        deadline = Deadline(timing.NOTICE_SECONDS)
        try:
            target = self._notifier.target_of(submission.place, deadline)
            if unless_root and isinstance(target, Thread) and target.root == submission.place.post:
                return True
            self._notifier.say(target, text, deadline, once=submission.ref)
        except MattermostError as error:
            self._presence.learn_from(submission.place.channel_id, error)
            raise
        return True

    def _try_to_tell(
        self, submission: Submission, text: str, *, unless_root: bool = False
    ) -> MattermostError | None:
        """Tell the author (`tell`); whoever deleted the post need not be told."""
        try:
            self.tell(submission, text, unless_root=unless_root)
        except Gone:
            return None
        except MattermostError as error:
            return error
        return None
