"""What remains to do for a post that is in GLPI: telling its author, requester, link and files.

Each step can be done again without harm; none keeps another from being done.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import partial

from bridge.config import timing
from bridge.filing.answers import Answers
from bridge.filing.linking import Linking
from bridge.jobs.leases import Leases
from bridge.mattermost.api import Gone, MattermostError
from bridge.mattermost.notifier import Notifier, Reach, Thread
from bridge.mattermost.presence import Presence
from bridge.mattermost.submissions import Submission
from bridge.net.deadline import Deadline
from bridge.net.errors import Retry, ServerError
from bridge.storage.entries import ANSWERED, FILES, LINK, REQUESTER, TOLD, Filed
from bridge.tickets.desks import Routed
from bridge.tickets.files import Files
from bridge.tickets.requesters import Requesters


@dataclass(frozen=True)
class Steps:
    """How far the steps of a post have come.

    Attributes:
        remaining: those that are still to be done.
        error: what kept one from being done, if anything did.
        wait: seconds before it makes sense to go on, 0 for as soon as the caller likes.
        busy: whether somebody else is at them, so that nothing was tried.
    """

    remaining: Set[str] = frozenset()
    error: ServerError | None = None
    wait: float = 0.0
    busy: bool = False


@dataclass(frozen=True)
class _Step:
    """How a step went.

    Attributes:
        done: what is done now: the step, files.
        error: what kept the rest from being done, if anything did.
        in_doubt: whether something may still be on its way to GLPI.
    """

    done: Set[str] = frozenset()
    error: ServerError | None = None
    in_doubt: bool = False


class Completion:
    """Does the steps.

    Args:
        leases: keep two from doing them at once.
        linking: links threads and tickets.
        requesters: know who asks.
        files: are carried.
        notifier: tells authors.
        presence: lets the bot join channels.
    """

    def __init__(
        self,
        leases: Leases,
        linking: Linking,
        requesters: Requesters,
        files: Files,
        notifier: Notifier,
        presence: Presence,
    ) -> None:
        self._leases = leases
        self._linking = linking
        self._requesters = requesters
        self._files = files
        self._notifier = notifier
        self._presence = presence

    def wanted(self, submission: Submission) -> frozenset[str]:
        """Return the steps that a post in GLPI needs.

        Raises:
            SettingsError: the secret cannot be read.
        """
        wanted = {REQUESTER, LINK}
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
        remaining = self.wanted(submission) - entry.steps_done
        if not remaining:
            return Steps()
        leased = self._leases.take(submission.ref, entry)
        if not isinstance(leased, Filed):
            return Steps(remaining, wait=leased, busy=True)
        self._come_in(submission)
        steps: dict[str, Callable[[], _Step]] = {
            TOLD: partial(self._tell_number, submission, leased, answers),
            REQUESTER: partial(self._name_requester, submission, leased, deadline),
            LINK: partial(self._link, submission, routed, leased, deadline, last=last),
            FILES: partial(self._carry_files, submission, leased, answers, deadline, last=last),
        }
        went = [do() for step, do in steps.items() if step in remaining]
        done = frozenset[str]().union(*(step.done for step in went))
        errors = [step.error for step in went if step.error]
        in_doubt = any(step.in_doubt for step in went)
        remaining = remaining - done
        reason = errors[0].code if errors and remaining and not last else ""
        wait = self._leases.give_back(submission.ref, leased, done, reason, in_doubt=in_doubt)
        return Steps(remaining, errors[0] if errors else None, wait)

    def _come_in(self, submission: Submission) -> None:
        """Let the bot join the channel, so that it can answer and read files from now on.

        Raises:
            SettingsError: the secret cannot be read.
        """
        channel = submission.place.channel_id
        if channel and self._notifier.reach(submission.place) is Reach.THREAD:
            self._presence.enter(channel, Deadline(timing.PLACE_SECONDS))

    def _tell_number(self, submission: Submission, entry: Filed, answers: Answers) -> _Step:
        """Tell the number, unless the author has read it already."""
        text = answers.later(submission, entry.result)
        is_answered = ANSWERED in entry.steps_done
        error = self._try_to_tell(submission, text, unless_root=is_answered)
        return _Step(frozenset(), error) if error else _Step({TOLD})

    def _name_requester(self, submission: Submission, entry: Filed, deadline: Deadline) -> _Step:
        """Name the requester of a new ticket; a followup needs none."""
        if not entry.result.is_new:
            return _Step({REQUESTER})
        error = self._requesters.name(submission.author, entry.result.ticket, deadline)
        return _Step(frozenset(), error) if error else _Step({REQUESTER})

    def _link(
        self,
        submission: Submission,
        routed: Routed | None,
        entry: Filed,
        deadline: Deadline,
        *,
        last: bool,
    ) -> _Step:
        desk = routed.desk.name if routed else ""
        linked, error = self._linking.link(submission, entry.result, desk, deadline, last=last)
        return _Step({LINK} if linked else frozenset(), error)

    def _carry_files(
        self,
        submission: Submission,
        entry: Filed,
        answers: Answers,
        deadline: Deadline,
        *,
        last: bool,
    ) -> _Step:
        """Carry the files, and tell which never reach the ticket."""
        ticket, own, done = entry.result.ticket, entry.result.is_new, entry.steps_done
        carried = self._files.carry(submission.files, ticket, done, deadline, inline=own)
        missing = carried.failed + (carried.late if last else ())
        error = None if last else carried.error
        if missing and not error:
            error = self._tell_missing(submission, ticket, missing, answers, deadline)
        in_doubt = carried.in_doubt or (error is not None and error.retry is Retry.AFTER_LOOK_UP)
        return _Step(carried.done | (frozenset() if error else {FILES}), error, in_doubt)

    def _tell_missing(
        self,
        submission: Submission,
        ticket: int,
        missing: tuple[tuple[str, str], ...],
        answers: Answers,
        deadline: Deadline,
    ) -> ServerError | None:
        """Note in the ticket, and tell in the thread, which files never reach it."""
        error = self._files.note_missing(submission, ticket, missing, answers.rules, deadline)
        return error or self._try_to_tell(submission, answers.files_failed(ticket, missing))

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
        target = self._notifier.target_of(submission.place, deadline)
        if unless_root and isinstance(target, Thread) and target.root == submission.place.post:
            return True
        self._notifier.say(target, text, deadline, once=submission.ref)
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
