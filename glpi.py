"""GLPI as the bridge uses it: tickets, and finding them again; people, followups and documents.

The types of the errors say what to do next: they are drawn in `bridge.glpi_api.errors`. Nobody but
this module imports from there.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.config import timing
from bridge.glpi_api.address import openable
from bridge.glpi_api.contents import ends_with, last_marker
from bridge.glpi_api.documents import MEGABYTE, PICTURES, GlpiDocuments
from bridge.glpi_api.errors import (
    CODES,
    GLPI,
    GONE,
    REMEDIES,
    RIGHT_MISSING,
    AccessDenied,
    GlpiError,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    SessionRefused,
    TooLarge,
    Unavailable,
    decipher,
    no_answer,
    remedy_of_page,
)
from bridge.glpi_api.followups import CLOSED, Condition, GlpiFollowups
from bridge.glpi_api.people import NOBODY, GlpiPeople, Requester
from bridge.glpi_api.search import rows, tickets_quoting
from bridge.glpi_api.session import GlpiSession, TokenSource
from bridge.glpi_api.taking import UNTAKEN, GlpiTaking
from bridge.net.deadline import Deadline
from bridge.net.http import Http

__all__ = [
    "CLOSED",
    "CODES",
    "GLPI",
    "GONE",
    "MEGABYTE",
    "NOBODY",
    "PICTURES",
    "REMEDIES",
    "RIGHT_MISSING",
    "UNTAKEN",
    "AccessDenied",
    "Condition",
    "Glpi",
    "GlpiDocuments",
    "GlpiError",
    "GlpiFollowups",
    "GlpiPeople",
    "GlpiTaking",
    "Marked",
    "Misconfigured",
    "OutcomeUnknown",
    "Refused",
    "Requester",
    "SessionRefused",
    "TooLarge",
    "Unavailable",
    "decipher",
    "no_answer",
    "openable",
    "remedy_of_page",
]

PAGE = 100
"""Tickets on a page of `marked_tickets`: with the longest messages it stays below MAX_ANSWER."""


@dataclass(frozen=True)
class Marked:
    """A ticket that ends with a marker.

    Attributes:
        number: the ticket's.
        trashed: whether it lies in GLPI's trash.
    """

    number: int
    trashed: bool


class Glpi:
    """A GLPI server as the API user sees it.

    Args:
        base_url: what comes before `/apirest.php`, without a slash at the end.
        tokens: asked at every login, and again when GLPI rejects them.
        http: used for nothing but this server.
        public_url: what comes before `/front/` for people, None for what GLPI calls itself.

    Attributes:
        session: to read what has no method of its own.
        people: its users, and the requesters of tickets.
        followups: of tickets, and what a ticket is like.
        documents: of tickets.
        taking: whether tickets count as taken into account.
    """

    def __init__(
        self, base_url: str, tokens: TokenSource, http: Http, public_url: str | None = None
    ) -> None:
        self._public_url = public_url
        self._is_address_asked = public_url is not None
        self.session = GlpiSession(base_url, tokens, http)
        self.people = GlpiPeople(self.session)
        self.followups = GlpiFollowups(self.session)
        self.documents = GlpiDocuments(self.session)
        self.taking = GlpiTaking(self.session)

    @property
    def base_url(self) -> str:
        """What comes before `/apirest.php`, without a slash at the end."""
        return self.session.base_url

    @property
    def public_url(self) -> str:
        """What comes before `/front/` for people: as was set, or GLPI says, or as for the API."""
        told = openable(self.session.known_setting("url_base"), self.base_url)
        return self._public_url or told or self.base_url

    def learn_address(self, deadline: Deadline) -> None:
        """Ask GLPI, once, what it calls itself, unless that was set; never raises.

        Args:
            deadline: for asking; where it passes, people's links begin with the API's address.
        """
        if self._is_address_asked:
            return
        self._is_address_asked = True
        with contextlib.suppress(GlpiError):
            self.session.setting("url_base", deadline.within(timing.LOOK_UP_SECONDS))

    def ticket_url(self, ticket: int) -> str:
        """Return the address of a ticket's page, for people."""
        return f"{self.public_url}/front/ticket.form.php?id={ticket}"

    def open(self, deadline: Deadline) -> None:
        """Log in now instead of with the first call.

        Raises:
            GlpiError: GLPI does not let us in.
        """
        self.session.open(deadline)

    def close(self, deadline: Deadline) -> None:
        """End the session and the connection; never raises."""
        self.session.close(deadline)

    def probe(self, deadline: Deadline) -> None:
        """Ask something that changes nothing.

        Raises:
            GlpiError: GLPI is not there, or does not let us in.
        """
        self.session.get("getActiveProfile", deadline)

    def create_ticket(self, fields: Mapping[str, object], deadline: Deadline) -> int:
        """Create a ticket and return its number.

        Args:
            fields: the ticket's `input` in GLPI's names.
            deadline: bounds everything, logins included.

        Raises:
            OutcomeUnknown: the ticket may exist.
            GlpiError: any other type: it surely does not.
        """
        return self.session.create("Ticket", fields, deadline)

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        """Return the numbers of our tickets that end with a marker, trashed ones last.

        The search finds quotations of the marker, too; only a last paragraph that is the marker
        counts, since nobody's words ever stand there. And anybody can send GLPI a marker by mail:
        only what the API user has written counts.

        Args:
            marker: what `create_ticket` was given as the last paragraph of the content.
            days: how old the tickets may be, by GLPI's own clock.
            deadline: bounds everything, logins included.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        return [
            number
            for trashed in (False, True)
            for number, content in self._quoting(marker, days, deadline, trashed=trashed)
            if ends_with(content, marker) and self._is_ours(number, deadline)
        ]

    def _is_ours(self, number: int, deadline: Deadline) -> bool:
        writer = self.followups.condition(number, deadline).writer
        return writer == self.session.user(deadline)

    def _quoting(
        self, marker: str, days: int, deadline: Deadline, *, trashed: bool
    ) -> list[tuple[int, str]]:
        """Return number and content of the tickets that quote a marker."""
        path = tickets_quoting(marker, days, trashed=trashed)
        return rows(self.session.get(path, deadline))[1]

    def marked_tickets(
        self, prefix: str, days: int, deadline: Deadline
    ) -> dict[str, tuple[Marked, ...]]:
        """Return all tickets that end with a marker, by marker, lowest number first.

        Args:
            prefix: what all markers begin with.
            days: how old the tickets may be, by GLPI's own clock.
            deadline: bounds everything, logins included.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        found: dict[str, dict[int, bool]] = {}
        for trashed in (False, True):
            for number, content in self._pages(prefix, days, deadline, trashed=trashed):
                marker = last_marker(content, prefix)
                if marker:
                    found.setdefault(marker, {})[number] = trashed
        return {
            marker: tuple(Marked(number, trashed) for number, trashed in sorted(tickets.items()))
            for marker, tickets in found.items()
        }

    def _pages(
        self, marker: str, days: int, deadline: Deadline, *, trashed: bool
    ) -> Iterator[tuple[int, str]]:
        """Go through number and content of all tickets that quote a marker, by number."""
        first, total = 0, 1
        while first < total:
            path = tickets_quoting(marker, days, trashed=trashed, first=first, size=PAGE)
            answer = self.session.get(path, deadline, partial=True)
            before = total
            total, page = rows(answer, first, PAGE)
            if first and total < before:
                remedy = "Tickets were trashed or removed while they were read: ask again."
                raise Unavailable("moving-search", remedy, 206)
            yield from page
            first += PAGE

    def has_ticket(self, number: int, deadline: Deadline) -> bool:
        """Say whether there is a ticket of that number, in the trash or out of our sight included.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        try:
            self.session.get(f"Ticket/{number}", deadline)
        except Refused as error:
            if error.code not in GONE:
                raise
            return error.code == RIGHT_MISSING
        return True
