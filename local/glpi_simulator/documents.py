"""Documents: one upload a request, checked by type and size, linked to a ticket or not."""

import hashlib
import re
import uuid
from pathlib import PurePosixPath
from urllib.parse import quote

from .answers import GlpiRefusalError
from .call import Call, Row, Upload
from .context import Context, whole_number
from .store import now
from .text import raw, stored
from .ticket_input import text_of
from .tickets import CLOSED, may_change, touch

MEGABYTE = 1024 * 1024
DOCUMENT_MAX_MEGABYTES = 2
_UPLOAD_MAX_BYTES = 20 * MEGABYTE
# GLPI's document types that allow upload, those people send.
_UPLOADABLE = re.compile(
    r"\.(avi|bmp|bz2|csv|docx?|eml|epub|gif|gz|jpe?g|mkv|mov|mp[34]|msg|od[gpst]|ogg|pdf|png|pptx?"
    r"|ps|rar|rtf|svg|tar|tiff?|txt|wav|webp|wmv|xlsx?|xml|zip)",
    re.IGNORECASE,
)


def create_document(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST Document for a manifest's input and the first file of the request."""
    store = context.store
    upload = context.call.uploads[0] if context.call.uploads else None
    rejection = _rejection(upload) if upload else ""
    linked = bool(given.get("itemtype")) and given.get("items_id") is not None
    ticket = store.table("Ticket").get(whole_number(given.get("items_id")) or 0)
    if linked and ticket is not None and store.major >= 11 and not context.may_see_ticket(ticket):
        # 10.0.14 lets Self-Service put a document on a ticket it may not even read.
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    if linked and ticket is not None and store.major >= 11 and ticket["status"] == CLOSED:
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")  # 10.0.14 takes files on closed tickets
    if linked and upload and rejection:
        text = f"File {upload.filename} not found."
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", text)
    name = stored(text_of(given.get("name")), store.major)
    if linked and store.major < 11:
        shown = raw(ticket["name"], store.major) if ticket else "N/A"
        name = stored(f"Document: {given['itemtype']} - {shown}", store.major)
    accepted = upload if not rejection else None
    document_id = store.insert("Document", _row(context, name, accepted, given))
    if accepted:
        store.files[document_id] = accepted.content
    if linked:
        _attach(context, document_id, str(given["itemtype"]), whole_number(given["items_id"]) or 0)
    return document_id, f"Item successfully added: {name or f'Document - ID {document_id}'}"


def upload_result(call: Call, root: str, major: int) -> Row:
    """Describe the upload as GLPI adds it to the answer of POST Document."""
    upload = call.uploads[0]
    prefix = f"{uuid.uuid4().hex[:14]}.{uuid.uuid4().int % 10**8:08d}"
    stored_name = prefix + upload.filename
    rejection = _rejection(upload)
    over_php_limit = len(upload.content) > _UPLOAD_MAX_BYTES
    size = 0 if over_php_limit else len(upload.content)
    entry: Row = {
        "name": stored_name,
        "size": size,
        "type": "" if over_php_limit else upload.content_type,
    }
    if rejection:
        entry["error"] = rejection
    else:
        entry["url"] = f"{root}/files/{quote(stored_name)}"
        script = "index.php" if major >= 11 else "apirest.php"
        entry["deleteUrl"] = f"{root}/{script}?filenam={quote(stored_name)}"
        entry["deleteType"] = "DELETE"
    entry["prefix"] = prefix
    entry["display"] = upload.filename
    entry["filesize"] = _readable_size(size, major)
    entry["id"] = f"docfilename{uuid.uuid4().int % 10**9}"
    return {"filename": [entry]}


def create_document_item(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST Document_Item: link a document once."""
    document_id = whole_number(given.get("documents_id")) or 0
    if document_id not in context.store.table("Document"):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD")
    itemtype = str(given.get("itemtype"))
    items_id = whole_number(given.get("items_id")) or 0
    if itemtype == "Ticket":
        context.require_ticket(items_id)
    link = {"documents_id": document_id, "itemtype": itemtype, "items_id": items_id}
    if context.store.rows("Document_Item", **link):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", "")
    position = whole_number(given.get("timeline_position"))
    number = _attach(context, document_id, itemtype, items_id, 1 if position is None else position)
    return number, f"Item successfully added: Document item - ID {number}"


def _attach(
    context: Context, document_id: int, itemtype: str, items_id: int, position: int = 1
) -> int:
    """Link a document; that changes its ticket, unless the session may not (seen on both)."""
    ticket = context.store.table("Ticket").get(items_id) if itemtype == "Ticket" else None
    if ticket is not None and may_change(context, ticket):
        touch(context, ticket, {})
    moment = now()
    return context.store.insert(
        "Document_Item",
        {
            "documents_id": document_id,
            "items_id": items_id,
            "itemtype": itemtype,
            "entities_id": 0,
            "is_recursive": 0,
            "date_mod": moment,
            "users_id": context.user_id,
            "timeline_position": position,
            "date_creation": moment,
            "date": None,
        },
    )


def _rejection(upload: Upload) -> str:
    """Return why GLPI or PHP does not take a file, "" when they do."""
    size = len(upload.content)
    if size > _UPLOAD_MAX_BYTES:
        return "The uploaded file exceeds the upload_max_filesize directive in php.ini"
    if not _UPLOADABLE.fullmatch(PurePosixPath(upload.filename).suffix):
        return "Filetype not allowed"
    if size > DOCUMENT_MAX_MEGABYTES * MEGABYTE:
        return "File is too big"
    return "" if size else "File is too small"


def _readable_size(size: float, major: int) -> str:
    """Return a size as GLPI shows it, in the language of the version's default."""
    units = ("B", "KiB", "MiB") if major >= 11 else ("o", "Kio", "Mio")
    step = 0
    while size > 1024 and step < 2:
        size, step = size / 1024, step + 1
    return f"{round(size, 2):g} {units[step]}"


def _row(context: Context, name: str, upload: Upload | None, given: Row) -> Row:
    moment = now()
    sha1 = hashlib.sha1(upload.content, usedforsecurity=False).hexdigest() if upload else None
    path = None
    if upload and sha1:
        extension = PurePosixPath(upload.filename).suffix.lstrip(".").upper()
        path = f"{extension}/{sha1[:2]}/{sha1[2:]}.{extension}"
    return {
        "entities_id": 0,
        "is_recursive": 0,
        "name": name,
        "filename": upload.filename if upload else None,
        "filepath": path,
        "documentcategories_id": 0,
        "mime": upload.content_type if upload else None,
        "date_mod": moment,
        "comment": None,
        "is_deleted": 0,
        "link": None,
        "users_id": context.user_id,
        "tickets_id": whole_number(given.get("tickets_id")) or 0,
        "sha1sum": sha1,
        "is_blacklisted": 0,
        "tag": str(uuid.uuid4()),
        "date_creation": moment,
    }
