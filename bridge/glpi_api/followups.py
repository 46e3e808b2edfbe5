"""What is added to a ticket that exists: GLPI's followups."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.glpi_api.contents import ends_with
from bridge.glpi_api.errors import Refused, Unavailable
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

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
    """

    exists: bool
    status: int = 0
    entity: int | None = None
    writer: int | None = None

    @property
    def takes_followups(self) -> bool:
        """Whether a followup would be noticed: on a closed ticket it is not."""
        return self.exists and self.status != CLOSED

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
            if error.code in ("ERROR_ITEM_NOT_FOUND", "ERROR_RIGHT_MISSING"):
                return Condition(exists=False)
            raise
        status = found.get("status") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(status, int):
            remedy = "What answered is not GLPI's ticket: look for plug-ins and proxies."
            raise Unavailable("odd-ticket", remedy, 200)
        entity, writer = found.get("entities_id"), found.get("users_id_recipient")
        return Condition(
            exists=not found.get("is_deleted"),
            status=status,
            entity=entity if isinstance(entity, int) else None,
            writer=writer if isinstance(writer, int) else None,
        )

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
