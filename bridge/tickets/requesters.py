"""Who asks: from a Mattermost user to a requester in GLPI.

In this order: the table `[requesters]` of bridge.toml, the e-mail address (needs the bot), the
login (if it is switched on). What is found is kept for a while, so that an ordinary message costs
no look-up.
"""

from collections.abc import Callable

from cachetools import TTLCache

from bridge.config import timing
from bridge.config.rules import Rules
from bridge.mattermost.api import Denied, Gone, MattermostApi, MattermostError
from bridge.mattermost.submissions import Author
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from glpi import NOBODY, GlpiError, GlpiPeople, Refused, Requester, is_address

KEPT = 500
"""People that a container remembers."""


class Requesters:
    """Finds out who asks.

    Args:
        rules: bridge.toml.
        api: Mattermost.
        people: GLPI's users.
        clock: seconds since the epoch.
    """

    def __init__(
        self, rules: Rules, api: MattermostApi, people: GlpiPeople, clock: Callable[[], float]
    ) -> None:
        self._rules = rules
        self._api = api
        self._people = people
        self._known: TTLCache[str, Requester] = TTLCache(KEPT, timing.REQUESTER_AGE_SECONDS, clock)

    def of(self, author: Author, deadline: Deadline) -> tuple[Requester, ServerError | None]:
        """Say who asks, as far as is known now, and what kept from knowing more.

        Never raises for GLPI's or Mattermost's failures: no look-up is worth a ticket.

        Args:
            author: in Mattermost.
            deadline: for everything that is asked.
        """
        key = author.id or author.name or ""
        if key in self._known:
            return self._known[key], None
        name = (author.name or "").casefold()
        listed = self._rules.requesters.get(name)
        if isinstance(listed, int):
            return Requester(listed), None
        try:
            email = listed or self._email(author.id, deadline)
            requester = self._look_up(name, email, deadline)
        except (GlpiError, MattermostError) as error:  # passes, so it is not remembered
            return NOBODY, error
        self._known[key] = requester
        return requester, None

    def name(self, author: Author, ticket: int, deadline: Deadline) -> ServerError | None:
        """Name the requester of a new ticket, if it has none; returns what kept from it.

        Args:
            author: in Mattermost.
            ticket: its number.
            deadline: for everything that is asked.
        """
        requester, error = self.of(author, deadline)
        if error or requester == NOBODY:
            return error if passes(error) else None
        try:
            if not self._people.has_requester(ticket, deadline):
                self._people.add_requester(ticket, requester, deadline)
        except Refused:  # fewer rights, fewer extras
            return None
        except GlpiError as refusal:
            return refusal
        return None

    def _look_up(self, name: str, email: str, deadline: Deadline) -> Requester:
        user = None
        try:
            if is_address(email):
                user = self._people.by_email(email, deadline)
            if user is None and name and self._rules.requester_by_login:
                user = self._people.by_login(name, deadline)
        except Refused:  # a profile that may not read users: fewer extras, the same ticket
            return Requester(email=email)
        return Requester(email=email) if user is None else Requester(user)

    def _email(self, user_id: str | None, deadline: Deadline) -> str:
        """Return the address of a user, "" when there is no way to know it."""
        if not user_id or not self._api.has_bot():
            return ""
        try:
            return self._api.email(user_id, deadline.within(timing.USER_SECONDS))
        except Gone:
            return ""


def passes(error: ServerError | None) -> bool:
    """Say whether more can be known later, when what kept from it has passed.

    A bot that may not ask keeps no message waiting: it may take the administrator days to notice.
    """
    return error is not None and not isinstance(error, Denied)
