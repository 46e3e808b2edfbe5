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
from bridge.glpi_api.errors import Refused
from bridge.glpi_api.session import GlpiSession
from bridge.net.deadline import Deadline

MEGABYTE = 1024 * 1024
MAX_LINKS = 1000
"""Documents of a ticket that are looked at."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Media types that browsers show."""

SETTINGS = ("version", "document_max_size", "root_doc")

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
        self._settings_read: dict[str, str] | None = None

    def limit(self, deadline: Deadline) -> int:
        """Return how many bytes GLPI takes at most (its setting document_max_size, in MB).

        Raises:
            GlpiError: there is no telling.
        """
        value = self._settings(deadline).get("document_max_size", "")
        return int(value) * MEGABYTE if value.isdecimal() else MEGABYTE

    def _settings(self, deadline: Deadline) -> dict[str, str]:
        """Return GLPI's own settings, asked for once."""
        if self._settings_read is None:
            answer = self._session.get("getGlpiConfig", deadline)
            found = answer.get("cfg_glpi") if isinstance(answer, dict) else None
            known = found if isinstance(found, dict) else {}
            self._settings_read = {name: str(known[name]) for name in SETTINGS if name in known}
        return self._settings_read

    def of_ticket(self, ticket: int, deadline: Deadline) -> list[Stored]:
        """Return the documents of a ticket.

        Raises:
            GlpiError: there is no telling.
        """
        path = f"Ticket/{ticket}/Document_Item?range=0-{MAX_LINKS - 1}"  # unasked, GLPI names 16
        links = self._session.get(path, deadline, partial=True)
        numbers = [
            link["documents_id"]
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, dict) and isinstance(link.get("documents_id"), int)
        ]
        found = []
        for number in numbers:
            try:
                document = self._session.get(f"Document/{number}", deadline)
            except Refused:  # an agent's, and not for the API user's eyes
                continue
            sha1 = document.get("sha1sum") if isinstance(document, dict) else None
            found.append(Stored(number, str(sha1)))
        return found

    def upload(
        self, ticket: int, name: str, mime_type: str, file: BinaryIO, deadline: Deadline
    ) -> int:
        """Link a file to a ticket; returns the document's number.

        Raises:
            Refused: GLPI takes no such file (type, size, empty).
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
        return self._session.upload("Document", kind, body, deadline)

    def show(self, ticket: int, number: int, name: str, deadline: Deadline) -> None:
        """Show a picture in the text of its ticket, where GLPI itself would not.

        GLPI 10 lists a document by its name, 11 shows it in the timeline (seen on 10.0.14 and
        11.0.6). It comes before the marker, if that is still the last paragraph; a text that was
        changed otherwise stays as it is, and so does one that the API user may not change.

        Raises:
            GlpiError: it may not be shown yet; asking again does no harm.
        """
        settings = self._settings(deadline)
        if not settings.get("version", "").startswith("10."):
            return
        found = self._session.get(f"Ticket/{ticket}", deadline)
        content = found.get("content") if isinstance(found, dict) else None
        text, marker, rest = unescaped(str(content or "")).rpartition("<p>mattermost:")
        source = f"{settings.get('root_doc', '')}/front/document.send.php?docid={number}"
        address = escape(f"{source}&itemtype=Ticket&items_id={ticket}")
        if not marker or f'"{address}"' in text:
            return
        image = f'<img alt="{escape(name)}" src="{address}">'
        picture = f'<p><a href="{address}" target="_blank">{image}</a></p>\n'
        with contextlib.suppress(Refused):
            fields = {"content": text + picture + marker + rest}
            self._session.put(f"Ticket/{ticket}", fields, deadline)
