"""Whether a ticket has been taken into account: the beginning of GLPI's service levels."""

from bridge.glpi_api.contents import is_the_bridges
from bridge.glpi_api.errors import Refused
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

ASSIGNED = 2
"""GLPI's type of an actor who works on a ticket."""

ANSWERS = ("ITILFollowup", "TicketTask", "ITILSolution")
"""What people add to a ticket that they have taken up."""


class GlpiTaking:
    """Tickets that count as taken into account.

    Args:
        session: the API user's.
    """

    def __init__(self, session: GlpiSession) -> None:
        self._session = session

    def take_back(self, ticket: int, deadline: Deadline) -> None:
        """Let a new ticket no longer count as taken into account by its link to another.

        `_link` sets date and delay at once, whatever `_do_not_compute_takeintoaccount` says; the
        two can be set back, and the next act of an agent counts again (10.0.14, 11.0.6, as
        Technician and as Self-Service; the latter only until somebody has answered). A ticket that
        somebody has really taken up stays as it is. Doing this again does no harm.

        Args:
            ticket: its number; nobody but the bridge has written it.
            deadline: for everything that is asked.

        Raises:
            OutcomeUnknown: it may be set back.
            GlpiError: any other type: it is not yet.
        """
        try:
            if self._is_taken_by_link(ticket, deadline):
                nobody = {"takeintoaccountdate": None, "takeintoaccount_delay_stat": 0}
                fields = {**nobody, "_disablenotif": True}
                self._session.put(f"Ticket/{ticket}", fields, deadline)
        except Refused:  # the ticket is gone, or the API user may no longer change it
            return

    def _is_taken_by_link(self, ticket: int, deadline: Deadline) -> bool:
        """Say whether a ticket counts as taken, and nobody has done anything about it.

        What happened later does not change the date, so that it does not tell.
        """
        found = self._session.get(f"Ticket/{ticket}", deadline)
        row = found if isinstance(found, dict) else {}
        if not row.get("takeintoaccountdate"):
            return False
        if row.get("users_id_lastupdater") != self._session.user(deadline):
            return False
        untouched = row.get("date_mod") == row.get("date_creation")
        return untouched or not self._is_answered(ticket, deadline)

    def _is_answered(self, ticket: int, deadline: Deadline) -> bool:
        """Say whether an agent is on a ticket, or somebody has added what the bridge did not."""
        actors = self._rows(ticket, "Ticket_User", deadline)
        if any(actor.get("type") == ASSIGNED for actor in actors):
            return True
        added = (row for kind in ANSWERS for row in self._rows(ticket, kind, deadline))
        return any(not is_the_bridges(str(row.get("content"))) for row in added)

    def _rows(self, ticket: int, kind: str, deadline: Deadline) -> list[dict[str, object]]:
        path = f"Ticket/{ticket}/{kind}?range=0-999"
        found = self._session.get(path, deadline, partial=True)
        return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []
