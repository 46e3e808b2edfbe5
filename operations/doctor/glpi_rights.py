"""Checks of what GLPI lets the bridge's user do, once it is in.

Rights are bits, as a profile's `getActiveProfile` carries them (recorded on 10.0.14 and 11.0.6):
of tickets 1 is reading one's own, 4 creating, 1024 reading all; of everything else 1 is reading.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bridge.config.rules import Desk, Rules
from glpi import MEGABYTE, RIGHT_MISSING, GlpiError, OutcomeUnknown, Refused, openable
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, Wrong, of_error, together
from operations.doctor.glpi_login import GlpiSubject

READ_OWN = 1
READ = 1
CREATE = 4
READ_ALL = 1024

NO_DESKS = "bridge.toml is not usable"

VERSION = Fault(
    "GLPI is {version}; the bridge is made for 10.0 and 11.", "Update GLPI, or expect surprises."
)
NO_VERSION = Fault("GLPI does not tell its version.", "Look for plug-ins and proxies.")
NO_CREATE = Fault(
    "The profile “{profile}” may not create tickets.",
    "Administration > Profiles > {profile} > Assistance: tick Create for tickets.",
)
NO_READ = Fault(
    "The profile “{profile}” may not see the tickets that it creates.",
    "Administration > Profiles > {profile} > Assistance: tick “See my ticket”, or after an "
    "unknown outcome the bridge may file a second ticket.",
)
NO_ENTITY = Fault(
    "Desk {desk}: entity {id} is none of those that the API user may use.",
    "Correct “entity” in bridge.toml, or give the user the profile in that entity.",
)
OUT_OF_SIGHT = Fault(
    "Desk {desk}: the session does not see entity {id}, where its tickets go.",
    "Administration > Users > (API user) > Authorizations: make the profile recursive and that "
    "entity's parent the default, or look-ups miss tickets.",
)
UNKNOWN_ID = Fault(
    "Desk {desk}: there is no {what} {id} in GLPI; tickets show it blank.",
    "Correct “{key}” in bridge.toml.",
)
NOT_ASSIGNABLE = Fault(
    "Desk {desk}: tickets cannot be assigned to group {id}.",
    "Administration > Groups > (group): allow “Assigned to”, or correct “group” in bridge.toml.",
)
OTHER_LINKS = Fault(
    "Links that people get lead to {used}, since GLPI calls itself {own}, which they cannot open.",
    "Set GLPI_PUBLIC_URL (parameter GlpiPublicUrl) to the address that people open, or correct "
    "GLPI's own (Setup > General > URL of the application).",
)
SMALL_DOCUMENTS = Fault(
    "GLPI takes files up to {limit} MB; bridge.toml promises {wanted}.",
    "Raise it in Setup > General > Management (and in PHP), or set max_file_mb = {limit}.",
)
NO_USERS = Fault(
    "The profile “{profile}” may not read users, so requester_by_login has no effect.",
    "Administration > Profiles > {profile}: tick Read for users, or set it to false.",
)
UNKNOWN_REQUESTER = Fault(
    "[requesters]: GLPI has no active user {id}, whom “{name}” should be.",
    "Correct the id in [requesters] of bridge.toml; meanwhile that author's address counts.",
)
LOST = Fault(
    "Ticket {number} was filed, but a look-up by its marker does not find it.",
    "Look for business rules that move or change tickets, and give the profile recursion.",
)
MAYBE = Fault(
    "GLPI did not answer clearly, so a test ticket may exist ({code}).",
    "Look for “Test of the Mattermost bridge” in GLPI, and into its logs.",
)


def _profile(glpi: GlpiSubject) -> dict[str, object]:
    found = glpi.get("getActiveProfile").get("active_profile")
    return found if isinstance(found, dict) else {}


def _may(glpi: GlpiSubject, what: str, bits: int) -> bool:
    value = str(_profile(glpi).get(what) or 0)
    return bool(int(value) & bits) if value.isdecimal() else False


def _name(glpi: GlpiSubject) -> str:
    return str(_profile(glpi).get("name"))


def version(glpi: GlpiSubject) -> Result:
    """Say which version GLPI is."""
    settings = glpi.get("getGlpiConfig").get("cfg_glpi")
    found = str(settings.get("version", "")) if isinstance(settings, dict) else ""
    if not found:
        return NO_VERSION.found()
    if not re.match(r"(10\.0|11)\b", found):
        return VERSION.found(version=found)
    return Ok(found)


def links(glpi: GlpiSubject) -> Result:
    """Say where links to tickets lead, and whether that is what GLPI calls itself."""
    if glpi.configuration.settings.glpi_public_url:
        return Ok(f"to {glpi.configuration.settings.glpi_public_url}")
    own, used = glpi.session.setting("url_base", glpi.deadline), glpi.tickets.public_url
    if not own:
        return Skipped(f"to {used}: GLPI does not tell its own address")
    if not openable(own, glpi.base):
        return OTHER_LINKS.found(used=used, own=own)
    return Ok(f"to {used}, as GLPI calls itself")


def create(glpi: GlpiSubject) -> Result:
    """Say whether the profile may create tickets."""
    profile = _name(glpi)
    if not _may(glpi, "ticket", CREATE):
        return NO_CREATE.found(profile=profile)
    return Ok(f"the profile {profile} may")


def read_back(glpi: GlpiSubject) -> Result:
    """Say whether the profile sees what it creates: a look-up after an unknown outcome needs it."""
    if not _may(glpi, "ticket", READ_OWN | READ_ALL):
        return NO_READ.found(profile=_name(glpi))
    return Ok("all tickets" if _may(glpi, "ticket", READ_ALL) else "its own tickets")


def users(glpi: GlpiSubject) -> Result:
    """Say whether people are found in GLPI."""
    if _may(glpi, "user", READ):
        return Ok("may be found, by address or login")
    if glpi.configuration.rules and glpi.configuration.rules.requester_by_login:
        return NO_USERS.found(profile=_name(glpi))
    return Skipped(f"{_name(glpi)} may not read users: requesters by address only")


def requesters(glpi: GlpiSubject) -> Result:
    """Say whether the ids in `[requesters]` are active users'."""
    if glpi.configuration.rules is None:
        return Skipped(NO_DESKS)
    listed = glpi.configuration.rules.requesters.items()
    ids = {name: number for name, number in listed if isinstance(number, int)}
    if not ids:
        return Skipped("[requesters] names no ids")
    try:
        people, deadline = glpi.tickets.people, glpi.deadline
        wrong = [name for name, user in ids.items() if not people.is_active(user, deadline)]
    except Refused as error:
        if error.code != RIGHT_MISSING:
            raise
        return Skipped(f"{_name(glpi)} may not read users")
    found = [UNKNOWN_REQUESTER.found(id=ids[name], name=name) for name in wrong]
    return together(*found) or Ok(f"{len(ids)} ids in [requesters], all active users")


def documents(glpi: GlpiSubject) -> Result:
    """Compare GLPI's limit for documents with that of bridge.toml."""
    if not (glpi.configuration.access.bot_token and glpi.configuration.settings.mattermost_url):
        return Skipped("without a bot no files are carried")
    if glpi.configuration.rules is None:
        return Skipped(NO_DESKS)
    bytes_ = glpi.tickets.documents.limit(glpi.deadline)
    if bytes_ is None:
        return Skipped("GLPI does not tell how large documents may be")
    limit = bytes_ // MEGABYTE
    if not glpi.configuration.promises_size:
        return Ok(f"up to {limit} MB; larger ones stay in the chat, and people are told")
    if limit < glpi.configuration.rules.max_file_mb:
        return SMALL_DOCUMENTS.found(limit=limit, wanted=glpi.configuration.rules.max_file_mb)
    return Ok(f"up to {glpi.configuration.rules.max_file_mb} MB; GLPI takes {limit}")


# --- Ids in bridge.toml


def entities(glpi: GlpiSubject) -> Result:
    """Say whether tickets may be created, and are seen again, in the desks' entities."""
    if glpi.configuration.rules is None:
        return Skipped(NO_DESKS)
    known = glpi.get("getMyEntities?is_recursive=true").get("myentities")
    names = {
        entity.get("id"): str(entity.get("name"))
        for entity in (known if isinstance(known, list) else [])
        if isinstance(entity, dict)
    }
    session = glpi.get("getFullSession").get("session")
    session = session if isinstance(session, dict) else {}
    seen = _numbers(session.get("glpiactiveentities"))
    found: list[Wrong] = []
    for number, entity in _ids(glpi.configuration.rules, lambda desk: desk.entity):
        if entity not in names:
            found.append(NO_ENTITY.found(desk=number, id=entity))
        elif seen and entity not in seen:
            found.append(OUT_OF_SIGHT.found(desk=number, id=entity))
    recursive = session.get("glpiactive_entity_recursive") in (1, "1", True)
    default = names.get(session.get("glpiactive_entity"), "its default entity")
    return together(*found) or Ok(f"{default}{' and below' if recursive else ' only'}")


def _numbers(value: object) -> set[int]:
    """Read a list of PHP's, which is an object when its keys have gaps."""
    listed = list(value.values()) if isinstance(value, dict) else value
    found = listed if isinstance(listed, list) else []
    return {int(number) for number in found if str(number).isdecimal()}


def _ids(rules: Rules, pick: Callable[[Desk], int | None]) -> Iterator[tuple[int, int]]:
    """Go through the number of each desk that names an id, and that id."""
    for number, desk in enumerate(rules.desks, start=1):
        value = pick(desk)
        if value is not None:
            yield number, value


@dataclass(frozen=True)
class _Ids:
    """Checks the ids of one kind that desks name.

    Attributes:
        what: it is, for people.
        key: in bridge.toml.
        item_type: in GLPI.
        column: of a ticket.
        field: the search option of a ticket, 10.0 and 11 alike.
    """

    what: str
    key: str
    item_type: str
    column: str
    field: int

    def __call__(self, glpi: GlpiSubject) -> Result:
        if glpi.configuration.rules is None:
            return Skipped(NO_DESKS)
        found, names, untold = list[Wrong](), list[str](), list[str]()
        for desk, number in _ids(glpi.configuration.rules, lambda desk: getattr(desk, self.key)):
            item = self._read(glpi, number)
            if item is None:
                untold.append(str(number))
            elif not item:
                what = {"what": self.what, "key": self.key}
                found.append(UNKNOWN_ID.found(desk=desk, id=number, **what))
            elif item.get("is_assign") in (0, "0"):
                found.append(NOT_ASSIGNABLE.found(desk=desk, id=number))
            else:
                names.append(f"{number} {item['name']}")
        if found:
            return together(*found) or Ok()
        if untold:
            kind = ", ".join(dict.fromkeys(untold))
            return Skipped(f"{kind}: {_name(glpi)} may not read it, and no ticket has it yet")
        return Ok(", ".join(dict.fromkeys(names))) if names else Skipped("no desk names any")

    def _read(self, glpi: GlpiSubject, number: int) -> dict[str, object] | None:
        """Return an item, {} when there is none, None when this profile cannot tell.

        A Technician may not read request sources and categories, but the names on tickets.
        """
        try:
            found = glpi.session.get(f"{self.item_type}/{number}", glpi.deadline)
            return found if isinstance(found, dict) else None
        except Refused as error:
            if error.code == "ERROR_ITEM_NOT_FOUND":
                return {}
            if error.code != "ERROR_RIGHT_MISSING":
                raise
        return self._on_a_ticket(glpi, number)

    def _on_a_ticket(self, glpi: GlpiSubject, number: int) -> dict[str, object] | None:
        query = {
            "criteria[0][field]": self.field,
            "criteria[0][searchtype]": "equals",
            "criteria[0][value]": number,
            "forcedisplay[0]": 2,
            "range": "0-0",
        }
        path = f"search/Ticket?{urlencode(query)}"
        answer = glpi.session.get(path, glpi.deadline, partial=True)
        rows = answer.get("data") if isinstance(answer, dict) else None
        first = rows[0] if isinstance(rows, list) and rows else {}
        ticket = first.get("2") if isinstance(first, dict) else None
        if not isinstance(ticket, int):
            return None
        shown = glpi.session.get(f"Ticket/{ticket}?expand_dropdowns=true", glpi.deadline)
        name = shown.get(self.column) if isinstance(shown, dict) else None
        if not isinstance(name, str):
            return None
        return {"name": name} if name else {}


# --- A real ticket


def trial(glpi: GlpiSubject) -> Result:
    """File a ticket in each entity of a desk, and look it up; only on request."""
    if not glpi.file_tickets:
        return Skipped("only with --file-a-ticket")
    if glpi.configuration.rules is None:
        return Skipped(NO_DESKS)
    desks = {desk.entity: desk for desk in reversed(glpi.configuration.rules.desks)}
    found: list[Wrong] = []
    numbers: list[int] = []
    for desk in desks.values():
        result = _file(glpi, desk)
        if isinstance(result, Wrong):
            found.append(result)
        else:
            numbers.append(result)
    told = ", ".join(f"#{number}" for number in numbers)
    return together(*found) or Ok(f"filed and found: {told}; close it")


def _file(glpi: GlpiSubject, desk: Desk) -> int | Wrong:
    marker = f"doctor:{time.time_ns()}"
    fields = {
        "name": "Test of the Mattermost bridge",
        "content": f"<p>Filed by ./manage doctor; close it.</p>\n<p>{marker}</p>",
        "type": desk.type,
        **({} if desk.entity is None else {"entities_id": desk.entity}),
        **({} if desk.source is None else {"requesttypes_id": desk.source}),
        **({} if desk.category is None else {"itilcategories_id": desk.category}),
    }
    try:
        number = glpi.tickets.create_ticket(fields, glpi.deadline)
        found = glpi.tickets.find_tickets(marker, 2, glpi.deadline)
    except OutcomeUnknown as error:
        if error.is_intercepted:
            return of_error(error)
        return MAYBE.found(code=error.code)
    except GlpiError as error:
        return of_error(error)
    return number if number in found else LOST.found(number=number)


_NEEDS_SESSION = ("glpi.session",)

CHECKS: tuple[Check[GlpiSubject], ...] = (
    Check("glpi.version", "version", version, _NEEDS_SESSION, (VERSION, NO_VERSION)),
    Check("glpi.links", "links for people", links, _NEEDS_SESSION, (OTHER_LINKS,)),
    Check("glpi.create", "creates tickets", create, _NEEDS_SESSION, (NO_CREATE,)),
    Check("glpi.read-back", "sees its tickets", read_back, _NEEDS_SESSION, (NO_READ,)),
    Check("glpi.entities", "entities", entities, _NEEDS_SESSION, (NO_ENTITY, OUT_OF_SIGHT)),
    Check(
        "glpi.sources",
        "request sources",
        _Ids("request source", "source", "RequestType", "requesttypes_id", 9),
        _NEEDS_SESSION,
        (UNKNOWN_ID,),
    ),
    Check(
        "glpi.categories",
        "categories",
        _Ids("category", "category", "ITILCategory", "itilcategories_id", 7),
        _NEEDS_SESSION,
        (UNKNOWN_ID,),
    ),
    Check(
        "glpi.groups",
        "groups",
        _Ids("group", "group", "Group", "groups_id", 8),
        _NEEDS_SESSION,
        (UNKNOWN_ID, NOT_ASSIGNABLE),
    ),
    Check("glpi.documents", "size of files", documents, _NEEDS_SESSION, (SMALL_DOCUMENTS,)),
    Check("glpi.users", "users", users, _NEEDS_SESSION, (NO_USERS,)),
    Check("glpi.requesters", "requesters", requesters, _NEEDS_SESSION, (UNKNOWN_REQUESTER,)),
    Check(
        "glpi.trial",
        "a real ticket",
        trial,
        ("glpi.create",),
        (LOST, MAYBE),
        ("ERROR_GLPI_ADD",),
    ),
)
