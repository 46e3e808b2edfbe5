"""Tickets: create, update, delete."""

from .actors import ASSIGNED, actors_of, add_actors, is_assigned
from .answers import GlpiRefusalError
from .call import Row
from .context import Context, whole_number
from .store import now
from .text import in_message
from .ticket_input import checked_columns, cut_name, name_from_content, priority_of

NEW, ASSIGNED_STATUS, PENDING, SOLVED, CLOSED = 1, 2, 4, 5, 6
_ZERO_COLUMNS = (
    "slas_id_ttr",
    "slas_id_tto",
    "slalevels_id_ttr",
    "sla_waiting_duration",
    "ola_waiting_duration",
    "olas_id_tto",
    "olas_id_ttr",
    "olalevels_id_ttr",
    "waiting_duration",
    "close_delay_stat",
    "solve_delay_stat",
    "takeintoaccount_delay_stat",
    "actiontime",
    "is_deleted",
    "locations_id",
)
_EMPTY_COLUMNS = (
    "closedate",
    "solvedate",
    "takeintoaccountdate",
    "time_to_resolve",
    "time_to_own",
    "begin_waiting_date",
    "ola_tto_begin_date",
    "ola_ttr_begin_date",
    "internal_time_to_resolve",
    "internal_time_to_own",
)

_TAKEN_COLUMNS = ("takeintoaccountdate", "takeintoaccount_delay_stat")
_DO_NOT_TAKE = "_do_not_compute_takeintoaccount"
_DROPPED_SILENTLY = frozenset({"requesttypes_id", "externalid", _DO_NOT_TAKE})
_ACTORS = ("_users_id_", "_groups_id_", "_itil_", "_actors")


def create_ticket(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST Ticket for one input; return the id and GLPI's message."""
    columns = {"name": "", "content": "", **checked_columns(context, given)}
    actors = actors_of(context, given)
    name_from_content(context, columns)
    cut_name(context, columns)
    assigned = any(actor.role == ASSIGNED for actor in actors)
    row = _new_row(context) | columns
    # Seen on both: an id in the input is ignored, but that ticket's source becomes the default.
    named = context.store.table("Ticket").get(whole_number(given.get("id")) or 0)
    if named is not None and "requesttypes_id" not in columns:
        row["requesttypes_id"] = named["requesttypes_id"]
    row["priority"] = priority_of(row["urgency"], row["impact"])
    if assigned and row["status"] == NEW:
        row["status"] = ASSIGNED_STATUS
    elif not assigned and row["status"] == ASSIGNED_STATUS:
        # Seen on both: status 2 in the input without anyone assigned reads 1 afterwards.
        row["status"] = NEW
    ticket_id = context.store.insert("Ticket", row)
    row = context.store.table("Ticket")[ticket_id]
    add_actors(context, ticket_id, actors)
    if assigned:
        # Seen on both: for Self-Service whatever the input says.
        take_into_account(context, row, {} if context.self_service else given)
    if _link(context, ticket_id, given.get("_link")):
        # Seen on both, whatever the input says: whoever links has taken the ticket into account.
        take_into_account(context, row, {})
    return ticket_id, _message(context, ticket_id, columns["name"])


def update_ticket(context: Context, ticket: Row, given: Row) -> None:
    """Apply the input of PUT Ticket.

    Self-Service may change its ticket until somebody has answered: not status and actors (400
    without a text), and what is dropped silently (seen on both). Whoever changes a ticket that is
    no longer new has taken it into account, setting that back included (seen on both).
    """
    if context.self_service:
        _require_change_by_requester(context, ticket, given)
        given = {key: value for key, value in given.items() if key not in _DROPPED_SILENTLY}
    columns = checked_columns(context, given)
    columns |= {name: given[name] for name in _TAKEN_COLUMNS if name in given}
    cut_name(context, columns)
    actors = actors_of(context, given)
    status = columns.pop("status", None)
    ticket.update(columns)
    ticket["priority"] = whole_number(given.get("priority")) or priority_of(
        ticket["urgency"], ticket["impact"]
    )
    if status is not None:
        set_status(ticket, status)
    add_actors(context, ticket["id"], actors)
    touch(context, ticket, given)


def _require_change_by_requester(context: Context, ticket: Row, given: Row) -> None:
    if not may_change(context, ticket):
        raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE")
    if "status" in given or any(key.startswith(_ACTORS) for key in given):
        raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE", "")


def may_change(context: Context, ticket: Row) -> bool:
    """Tell whether the session may change a ticket: Self-Service until somebody has answered."""
    if not context.self_service:
        return True
    answers = context.store.rows("ITILFollowup", itemtype="Ticket", items_id=ticket["id"])
    return context.may_see_ticket(ticket) and not answers


def delete_ticket(context: Context, ticket: Row, *, purge: bool) -> None:
    """Put a ticket into the trash, or remove it with all that hangs on it."""
    if not purge:
        ticket["is_deleted"] = 1
        ticket["date_mod"] = now()
        return
    store = context.store
    ticket_id = ticket["id"]
    for itemtype in ("Ticket_User", "Group_Ticket"):
        for row in store.rows(itemtype, tickets_id=ticket_id):
            del store.table(itemtype)[row["id"]]
    for itemtype in ("ITILFollowup", "ITILSolution", "Document_Item"):
        for row in store.rows(itemtype, itemtype="Ticket", items_id=ticket_id):
            del store.table(itemtype)[row["id"]]
    del store.table("Ticket")[ticket_id]


def set_status(ticket: Row, status: int) -> None:
    """Change the status with the dates that follow from it."""
    ticket["status"] = status
    moment = now()
    waits = status in {PENDING, SOLVED, CLOSED}
    ticket["begin_waiting_date"] = moment if waits else None
    ticket["solvedate"] = (ticket["solvedate"] or moment) if status in {SOLVED, CLOSED} else None
    ticket["closedate"] = moment if status == CLOSED else None


def reopen(context: Context, ticket: Row) -> None:
    """Reopen a ticket: assigned if someone is, otherwise new."""
    set_status(ticket, ASSIGNED_STATUS if is_assigned(context, ticket["id"]) else NEW)


def touch(context: Context, ticket: Row, given: Row) -> None:
    """Note a change: by it a ticket that is no longer new is taken into account (seen on both)."""
    if ticket["status"] != NEW:
        take_into_account(context, ticket, given)
    ticket["users_id_lastupdater"] = context.user_id
    ticket["date_mod"] = now()


def take_into_account(context: Context, ticket: Row, given: Row) -> None:
    """Note that somebody has taken the ticket up, unless they ask in it or the input says no."""
    held = str(given.get(_DO_NOT_TAKE) or "0") not in {"0", ""}
    if ticket["takeintoaccountdate"] is None and not held and not context.is_requester(ticket):
        ticket["takeintoaccountdate"] = now()
        ticket["takeintoaccount_delay_stat"] = 1


def _new_row(context: Context) -> Row:
    moment = now()
    row: Row = {
        "entities_id": 0,
        "name": "",
        "date": moment,
        "date_mod": moment,
        "users_id_lastupdater": context.user_id,
        "status": NEW,
        "users_id_recipient": context.user_id,
        "requesttypes_id": 1,
        "content": "",
        "urgency": 3,
        "impact": 3,
        "priority": 3,
        "itilcategories_id": 0,
        "type": 1,
        "global_validation": 1,
        **dict.fromkeys(_ZERO_COLUMNS, 0),
        **dict.fromkeys(_EMPTY_COLUMNS, None),
        "date_creation": moment,
    }
    if context.store.major < 11:
        return row | {"validation_percent": 0}
    return row | {"tickettemplates_id": 0, "externalid": None}


def _link(context: Context, ticket_id: int, given: object) -> bool:
    """Link a new ticket to one that the session sees; of others nothing is said (seen on both)."""
    if not isinstance(given, dict):
        return False
    other = context.store.table("Ticket").get(whole_number(given.get("tickets_id_2")) or 0)
    if other is None or not context.may_see_ticket(other):
        return False
    kind = whole_number(given.get("link")) or 1
    row = {"tickets_id_1": ticket_id, "tickets_id_2": other["id"], "link": kind}
    context.store.insert("Ticket_Ticket", row)
    return True


def _message(context: Context, ticket_id: int, name: str) -> str:
    if not name:
        return f"Item successfully added: Ticket - ID {ticket_id}" + (
            f" ({ticket_id})" if context.store.major < 11 else ""
        )
    shown = in_message(name, context.store.major)
    if context.store.major < 11:
        shown = f"{shown} ({ticket_id})"
    return f"Item successfully added: {shown}"
