"""Files on tickets: GLPI's documents.

One file a request; linked to the ticket by the manifest, so that a refused file is a refusal and
leaves no empty document behind. Files inside `POST Ticket` or `ITILFollowup` are lost or end as
500 although the item was created (10.0.14, 11.0.6).
"""

import contextlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import BinaryIO

from bridge.glpi_api.contents import unescaped
from bridge.glpi_api.errors import NOT_A_TICKET, Refused, Unavailable
from bridge.glpi_api.session import GlpiSession
from bridge.glpi_api.taking import UNTAKEN
from bridge.net.deadline import Deadline

MEGABYTE = 1024 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that browsers show."""

_CHUNK = 64 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/]')


@dataclass(frozen=True)
class Stored:
    """A document that is linked to a ticket.

    Attributes:
        number: its id.
        sha1: of its bytes, in hexadecimal.
    """

    number: int
    sha1: str


class _Upload:
    """A multipart body around a file, streamed, as often as need be."""

    def __init__(self, manifest: object, name: str, mime_type: str, file: BinaryIO) -> None:
        self.boundary = uuid.uuid4().hex
        shown = _UNSAFE.sub("_", name)
        kind = mime_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", mime_type) else ""
        self._head = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="uploadManifest"\r\n'
            f"Content-Type: application/json\r\n\r\n{json.dumps(manifest, ensure_ascii=False)}\r\n"
            f"--{self.boundary}\r\nContent-Disposition: form-data; "
            f'name="filename[0]"; filename="{shown}"\r\n'
            f"Content-Type: {kind or 'application/octet-stream'}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{self.boundary}--\r\n".encode()
        self._file = file

    def __len__(self) -> int:
        return len(self._head) + self._file.seek(0, 2) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk
        yield self._tail


class GlpiDocuments:
    """The documents of tickets.

    Args:
        session: the API user's.
    """

    def __init__(self, session: GlpiSession) -> None:
        self._session = session

    def limit(self, deadline: Deadline) -> int | None:
        """Return how many bytes GLPI takes at most (its setting document_max_size, in MB).

        Returns:
            None if GLPI does not tell; then it says itself which file is too large.

        Raises:
            GlpiError: there is no telling.
        """
        value = self._session.setting("document_max_size", deadline)
        return int(value) * MEGABYTE if value.isdecimal() else None

    def of_ticket(self, ticket: int, deadline: Deadline) -> list[Stored]:
        """Return the documents that the API user itself has put on a ticket.

        The links of a ticket's documents are 403 for Self-Service even on its own ticket; this way
        both profiles may read them (10.0.14, 11.0.6). It also names those of followups, private
        ones included: an agent's, which the author of a file may not even see, do not count.

        Raises:
            Refused: the ticket is gone, or out of the API user's sight.
            GlpiError: there is no telling.
        """
        found = self._session.get(f"Ticket/{ticket}?with_documents=true", deadline)
        listed = found.get("_documents") if isinstance(found, dict) else None
        if not isinstance(listed, list):
            raise Unavailable("odd-ticket", NOT_A_TICKET, 200)
        rows = [row for row in listed if isinstance(row, dict) and isinstance(row.get("id"), int)]
        own = self._session.user(deadline) if rows else 0
        return [Stored(r["id"], str(r.get("sha1sum"))) for r in rows if r.get("users_id") == own]

    def upload(
        self, ticket: int, name: str, mime_type: str, file: BinaryIO, deadline: Deadline
    ) -> int:
        """Link a file to a ticket; returns the document's number.

        Raises:
            Refused: GLPI takes no such file (type, size, empty), or none on this ticket.
            OutcomeUnknown: it may be linked.
            GlpiError: any other type: it is not.
        """
        manifest = {
            "input": {
                "name": name,
                "itemtype": "Ticket",
                "items_id": ticket,
                "_filename": [_UNSAFE.sub("_", name)],
            }
        }
        body = _Upload(manifest, name, mime_type, file)
        kind = f"multipart/form-data; boundary={body.boundary}"
        return self._session.upload("Document", name, kind, body, deadline)

    def show(self, ticket: int, number: int, name: str, deadline: Deadline) -> None:
        """Show a picture in the text of its ticket, where GLPI itself would not.

        GLPI 10 lists a document by its name, 11 shows it in the timeline (seen on 10.0.14 and
        11.0.6). It comes before the marker, if that is still the last paragraph; a text that was
        changed otherwise stays as it is, and so does one that the API user may not change.

        Raises:
            GlpiError: it may not be shown yet; asking again does no harm.
        """
        if not self._session.setting("version", deadline).startswith("10."):
            return
        with contextlib.suppress(Refused):  # the file is there, whatever becomes of its picture
            self._show(ticket, number, name, deadline)

    def _show(self, ticket: int, number: int, name: str, deadline: Deadline) -> None:
        found = self._session.get(f"Ticket/{ticket}", deadline)
        content = found.get("content") if isinstance(found, dict) else None
        text, marker, rest = unescaped(str(content or "")).rpartition("<p>mattermost:")
        root = self._session.setting("root_doc", deadline)
        source = f"{root}/front/document.send.php?docid={number}"
        address = escape(f"{source}&itemtype=Ticket&items_id={ticket}")
        if not marker or f'"{address}"' in text:
            return
        image = f'<img alt="{escape(name)}" src="{address}">'
        picture = f'<p><a href="{address}" target="_blank">{image}</a></p>\n'
        fields = {"content": text + picture + marker + rest, **UNTAKEN}
        self._session.put(f"Ticket/{ticket}", fields, deadline)
