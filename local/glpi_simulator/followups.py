"""Followups and solutions of a ticket."""

import html

from .answers import GlpiRefusalError
from .call import Row
from .context import Context, whole_number
from .store import now
from .text import stored
from .ticket_input import text_of
from .tickets import CLOSED, PENDING, SOLVED, reopen, set_status, take_into_account


def create_followup(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST ITILFollowup; the author may be anyone and is not checked."""
    if given.get("itemtype") != "Ticket":
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    ticket = context.require_ticket(given.get("items_id"))
    if context.self_service and ticket["status"] == CLOSED:
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    content = stored(text_of(given.get("content")), context.store.major)
    if not content:
        text = "You can't add a followup without description"
        if context.store.major >= 11:
            text = html.escape(text).replace("&#x27;", "&#039;")
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", text)
    author = whole_number(given.get("users_id", context.user_id))
    followup_id = context.store.insert(
        "ITILFollowup",
        _row(context, ticket, content)
        | {
            "users_id": context.user_id if author is None else author,
            "is_private": whole_number(given.get("is_private")) or 0,
            "requesttypes_id": whole_number(given.get("requesttypes_id", 1)) or 0,
        },
    )
    if ticket["status"] in {PENDING, SOLVED, CLOSED} and _reopens(context, ticket, given):
        reopen(context, ticket)
    if not context.self_service:
        take_into_account(context, ticket, given)
    ticket["users_id_lastupdater"] = context.user_id
    ticket["date_mod"] = now()
    return followup_id, ""


def _reopens(context: Context, ticket: Row, given: Row) -> bool:
    """Tell whether a followup opens a resting ticket again.

    One of Self-Service is taken, and changes nothing, unless its user is a requester: then it does
    without being asked (10.0.14, 11.0.6).
    """
    if context.self_service:
        return context.is_requester(ticket)
    return str(given.get("add_reopen") or "0") == "1"


def create_deprecated_followup(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST TicketFollowup, the name from GLPI 9.3 that both versions still take."""
    return create_followup(
        context, {**given, "itemtype": "Ticket", "items_id": given.get("tickets_id")}
    )


def create_solution(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST ITILSolution: the ticket is solved; a second one is refused."""
    if given.get("itemtype") != "Ticket":
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    ticket = context.require_ticket(given.get("items_id"))
    if ticket["status"] in {SOLVED, CLOSED}:
        text = "The item is already solved, did anyone pushed a solution before you?"
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", text)
    content = stored(text_of(given.get("content")), context.store.major)
    solution_id = context.store.insert(
        "ITILSolution", _row(context, ticket, content) | {"users_id": context.user_id, "status": 2}
    )
    set_status(ticket, SOLVED)
    take_into_account(context, ticket, given)
    ticket["date_mod"] = now()
    return solution_id, f"Item successfully added: {solution_id}"


def _row(context: Context, ticket: Row, content: str) -> Row:
    moment = now()
    return {
        "itemtype": "Ticket",
        "items_id": ticket["id"],
        "date": moment,
        "users_id": context.user_id,
        "users_id_editor": 0,
        "content": content,
        "is_private": 0,
        "requesttypes_id": 0,
        "date_mod": moment,
        "date_creation": moment,
        "timeline_position": 1,
        "sourceitems_id": 0,
        "sourceof_items_id": 0,
    }
