"""The files of a message: from Mattermost into the ticket, each once.

A file passes through a temporary file, never whole through memory, and is known again by its SHA-1:
GLPI 10 gives documents names of its own.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from glpi import GlpiError, Refused
from glpi_documents import MEGABYTE, GlpiDocuments
from mattermost import Post
from mattermost_api import Denied, Gone, MattermostApi, MattermostError
from rules import Rules
from transport import Deadline, ServerError

_IN_MEMORY = MEGABYTE
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Carried:
    """What became of the files of a message.

    Attributes:
        done: `file:` with the id of each file that is in the ticket.
        failed: names and reasons of those that never will be.
        error: what keeps the rest from being carried now, None if nothing is left.
    """

    done: frozenset[str]
    failed: tuple[tuple[str, str], ...] = ()
    error: ServerError | None = None


class NotCarriedError(Exception):
    """A file will not reach the ticket."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.reason = reason


class Files:
    """Carries files.

    Args:
        rules: bridge.toml.
        api: Mattermost.
        documents: GLPI's.
    """

    def __init__(self, rules: Rules, api: MattermostApi, documents: GlpiDocuments) -> None:
        self._rules = rules
        self._api = api
        self._documents = documents

    def carry(self, post: Post, ticket: int, done: Set[str], deadline: Deadline) -> Carried:
        """Bring the files that are not done to a ticket, until one cannot be brought now.

        Args:
            post: the message.
            ticket: its ticket.
            done: `file:` with the id of each file that is in the ticket already.
            deadline: for everything that is asked of Mattermost and GLPI.
        """
        carried = {step for step in done if step.startswith("file:")}
        failed = []
        for position, file_id in enumerate(post.file_ids):
            if f"file:{file_id}" in carried:
                continue
            try:
                self._carry(file_id, position, ticket, deadline)
            except NotCarriedError as problem:
                failed.append((problem.name, problem.reason))
            except (GlpiError, MattermostError) as error:
                return Carried(frozenset(carried), error=error)
            else:
                carried.add(f"file:{file_id}")
        return Carried(frozenset(carried), tuple(failed))

    def _carry(self, file_id: str, position: int, ticket: int, deadline: Deadline) -> None:
        words = self._rules.ticket
        name = words["file"]
        if position >= self._rules.max_files:
            raise NotCarriedError(name, words["too_many"].format(count=self._rules.max_files))
        try:
            known = self._api.file_info(file_id, deadline)
            name = known.name
            limit = min(self._rules.max_file_mb * MEGABYTE, self._documents.limit(deadline))
            if known.size > limit:
                raise NotCarriedError(name, words["too_large"].format(mb=limit // MEGABYTE))
            with _temporary() as file:
                self._api.download(file_id, file, limit, deadline)
                if not self._is_there(ticket, file, deadline):
                    self._documents.upload(ticket, name, known.mime_type, file, deadline)
        except Gone:
            raise NotCarriedError(name, words["deleted_file"]) from None
        except Denied as error:
            if error.status != 403:  # of the whole bot, not of this file: it will heal
                raise
            raise NotCarriedError(name, words["denied_file"]) from None
        except Refused:
            raise NotCarriedError(name, words["refused_file"]) from None

    def _is_there(self, ticket: int, file: BinaryIO, deadline: Deadline) -> bool:
        """Say whether the ticket has a document of these bytes: an earlier attempt's, or a twin."""
        file.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        sha1 = digest.hexdigest()
        return any(stored.sha1 == sha1 for stored in self._documents.of_ticket(ticket, deadline))


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        yield file  # type: ignore[misc]  # typeshed: a BinaryIO in all but name
