"""Linking a ticket and the thread that it was asked for in, for as long as anything happens."""

from bridge.mattermost.submissions import Submission
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from bridge.storage.entries import Result
from bridge.storage.links import Link, Links
from bridge.tickets.requesters import Requesters, passes
from glpi import NOBODY, Condition, GlpiError, GlpiFollowups, Requester


class Linking:
    """Makes links, and renews them.

    Args:
        links: are remembered.
        requesters: know who asks.
        followups: know what a ticket is like.
    """

    def __init__(self, links: Links, requesters: Requesters, followups: GlpiFollowups) -> None:
        self._links = links
        self._requesters = requesters
        self._followups = followups

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
        requester, unnamed = self._requesters.of(submission.author, deadline)
        self._links.keep(link_of(submission, result, desk, condition.entity, requester))
        error = unknown or (unnamed if passes(unnamed) else None)
        return None if last else error

    def _condition(self, ticket: int, deadline: Deadline) -> tuple[Condition, GlpiError | None]:
        try:
            return self._followups.condition(ticket, deadline), None
        except GlpiError as error:
            return Condition(exists=False), error


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
        requester: that the bridge has named.
    """
    place = submission.place
    named = 0 if requester.email else None
    return Link(
        ticket=result.ticket,
        channel=place.channel_id or "",
        root=result.thread or (place.post if result.is_new else None) or "",
        author=(submission.author.id or "") if result.is_new else "",
        desk=desk,
        audience=place.audience.value,
        entity=entity,
        requester=named if requester.user is None else requester.user,
    )
