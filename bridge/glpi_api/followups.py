"""What is added to a ticket that exists: GLPI's followups."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.glpi_api.contents import ends_with
from bridge.glpi_api.errors import GONE, NOT_A_TICKET, Refused, Unavailable
from bridge.glpi_api.people import REQUESTER
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

UPDATE = 2
"""The bit of the right `ticket` without which a followup changes no status."""

PENDING = 4
SOLVED = 5
CLOSED = 6


@dataclass(frozen=True)
class Condition:
    """What a ticket is like now.

    Attributes:
        exists: whether it can be seen, outside the trash.
        status: GLPI's number, 0 if it is not there.
        entity: the id of its entity, None if that is not known.
        writer: the id of the user who has created it, None likewise.
        can_reopen: whether a followup opens it again, if it rests; the API user may lack the right.
    """

    exists: bool
    status: int = 0
    entity: int | None = None
    writer: int | None = None
    can_reopen: bool = True

    @property
    def takes_followups(self) -> bool:
        """Whether a followup would be noticed: on a ticket that stays closed it is not."""
        is_open = not self.is_resting or self.can_reopen
        return self.exists and self.status != CLOSED and is_open

    @property
    def is_resting(self) -> bool:
        """Whether it has to be opened again to be noticed."""
        return self.status in (PENDING, SOLVED)


class GlpiFollowups:
    """The followups of tickets.

    Args:
        session: the API user's.
    """

    def __init__(self, session: GlpiSession) -> None:
        self._session = session

    def condition(self, ticket: int, deadline: Deadline) -> Condition:
        """Say what a ticket is like now.

        Raises:
            GlpiError: there is no telling.
        """
        try:
            found = self._session.get(f"Ticket/{ticket}", deadline)
        except Refused as error:
            if error.code in GONE:
                return Condition(exists=False)
            raise
        status = found.get("status") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(status, int):
            raise Unavailable("odd-ticket", NOT_A_TICKET, 200)
        entity, writer = found.get("entities_id"), found.get("users_id_recipient")
        rests = status in (PENDING, SOLVED)
        return Condition(
            exists=not found.get("is_deleted"),
            status=status,
            entity=entity if isinstance(entity, int) else None,
            writer=writer if isinstance(writer, int) else None,
            can_reopen=not rests or self._may_reopen(ticket, deadline),
        )

    def _may_reopen(self, ticket: int, deadline: Deadline) -> bool:
        """Say whether a followup of the API user opens a resting ticket again.

        Self-Service may not change a status: GLPI answers its followup with 201, and the ticket
        stays as it is, unless the API user is a requester of it (10.0.14, 11.0.6).
        """
        if self._session.may("ticket", UPDATE, deadline):
            return True
        try:
            actors = self._session.get(f"Ticket/{ticket}/Ticket_User", deadline, partial=True)
        except Refused:
            return False
        own = {"type": REQUESTER, "users_id": self._session.user(deadline)}
        listed = actors if isinstance(actors, list) else []
        return any(isinstance(a, dict) and own.items() <= a.items() for a in listed)

    def create(self, fields: Mapping[str, object], deadline: Deadline) -> None:
        """Create a followup.

        Args:
            fields: its `input` in GLPI's names.
            deadline: bounds everything, logins included.

        Raises:
            OutcomeUnknown: it may exist.
            GlpiError: any other type: it surely does not.
        """
        self._session.create("ITILFollowup", fields, deadline)

    def are_linked(self, ticket: int, other: int, deadline: Deadline) -> bool:
        """Say whether a new ticket has got its link to another.

        GLPI answers the create with 201 also if it makes no link: to a ticket that is gone, or out
        of a Self-Service user's sight (10.0.14, 11.0.6).

        Raises:
            GlpiError: there is no telling.
        """
        query = urlencode({"searchText[tickets_id_1]": f"^{ticket}$", "range": "0-9"})
        found = self._session.get(f"Ticket_Ticket?{query}", deadline, partial=True)
        rows = found if isinstance(found, list) else []
        return any(isinstance(row, dict) and row.get("tickets_id_2") == other for row in rows)

    def exists(self, ticket: int, marker: str, deadline: Deadline) -> bool:
        """Say whether a ticket has a followup that ends with a marker.

        Raises:
            GlpiError: there is no telling; never OutcomeUnknown.
        """
        query = urlencode(
            {"searchText[content]": marker, "searchText[items_id]": f"^{ticket}$", "range": "0-99"}
        )
        rows = self._session.get(f"ITILFollowup?{query}", deadline, partial=True)
        if not isinstance(rows, list):
            remedy = "What answered is not GLPI's list: look for plug-ins and proxies."
            raise Unavailable("odd-search", remedy, 200)
        contents = [str(row.get("content")) for row in rows if isinstance(row, dict)]
        return any(ends_with(content, marker) for content in contents)
