"""Whether a ticket has been taken into account: the beginning of GLPI's service levels.

Whoever works in GLPI and changes a ticket takes it up. What the bridge writes does not count, if
the flag in `UNTAKEN` says so. Two writes know no flag: a link made by `_link`, and a document on a
ticket that is no longer new, such as one with a group. What they have done is set back
(10.0.14, 11.0.6).
"""

from collections.abc import Mapping, Set

from bridge.glpi_api.contents import is_the_bridges
from bridge.glpi_api.errors import Refused
from bridge.glpi_api.followups import UPDATE
from bridge.glpi_api.people import REQUESTER
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

UNTAKEN: Mapping[str, object] = {"_do_not_compute_takeintoaccount": 1}
"""What each `input` holds by which the bridge changes a ticket (10.0.14, 11.0.6).

GLPI pays no regard to it from a Self-Service user, who takes up whatever is given to a group.
"""

ASSIGNED = 2
"""GLPI's type of an actor who works on a ticket."""

NEW = 1
FRESH = (NEW, 2)
"""The statuses, new and assigned, of a ticket that nobody need have taken up."""

ANSWERS = ("ITILFollowup", "TicketTask", "ITILSolution")
"""What people add to a ticket that they have taken up."""

_Row = Mapping[str, object]


class GlpiTaking:
    """Tickets that count as taken into account.

    Args:
        session: the API user's.
    """

    def __init__(self, session: GlpiSession) -> None:
        self._session = session

    def exposed(self, ticket: int, deadline: Deadline) -> frozenset[object] | None:
        """Say whether a document would make a ticket count as taken into account.

        Returns:
            The ids of the users who are assigned already, by rules for instance; None if it would
            not, being new or taken, or if the API user may not know.

        Raises:
            GlpiError: there is no telling.
        """
        try:
            users = self._users(ticket, ASSIGNED, deadline)  # first: whoever comes takes it up
            row = self._ticket(ticket, None, deadline)
        except Refused:
            return None
        is_exposed = row.get("status") != NEW and not row.get("takeintoaccountdate")
        return users if is_exposed else None

    def take_back(
        self,
        ticket: int,
        deadline: Deadline,
        *,
        document: int | None = None,
        assigned: Set[object] = frozenset(),
    ) -> None:
        """Let a ticket no longer count as taken into account by the bridge's own write.

        The next act of an agent counts again. A ticket that somebody has really taken up stays as
        it is; so does one of Self-Service with a group, which nothing sets back, and one that
        somebody has answered, which Self-Service may not change. Doing this again does no harm.

        Args:
            ticket: its number.
            deadline: for everything that is asked.
            document: what the bridge has put on the ticket; None for the link that it began with.
            assigned: who was assigned before that.

        Raises:
            OutcomeUnknown: it may be set back.
            GlpiError: any other type: it is not yet.
        """
        try:
            if self._is_taken_by_us(ticket, document, assigned, deadline):
                nobody = {"takeintoaccountdate": None, "takeintoaccount_delay_stat": 0}
                fields = {**nobody, "_disablenotif": True, **UNTAKEN}
                self._session.put(f"Ticket/{ticket}", fields, deadline)
        except Refused:  # the ticket is gone, or the API user may no longer change it
            return

    def _is_taken_by_us(
        self, ticket: int, document: int | None, assigned: Set[object], deadline: Deadline
    ) -> bool:
        """Say whether a ticket counts as taken by our write, and nobody has done anything since.

        What comes later does not change the date, and in the same second nobody knows who was
        first. So it is looked for what agents leave behind, and last for who was there last.
        """
        row = self._ticket(ticket, document, deadline)
        if not self._is_ours(row, document, deadline):
            return False
        if row.get("status") != NEW and not self._session.may("ticket", UPDATE, deadline):
            return False  # a Self-Service user would take it up once more
        if document is None and row.get("date_mod") == row.get("date_creation"):
            return True
        if self._is_worked_on(ticket, str(row["takeintoaccountdate"]), assigned, deadline):
            return False
        return self._is_ours(self._ticket(ticket, document, deadline), document, deadline)

    def _ticket(self, ticket: int, document: int | None, deadline: Deadline) -> _Row:
        listed = "" if document is None else "?with_documents=true"
        found = self._session.get(f"Ticket/{ticket}{listed}", deadline)
        return found if isinstance(found, dict) else {}

    def _is_ours(self, row: _Row, document: int | None, deadline: Deadline) -> bool:
        """Say whether a ticket was taken at the second of our write, and we were there last."""
        written_at = row.get("date_creation") if document is None else _linked_at(row, document)
        return (
            bool(row.get("takeintoaccountdate"))
            and row.get("takeintoaccountdate") == written_at
            and row.get("status") in FRESH
            and row.get("users_id_lastupdater") == self._session.user(deadline)
        )

    def _is_worked_on(
        self, ticket: int, since: str, assigned: Set[object], deadline: Deadline
    ) -> bool:
        """Say whether an agent has come to a ticket, or somebody has added what we did not.

        Args:
            ticket: its number.
            since: GLPI's time from which that counts.
            assigned: who was there before.
            deadline: for asking.
        """
        if self._users(ticket, ASSIGNED, deadline) - assigned:
            return True
        asking = self._users(ticket, REQUESTER, deadline) | {0}  # whoever writes by mail
        return any(
            str(row.get("date_creation") or since) >= since
            and row.get("users_id") not in asking
            and not is_the_bridges(str(row.get("content")))
            for kind in ANSWERS
            for row in self._rows(ticket, kind, deadline)
        )

    def _users(self, ticket: int, kind: int, deadline: Deadline) -> frozenset[object]:
        actors = self._rows(ticket, "Ticket_User", deadline)
        return frozenset(actor.get("users_id") for actor in actors if actor.get("type") == kind)

    def _rows(self, ticket: int, kind: str, deadline: Deadline) -> list[_Row]:
        path = f"Ticket/{ticket}/{kind}?range=0-999"
        found = self._session.get(path, deadline, partial=True)
        return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []


def _linked_at(row: _Row, document: int) -> object:
    """Return when a document was put on a ticket, None if it is not there."""
    listed = row.get("_documents")
    rows = listed if isinstance(listed, list) else []
    found = (r for r in rows if isinstance(r, dict) and r.get("id") == document)
    return next((r.get("assocdate") for r in found), None)
