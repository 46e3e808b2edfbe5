"""From the input of a ticket to its columns: what GLPI checks, mends, cuts and refuses.

Almost nothing is validated (10.0.14 and 11.0.6): unknown sources, categories, types and statuses
are stored as given. What the database refuses is 400 with its error text; on 11.0.6 that text is
the whole SQL statement with its values.
"""

import re

from .answers import GlpiRefusalError, PhpTypeError
from .call import Row
from .context import Context, whole_number
from .store import ENTITIES, now
from .text import NAME_LENGTH, raw, stored

_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
# PHP does arithmetic with these before the database sees them: text is a TypeError.
_PHP_INTEGERS = {"urgency": 3, "impact": 3, "itilcategories_id": 0, "locations_id": 0}
# The database converts these, and refuses what is no number.
_SQL_INTEGERS = {"type": 1, "requesttypes_id": 1, "status": 1}
_UNSIGNED = frozenset({"requesttypes_id"})
# GLPI's default matrix, by urgency and impact.
_PRIORITIES = (
    (1, 1, 2, 2, 2),
    (1, 2, 2, 3, 3),
    (2, 2, 3, 4, 4),
    (2, 3, 4, 4, 5),
    (2, 3, 4, 5, 5),
)


def priority_of(urgency: int, impact: int) -> int:
    """Return the priority that GLPI computes."""
    return _PRIORITIES[urgency - 1][impact - 1]


def text_of(value: object) -> str:
    """Return a scalar as text; raise PhpTypeError for a list or an object."""
    if isinstance(value, list | dict):
        raise PhpTypeError
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def checked_columns(context: Context, given: Row) -> Row:
    """Return the columns that an input sets, converted; raise what GLPI answers to bad ones."""
    columns: Row = {}
    for column in ("name", "content", "externalid"):
        if column in given:
            columns[column] = stored(text_of(given[column]), context.store.major)
    for column, default in (_PHP_INTEGERS | _SQL_INTEGERS).items():
        if column in given:
            columns[column] = _integer(context, column, given[column], default, columns)
    for column in ("urgency", "impact"):
        if column in columns and not 1 <= columns[column] <= 5:
            columns[column] = 3
    if whole_number(given.get("entities_id", 0)) not in ENTITIES:
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    if given.get("date"):
        columns["date"] = _date(context, text_of(given["date"]), columns)
    if context.store.major < 11:
        columns.pop("externalid", None)
    return columns


def cut_name(context: Context, columns: Row) -> None:
    """Bring a name to 255 characters: 10.0.14 cuts (escapes count), 11.0.6 refuses."""
    name = columns.get("name", "")
    if len(name) <= NAME_LENGTH:
        return
    if context.store.major >= 11:
        raise _sql_error(context, "Data too long for column 'name' at row 1", 1406, columns)
    columns["name"] = name[:NAME_LENGTH]


def name_from_content(context: Context, columns: Row) -> None:
    """Give a ticket without a name the beginning of its content, without tags."""
    if columns["name"]:
        return
    plain = re.sub(r"<[^>]*>", "", raw(columns["content"], context.store.major))
    columns["name"] = stored(" ".join(plain.split())[:70], context.store.major)


def _integer(context: Context, column: str, value: object, default: int, columns: Row) -> int:
    if value is None or value == "":
        return default
    if isinstance(value, list | dict):
        raise PhpTypeError
    number = whole_number(value)
    if number is None:
        if column in _PHP_INTEGERS:
            raise PhpTypeError
        database = f"glpi{context.store.major}"
        raise _sql_error(
            context,
            f"Incorrect integer value: '{value}' for column `{database}`.`glpi_tickets`."
            f"`{column}` at row 1",
            1366,
            columns,
        )
    if column in _UNSIGNED and number < 0:
        reason = f"Out of range value for column '{column}' at row 1"
        raise _sql_error(context, reason, 1264, columns)
    return number


def _date(context: Context, value: str, columns: Row) -> str:
    if _DATE.fullmatch(value):
        return value
    reason = f"Incorrect datetime value: '{value}' for column 'date' at row 1"
    raise _sql_error(context, reason, 1292, columns)


def _sql_error(context: Context, reason: str, number: int, columns: Row) -> GlpiRefusalError:
    if context.store.major < 11:
        return GlpiRefusalError(400, "ERROR_GLPI_ADD", reason)
    values = {**columns, "date_creation": now()}
    names = ", ".join(f"`{name}`" for name in values)
    texts = ", ".join(f"'{value}'" for value in values.values())
    statement = f"INSERT INTO `glpi_tickets` ({names}) VALUES ({texts})"  # noqa: S608 - shown only
    text = f'MySQL query error: {reason} ({number}) in SQL query "{statement}".'
    return GlpiRefusalError(400, "ERROR_GLPI_ADD", text)
