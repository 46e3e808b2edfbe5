"""Linking a ticket and the thread that it was asked for in, for as long as anything happens."""

from dataclasses import replace

from bridge.filing.threads import Threads, ThreadTicket
from bridge.mattermost.api import MattermostError
from bridge.mattermost.submissions import Place, Submission
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from bridge.storage.entries import Kind, Result
from bridge.storage.links import Link, Links
from bridge.tickets.requesters import Requesters, passes
from glpi import NOBODY, Condition, GlpiError, GlpiFollowups, Requester


class Linking:
    """Makes links, and renews them.

    Args:
        links: are remembered.
        threads: know where posts stand and belong.
        requesters: know who asks.
        followups: know what a ticket is like.
    """

    def __init__(
        self, links: Links, threads: Threads, requesters: Requesters, followups: GlpiFollowups
    ) -> None:
        self._links = links
        self._threads = threads
        self._requesters = requesters
        self._followups = followups

    def placed(
        self, place: Place, result: Result, deadline: Deadline
    ) -> tuple[Result, MattermostError | None]:
        """Learn where a post stands that was filed without knowing; what keeps from it is returned.

        Args:
            place: where it was written.
            result: what it is in GLPI.
            deadline: for asking Mattermost.
        """
        if result.thread is not None:
            return result, None
        located = self._threads.locate(place, deadline, hurried=False)
        return replace(result, thread=located.thread), located.error

    def link(
        self, submission: Submission, result: Result, desk: str, deadline: Deadline, *, last: bool
    ) -> ServerError | None:
        """Remember what a post has become, and where; a followup renews what is remembered.

        What is known is remembered at once; what keeps the rest from being known is returned.

        Args:
            submission: the message.
            result: what it is in GLPI.
            desk: the name of its desk, "" if it has none any more.
            deadline: for everything that is asked.
            last: whether what cannot be known now will never be.

        Raises:
            AwsError: nothing is known to be remembered.
        """
        if not result.is_new:
            self._links.keep(link_of(submission, result, desk))
            return None
        condition, unknown = self._condition(result.ticket, deadline)
        requester, unnamed = self._requesters.named(submission.author, result.ticket, deadline)
        takes_thread, unsure = self._takes_thread(result, deadline)
        link = link_of(submission, result, desk, condition.entity, requester)
        self._links.keep(link, takes_thread=takes_thread)
        error = unknown or unsure or (unnamed if passes(unnamed) else None)
        return None if last else error

    def _condition(self, ticket: int, deadline: Deadline) -> tuple[Condition, GlpiError | None]:
        try:
            return self._followups.condition(ticket, deadline), None
        except GlpiError as error:
            return Condition(exists=False), error

    def _takes_thread(self, result: Result, deadline: Deadline) -> tuple[bool, GlpiError | None]:
        """Say whether the thread belongs to a new ticket from now on, and what keeps from knowing.

        A ticket was not added to that of its thread if the thread had none, or its place was not
        known: then one that takes followups keeps the thread.

        Raises:
            AwsError: the ledger cannot be asked now.
        """
        if result.kind is not Kind.TICKET or not result.thread:
            return True, None
        try:
            held = self._threads.ticket_of(result.thread, deadline)
            held = held or self._lost(result.thread, result.ticket, deadline)
        except GlpiError as error:
            return False, error
        return held.ticket == result.ticket or not held.condition.takes_followups, None

    def _lost(self, root: str, ticket: int, deadline: Deadline) -> ThreadTicket:
        """Look for the ticket of a thread that nothing is remembered of.

        A GLPI that is there and cannot be searched stays like that for long: it is not waited for.

        Raises:
            GlpiError: it is not there.
        """
        try:
            return self._threads.lost_ticket_of(root, deadline)
        except GlpiError:
            self._followups.condition(ticket, deadline)
            return ThreadTicket()


def link_of(
    submission: Submission,
    result: Result,
    desk: str,
    entity: int | None = None,
    requester: Requester = NOBODY,
) -> Link:
    """Return the link of a post that is in GLPI.

    Of a followup that the release before has filed nobody knows which thread it stands in.

    Args:
        submission: the message.
        result: what it is in GLPI.
        desk: the name of its desk.
        entity: GLPI's id of the ticket's, None if that is not known.
        requester: whom the bridge has named and GLPI taken.
    """
    place = submission.place
    named = 0 if requester.email else None
    is_root = result.is_new and result.thread == ""
    return Link(
        ticket=result.ticket,
        channel=place.channel_id or "",
        root=(place.post if is_root else result.thread) or "",
        author=(submission.author.id or "") if result.is_new else "",
        desk=desk,
        audience=place.audience.value,
        entity=entity,
        requester=named if requester.user is None else requester.user,
    )
