"""Where a post belongs: its position in Mattermost, and the ticket of its thread.

Only a bot can tell: an outgoing webhook does not say whether a post is a reply (Mattermost 5.37).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.config import timing
from bridge.jobs.claims import Claims
from bridge.mattermost.api import Gone, MattermostApi, MattermostError, Position, Unreachable
from bridge.mattermost.submissions import Place
from bridge.net.deadline import Deadline
from bridge.storage.entries import NEW, Buried, Filed
from bridge.storage.links import Links
from bridge.tickets.content import marker
from glpi import Condition, Glpi

DAY = 24 * 3600.0

FAILURES = 3
"""So many failures in a row, and nobody waits for Mattermost."""


@dataclass(frozen=True)
class Located:
    """Where a post stands in Mattermost.

    Attributes:
        position: its channel and thread, None if that could not be learnt.
        error: what kept it from being learnt, if anything did.
        is_unknown: whether there is a bot that could have learnt it.
    """

    position: Position | None = None
    error: MattermostError | None = None
    is_unknown: bool = False

    @property
    def root(self) -> str:
        """The post that the thread hangs on, "" if this is no reply as far as is known."""
        return (self.position.root if self.position else None) or ""

    @property
    def thread(self) -> str | None:
        """The same, None while it is not known."""
        return None if self.is_unknown else self.root


@dataclass(frozen=True)
class ThreadTicket:
    """The ticket of a thread.

    Attributes:
        is_pending: whether it is still to be filed.
        ticket: its number, if there is one.
        condition: what it is like.
    """

    is_pending: bool = False
    ticket: int | None = None
    condition: Condition = field(default_factory=lambda: Condition(exists=False))


class Threads:
    """Finds out where posts stand and belong.

    Args:
        api: Mattermost.
        glpi: knows what a ticket is like.
        links: which thread belongs to which ticket.
        claims: who is filing the thread's own ticket.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: MattermostApi,
        glpi: Glpi,
        links: Links,
        claims: Claims,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._glpi = glpi
        self._links = links
        self._claims = claims
        self._clock = clock
        self._failures = 0
        self._ask_again_at = 0.0

    def locate(self, place: Place, deadline: Deadline, *, hurried: bool) -> Located:
        """Say where a post stands; never raises for Mattermost's failures.

        Args:
            place: where it was written.
            deadline: for everything that is asked of Mattermost.
            hurried: whether a person waits: then a Mattermost that could not be asked several times
                in a row is not asked for a while, and the post counts as no reply.
        """
        if not place.post or not self._api.has_bot():
            return Located()
        if hurried and self._clock() < self._ask_again_at:
            return Located(is_unknown=True)
        try:
            position = self._api.position(place.post, deadline.within(timing.PLACE_SECONDS))
        except Gone:
            return Located(is_unknown=True)
        except MattermostError as error:
            self._failures += isinstance(error, Unreachable)
            if self._failures >= FAILURES:
                self._ask_again_at = self._clock() + timing.MATTERMOST_PAUSE_SECONDS
            return Located(error=error, is_unknown=True)
        self._failures = 0
        return Located(position)

    def ticket_of(self, root: str, deadline: Deadline) -> ThreadTicket | None:
        """Say which ticket the posts of a thread belong to, None if nothing is remembered of it.

        Args:
            root: the post that the thread hangs on, "" for no thread.
            deadline: for everything that is asked of GLPI.

        Raises:
            AwsError: the ledger cannot be asked now.
            GlpiError: GLPI cannot.
        """
        if not root:
            return ThreadTicket()
        entry = self._links.entry(root)
        if entry == NEW:
            return None
        if isinstance(entry, Buried) or self._claims.is_abandoned(entry):
            return ThreadTicket()
        if not isinstance(entry, Filed):
            return ThreadTicket(is_pending=True)
        ticket = entry.result.ticket
        return ThreadTicket(
            ticket=ticket, condition=self._glpi.followups.condition(ticket, deadline)
        )

    def lost_ticket_of(self, root: str, deadline: Deadline) -> ThreadTicket:
        """Look in GLPI for the ticket of a thread that nothing is remembered of.

        That is the one that its root became. If the thread has gone on in another since, nobody
        can tell any more, and it goes on from the first.

        Args:
            root: the post that the thread hangs on.
            deadline: for everything that is asked of GLPI and Mattermost.

        Raises:
            GlpiError: there is no telling.
        """
        found = self._glpi.find_tickets(marker(root), self._days_since(root, deadline), deadline)
        if not found:
            return ThreadTicket()
        condition = self._glpi.followups.condition(found[0], deadline)
        return ThreadTicket(ticket=found[0], condition=condition)

    def _days_since(self, root: str, deadline: Deadline) -> int:
        """Return for how many days there has been a post; a search of fewer days is quicker."""
        try:
            written_at = self._api.position(root, deadline.within(timing.PLACE_SECONDS)).written_at
        except MattermostError:
            written_at = None
        oldest = self._clock() - timing.LINK_AGE_SECONDS
        return int((self._clock() - max(written_at or oldest, oldest)) / DAY) + 2
