"""Who asks, in GLPI's terms: finding users and naming the requester of a ticket.

Search options of User in GLPI 10 and 11: 1 login, 2 id, 5 e-mail address, 8 active. Values match
loosely (`%` is a wildcard), so what is found is compared again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.glpi_api.errors import NOT_A_SEARCH, Unavailable
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

REQUESTER = 1
"""GLPI's type of a ticket's actor."""

_LOGIN = 1
_EMAIL = 5
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True)
class Requester:
    """Who asks: a user of GLPI, or an address that GLPI writes to, or nobody that it knows."""

    user: int | None = None
    email: str = ""

    def as_fields(self) -> dict[str, object]:
        """Return the requester as a part of a new ticket's `input`.

        A malformed address would be refused together with the ticket (10.0.14, 11.0.6), so it
        counts as none.
        """
        if self.user is not None:
            return {"_users_id_requester": self.user}
        if not is_address(self.email):
            return {}
        notified = {"use_notification": [1], "alternative_email": [self.email]}
        return {"_users_id_requester": 0, "_users_id_requester_notif": notified}


NOBODY = Requester()


def is_address(email: str) -> bool:
    """Say whether GLPI surely takes it for an e-mail address."""
    return len(email) <= 254 and bool(_ADDRESS.fullmatch(email))


class GlpiPeople:
    """GLPI's users, and the requesters of tickets.

    Args:
        session: the API user's.
    """

    def __init__(self, session: GlpiSession) -> None:
        self._session = session

    def by_email(self, email: str, deadline: Deadline) -> int | None:
        """Return the id of the only active user with an address, None if it is not clear who.

        Raises:
            Refused: the API user may not read users (Self-Service).
            GlpiError: there is no telling.
        """
        return self._find(_EMAIL, email, deadline)

    def by_login(self, login: str, deadline: Deadline) -> int | None:
        """Return the id of the active user with a login, None if there is none.

        Raises:
            Refused: the API user may not read users (Self-Service).
            GlpiError: there is no telling.
        """
        return self._find(_LOGIN, login, deadline)

    def _find(self, field: int, wanted: str, deadline: Deadline) -> int | None:
        query = {
            "criteria[0][field]": field,
            "criteria[0][searchtype]": "contains",
            "criteria[0][value]": f"^{wanted}$",
            "criteria[1][link]": "AND",
            "criteria[1][field]": 8,
            "criteria[1][searchtype]": "equals",
            "criteria[1][value]": 1,
            "forcedisplay[0]": 2,
            "forcedisplay[1]": field,
            "range": "0-9",
        }
        answer = self._session.get(f"search/User?{urlencode(query)}", deadline, partial=True)
        if not isinstance(answer, dict) or not isinstance(answer.get("data", []), list):
            raise Unavailable("odd-search", NOT_A_SEARCH, 200)
        rows = [row for row in answer.get("data", []) if isinstance(row, dict)]
        found = {row.get("2") for row in rows if _same(row.get(str(field)), wanted)}
        users = [user for user in found if isinstance(user, int)]
        return users[0] if len(users) == 1 else None

    def has_requester(self, ticket: int, deadline: Deadline) -> bool:
        """Say whether a ticket has a requester.

        Raises:
            GlpiError: there is no telling.
        """
        actors = self._session.get(f"Ticket/{ticket}/Ticket_User", deadline, partial=True)
        listed = actors if isinstance(actors, list) else []
        return any(isinstance(a, dict) and a.get("type") == REQUESTER for a in listed)

    def add_requester(self, ticket: int, requester: Requester, deadline: Deadline) -> None:
        """Name the requester of a ticket that has none.

        Raises:
            OutcomeUnknown: they may be named.
            GlpiError: any other type: they are not.
        """
        fields: Mapping[str, object] = {
            "tickets_id": ticket,
            "users_id": requester.user or 0,
            "type": REQUESTER,
            "use_notification": 1,
            **({} if requester.user else {"alternative_email": requester.email}),
        }
        self._session.create("Ticket_User", fields, deadline)


def _same(found: object, wanted: str) -> bool:
    """Compare without case; a user with several addresses has a list of them."""
    values = found if isinstance(found, list) else [found]
    return any(isinstance(v, str) and v.casefold() == wanted.casefold() for v in values)
