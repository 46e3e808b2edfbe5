"""What should become of a post: looked up, composed, and not yet done."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.config import timing
from bridge.config.rules import Rules
from bridge.filing.drafts import Draft, NewFollowup, NewTicket
from bridge.filing.threads import Located, Threads, ThreadTicket
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.submissions import Submission
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.net.errors import Retry, ServerError
from bridge.storage.entries import FILES, REQUESTER
from bridge.tickets.content import Circumstances, compose, compose_followup, marker
from bridge.tickets.desks import Routed
from bridge.tickets.requesters import Requesters, may_be_named
from glpi import NOBODY, Glpi, GlpiError


class ThreadWaitsError(Exception):
    """The ticket of the post's thread is still to be filed, or could not be looked up.

    Attributes:
        error: why it could not be, None if it is still to be filed.
    """

    def __init__(self, error: GlpiError | None = None) -> None:
        super().__init__()
        self.error = error


@dataclass(frozen=True)
class Plan:
    """What should become of a post.

    Attributes:
        draft: of what it becomes in GLPI.
        done: the steps that are done with its creation.
        error: what kept more from being known, if anything did.
    """

    draft: Draft
    done: frozenset[str]
    error: ServerError | None = None


class Planner:
    """Decides what should become of a post.

    Args:
        rules: bridge.toml.
        api: Mattermost.
        glpi: where tickets go.
        threads: know the ticket of a thread.
        requesters: know who asks.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        api: MattermostApi,
        glpi: Glpi,
        threads: Threads,
        requesters: Requesters,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._api = api
        self._glpi = glpi
        self._threads = threads
        self._requesters = requesters
        self._clock = clock

    def plan(
        self,
        submission: Submission,
        routed: Routed,
        located: Located,
        deadline: Deadline,
        may_wait: Callable[[float], bool],
        *,
        hurried: bool,
    ) -> Plan:
        """Say what should become of a post. What a setting forbids to know costs no ticket.

        Args:
            submission: the message.
            routed: its desk.
            located: where it stands.
            deadline: for everything that is asked.
            may_wait: whether it is safe, and has been for less than so many seconds.
            hurried: whether a person waits.

        Raises:
            ThreadWaitsError: its thread's ticket is still to be filed, or to be looked up.
            Unreachable: Mattermost cannot be asked now.
            AwsError: the ledger cannot.
            GlpiError: GLPI cannot.
        """
        error = located.error
        if error and error.retry is Retry.SOON and may_wait(timing.THREAD_UNKNOWN_SECONDS):
            raise error
        soon = deadline.within(timing.LOOK_UP_SECONDS)
        thread = self._thread(located.root, soon, may_wait) or self._lost(
            located.root, soon if hurried else deadline, may_wait
        )
        requester, unknown = self._requesters.of(submission.author, soon)
        circumstances = Circumstances(
            self._api.base_url, requester, self._api.has_bot(), self._clock()
        )
        draft = self._draft(submission, routed, located.thread, thread, circumstances)
        nobody = requester == NOBODY and not may_be_named(
            unknown
        )  # else GLPI may have dropped them
        named = frozenset({REQUESTER}) if nobody else frozenset()
        said = frozenset() if circumstances.carries_files else frozenset({FILES})  # where they are
        return Plan(draft, named | said, error or unknown)

    def _thread(
        self, root: str, deadline: Deadline, may_wait: Callable[[float], bool]
    ) -> ThreadTicket | None:
        """Return the ticket of a thread, None if nothing is remembered of it.

        What cannot be known in time counts as no ticket.
        """
        try:
            thread = self._threads.ticket_of(root, deadline)
        except (AwsError, GlpiError):
            if may_wait(math.inf):
                raise
            return ThreadTicket()
        if thread and thread.is_pending and may_wait(timing.THREAD_TICKET_SECONDS):
            raise ThreadWaitsError
        return thread

    def _lost(
        self, root: str, deadline: Deadline, may_wait: Callable[[float], bool]
    ) -> ThreadTicket:
        """Look in GLPI for the ticket of a thread that nothing is remembered of.

        That it cannot be searched does not mean that it takes no tickets.
        """
        try:
            return self._threads.lost_ticket_of(root, deadline)
        except GlpiError as error:
            if may_wait(timing.THREAD_UNKNOWN_SECONDS):
                raise ThreadWaitsError(error) from None
            return ThreadTicket()

    def _draft(
        self,
        submission: Submission,
        routed: Routed,
        root: str | None,
        thread: ThreadTicket,
        circumstances: Circumstances,
    ) -> Draft:
        former = thread.ticket if thread.condition.exists else None
        fields = compose(submission, routed, self._rules, circumstances, former)
        rests = former is not None and thread.condition.is_resting
        ticket = NewTicket(self._glpi, marker(submission.ref), fields, former, root, rests)
        if thread.ticket is None or not thread.condition.takes_followups:
            return ticket
        fields = compose_followup(
            submission, routed, self._rules, circumstances, thread.ticket, reopen=rests
        )
        return NewFollowup(thread.ticket, fields, rests, instead=replace(ticket, rests=False))
