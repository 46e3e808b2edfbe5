"""The GLPI client: one session, one connection, one deadline, typed errors.

Uses the legacy REST API (`/apirest.php`), which GLPI 10.0 and 11.0 answer alike. The types of the
errors say what to do next; they are drawn in `glpi_errors`.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from credentials import GlpiTokens
from glpi_errors import (
    NOT_GLPI,
    SETTING_AT_FAULT,
    TOKEN_CODES,
    AccessDenied,
    GlpiError,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    SessionRefused,
    Unavailable,
    decipher,
    no_answer,
)
from transport import Deadline, Http, NoAnswer

__all__ = [
    "SETTING_AT_FAULT",
    "AccessDenied",
    "Glpi",
    "GlpiError",
    "Misconfigured",
    "OutcomeUnknown",
    "Refused",
    "SessionRefused",
    "Unavailable",
]

TOO_LARGE = 413
LOG_OUT_SECONDS = 1.0
"""A courtesy must not use up the time for the ticket."""

PAGE = 100
"""Tickets on a page of `marked_tickets`: with the longest messages it stays below MAX_ANSWER."""

_SESSION_ID = re.compile("[A-Za-z0-9,-]{1,256}")  # PHP's alphabet


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
        remedy = "What answered the search is not GLPI's search: look for plug-ins and proxies."
        raise Unavailable("odd-search", remedy, 200)
    return number, found


@dataclass(frozen=True)
class Marked:
    """A ticket that ends with a marker.

    Attributes:
        number: the ticket's.
        trashed: whether it lies in GLPI's trash.
    """

    number: int
    trashed: bool


class TokenSource(Protocol):
    """Where the two tokens come from."""

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        """Return the tokens; with `renew`, as they are now and not as they were kept."""


class Glpi:
    """A GLPI server as the API user sees it.

    The session is opened by the first call and kept: a warm ticket costs one request.

    Args:
        base_url: what comes before `/apirest.php`, without a slash at the end.
        tokens: asked at every login, and again when GLPI rejects them.
        http: used for nothing but this server.
    """

    def __init__(self, base_url: str, tokens: TokenSource, http: Http) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._http = http
        self._session: dict[str, str] | None = None

    def ticket_url(self, ticket: int) -> str:
        """Return the address of a ticket's page."""
        return f"{self._base_url}/front/ticket.form.php?id={ticket}"

    def open(self, deadline: Deadline) -> None:
        """Log in now instead of with the first call.

        Raises:
            GlpiError: GLPI does not let us in.
        """
        self._log_in(deadline)

    def close(self, deadline: Deadline) -> None:
        """End the session and the connection; never raises."""
        if self._session:
            self._log_out(self._session, deadline)
            self._session = None
        self._http.close()

    def probe(self, deadline: Deadline) -> None:
        """Ask something that changes nothing.

        Raises:
            GlpiError: GLPI is not there, or does not let us in.
        """

        def ask(session: Mapping[str, str]) -> object:
            return self._call("GET", "getActiveProfile", session, deadline, expect=200)

        self._in_session(ask, deadline)

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
        created = self._write("Ticket", fields, deadline)
        number = created.get("id") if isinstance(created, dict) else None
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return number
        remedy = "GLPI answered 201 without a ticket number: look for a plug-in that changes it."
        raise OutcomeUnknown("no-id", remedy, 201)

    def find_tickets(self, marker: str, days: int, deadline: Deadline) -> list[int]:
        """Return the numbers of the tickets that end with a marker, trashed ones last.

        The search finds quotations of the marker, too; only a last paragraph that is the marker
        counts, since nobody's words ever stand there. GLPI 10.0.14 hands content out escaped.

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

        def search(session: Mapping[str, str]) -> object:
            return self._call("GET", f"search/Ticket?{query}", session, deadline, expect=200)

        _, rows = _rows(self._in_session(search, deadline))
        endings = (f"<p>{marker}</p>", f"&#60;p&#62;{marker}&#60;/p&#62;")
        return [number for number, content in rows if content.rstrip().endswith(endings)]

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

            def search(session: Mapping[str, str], query: str = query) -> object:
                path = f"search/Ticket?{query}"
                return self._call("GET", path, session, deadline, expect=200, partial=True)

            before = total
            total, rows = _rows(self._in_session(search, deadline), first, PAGE)
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

        def get(session: Mapping[str, str]) -> object:
            return self._call("GET", f"Ticket/{number}", session, deadline, expect=200)

        try:
            self._in_session(get, deadline)
        except Refused as error:
            if error.code not in ("ERROR_ITEM_NOT_FOUND", "ERROR_RIGHT_MISSING"):
                raise
            return error.code == "ERROR_RIGHT_MISSING"
        return True

    def _write(self, item_type: str, fields: Mapping[str, object], deadline: Deadline) -> object:
        """Create an item."""
        return self._in_session(
            lambda session: self._post(item_type, fields, session, deadline), deadline
        )

    def _in_session(
        self, call: Callable[[Mapping[str, str]], object], deadline: Deadline
    ) -> object:
        """Make a call; on a reused session, believe a refusal only after a fresh login.

        A session outlives the rights, entities and tokens it began with, and its own file.
        """
        reused = self._session is not None
        session = self._session or self._log_in(deadline)
        try:
            return call(session)
        except (SessionRefused, AccessDenied, Refused) as error:
            if not reused or error.status == TOO_LARGE:
                raise
            if isinstance(error, Refused):
                self._log_out(session, Deadline(LOG_OUT_SECONDS))
        return call(self._log_in(deadline))

    def _post(
        self,
        item_type: str,
        fields: Mapping[str, object],
        session: Mapping[str, str],
        deadline: Deadline,
    ) -> object:
        headers = {**session, "Content-Type": "application/json"}
        body = json.dumps({"input": fields}).encode()
        return self._call("POST", item_type, headers, deadline, body=body, expect=201)

    def _log_in(self, deadline: Deadline) -> dict[str, str]:
        """Open a session and return the headers that name it."""
        tokens = self._tokens.glpi_tokens()
        try:
            session = self._init_session(tokens, deadline)
        except AccessDenied as error:
            renewed = self._tokens.glpi_tokens(renew=True) if error.code in TOKEN_CODES else tokens
            if renewed == tokens:
                raise
            tokens = renewed
            session = self._init_session(tokens, deadline)
        self._session = {"App-Token": tokens.app, "Session-Token": session}
        return self._session

    def _log_out(self, session: Mapping[str, str], deadline: Deadline) -> None:
        """Close a session if GLPI lets us; abandoned ones stay on its disk as files."""
        with contextlib.suppress(GlpiError):
            self._call("GET", "killSession", session, deadline, expect=200)

    def _init_session(self, tokens: GlpiTokens, deadline: Deadline) -> str:
        headers = {"App-Token": tokens.app, "Authorization": f"user_token {tokens.user}"}
        opened = self._call("GET", "initSession", headers, deadline, expect=200)
        session = opened.get("session_token") if isinstance(opened, dict) else None
        if not isinstance(session, str) or not _SESSION_ID.fullmatch(session):
            raise Misconfigured("not-glpi", NOT_GLPI, 200)
        return session

    def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        *,
        body: bytes | None = None,
        expect: int,
        partial: bool = False,
    ) -> object:
        url = f"{self._base_url}/apirest.php/{path}"
        writes = method != "GET"
        try:
            answer = self._http.request(method, url, deadline=deadline, headers=headers, body=body)
        except NoAnswer as error:
            raise no_answer(error, writes=writes) from None
        return decipher(answer, url=url, writes=writes, expect=expect, partial=partial)
