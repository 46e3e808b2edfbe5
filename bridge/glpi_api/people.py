"""Who asks, in GLPI's terms: finding users and naming the requester of a ticket.

Search options of User in GLPI 10 and 11: 1 login, 2 id, 5 e-mail address, 8 active. Values match
loosely (`%` is a wildcard), and 10.0.14 hands them out escaped (`&#38;` for `&`), so what is found
is compared again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.glpi_api.contents import unescaped
from bridge.glpi_api.errors import NOT_A_SEARCH, Unavailable
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

REQUESTER = 1
"""GLPI's type of a ticket's actor."""

_LOGIN = 1
_ID = 2
_EMAIL = 5

_ATOM = r"[A-Za-z0-9!#$%'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"
_ADDRESS = re.compile(rf'(?=.{{1,64}}@)(?:{_ATOM}(?:\.{_ATOM})*|"[A-Za-z0-9 .@_+-]+")@{_DOMAIN}')
"""What both versions take as an address. 10.0.14 checks with PHPMailer's expression "pcre8", after
its own escaping: no `&`, nothing but ASCII. 11.0.6 checks with RFCValidation of
egulias/email-validator: `&` and letters of every script. Both take more than what stands here
(`a@localhost`, `a@[192.0.2.1]`, comments), which no mail server of today has for people."""

_WORD = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])+"
_SIGN = r"(?:[A-Za-z0-9]|[^\x00-\x7f])"
_NAME = rf"{_SIGN}(?:(?:{_SIGN}|-){{0,61}}{_SIGN})?"
_OF_11 = re.compile(rf"(?=.{{1,64}}@){_WORD}(?:\.{_WORD})*@{_NAME}(?:\.{_NAME})+")


@dataclass(frozen=True)
class Requester:
    """Who asks: a user of GLPI, or an address that GLPI writes to, or nobody that it knows.

    Attributes:
        user: the id in GLPI.
        email: as `GlpiPeople.writable` spells it: another would be refused together with its
            ticket (10.0.14, 11.0.6).
    """

    user: int | None = None
    email: str = ""

    def as_fields(self) -> dict[str, object]:
        """Return the requester as a part of a new ticket's `input`."""
        if self.user is not None:
            return {"_users_id_requester": self.user}
        if not self.email:
            return {}
        notified = {"use_notification": [1], "alternative_email": [self.email]}
        return {"_users_id_requester": 0, "_users_id_requester_notif": notified}


NOBODY = Requester()


def _is_address(email: str) -> bool:
    """Say whether GLPI surely takes it for an e-mail address, whichever version it is."""
    return len(email) <= 254 and bool(_ADDRESS.fullmatch(email))


def _is_address_of_11(email: str) -> bool:
    """Say whether GLPI 11 takes it for one, as well."""
    return len(email) <= 254 and email.isprintable() and bool(_OF_11.fullmatch(email))


def _in_ascii(email: str) -> str:
    """Return an address with its domain as mail servers write it, "" if there is no such."""
    name, _, domain = email.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}" if name.isascii() else ""
    except UnicodeError:
        return ""


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
        user = self._find(_EMAIL, email, deadline)
        spelling = "" if email.isascii() else _in_ascii(email)
        return user if user or not spelling else self._find(_EMAIL, spelling, deadline)

    def is_active(self, user: int, deadline: Deadline) -> bool:
        """Say whether there is an active user with an id.

        Raises:
            Refused: the API user may not read users (Self-Service).
            GlpiError: there is no telling.
        """
        return self._find(_ID, user, deadline) == user

    def writable(self, email: str, deadline: Deadline) -> str:
        """Return the spelling of an address that GLPI writes to, "" if it takes it for none.

        Raises:
            GlpiError: there is no telling.
        """
        if _is_address(email):
            return email
        spelling = _in_ascii(email)
        if _is_address(spelling):
            return spelling
        is_10 = self._session.setting("version", deadline).startswith("10.")
        return email if _is_address_of_11(email) and not is_10 else ""

    def by_login(self, login: str, deadline: Deadline) -> int | None:
        """Return the id of the active user with a login, None if there is none.

        Raises:
            Refused: the API user may not read users (Self-Service).
            GlpiError: there is no telling.
        """
        return self._find(_LOGIN, login, deadline)

    def _find(self, field: int, wanted: str | int, deadline: Deadline) -> int | None:
        """Find the only active user of whom a field says what is wanted.

        Ids are found by "equals" (11.0.6 finds none by "contains"), texts by "contains" (addresses
        are found by nothing else). Texts are sent as they are: 10.0.14 escapes them itself.
        """
        text = isinstance(wanted, str)
        query = {
            "criteria[0][field]": field,
            "criteria[0][searchtype]": "contains" if text else "equals",
            "criteria[0][value]": f"^{wanted}$" if text else wanted,
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
        found = {row.get("2") for row in rows if not text or _same(row.get(str(field)), wanted)}
        users = [user for user in found if isinstance(user, int)]
        return users[0] if len(users) == 1 else None

    def has_requester(self, ticket: int, deadline: Deadline, user: int | None = None) -> bool:
        """Say whether a ticket has a requester.

        Args:
            ticket: its number.
            deadline: for asking.
            user: the id of the one who is meant, 0 for one by address alone; None for anybody.

        Raises:
            GlpiError: there is no telling.
        """
        actors = self._session.get(f"Ticket/{ticket}/Ticket_User", deadline, partial=True)
        listed = actors if isinstance(actors, list) else []
        wanted = {"type": REQUESTER} | ({} if user is None else {"users_id": user})
        return any(isinstance(a, dict) and wanted.items() <= a.items() for a in listed)

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


def _same(found: object, wanted: object) -> bool:
    """Compare without case; a user with several addresses has a list of them."""
    values = found if isinstance(found, list) else [found]
    texts = [unescaped(value).casefold() for value in values if isinstance(value, str)]
    return str(wanted).casefold() in texts
