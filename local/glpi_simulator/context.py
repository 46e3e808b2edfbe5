"""One call of one session, and what that session may do.

Measured as Super-Admin, Technician and Self-Service on 10.0.14 and 11.0.6.
"""

from dataclasses import dataclass

from .answers import GlpiRefusalError
from .call import Call, Row
from .store import SELF_SERVICE, SUPER_ADMIN, Session, Store

ITEMTYPES = frozenset(
    {
        "Computer",
        "Document",
        "Document_Item",
        "Entity",
        "Group",
        "Group_Ticket",
        "ITILCategory",
        "ITILFollowup",
        "ITILSolution",
        "Location",
        "RequestType",
        "Ticket",
        "TicketFollowup",
        "TicketTask",
        "Ticket_Ticket",
        "Ticket_User",
        "User",
        "UserEmail",
    }
)
_SUPER_ADMIN_ONLY = frozenset({"ITILCategory", "Location", "RequestType"})
_NOT_SELF_SERVICE = frozenset(
    {"Computer", "Document", "Document_Item", "Entity", "Group", "User", "UserEmail"}
)
_CREATED_BY_ANYONE = frozenset(
    {
        "Document",
        "Document_Item",
        "ITILFollowup",
        "Ticket",
        "TicketFollowup",
        "Ticket_User",
    }
)


@dataclass(frozen=True)
class Context:
    """What a handler of item calls needs; `base` is the address of the API in links."""

    store: Store
    session: Session
    call: Call
    base: str

    @property
    def user_id(self) -> int:
        """The id of the user whose session this is."""
        return self.session.user.id

    @property
    def self_service(self) -> bool:
        """Whether the session has the simplified interface's rights."""
        return self.session.profile == SELF_SERVICE

    def may_read_type(self, itemtype: str) -> bool:
        """Tell whether the profile reads items of this type at all."""
        if self.session.profile == SUPER_ADMIN:
            return True
        if itemtype in _SUPER_ADMIN_ONLY:
            return False
        return not (self.self_service and itemtype in _NOT_SELF_SERVICE)

    def may_create_type(self, itemtype: str) -> bool:
        """Tell whether the profile creates items of this type at all."""
        if "right_missing" in self.call.faults or "stale_rights" in self.call.faults:
            return False
        if self.session.profile == SUPER_ADMIN or itemtype in _CREATED_BY_ANYONE:
            return True
        return itemtype == "ITILSolution" and not self.self_service

    def may_see_ticket(self, ticket: Row) -> bool:
        """Tell whether the session sees this ticket: Self-Service sees what it wrote or asked."""
        if not self.self_service or ticket["users_id_recipient"] == self.user_id:
            return True
        actors = self.store.rows("Ticket_User", tickets_id=ticket["id"], users_id=self.user_id)
        return bool(actors)

    def is_requester(self, ticket: Row) -> bool:
        """Tell whether the session's own user asks in this ticket."""
        wanted = {"tickets_id": ticket["id"], "users_id": self.user_id, "type": 1}
        return bool(self.store.rows("Ticket_User", **wanted))

    def may_see(self, itemtype: str, row: Row) -> bool:
        """Tell whether the session sees this row of a type that it may read."""
        if itemtype == "Ticket":
            return self.may_see_ticket(row)
        ticket_id = row.get("tickets_id") or (
            row.get("items_id") if row.get("itemtype") == "Ticket" else None
        )
        ticket = self.store.table("Ticket").get(ticket_id) if ticket_id else None
        if ticket is None:
            return not self.self_service or row.get("users_id", self.user_id) == self.user_id
        hidden = self.self_service and row.get("is_private") == 1
        return self.may_see_ticket(ticket) and not hidden

    def require_readable(self, itemtype: str) -> None:
        """Raise 403 unless the profile reads this type."""
        if not self.may_read_type(itemtype):
            raise GlpiRefusalError(403, "ERROR_RIGHT_MISSING")

    def require_ticket(self, ticket_id: object) -> Row:
        """Return the ticket to write to; raise GLPI's 400 when it is missing or hidden."""
        number = whole_number(ticket_id)
        ticket = self.store.table("Ticket").get(number) if number is not None else None
        if ticket is None or not self.may_see_ticket(ticket):
            raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
        return ticket


def whole_number(value: object) -> int | None:
    """Return a number sent as number or digits, and None for everything else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return None
