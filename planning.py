"""What should become of a post: looked up, composed, and not yet done."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from aws import AwsError
from desks import Routed
from filing import Filing, Wish
from glpi import Glpi, GlpiError
from glpi_followups import GlpiFollowups
from ledger import REQUESTER
from mattermost import Post
from mattermost_api import MattermostApi, MattermostError
from requesters import Requesters
from rules import Rules
from threads import Home, NewFollowup, NewTicket, Threads
from ticket import Circumstances, compose, compose_followup, marker
from transport import Deadline

LOOK_UP_SECONDS = 4.0
"""Seconds for finding out where a post stands and who asks; the ticket gets the rest."""


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
        home: where it stands in Mattermost.
        done: the steps that are done with its creation.
    """

    wish: Wish
    home: Home
    done: frozenset[str]


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
        self._threads = Threads(api, filing, followups)
        self._requesters = requesters
        self._clock = clock

    def plan(self, post: Post, routed: Routed, deadline: Deadline, age: float | None) -> Plan:
        """Say what should become of a post.

        Args:
            post: the message.
            routed: its desk.
            deadline: for everything that is asked.
            age: seconds for which it has been safe; None if it is not, and so cannot wait.

        Raises:
            ThreadWaitsError: its thread's ticket is still to be filed.
            Unreachable: Mattermost cannot be asked now.
            AwsError: the ledger cannot.
            GlpiError: GLPI cannot.
        """
        soon = deadline.within(LOOK_UP_SECONDS)
        try:
            home = self._threads.home(post, soon)
        except (AwsError, GlpiError, MattermostError) as error:
            limit = ASK_PATIENCE if isinstance(error, MattermostError) else math.inf
            if age is not None and age < limit:
                raise
            home = Home()
        if home.waits and age is not None and age < THREAD_PATIENCE:
            raise ThreadWaitsError
        who, unknown = self._requesters.of(post, soon)
        around = Circumstances(self._mattermost_url, who, self._api.has_bot, self._clock())
        wish = self._wish(post, routed, home, around)
        done = frozenset() if unknown else frozenset({REQUESTER})
        return Plan(wish, home, done)

    def _wish(self, post: Post, routed: Routed, home: Home, around: Circumstances) -> Wish:
        if home.ticket is not None and home.condition.takes_followups:
            reopen = home.condition.rests
            fields = compose_followup(post, routed, self._rules, around, home.ticket, reopen=reopen)
            return NewFollowup(
                self._glpi, self._followups, marker(post), home.ticket, fields, reopen
            )
        former = home.ticket if home.condition.there else None
        fields = compose(post, routed, self._rules, around, former)
        return NewTicket(self._glpi, self._followups, marker(post), fields, former)
