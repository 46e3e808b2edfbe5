"""Stored tickets as tests and people look at them: raw texts, with all that hangs on them."""

from collections import defaultdict

from .actors import ASSIGNED, OBSERVER, REQUESTER
from .call import Row
from .store import CATEGORIES, GROUPS, REQUEST_SOURCES, Store
from .text import raw


def tickets(store: Store) -> list[Row]:
    """Return a copy of every ticket, trashed ones included."""
    with store.lock:
        hanging = _rows_by_ticket(store)
        return [_ticket(store, row, hanging) for row in store.table("Ticket").values()]


def ticket_facts(store: Store, ticket: Row) -> dict[str, str]:
    """Return what a person wants to see beside title and text."""
    source = ticket["requesttypes_id"]
    category = ticket["itilcategories_id"]
    facts = {
        "Request source": REQUEST_SOURCES.get(source, f"unknown ({source})"),
        "Requester": ", ".join(_person(store, who) for who in ticket["requesters"]) or "nobody",
        "Category": CATEGORIES.get(category, f"unknown ({category})") if category else "",
        "Assigned groups": ", ".join(GROUPS[number] for number in ticket["assigned_groups"]),
        "Opened": str(ticket["date"]),
        "Linked to": ", ".join(f"#{number}" for number in ticket["linked"]),
        "External id": str(ticket.get("externalid") or ""),
        "In the trash": "yes" if ticket["is_deleted"] else "",
    }
    return {name: value for name, value in facts.items() if value}


def followup_authors(store: Store, ticket: Row) -> list[str]:
    """Return who wrote each followup of a ticket, and when."""
    return [
        f"{_person(store, one['users_id'])}, {one['date_creation']}" for one in ticket["followups"]
    ]


def _person(store: Store, who: int | str) -> str:
    user = store.users.get(who) if isinstance(who, int) else None
    return f"{user.firstname} {user.realname} ({user.name})" if user else str(who)


def _rows_by_ticket(store: Store) -> dict[tuple[str, int], list[Row]]:
    """Group what hangs on tickets once, instead of searching for each of thousands."""
    found: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for itemtype in ("Ticket_User", "Group_Ticket"):
        for row in store.table(itemtype).values():
            found[itemtype, row["tickets_id"]].append(row)
    for itemtype in ("ITILFollowup", "Document_Item"):
        for row in store.rows(itemtype, itemtype="Ticket"):
            found[itemtype, row["items_id"]].append(row)
    for row in store.table("Ticket_Ticket").values():
        found["Ticket_Ticket", row["tickets_id_1"]].append(row)
    return found


def _ticket(store: Store, row: Row, hanging: dict[tuple[str, int], list[Row]]) -> Row:
    number = row["id"]
    documents = store.table("Document")
    links = hanging.get(("Document_Item", number), [])
    users = hanging.get(("Ticket_User", number), [])
    groups = hanging.get(("Group_Ticket", number), [])
    linked = hanging.get(("Ticket_Ticket", number), [])
    return _raw_row(store, row) | {
        "requesters": _people(users, REQUESTER),
        "observers": _people(users, OBSERVER),
        "assigned": _people(users, ASSIGNED),
        "assigned_groups": [one["groups_id"] for one in groups if one["type"] == ASSIGNED],
        "followups": [_raw_row(store, one) for one in hanging.get(("ITILFollowup", number), [])],
        "documents": [
            _raw_row(store, documents[link["documents_id"]])
            for link in links
            if link["documents_id"] in documents
        ],
        "linked": [one["tickets_id_2"] for one in linked],
    }


def _people(users: list[Row], role: int) -> list[int | str]:
    return [row["users_id"] or row["alternative_email"] for row in users if row["type"] == role]


def _raw_row(store: Store, row: Row) -> Row:
    return {
        name: raw(value, store.major) if isinstance(value, str) else value
        for name, value in row.items()
    }
