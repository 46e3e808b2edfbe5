"""GLPI as the bridge uses it: tickets, and finding them again.

The session is `glpi_session`'s; the types of the errors say what to do next (`glpi_errors`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.glpi_api.errors import (
    NOT_A_SEARCH,
    AccessDenied,
    GlpiError,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    SessionRefused,
    TooLarge,
    Unavailable,
)
from bridge.glpi_api.session import GlpiSession, TokenSource
from bridge.net.http import Deadline, Http

__all__ = [
    "AccessDenied",
    "Glpi",
    "GlpiError",
    "Misconfigured",
    "OutcomeUnknown",
    "Refused",
    "SessionRefused",
    "TooLarge",
    "Unavailable",
]

PAGE = 100
"""Tickets on a page of `marked_tickets`: with the longest messages it stays below MAX_ANSWER."""


def _criteria(marker: str, days: int) -> dict[str, object]:
    """Search options of GLPI 10 and 11: 21 content, 15 opening date, 2 id."""
    return {
        "criteria[0][field]": 21,
        "criteria[0][searchtype]": "contains",
        "criteria[0][value]": marker,
        "criteria[1][link]": "AND",
        "criteria[1][field]": 15,
        "criteria[1][searchtype]": "morethan",
        "criteria[1][value]": f"-{days}DAY",
        "forcedisplay[0]": 2,
        "forcedisplay[1]": 21,
        "range": "0-999",
    }


def _rows(answer: object, first: int = 0, size: int = 1000) -> tuple[int, list[tuple[int, str]]]:
    """Return how many a search found, and id and content of the page's `size` from the `first` on.

    What is no search's answer is not a "none".

    Raises:
        Unavailable: it is not.
    """
    total = answer.get("totalcount") if isinstance(answer, dict) else None
    data = answer.get("data", []) if isinstance(answer, dict) else None
    rows = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    found = [(row["2"], str(row.get("21"))) for row in rows if isinstance(row.get("2"), int)]
    number = total if isinstance(total, int) and not isinstance(total, bool) else -1
    if number < 0 or len(found) != min(max(number - first, 0), size):
        raise Unavailable("odd-search", NOT_A_SEARCH, 200)
    return number, found


def number_of(created: object) -> int:
    """Return the number of what GLPI says it has created.

    Raises:
        OutcomeUnknown: it says none, so that it may exist.
    """
    number = created.get("id") if isinstance(created, dict) else None
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    remedy = "GLPI answered 201 without a number: look for a plug-in that changes it."
    raise OutcomeUnknown("no-id", remedy, 201)


def raw(content: str) -> str:
    """Return a content as it was written: GLPI 10.0.14 hands it out escaped, 11.0.6 as it is."""
    if "<" in content:
        return content
    return content.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")


def ends_with(content: str, marker: str) -> bool:
    """Say whether a marker is the last paragraph of a content, as GLPI hands it out."""
    return content.rstrip().endswith((f"<p>{marker}</p>", f"&#60;p&#62;{marker}&#60;/p&#62;"))


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
    """

    def __init__(self, base_url: str, tokens: TokenSource, http: Http) -> None:
        self.session = GlpiSession(base_url, tokens, http)

    def ticket_url(self, ticket: int) -> str:
        """Return the address of a ticket's page."""
        return f"{self.session.base_url}/front/ticket.form.php?id={ticket}"

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

        It is believed only on 201 with an integer id: a 200 can be a maintenance page, a dead
        database or a PHP error (GLPI 10.0.14).

        Args:
            fields: the ticket's `input` in GLPI's names.
            deadline: bounds everything, logins included.

        Raises:
            OutcomeUnknown: the ticket may exist.
            GlpiError: any other type: it surely does not.
        """
        return number_of(self.session.post("Ticket", fields, deadline))

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        """Return the numbers of the tickets that end with a marker, trashed ones last.

        The search finds quotations of the marker, too; only a last paragraph that is the marker
        counts, since nobody's words ever stand there.

        Args:
            marker: what `create_ticket` was given as the last paragraph of the content.
            days: how old the tickets may be, by GLPI's own clock.
            deadline: bounds everything, logins included.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        return [
            *self._search(marker, days, deadline, trashed=0),
            *self._search(marker, days, deadline, trashed=1),
        ]

    def _search(self, marker: str, days: int, deadline: Deadline, *, trashed: int) -> list[int]:
        query = urlencode(_criteria(marker, days) | {"is_deleted": trashed})
        _, rows = _rows(self.session.get(f"search/Ticket?{query}", deadline))
        return [number for number, content in rows if ends_with(content, marker)]

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
        ending = re.compile(
            f"(?:<p>|&#60;p&#62;)({re.escape(prefix)}[0-9a-z]+)(?:</p>|&#60;/p&#62;)\\Z"
        )
        found: dict[str, dict[int, bool]] = {}
        for trashed in (False, True):
            for number, content in self._pages(prefix, days, deadline, trashed=trashed):
                last = ending.search(content.rstrip())
                if last:
                    found.setdefault(last[1], {})[number] = trashed
        return {
            marker: tuple(Marked(number, trashed) for number, trashed in sorted(tickets.items()))
            for marker, tickets in found.items()
        }

    def _pages(
        self, marker: str, days: int, deadline: Deadline, *, trashed: bool
    ) -> Iterator[tuple[int, str]]:
        """Go through id and content of all tickets that quote a marker, by id."""
        criteria = _criteria(marker, days) | {"is_deleted": int(trashed), "sort": 2, "order": "ASC"}
        first, total = 0, 1
        while first < total:
            page = {"range": f"{first}-{first + PAGE - 1}"}
            query = urlencode(criteria | page)
            answer = self.session.get(f"search/Ticket?{query}", deadline, partial=True)
            before = total
            total, rows = _rows(answer, first, PAGE)
            if first and total < before:
                remedy = "Tickets were trashed or removed while they were read: ask again."
                raise Unavailable("moving-search", remedy, 206)
            yield from rows
            first += PAGE

    def has_ticket(self, number: int, deadline: Deadline) -> bool:
        """Say whether there is a ticket of that number, in the trash or out of our sight included.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        try:
            self.session.get(f"Ticket/{number}", deadline)
        except Refused as error:
            if error.code not in ("ERROR_ITEM_NOT_FOUND", "ERROR_RIGHT_MISSING"):
                raise
            return error.code == "ERROR_RIGHT_MISSING"
        return True
