"""Who asks: from a Mattermost user to a requester in GLPI.

In this order: the table `[requesters]` of bridge.toml, the e-mail address (needs the bot), the
login (if it is switched on). What is found is kept for a while, so that an ordinary message costs
no look-up. GLPI takes a ticket and drops its requester silently (an unknown id; on 11.0.6 a
disabled user, too), so the worker looks whether a new ticket has got one.
"""

from collections.abc import Callable

from cachetools import TTLCache

from bridge.config import timing
from bridge.config.rules import Rules
from bridge.mattermost.api import Denied, Gone, MattermostApi, MattermostError
from bridge.mattermost.submissions import Author
from bridge.net.deadline import Deadline
from bridge.net.errors import Retry, ServerError
from glpi import (
    NOBODY,
    RIGHT_MISSING,
    GlpiError,
    GlpiPeople,
    Refused,
    Requester,
)

KEPT = 500
"""People that a container remembers."""


UNKNOWN_ID = "requester-id"
NO_ADDRESS = "requester-address"
REFUSED = "requester-refused"

REMEDIES = {
    UNKNOWN_ID: (
        "[requesters] in bridge.toml gives the author an id that no active user of GLPI has: "
        "correct it. Meanwhile their e-mail address counts."
    ),
    NO_ADDRESS: (
        "GLPI takes the author's e-mail address for none, so the ticket has no requester: name "
        "the author's id in GLPI in [requesters] of bridge.toml, or correct their address."
    ),
    REFUSED: (
        "GLPI does not take the author as requester of the ticket, which has none: look for a "
        "disabled user or a rule, or name their id in GLPI in [requesters] of bridge.toml."
    ),
}
"""What to do about a ticket without the requester that it should have, by code."""


class Unnamed(ServerError):
    """A requester whom time will not bring; the ticket is there without them."""

    retry = Retry.WHEN_MENDED

    def __init__(self, code: str) -> None:
        super().__init__(code, REMEDIES[code])


_Found = tuple[Requester, ServerError | None]
"""Who asks, and what the administrator should know of it."""


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
        self._known: TTLCache[str, _Found] = TTLCache(KEPT, timing.REQUESTER_AGE_SECONDS, clock)

    def of(self, author: Author, deadline: Deadline) -> tuple[Requester, ServerError | None]:
        """Say who asks, as far as is known now, and what kept from knowing more.

        Never raises for GLPI's or Mattermost's failures: no look-up is worth a ticket.

        Args:
            author: in Mattermost.
            deadline: for everything that is asked.
        """
        key = _key(author)
        if key in self._known:
            return self._known[key]
        listed = self._rules.requesters.get(_name(author))
        try:
            if isinstance(listed, int) and self._is_there(listed, deadline):
                requester, lacking = Requester(listed), None
            else:
                requester, lacking = self._by_address(author, deadline)
        except (GlpiError, MattermostError) as error:  # that need not stay, so it is not remembered
            return NOBODY, error
        if isinstance(listed, int) and requester != Requester(listed):
            lacking = Unnamed(UNKNOWN_ID)
        self._known[key] = requester, lacking
        return requester, lacking

    def name(self, author: Author, ticket: int, deadline: Deadline) -> ServerError | None:
        """Name the requester of a new ticket, if it has none; returns what kept from it.

        Whether that can still be done `may_be_named` tells.

        Args:
            author: in Mattermost.
            ticket: its number.
            deadline: for everything that is asked.
        """
        requester, error = self.of(author, deadline)
        if requester == NOBODY and not may_be_named(error):
            return error
        try:
            if self._has_requester(ticket, deadline):
                return None
            if requester == NOBODY:
                return error
            if self._add(ticket, requester, deadline):
                return None
            other, _ = self._by_address(author, deadline)
            known = other not in (NOBODY, requester)
            if known and self._add(ticket, other, deadline):
                lacking = Unnamed(UNKNOWN_ID) if self._is_listed(author) else None
                self._known[_key(author)] = other, lacking
                return lacking
        except (GlpiError, MattermostError) as refusal:
            return refusal
        return Unnamed(REFUSED)

    def named(
        self, author: Author, ticket: int, deadline: Deadline
    ) -> tuple[Requester, ServerError | None]:
        """Say whom a ticket has got for its author, and what kept from knowing; nobody if refused.

        Args:
            author: in Mattermost.
            ticket: its number.
            deadline: for everything that is asked.
        """
        requester, error = self.of(author, deadline)
        if requester == NOBODY:
            return NOBODY, error
        try:
            is_named = self._people.has_requester(ticket, deadline, requester.user or 0)
        except Refused:  # the ticket is gone, or out of sight
            return NOBODY, error
        except GlpiError as failure:
            return NOBODY, failure
        return requester if is_named else NOBODY, error

    def _has_requester(self, ticket: int, deadline: Deadline) -> bool:
        try:
            return self._people.has_requester(ticket, deadline)
        except Refused:  # the ticket is gone, or out of sight: nobody need be named
            return True

    def _add(self, ticket: int, requester: Requester, deadline: Deadline) -> bool:
        """Name a requester; returns False if GLPI does not take them."""
        try:
            self._people.add_requester(ticket, requester, deadline)
        except Refused:
            return False
        return True

    def _is_listed(self, author: Author) -> bool:
        return isinstance(self._rules.requesters.get(_name(author)), int)

    def _is_there(self, user: int, deadline: Deadline) -> bool:
        """Say whether an id that bridge.toml names is anybody's, as far as can be known now."""
        try:
            return self._people.is_active(user, deadline)
        except GlpiError:  # the worker will see whether the ticket has got its requester
            return True

    def _by_address(
        self, author: Author, deadline: Deadline
    ) -> tuple[Requester, ServerError | None]:
        """Look somebody up by their address or login.

        Raises:
            GlpiError: GLPI cannot be asked now.
            MattermostError: Mattermost cannot.
        """
        name = _name(author)
        listed = self._rules.requesters.get(name)
        email = listed if isinstance(listed, str) else self._email(author.id, deadline)
        user = None
        try:
            if "@" in email:
                user = self._people.by_email(email, deadline)
            if user is None and name and self._rules.requester_by_login:
                user = self._people.by_login(name, deadline)
        except Refused as error:
            if error.code != RIGHT_MISSING:
                raise
            # a profile that may not read users: fewer extras, the same ticket
        if user is not None:
            return Requester(user), None
        written = self._people.writable(email, deadline) if email else ""
        lost = bool(email) and not written
        return Requester(email=written), Unnamed(NO_ADDRESS) if lost else None

    def _email(self, user_id: str | None, deadline: Deadline) -> str:
        """Return the address of a user, "" when there is no way to know it."""
        if not user_id or not self._api.has_bot():
            return ""
        try:
            return self._api.email(user_id, deadline.within(timing.USER_SECONDS))
        except Gone:
            return ""


def _name(author: Author) -> str:
    """Return the name by which bridge.toml and GLPI may know somebody."""
    return (author.name or "").casefold()


def _key(author: Author) -> str:
    return author.id or author.name or ""


def passes(error: ServerError | None) -> bool:
    """Say whether more can be known later, when what kept from it has passed.

    A bot that may not ask keeps no message waiting: it may take the administrator days to notice.
    Neither does somebody whom GLPI does not take.
    """
    return error is not None and not isinstance(error, Denied | Unnamed)


def may_be_named(error: ServerError | None) -> bool:
    """Say whether the requester of a ticket can be named later, be it when a bot may ask again.

    Not somebody whom GLPI does not take, or whom the bot may not see: that is known, and stays.
    """
    if error is None or isinstance(error, Unnamed):
        return False
    return not (isinstance(error, MattermostError) and error.is_outside)
