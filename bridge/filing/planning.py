"""What should become of a post: looked up, composed, and not yet done."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bridge.config.rules import Rules
from bridge.filing.filing import Filing, Wish
from bridge.filing.threads import Home, NewFollowup, NewTicket, Spot, Threads
from bridge.mattermost.api import MattermostApi, Unreachable
from bridge.mattermost.outgoing_webhook import Post
from bridge.net.aws import AwsError
from bridge.net.http import Deadline, ServerError
from bridge.storage.ledger import FILES, REQUESTER
from bridge.tickets.content import Circumstances, compose, compose_followup, marker
from bridge.tickets.desks import Routed
from bridge.tickets.requesters import Requesters, later
from glpi import Glpi, GlpiError, GlpiFollowups

LOOK_UP_SECONDS = 3.0
"""Seconds for finding out where a post belongs and who asks; the ticket gets the rest."""

ASK_PATIENCE = 600.0
"""Seconds after which a ticket of its own is better than waiting to learn a post's thread."""

THREAD_PATIENCE = 24 * 3600.0
"""Seconds after which it is better than waiting for the thread's own ticket to be filed."""


class ThreadWaitsError(Exception):
    """The ticket of the post's thread is still to be filed."""


@dataclass(frozen=True)
class Plan:
    """What should become of a post.

    Attributes:
        wish: in GLPI.
        done: the steps that are done with its creation.
        trouble: what kept more from being known, if anything did.
    """

    wish: Wish
    done: frozenset[str]
    trouble: ServerError | None = None


class Planner:
    """Plans.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        glpi: where tickets go.
        followups: of tickets.
        api: Mattermost.
        filing: knows which thread belongs to which ticket.
        requesters: know who asks.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        rules: Rules,
        mattermost_url: str | None,
        glpi: Glpi,
        followups: GlpiFollowups,
        api: MattermostApi,
        filing: Filing,
        requesters: Requesters,
        clock: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._mattermost_url = mattermost_url
        self._glpi = glpi
        self._followups = followups
        self._api = api
        self._threads = Threads(api, filing, followups, clock)
        self._requesters = requesters
        self._clock = clock

    def spot(self, post: Post, deadline: Deadline, *, hurried: bool) -> Spot:
        """Say where a post stands in Mattermost; see `Threads.spot`."""
        return self._threads.spot(post, deadline, hurried=hurried)

    def plan(
        self,
        post: Post,
        routed: Routed,
        spot: Spot,
        deadline: Deadline,
        may_wait: Callable[[float], bool],
    ) -> Plan:
        """Say what should become of a post. What a setting forbids to know costs no ticket.

        Args:
            post: the message.
            routed: its desk.
            spot: where it stands.
            deadline: for everything that is asked.
            may_wait: whether it is safe, and has been for less than so many seconds.

        Raises:
            ThreadWaitsError: its thread's ticket is still to be filed.
            Unreachable: Mattermost cannot be asked now.
            AwsError: the ledger cannot.
            GlpiError: GLPI cannot.
        """
        if isinstance(spot.trouble, Unreachable) and may_wait(ASK_PATIENCE):
            raise spot.trouble
        soon = deadline.within(LOOK_UP_SECONDS)
        try:
            home = self._threads.home(spot.root, soon)
        except (AwsError, GlpiError):
            if may_wait(math.inf):
                raise
            home = Home()
        if home.waits and may_wait(THREAD_PATIENCE):
            raise ThreadWaitsError
        who, unknown = self._requesters.of(post, soon)
        around = Circumstances(self._mattermost_url, who, self._api.has_bot, self._clock())
        wish = self._wish(post, routed, spot.root, home, around)
        named = frozenset() if later(unknown) else frozenset({REQUESTER})
        said = frozenset() if around.carries_files else frozenset({FILES})  # where the files are
        return Plan(wish, named | said, spot.trouble or unknown)

    def _wish(
        self, post: Post, routed: Routed, root: str, home: Home, around: Circumstances
    ) -> Wish:
        former = home.ticket if home.condition.there else None
        fields = compose(post, routed, self._rules, around, former)
        ticket = NewTicket(self._glpi, self._followups, marker(post), fields, former, root)
        if home.ticket is None or not home.condition.takes_followups:
            return ticket
        reopen = home.condition.rests
        fields = compose_followup(post, routed, self._rules, around, home.ticket, reopen=reopen)
        return NewFollowup(self._followups, home.ticket, fields, reopen, instead=ticket)
