"""The search engine: search/Ticket and search/User, with the options that the bridge uses.

Row keys are strings (the numbers of the search options). Texts are found raw and shown as stored.
A date that GLPI cannot read filters nothing (both versions).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .actors import REQUESTER
from .answers import Answer, GlpiRefusalError, json_answer
from .call import Row
from .context import Context
from .reading import check_range, matches_text, range_headers, requested_range, table_of
from .store import CATEGORIES, ENTITIES, GROUPS, REQUEST_SOURCES
from .text import raw, stored

_Value = Callable[[Context, Row], object]
_DATES = frozenset({15, 19})
_UNITS = {
    "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1),
    "DAY": timedelta(days=1),
    "WEEK": timedelta(weeks=1),
    "MONTH": timedelta(days=30),
    "YEAR": timedelta(days=365),
}
_DEFAULT_COLUMNS = {"Ticket": [1, 2, 12, 15, 19], "User": [1, 2, 5, 9, 34]}


def _column(name: str) -> _Value:
    return lambda _context, row: row.get(name)


def _requesters(context: Context, row: Row) -> object:
    rows = context.store.rows("Ticket_User", tickets_id=row["id"], type=REQUESTER)
    found = [str(entry["users_id"]) if entry["users_id"] else None for entry in rows]
    if not found:
        return None
    return found[0] if len(found) == 1 else found


def _email(context: Context, row: Row) -> object:
    email = context.store.users[row["id"]].email
    return stored(email, context.store.major) if email else None


def _groups(context: Context, row: Row) -> object:
    rows = context.store.rows("Group_Ticket", tickets_id=row["id"])
    return GROUPS[rows[0]["groups_id"]] if rows else None


def _user_name(column: str) -> _Value:
    def value(context: Context, row: Row) -> object:
        user = context.store.users.get(row[column])
        return user.name if user else None

    return value


def _name_of(column: str, names: dict[int, str]) -> _Value:
    return lambda _context, row: names.get(row[column])


_OPTIONS: dict[str, dict[int, _Value]] = {
    "Ticket": {
        1: _column("name"),
        2: _column("id"),
        4: _requesters,
        7: _name_of("itilcategories_id", CATEGORIES),
        8: _groups,
        9: _name_of("requesttypes_id", REQUEST_SOURCES),
        12: _column("status"),
        14: _column("type"),
        15: _column("date"),
        19: _column("date_mod"),
        21: _column("content"),
        22: _user_name("users_id_recipient"),
        80: _name_of("entities_id", ENTITIES),
        87: _column("externalid"),
    },
    "User": {
        1: _column("name"),
        2: _column("id"),
        5: _email,
        8: _column("is_active"),
        9: _column("firstname"),
        34: _column("realname"),
    },
}
# What `equals` compares where the shown value is a name: the id behind it.
_IDS: dict[str, dict[int, str]] = {
    "Ticket": {
        7: "itilcategories_id",
        9: "requesttypes_id",
        22: "users_id_recipient",
        80: "entities_id",
    },
    "User": {1: "id"},
}


def search(context: Context, itemtype: str) -> Answer:
    """Answer GET search/Itemtype: 200, or 206 for a part; raise 400 for unusable criteria."""
    if itemtype not in _OPTIONS:
        text = "resource not found or not an instance of CommonDBTM"
        raise GlpiRefusalError(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", text)
    context.require_readable(itemtype)
    criteria = [_checked(context, itemtype, entry) for entry in _entries(context, "criteria")]
    deleted = 1 if context.call.flag("is_deleted") else 0
    found = [
        row
        for row in table_of(context.store, itemtype).values()
        if row["is_deleted"] == deleted
        and (itemtype != "Ticket" or context.may_see_ticket(row))
        and _selected(context, itemtype, row, criteria)
    ]
    sort, order = _sort(context, itemtype, found)
    start, end = requested_range(context.call)
    check_range(start, len(found))
    page = found[start : end + 1]
    columns = _shown_columns(context, itemtype, criteria)
    options = _OPTIONS[itemtype]
    data = [{str(number): options[number](context, row) for number in columns} for row in page]
    content_range = f"{start}-{start + len(page) - 1}/{len(found)}"
    result: Row = {"totalcount": len(found), "count": len(page), "sort": sort, "order": [order]}
    if data:
        result["data"] = data
    result["content-range"] = content_range
    return json_answer(
        206 if len(page) < len(found) else 200,
        result,
        *range_headers(itemtype, start, len(page), len(found)),
    )


def _entries(context: Context, name: str) -> list[object]:
    given = context.call.query.get(name)
    if isinstance(given, dict):
        return list(given.values())
    return given if isinstance(given, list) else []


def _known(context: Context, itemtype: str, number: int) -> bool:
    return number in _OPTIONS[itemtype] and not (
        itemtype == "Ticket" and number == 87 and context.store.major < 11
    )


def _checked(context: Context, itemtype: str, entry: object) -> Row:
    if not isinstance(entry, dict) or not {"field", "searchtype", "value"} <= entry.keys():
        raise GlpiRefusalError(400, "ERROR", "Malformed search criteria")
    field = str(entry["field"])
    if not field.isdigit() or not _known(context, itemtype, int(field)):
        raise GlpiRefusalError(400, "ERROR", "Bad field ID in search criteria")
    return {**entry, "field": int(field), "link": str(entry.get("link", "AND")).upper()}


def _shown_columns(context: Context, itemtype: str, criteria: list[Row]) -> list[int]:
    wanted = [int(str(number)) for number in _entries(context, "forcedisplay")]
    columns = [1, *wanted] if wanted else _DEFAULT_COLUMNS[itemtype]
    columns = [*columns, *(entry["field"] for entry in criteria)]
    return [number for number in dict.fromkeys(columns) if _known(context, itemtype, number)]


def _sort(context: Context, itemtype: str, found: list[Row]) -> tuple[list[object], str]:
    """Sort in place; return what GLPI echoes: unasked, 10.0.14 says ["1"] and 11.0.6 [0]."""
    order = str(context.call.argument("order") or "ASC").upper()
    asked = str(context.call.argument("sort") or "")
    if not asked.isdigit() or int(asked) not in _OPTIONS[itemtype]:
        return [0] if context.store.major >= 11 else ["1"], order
    value = _OPTIONS[itemtype][int(asked)]
    found.sort(key=lambda row: str(value(context, row)), reverse=order == "DESC")
    return [int(asked)], order


def _selected(context: Context, itemtype: str, row: Row, criteria: list[Row]) -> bool:
    selected = True
    for index, entry in enumerate(criteria):
        holds = _holds(context, itemtype, row, entry)
        if entry["link"].endswith("NOT"):
            holds = not holds
        if index == 0:
            selected = holds
        elif entry["link"].startswith("OR"):
            selected = selected or holds
        else:
            selected = selected and holds
    return selected


def _holds(context: Context, itemtype: str, row: Row, entry: Row) -> bool:
    field, kind, wanted = entry["field"], str(entry["searchtype"]), str(entry["value"])
    value = _OPTIONS[itemtype][field](context, row)
    if field in _DATES and kind in {"morethan", "lessthan"}:
        limit = _moment(wanted)
        if limit is None:
            return True
        return str(value) > limit if kind == "morethan" else str(value) < limit
    if kind in {"equals", "notequals"}:
        return _equals(itemtype, row, field, value, wanted) is (kind == "equals")
    values = value if isinstance(value, list) else [value]
    found = any(
        matches_text(wanted, raw(one, context.store.major) if isinstance(one, str) else one)
        for one in values
    )
    return found is (kind != "notcontains")


def _equals(itemtype: str, row: Row, field: int, value: object, wanted: str) -> bool:
    if itemtype == "User" and field == 5:
        # `equals` on the e-mail finds nothing on both versions.
        return False
    column = _IDS[itemtype].get(field)
    if column is not None:
        return str(row[column]) == wanted
    values = value if isinstance(value, list) else [value]
    return any(str(one) == wanted for one in values if one is not None)


def _moment(text: str) -> str | None:
    """Return the limit of a date criterion: NOW, TODAY, -6DAY, or a date as GLPI writes it."""
    present = datetime.now(UTC)
    if text == "NOW":
        return present.strftime("%Y-%m-%d %H:%M:%S")
    if text == "TODAY":
        return present.strftime("%Y-%m-%d 00:00:00")
    match = re.fullmatch(r"(-?\d+)(MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)", text)
    if match:
        moment = present + int(match[1]) * _UNITS[match[2]]
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    if re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", text):
        return text
    return None
