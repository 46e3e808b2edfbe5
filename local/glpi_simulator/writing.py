"""Writing items: create, update and delete, one or a list, with GLPI's ways to say "partly"."""

from collections.abc import Callable

from .actors import create_ticket_user
from .answers import Answer, GlpiRefusalError, PhpTypeError, json_answer
from .call import Row
from .context import Context, whole_number
from .documents import create_document, create_document_item, upload_result
from .followups import create_deprecated_followup, create_followup, create_solution
from .reading import table_of
from .store import now
from .text import stored
from .tickets import create_ticket, delete_ticket, update_ticket

_CREATE: dict[str, Callable[[Context, Row], tuple[int, str]]] = {
    "Document": create_document,
    "Document_Item": create_document_item,
    "ITILFollowup": create_followup,
    "ITILSolution": create_solution,
    "Ticket": create_ticket,
    "TicketFollowup": create_deprecated_followup,
    "Ticket_User": create_ticket_user,
}


def create(context: Context, itemtype: str) -> Answer:
    """Answer POST Itemtype, with one input or a list of them: 201, or 207 for some of a list."""
    given = _input(context)
    if isinstance(given, list):
        return _create_list(context, itemtype, given)
    number, message = _create_one(context, itemtype, given)
    created: Row = {"id": number, "message": message}
    if context.call.uploads and itemtype != "Document" and context.store.major >= 11:
        # Seen on 11.0.6: files sent with a ticket end in a 500, although the ticket exists.
        raise PhpTypeError
    if context.call.uploads:
        root = context.base.partition("/apirest.php")[0].partition("/api.php")[0]
        created["upload_result"] = upload_result(context.call, root, context.store.major)
    return json_answer(201, created, ("location", f"{context.base}/{itemtype}/{number}"))


def update(context: Context, itemtype: str, item_id: int | None) -> Answer:
    """Answer PUT or PATCH, with the id in the path, in the input, or in each of a list."""
    given = _input(context)
    if isinstance(given, dict):
        number = item_id if item_id is not None else whole_number(given.get("id"))
        result = _update_one(context, itemtype, number, given)
        if result is None:
            raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE", None)
        return json_answer(200, [result])
    if not given and context.store.major < 11:
        raise PhpTypeError
    results = [_update_one(context, itemtype, whole_number(e.get("id")), e) for e in given]
    done = [result for result in results if result is not None]
    if not done:
        raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE", done)
    if len(done) < len(results):
        raise GlpiRefusalError(207, "ERROR_GLPI_PARTIAL_UPDATE", done)
    return json_answer(200, done)


def delete(context: Context, itemtype: str, item_id: int | None) -> Answer:
    """Answer DELETE: into the trash, or for good with force_purge."""
    given = context.call.params.get("input")
    if item_id is None and isinstance(given, dict):
        item_id = whole_number(given.get("id"))
    row = table_of(context.store, itemtype).get(item_id or 0)
    if row is None:
        raise GlpiRefusalError(400, "ERROR_GLPI_DELETE", None)
    if not context.may_see(itemtype, row) or (context.self_service and itemtype != "Ticket"):
        raise GlpiRefusalError(400, "ERROR_GLPI_DELETE")
    purge = context.call.flag("force_purge")
    if itemtype == "Ticket":
        delete_ticket(context, row, purge=purge)
    elif row["id"] in context.store.table(itemtype):
        del context.store.table(itemtype)[row["id"]]
    return json_answer(200, [{str(item_id): True, "message": ""}])


def _input(context: Context) -> Row | list[Row]:
    given = context.call.params.get("input")
    if isinstance(given, list) and all(isinstance(entry, dict) for entry in given):
        return given
    if isinstance(given, dict):
        return given
    text = "input parameter must be an array of objects"
    raise GlpiRefusalError(400, "ERROR_BAD_ARRAY", text)


def _create_one(context: Context, itemtype: str, given: Row) -> tuple[int, str]:
    if not context.may_create_type(itemtype):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    handler = _CREATE.get(itemtype)
    if handler is None:
        number = context.store.insert(itemtype, {"name": str(given.get("name", ""))})
        return number, f"Item successfully added: {given.get('name', '')}"
    return handler(context, given)


def _create_list(context: Context, itemtype: str, given: list[Row]) -> Answer:
    results: list[Row] = []
    for entry in given:
        try:
            number, message = _create_one(context, itemtype, entry)
        except GlpiRefusalError as refusal:
            results.append({"id": False, "message": refusal.text})
        else:
            results.append({"id": number, "message": message})
    failed = sum(result["id"] is False for result in results)
    if failed == len(results):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", results)
    if failed:
        raise GlpiRefusalError(207, "ERROR_GLPI_PARTIAL_ADD", results)
    links = ",".join(f"{context.base}/{itemtype}/{result['id']}" for result in results)
    return json_answer(201, results, ("link", links))


def _update_one(context: Context, itemtype: str, item_id: int | None, given: Row) -> Row | None:
    row = table_of(context.store, itemtype).get(item_id or 0)
    if row is None:
        return None
    if not context.may_see(itemtype, row):
        raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE")
    if itemtype == "Ticket":
        update_ticket(context, row, given)
    elif context.self_service or row["id"] not in context.store.table(itemtype):
        raise GlpiRefusalError(400, "ERROR_GLPI_UPDATE")
    else:
        _update_columns(context, row, given)
    return {str(row["id"]): True, "message": ""}


def _update_columns(context: Context, row: Row, given: Row) -> None:
    for column, value in given.items():
        if column in row and column != "id":
            text = isinstance(value, str)
            row[column] = stored(value, context.store.major) if text else value
    if "date_mod" in row:
        row["date_mod"] = now()
