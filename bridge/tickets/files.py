"""The files of a message: from Mattermost into the ticket, each once.

A file passes through a temporary file, never whole through memory, and is known again by its SHA-1:
GLPI 10 gives documents names of its own.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from bridge.config.rules import Rules
from bridge.mattermost.api import Denied, Gone, MattermostApi, MattermostError
from bridge.mattermost.submissions import Submission
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from bridge.tickets.content import (
    DELETED,
    MissingFile,
    MissingFiles,
    compose_files_note,
    files_marker,
    permalink,
)
from bridge.words.visible import visible_name
from glpi import CLOSED, GONE, MEGABYTE, PICTURES, Glpi, GlpiError, OutcomeUnknown, Refused

_IN_MEMORY = MEGABYTE
_CHUNK = 64 * 1024

_GONE = "gone_ticket"
_DENIED = "denied_file"
_LATE = "late_file"


@dataclass(frozen=True)
class Carried:
    """What became of the files of a message.

    Attributes:
        done: `file:` with the id of each file that is in the ticket.
        failed: those that never will be.
        late: the same of those that could not be brought now.
        error: what keeps another from being carried now, None if nothing is left.
        in_doubt: whether one may still be on its way to GLPI.
        refusals: how Mattermost has kept files from being carried.
    """

    done: frozenset[str]
    failed: tuple[MissingFile, ...] = ()
    late: tuple[MissingFile, ...] = ()
    error: ServerError | None = None
    in_doubt: bool = False
    refusals: tuple[MattermostError, ...] = ()


class NotCarriedError(Exception):
    """A file will not reach the ticket."""

    def __init__(self, file: MissingFile) -> None:
        super().__init__(file.reason)
        self.file = file


class Files:
    """Carries files.

    Args:
        rules: bridge.toml.
        api: Mattermost.
        glpi: where tickets are.
    """

    def __init__(self, rules: Rules, api: MattermostApi, glpi: Glpi) -> None:
        self._rules = rules
        self._api = api
        self._glpi = glpi
        self._documents = glpi.documents
        self._followups = glpi.followups

    def carry(
        self, files: Sequence[str], ticket: int, done: Set[str], deadline: Deadline, *, inline: bool
    ) -> Carried:
        """Bring the files that are not done to a ticket; none keeps another from being brought.

        Args:
            files: the ids of the message's files, in their order.
            ticket: its ticket.
            done: `file:` with the id of each file that is in the ticket already.
            deadline: for everything that is asked of Mattermost and GLPI.
            inline: whether pictures belong into the ticket's own text.
        """
        carried = {step for step in done if step.startswith("file:")}
        failed: list[MissingFile] = []
        late: list[MissingFile] = []
        errors: list[ServerError] = []
        attached = _Attached(self._glpi, ticket)
        missing = [n for n, file_id in enumerate(files) if f"file:{file_id}" not in carried]
        for remaining, position in zip(range(len(missing), 0, -1), missing, strict=True):
            file_id, share = files[position], deadline.shared(remaining)
            try:
                shown = self._carry(file_id, position, attached, share)
                if shown and inline:
                    self._documents.show(ticket, *shown, share)
            except NotCarriedError as error:
                failed.append(error.file)
            except (GlpiError, MattermostError) as error:
                errors.append(error)
                # if it never will be brought; a bot may still be let in
                late.append(MissingFile("", _DENIED if isinstance(error, Denied) else _LATE))
            else:
                carried.add(f"file:{file_id}")
        in_doubt = any(isinstance(error, OutcomeUnknown) for error in errors)
        first = errors[0] if errors else None
        refusals = tuple(error for error in errors if isinstance(error, MattermostError))
        return Carried(frozenset(carried), tuple(failed), tuple(late), first, in_doubt, refusals)

    def note_missing(
        self,
        submission: Submission,
        ticket: int,
        missing: MissingFiles,
        rules: Rules,
        deadline: Deadline,
    ) -> bool:
        """Note in a ticket, once, which files never reach it; returns whether it links to them.

        Args:
            submission: the message.
            ticket: its ticket.
            missing: the files.
            rules: as they hold at its desk.
            deadline: for everything that is asked of GLPI.

        Raises:
            GlpiError: there may be no note yet.
        """
        try:
            if not self._followups.exists(ticket, files_marker(submission), deadline):
                note = compose_files_note(submission, ticket, missing, rules, self._api.base_url)
                self._followups.create(note, deadline)
        except Refused:
            return False  # a profile without the right to add followups: the thread still tells
        is_gone = any(file.reason == _GONE for file in missing)
        return bool(permalink(submission.place, self._api.base_url)) and not is_gone

    def _carry(
        self, file_id: str, position: int, attached: "_Attached", deadline: Deadline
    ) -> tuple[int, str] | None:
        """Bring one file; returns number and name of a picture."""
        name = ""
        if not self._api.has_bot():
            raise NotCarriedError(MissingFile(name, "no_bot"))
        if position >= self._rules.max_files:
            raise NotCarriedError(MissingFile(name, "too_many", self._rules.max_files))
        try:
            known = self._api.file_info(file_id, deadline)
            name = visible_name(known.name) or self._rules.ticket["file"]
            limit = self._limit(deadline)
            if known.size > limit:
                raise NotCarriedError(MissingFile(name, "too_large", limit // MEGABYTE))
            with _temporary() as file:
                self._api.download(file_id, file, limit, deadline)
                number = attached.add(name, known.mime_type, file, deadline)
        except _NotTakenError as error:
            raise NotCarriedError(MissingFile(name, error.reason)) from None
        except Gone:
            raise NotCarriedError(MissingFile(name, DELETED)) from None
        return (number, name) if number and known.mime_type in PICTURES else None

    def _limit(self, deadline: Deadline) -> int:
        """Return how many bytes a file may have: as bridge.toml says, and GLPI if it tells."""
        limit = self._rules.max_file_mb * MEGABYTE
        of_glpi = self._documents.limit(deadline)
        return limit if of_glpi is None else min(limit, of_glpi)


class _NotTakenError(Exception):
    """A file that GLPI does not take onto a ticket.

    Args:
        reason: the key of what is said of it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Attached:
    """The documents of a ticket, by their bytes: an earlier attempt's, or a twin's, is no other."""

    def __init__(self, glpi: Glpi, ticket: int) -> None:
        self._documents = glpi.documents
        self._followups = glpi.followups
        self._taking = glpi.taking
        self._ticket = ticket
        self._known: dict[str, int] | None = None

    def add(self, name: str, mime_type: str, file: BinaryIO, deadline: Deadline) -> int:
        """Upload a file, unless one of the same bytes is there or may be on its way.

        By that nobody has taken the ticket up.

        Returns:
            The number of the document, 0 for one that may be on its way.

        Raises:
            _NotTakenError: GLPI does not take it.
            GlpiError: it may be taken later.
        """
        try:
            if self._known is None:
                stored = self._documents.of_ticket(self._ticket, deadline)
                self._known = {document.sha1: document.number for document in stored}
        except Refused as error:
            if error.code not in GONE:
                raise
            raise _NotTakenError(_GONE) from None
        sha1 = _sha1(file)
        if sha1 in self._known:
            number = self._known[sha1]
            if number:  # of an attempt that may have ended there
                self._taking.take_back(self._ticket, deadline, document=number)
            return number
        assigned = self._taking.exposed(self._ticket, deadline)
        try:
            number = self._documents.upload(self._ticket, name, mime_type, file, deadline)
        except Refused as error:
            raise _NotTakenError(self._reason(error, deadline)) from None
        except OutcomeUnknown:
            self._known[sha1] = 0
            raise
        self._known[sha1] = number
        if assigned is not None:
            self._taking.take_back(self._ticket, deadline, document=number, assigned=assigned)
        return number

    def _reason(self, refusal: Refused, deadline: Deadline) -> str:
        """Say why GLPI did not take a file: of the file itself, or of its ticket.

        11.0.6 takes no files on a closed ticket, with the same code as for a bad one; 10.0.14 does.

        Raises:
            GlpiError: there is no telling now.
        """
        if not refusal.is_about_file:
            condition = self._followups.condition(self._ticket, deadline)
            if not condition.exists:
                return _GONE
            return "closed_ticket" if condition.status == CLOSED else "no_right_file"
        return "refused_file"


def _sha1(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha1(usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        yield file  # type: ignore[misc]  # typeshed: a BinaryIO in all but name
