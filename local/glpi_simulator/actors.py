"""Who has to do with a ticket: requesters, observers and the assigned, users and groups."""

import re
from dataclasses import dataclass

from .answers import GlpiRefusalError
from .call import Row
from .context import Context, whole_number
from .store import GROUPS

REQUESTER, ASSIGNED, OBSERVER = 1, 2, 3
ROLES = {"requester": REQUESTER, "assign": ASSIGNED, "observer": OBSERVER}
_ATOM = r"[A-Za-z0-9!#$%'*+/=?^_`{|}~-]"
_LETTER = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x7f])"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_EMAILS = {
    10: re.compile(
        rf'(?=.{{1,64}}@)(?:{_ATOM}+(?:\.{_ATOM}+)*|"[^"\\&<>]+")@{_LABEL}(?:\.{_LABEL})*'
    ),
    11: re.compile(rf'(?:{_LETTER}+(?:\.{_LETTER}+)*|"[^"\\]+")@{_NAME}(?:\.{_NAME})*'),
}
"""Which addresses each version takes, in short: PHPMailer's check "pcre8" of the escaped text, so
without `&`; and RFCValidation of egulias/email-validator, with any letters."""


@dataclass(frozen=True)
class Actor:
    """A user (or only an address, with `user_id` 0) or a group in a role."""

    role: int
    user_id: int = 0
    group_id: int = 0
    email: str = ""
    notify: int = 1


def actors_of(context: Context, given: Row) -> list[Actor]:
    """Read every form in which an input names actors; raise 400 for a malformed address."""
    found: list[Actor] = []
    for name, role in ROLES.items():
        notif = given.get(f"_users_id_{name}_notif")
        for index, value in enumerate(_listed(given.get(f"_users_id_{name}"))):
            email = str(_entry(notif, "alternative_email", index) or "")
            notify = whole_number(_entry(notif, "use_notification", index))
            found.append(_user(context, role, value, email, 1 if notify is None else notify))
        found += [
            Actor(role, group_id=whole_number(value) or 0)
            for value in _listed(given.get(f"_groups_id_{name}"))
        ]
    found += _new_form(context, given.get("_actors"))
    return [actor for actor in dict.fromkeys(found) if _exists(context, actor)]


def add_actors(context: Context, ticket_id: int, actors: list[Actor]) -> None:
    """Store the actors; a group that does not exist leaves no row (nobody is assigned)."""
    for actor in actors:
        if actor.group_id:
            if actor.group_id in GROUPS:
                row = {"tickets_id": ticket_id, "groups_id": actor.group_id, "type": actor.role}
                context.store.insert("Group_Ticket", row)
        else:
            _insert_user(context, ticket_id, actor)


def create_ticket_user(context: Context, given: Row) -> tuple[int, str]:
    """Answer POST Ticket_User: adds an actor; the same one twice is refused without a text."""
    ticket = context.require_ticket(given.get("tickets_id"))
    role = whole_number(given.get("type")) or REQUESTER
    email = str(given.get("alternative_email") or "")
    notify = whole_number(given.get("use_notification", 1))
    actor = _user(context, role, given.get("users_id", 0), email, 1 if notify is None else notify)
    if not _exists(context, actor):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", "")
    same = {"tickets_id": ticket["id"], "type": role, "users_id": actor.user_id}
    if context.store.rows("Ticket_User", **same, alternative_email=email):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", "")
    return _insert_user(context, ticket["id"], actor), ""


def is_assigned(context: Context, ticket_id: int) -> bool:
    """Tell whether a user or a group is assigned to the ticket."""
    wanted = {"tickets_id": ticket_id, "type": ASSIGNED}
    store = context.store
    return bool(store.rows("Ticket_User", **wanted) or store.rows("Group_Ticket", **wanted))


def _insert_user(context: Context, ticket_id: int, actor: Actor) -> int:
    row = {
        "tickets_id": ticket_id,
        "users_id": actor.user_id,
        "type": actor.role,
        "use_notification": actor.notify,
        "alternative_email": actor.email,
    }
    return context.store.insert("Ticket_User", row)


def _user(context: Context, role: int, value: object, email: str, notify: int) -> Actor:
    user_id = whole_number(value) or 0
    if user_id:
        return Actor(role, user_id=user_id, notify=notify)
    if email and not _EMAILS[context.store.major].fullmatch(email):
        raise GlpiRefusalError(400, "ERROR_GLPI_ADD", f"Invalid email address {email}")
    return Actor(role, email=email, notify=notify)


def _exists(context: Context, actor: Actor) -> bool:
    """Tell whether GLPI keeps the actor; 11.0.6 drops disabled and trashed users, 10.0.14 not."""
    if actor.group_id or actor.email:
        return True
    user = context.store.users.get(actor.user_id)
    if user is None:
        return False
    return context.store.major < 11 or (user.is_active and not user.is_deleted)


def _new_form(context: Context, given: object) -> list[Actor]:
    if not isinstance(given, dict):
        return []
    found: list[Actor] = []
    for name, role in ROLES.items():
        for entry in _listed(given.get(name)):
            if not isinstance(entry, dict):
                continue
            if entry.get("itemtype") == "Group":
                found.append(Actor(role, group_id=whole_number(entry.get("items_id")) or 0))
            else:
                email = str(entry.get("alternative_email") or "")
                found.append(_user(context, role, entry.get("items_id"), email, 1))
    return found


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _entry(notif: object, key: str, index: int) -> object:
    if not isinstance(notif, dict):
        return None
    values = _listed(notif.get(key))
    return values[index] if index < len(values) else None
