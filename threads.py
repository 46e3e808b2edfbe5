"""Where a post belongs in GLPI: a ticket of its own, or a followup of its thread's ticket.

Only a bot can tell: an outgoing webhook does not say whether a post is a reply (Mattermost 5.37).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from filing import Filing
from glpi import Glpi
from glpi_followups import Condition, GlpiFollowups
from ledger import NEW, State
from mattermost import Post
from mattermost_api import Denied, Gone, MattermostApi, MattermostError, Place
from transport import Deadline

ASK_SECONDS = 2.0
"""Seconds for asking Mattermost where a post stands."""


@dataclass(frozen=True)
class Home:
    """Where a post stands.

    Attributes:
        place: its channel and thread, None if that could not be learnt.
        waits: whether its thread's ticket is still to be filed.
        ticket: the ticket of its thread, if there is one.
        condition: what that ticket is like.
        trouble: what a setting keeps from being known.
    """

    place: Place | None = None
    waits: bool = False
    ticket: int | None = None
    condition: Condition = field(default_factory=lambda: Condition(there=False))
    trouble: MattermostError | None = None

    @property
    def root(self) -> str | None:
        """The post that the thread hangs on, None if this is no reply."""
        return self.place.root if self.place else None


class Threads:
    """Finds out where posts stand.

    Args:
        api: Mattermost.
        filing: knows which thread belongs to which ticket.
        followups: know what a ticket is like.
    """

    def __init__(self, api: MattermostApi, filing: Filing, followups: GlpiFollowups) -> None:
        self._api = api
        self._filing = filing
        self._followups = followups

    def home(self, post: Post, deadline: Deadline) -> Home:
        """Say where a post stands. What a setting forbids to know costs no ticket.

        Raises:
            Unreachable: Mattermost cannot be asked now.
            AwsError: the ledger cannot.
            GlpiError: GLPI cannot.
        """
        if not self._api.has_bot or not post.id:
            return Home()
        try:
            place = self._api.place(post.id, deadline.within(ASK_SECONDS))
        except Gone:
            return Home()
        except Denied as error:
            return Home(trouble=error)
        if place.root is None:
            return Home(place)
        entry = self._filing.of_thread(place.root)
        if entry == NEW:
            return Home(place)
        if entry.state is not State.FILED or entry.ticket is None:
            return Home(place, waits=True)
        condition = self._followups.condition(entry.ticket, deadline)
        return Home(place, ticket=entry.ticket, condition=condition)


@dataclass(frozen=True)
class NewTicket:
    """A post becomes a ticket.

    Attributes:
        fields: its `input` in GLPI's names.
        former: the closed ticket that it goes on from, if any.
    """

    glpi: Glpi
    followups: GlpiFollowups
    marker: str
    fields: Mapping[str, object]
    former: int | None = None

    @property
    def how(self) -> str:
        """See `filing.Wish`."""
        return "accepted" if self.former is None else "closed"

    def create(self, deadline: Deadline) -> int:
        """See `filing.Wish`."""
        return self.glpi.create_ticket(self.fields, deadline)

    def find(self, days: int, deadline: Deadline) -> list[int]:
        """See `filing.Wish`; the former ticket may have been open when this was tried first."""
        found = self.glpi.find_tickets(self.marker, days, deadline)
        if not found and self.former is not None:
            added = self.followups.exists(self.former, self.marker, deadline)
            return [self.former] if added else []
        return found


@dataclass(frozen=True)
class NewFollowup:
    """A post becomes a followup.

    Attributes:
        ticket: of this ticket.
        fields: its `input` in GLPI's names.
        reopens: whether the ticket is opened again by it.
    """

    glpi: Glpi
    followups: GlpiFollowups
    marker: str
    ticket: int
    fields: Mapping[str, object]
    reopens: bool
    former: int | None = None

    @property
    def how(self) -> str:
        """See `filing.Wish`."""
        return "reopened" if self.reopens else "followup"

    def create(self, deadline: Deadline) -> int:
        """See `filing.Wish`."""
        self.followups.create(self.fields, deadline)
        return self.ticket

    def find(self, days: int, deadline: Deadline) -> list[int]:
        """See `filing.Wish`; the post may have been tried as a ticket of its own before."""
        if self.followups.exists(self.ticket, self.marker, deadline):
            return [self.ticket]
        return self.glpi.find_tickets(self.marker, days, deadline)
