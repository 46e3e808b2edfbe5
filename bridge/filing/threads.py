"""Where a post belongs in GLPI: a ticket of its own, or a followup of its thread's ticket.

Only a bot can tell: an outgoing webhook does not say whether a post is a reply (Mattermost 5.37).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.filing.filing import Became, Filing
from bridge.mattermost.api import Gone, MattermostApi, MattermostError, Place, Unreachable
from bridge.mattermost.outgoing_webhook import Post
from bridge.net.http import Deadline
from bridge.storage.ledger import BURIED, NEW, State
from glpi import Condition, Glpi, GlpiFollowups, Refused, TooLarge

FAILURES = 3
"""So many failures in a row, and nobody waits for Mattermost."""

SKIP_SECONDS = 300.0
"""Seconds for which nobody does; then it is asked again."""

ASK_SECONDS = 2.0
"""Seconds for asking Mattermost where a post stands."""


@dataclass(frozen=True)
class Spot:
    """Where a post stands in Mattermost.

    Attributes:
        place: its channel and thread, None if that could not be learnt.
        trouble: what kept it from being learnt, if anything did.
    """

    place: Place | None = None
    trouble: MattermostError | None = None

    @property
    def root(self) -> str:
        """The post that the thread hangs on, "" if this is no reply as far as is known."""
        return (self.place.root if self.place else None) or ""


@dataclass(frozen=True)
class Home:
    """Where a post belongs in GLPI.

    Attributes:
        waits: whether its thread's ticket is still to be filed.
        ticket: the ticket of its thread, if there is one.
        condition: what that ticket is like.
    """

    waits: bool = False
    ticket: int | None = None
    condition: Condition = field(default_factory=lambda: Condition(there=False))


class Threads:
    """Finds out where posts stand and belong.

    Args:
        api: Mattermost.
        filing: knows which thread belongs to which ticket.
        followups: know what a ticket is like.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: MattermostApi,
        filing: Filing,
        followups: GlpiFollowups,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._failures = 0
        self._ask_again_at = 0.0
        self._api = api
        self._filing = filing
        self._followups = followups

    def spot(self, post: Post, deadline: Deadline, *, hurried: bool) -> Spot:
        """Say where a post stands; never raises for Mattermost's failures.

        Args:
            post: the message.
            deadline: for everything that is asked of Mattermost.
            hurried: whether a person waits: then a Mattermost that could not be asked several times
                in a row is not asked for a while, and the post counts as no reply.
        """
        if not self._api.has_bot or not post.id:
            return Spot()
        if hurried and self._clock() < self._ask_again_at:
            return Spot()
        try:
            place = self._api.place(post.id, deadline.within(ASK_SECONDS))
        except Gone:
            return Spot()
        except MattermostError as error:
            self._failures += isinstance(error, Unreachable)
            if self._failures >= FAILURES:
                self._ask_again_at = self._clock() + SKIP_SECONDS
            return Spot(trouble=error)
        self._failures = 0
        return Spot(place)

    def home(self, root: str, deadline: Deadline) -> Home:
        """Say where the posts of a thread belong.

        Raises:
            AwsError: the ledger cannot be asked now.
            GlpiError: GLPI cannot.
        """
        if not root:
            return Home()
        entry = self._filing.of_thread(root)
        if entry == NEW or entry.why == BURIED or self._filing.abandoned(entry):
            return Home()
        if entry.state is not State.FILED or entry.ticket is None:
            return Home(waits=True)
        return Home(
            ticket=entry.ticket, condition=self._followups.condition(entry.ticket, deadline)
        )


@dataclass(frozen=True)
class NewTicket:
    """A post becomes a ticket.

    Attributes:
        fields: its `input` in GLPI's names.
        former: the ticket that it goes on from, if any.
        root: the post whose thread belongs to it from now on, "" for no other than its own.
    """

    glpi: Glpi
    followups: GlpiFollowups
    marker: str
    fields: Mapping[str, object]
    former: int | None = None
    root: str = ""

    target: None = None

    def create(self, deadline: Deadline) -> Became:
        """See `filing.Wish`."""
        return self._became(self.glpi.create_ticket(self.fields, deadline))

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Became]:
        """See `filing.Wish`; the post may have been tried as a followup before."""
        for ticket in {target, self.former} - {None}:
            if ticket and self.followups.exists(ticket, self.marker, deadline):
                return [Became(ticket, "followup")]
        found = self.glpi.find_tickets(self.marker, days, deadline)
        return [self._became(ticket) for ticket in found]

    def _became(self, ticket: int) -> Became:
        how = "accepted" if self.former is None else "closed"
        return Became(ticket, how, self.former, self.root)


@dataclass(frozen=True)
class NewFollowup:
    """A post becomes a followup.

    Attributes:
        target: of this ticket.
        fields: its `input` in GLPI's names.
        reopens: whether the ticket is opened again by it.
        instead: what it becomes if GLPI refuses that.
    """

    followups: GlpiFollowups
    target: int
    fields: Mapping[str, object]
    reopens: bool
    instead: NewTicket

    def create(self, deadline: Deadline) -> Became:
        """See `filing.Wish`; Self-Service may not add to what is solved (10.0.14, 11.0.6)."""
        try:
            self.followups.create(self.fields, deadline)
        except TooLarge:
            raise
        except Refused:
            return self.instead.create(deadline)
        return Became(self.target, "reopened" if self.reopens else "followup")

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Became]:
        """See `filing.Wish`; the post may have been tried as a ticket of its own before."""
        return self.instead.find(days, target, deadline)
