"""Reading items: one by id, lists with filters and ranges, and how a row is shown."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from .answers import Answer, GlpiRefusalError, PhpTypeError, json_answer
from .call import Call, Row
from .context import Context, whole_number
from .store import CATEGORIES, ENTITIES, GROUPS, REQUEST_SOURCES, Store
from .text import raw, stored

_TICKET_CHILDREN = [
    "Document_Item",
    "TicketTask",
    "TicketValidation",
    "TicketCost",
    "Problem_Ticket",
    "Change_Ticket",
    "Item_Ticket",
    "ITILSolution",
    "ITILFollowup",
    "Ticket_User",
    "Group_Ticket",
    "Supplier_Ticket",
]
_CHILDREN = {
    "Ticket": _TICKET_CHILDREN,
    "ITILFollowup": ["Document_Item"],
    "Document": ["Document_Item"],
    "User": ["Document_Item"],
}
_FOREIGN = {
    "entities_id": "Entity",
    "tickets_id": "Ticket",
    "documents_id": "Document",
    "users_id": "User",
    "users_id_lastupdater": "User",
    "users_id_recipient": "User",
    "groups_id": "Group",
    "requesttypes_id": "RequestType",
    "itilcategories_id": "ITILCategory",
}
# The web interface's page length; ranges count from 0 and include their end.
_DEFAULT_RANGE = (0, 15)


def table_of(store: Store, itemtype: str) -> dict[int, Row]:
    """Return the rows of a type, with those that are not created through the API."""
    if itemtype == "User":
        return {user.id: _user_row(store, user.id) for user in store.users.values()}
    if itemtype == "UserEmail":
        return {
            user.id: {
                "id": user.id,
                "users_id": user.id,
                "is_default": 1,
                "email": stored(user.email, store.major),
            }
            for user in store.users.values()
            if user.email
        }
    names = {
        "Entity": ENTITIES,
        "Group": GROUPS,
        "ITILCategory": CATEGORIES,
        "RequestType": REQUEST_SOURCES,
    }.get(itemtype)
    if names is not None:
        return {number: {"id": number, "name": name} for number, name in names.items()}
    return store.table("ITILFollowup" if itemtype == "TicketFollowup" else itemtype)


def read_item(context: Context, itemtype: str, item_id: int) -> Answer:
    """Answer GET Itemtype/ID; raise 404 for no such item, 403 for one out of sight."""
    context.require_readable(itemtype)
    row = table_of(context.store, itemtype).get(item_id)
    if row is None:
        raise GlpiRefusalError(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
    if not context.may_see(itemtype, row):
        raise GlpiRefusalError(403, "ERROR_RIGHT_MISSING")
    modified = _last_modified(row)
    if itemtype == "Document" and _wants_file(context.call) and item_id in context.store.files:
        return _file(row, context.store.files[item_id], modified)
    answer = shown(context, itemtype, row)
    if itemtype == "Ticket" and context.call.flag("with_documents"):
        links = answer.pop("links")
        answer |= {"_documents": _documents_of(context, row), "links": links}
    return json_answer(200, answer, *modified)


def _documents_of(context: Context, ticket: Row) -> list[Row]:
    """Return the documents of a ticket and of its followups, to every profile that sees it.

    A Technician gets those of private followups as well, unmarked; pictures that GLPI's form has
    put into the text (`timeline_position` -1) are not among them.
    """
    store = context.store
    followups = {
        row["id"]: row
        for row in store.rows("ITILFollowup", itemtype="Ticket", items_id=ticket["id"])
    }
    found = []
    for link in store.rows("Document_Item"):
        on_ticket = link["itemtype"] == "Ticket" and link["items_id"] == ticket["id"]
        followup = followups.get(link["items_id"]) if link["itemtype"] == "ITILFollowup" else None
        hidden = context.self_service and followup is not None and followup["is_private"] == 1
        if link["timeline_position"] == -1 or hidden or not (on_ticket or followup):
            continue
        document = store.table("Document")[link["documents_id"]]
        about = {
            "assocID": link["id"],
            "assocdate": link["date_creation"],
            "entityID": document["entities_id"],
            "entity": ENTITIES[document["entities_id"]],
            "headings": None,
        }
        links = _foreign_links(context, document)
        found.append({**about, **document, "links": links})
    return found


def read_list(context: Context, itemtype: str, rows: Iterable[Row]) -> Answer:
    """Answer a list: filtered by searchText, sorted, cut to the range."""
    call = context.call
    deleted = 1 if call.flag("is_deleted") else 0
    found = [
        row
        for row in rows
        if context.may_see(itemtype, row)
        and (itemtype not in {"Ticket", "User"} or row.get("is_deleted", 0) == deleted)
        and _matches(context, row)
    ]
    sort = str(call.argument("sort") or "id")
    if any(sort not in row for row in found):
        raise PhpTypeError
    found.sort(key=lambda row: (row[sort] is not None, row[sort], row["id"]))
    if _descending(call):
        found.reverse()
    start, end = requested_range(call)
    check_range(start, len(found))
    page = found[start : end + 1]
    status = 206 if len(page) < len(found) else 200
    rows_shown = [shown(context, itemtype, row) for row in page]
    return json_answer(status, rows_shown, *range_headers(itemtype, start, len(page), len(found)))


def requested_range(call: Call) -> tuple[int, int]:
    """Return the first and the last wanted index."""
    match = re.fullmatch(r"(\d+)-(\d+)", str(call.argument("range") or ""))
    return (int(match[1]), int(match[2])) if match else _DEFAULT_RANGE


def range_headers(itemtype: str, start: int, count: int, total: int) -> tuple[tuple[str, str], ...]:
    """Return the headers of a list; an empty one has no Content-Range."""
    accepted = ("Accept-Range", f"{itemtype} 1000")
    if not count:
        return (accepted,)
    return accepted, ("Content-Range", f"{start}-{start + count - 1}/{total}")


def check_range(start: int, total: int) -> None:
    """Raise what GLPI answers to a range that begins beyond the end."""
    if start > total:
        text = f"Provided range exceed total count of data: {total}"
        raise GlpiRefusalError(400, "ERROR_RANGE_EXCEED_TOTAL", text)


def matches_text(pattern: str, value: object) -> bool:
    """Compare like GLPI's `contains`: no case, `^` and `$` anchor, `%` stands for anything."""
    text = "" if value is None else str(value)
    start = "" if pattern.startswith("^") else ".*"
    end = "" if pattern.endswith("$") else ".*"
    inner = pattern.removeprefix("^").removesuffix("$")
    body = ".*".join(re.escape(piece) for piece in inner.split("%"))
    found = re.fullmatch(start + body + end, text, re.IGNORECASE | re.DOTALL)
    return found is not None


def shown(context: Context, itemtype: str, row: Row) -> Row:
    """Return a row as the API shows it: texts, names for ids, links."""
    if context.call.flag("only_id"):
        return {"id": row["id"], "links": _child_links(context, itemtype, row)}
    result = dict(row)
    if context.store.major < 11 and context.call.headers.get("x-glpi-sanitized-content") == "false":
        for column, value in row.items():
            if isinstance(value, str):
                result[column] = raw(value, context.store.major)
    if context.call.flag("expand_dropdowns"):
        for column in _FOREIGN.keys() & row.keys():
            result[column] = _dropdown_name(context.store, _FOREIGN[column], row[column])
    result["links"] = _foreign_links(context, row) + _child_links(context, itemtype, row)
    return result


def _dropdown_name(store: Store, itemtype: str, number: int) -> object:
    """Return the name behind an id; an unknown one reads "", an unset one stays 0."""
    if number == 0 and itemtype != "Entity":
        return 0
    row = table_of(store, itemtype).get(number)
    return row.get("name", "") if row else ""


def _foreign_links(context: Context, row: Row) -> list[Row]:
    links: list[Row] = []
    for column, value in row.items():
        target = _FOREIGN.get(column)
        if column == "items_id" and row.get("itemtype"):
            target = str(row["itemtype"])
        if target and (value or target == "Entity"):
            links.append({"rel": target, "href": f"{context.base}/{target}/{value}"})
    return links


def _child_links(context: Context, itemtype: str, row: Row) -> list[Row]:
    children = list(_CHILDREN.get(itemtype, []))
    if itemtype == "Ticket" and context.store.major >= 11:
        children.insert(children.index("Item_Ticket"), "Ticket_Ticket")
    place = f"{context.base}/{itemtype}/{row['id']}"
    return [{"rel": child, "href": f"{place}/{child}/"} for child in children]


def _user_row(store: Store, user_id: int) -> Row:
    user = store.users[user_id]
    return {
        "id": user.id,
        "name": user.name,
        "realname": user.realname,
        "firstname": user.firstname,
        "is_active": int(user.is_active),
        "is_deleted": int(user.is_deleted),
        "entities_id": 0,
        "date_mod": None,
    }


def _matches(context: Context, row: Row) -> bool:
    wanted = context.call.query.get("searchText")
    if not isinstance(wanted, dict):
        return True
    if any(column not in row for column in wanted):
        # An unknown column is an SQL error, answered like a PHP error: externalid on 10.0.14.
        raise PhpTypeError
    return all(
        matches_text(str(pattern), _searchable(context, row[column]))
        for column, pattern in wanted.items()
    )


def _searchable(context: Context, value: object) -> object:
    return raw(value, context.store.major) if isinstance(value, str) else value


def _descending(call: Call) -> bool:
    return str(call.argument("order") or "").upper() == "DESC"


def _wants_file(call: Call) -> bool:
    wants_stream = call.headers.get("accept") == "application/octet-stream"
    return wants_stream or call.argument("alt") == "media"


def _file(row: Row, content: bytes, headers: tuple[tuple[str, str], ...]) -> Answer:
    name = str(row["filename"])
    disposition = f"attachment; filename=\"{quote(name)}\"; filename*=utf-8''{quote(name)}"
    kind = f"{row['mime']};charset=UTF-8" if str(row["mime"]).startswith("text/") else row["mime"]
    return Answer(200, content, kind, (*headers, ("Content-disposition", disposition)))


def _last_modified(row: Row) -> tuple[tuple[str, str], ...]:
    if not row.get("date_mod"):
        return ()
    moment = datetime.strptime(row["date_mod"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return (("Last-Modified", moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),)


def sub_items(context: Context, itemtype: str, item_id: int, child: str) -> Answer:
    """Answer GET Itemtype/ID/Child: the rows that hang on an item."""
    context.require_readable(itemtype)
    context.require_readable(child)
    row = table_of(context.store, itemtype).get(item_id)
    if row is None:
        raise GlpiRefusalError(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
    if not context.may_see(itemtype, row):
        raise GlpiRefusalError(403, "ERROR_RIGHT_MISSING")
    column = {"Ticket": "tickets_id", "Document": "documents_id", "User": "users_id"}.get(itemtype)
    rows = [
        entry
        for entry in table_of(context.store, child).values()
        if (column is not None and whole_number(entry.get(column)) == item_id)
        or (entry.get("itemtype") == itemtype and entry.get("items_id") == item_id)
    ]
    return read_list(context, child, rows)
