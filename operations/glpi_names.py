"""The names that GLPI has for the ids in bridge.toml: it takes unknown ones, and shows them blank.

What a profile may not read (seen on 10.0.14 and 11.0.6: request sources and categories as
Technician) is still named by a search for a ticket that has it.
"""

import html
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

from bridge.config.rules import Desk
from bridge.net.deadline import Deadline
from glpi import Glpi, Refused
from operations.installation import Source, open_glpi, settings

NAMES_SECONDS = 30.0
"""Seconds for all names, all in all."""


class Kind(Enum):
    """What an id can be of: GLPI's item type, and the search option of tickets."""

    source = ("RequestType", 9)
    category = ("ITILCategory", 7)
    entity = ("Entity", 80)
    group = ("Group", 8)


@dataclass(frozen=True)
class Name:
    """What GLPI calls an id.

    Attributes:
        text: the name, "" when it cannot be known.
        is_missing: whether GLPI surely has no such id.
    """

    text: str = ""
    is_missing: bool = False


Names = dict[tuple[Kind, int], Name]
"""What was found out; an id that is not in it was not asked for."""


def ids(desk: Desk) -> Iterator[tuple[Kind, int]]:
    """Return the ids that a desk has."""
    for kind in Kind:
        number = getattr(desk, kind.name)
        if number is not None:
            yield kind, number


def names_of(desks: Sequence[Desk], source: Source) -> Names | None:
    """Ask GLPI for the names of all ids of some desks; None if nothing says where it is.

    Raises:
        SettingsError, CannotAsk, GlpiError: it cannot be asked.
    """
    wanted = [key for desk in desks for key in ids(desk)]
    if not wanted:
        return {}
    if not (source.stack or source.env_file or os.environ.get("GLPI_URL")):
        return None
    glpi = open_glpi(settings(source, with_glpi=True))
    deadline = Deadline(NAMES_SECONDS)
    try:
        glpi.open(deadline)
        asked = _Asked(glpi, deadline)
        return {key: asked.name(*key) for key in dict.fromkeys(wanted)}
    finally:
        glpi.close(Deadline(1))


class _Asked:
    def __init__(self, glpi: Glpi, deadline: Deadline) -> None:
        self._session = glpi.session
        self._deadline = deadline

    def name(self, kind: Kind, number: int) -> Name:
        try:
            item = self._session.get(f"{kind.value[0]}/{number}", self._deadline)
        except Refused as error:
            if error.code == "ERROR_ITEM_NOT_FOUND":
                return Name(is_missing=True)
            return self._of_ticket(kind, number)
        found = item if isinstance(item, dict) else {}
        return Name(_text(found.get("completename") or found.get("name")))

    def _of_ticket(self, kind: Kind, number: int) -> Name:
        """Ask how a ticket that has the id shows it; a blank is GLPI's word for an unknown one."""
        option = kind.value[1]
        query = {
            "criteria[0][field]": option,
            "criteria[0][searchtype]": "equals",
            "criteria[0][value]": number,
            "forcedisplay[0]": option,
            "range": "0-0",
        }
        try:
            answer = self._session.get(
                f"search/Ticket?{urlencode(query)}", self._deadline, partial=True
            )
        except Refused:
            return Name()
        rows = answer.get("data") if isinstance(answer, dict) else None
        row = rows[0] if isinstance(rows, list) and rows else None
        if not isinstance(row, dict) or str(option) not in row:
            return Name()
        shown = row[str(option)]
        if isinstance(shown, list):  # a ticket with several groups does not say which is which
            return Name()
        return Name(_text(shown), is_missing=not shown)


def _text(value: object) -> str:
    """Return a name as people read it: GLPI 10 hands it out escaped."""
    return html.unescape(value) if isinstance(value, str) else ""
