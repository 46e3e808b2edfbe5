"""Calls about the session: logging in and out, who am I, what version is this."""

import base64
import binascii

from .answers import Answer, GlpiRefusalError, json_answer
from .call import Call, Row
from .documents import DOCUMENT_MAX_MEGABYTES
from .store import (
    ENTITIES,
    PASSWORD,
    PROFILE_NAMES,
    SELF_SERVICE,
    TECHNICIAN,
    Session,
    Store,
    User,
    now,
    recorded_data,
)

_CREATE = 4
# Tickets: create, see one's own, answer surveys (GLPI's installation data); it reads nothing else.
_SELF_SERVICE_RIGHTS = {"ticket": 131077, "user": 0, "group": 0, "entity": 0}
_ALL_ENTITIES = [{"id": 0, "name": ENTITIES[0], "is_recursive": 1}]


def init_session(store: Store, call: Call) -> Answer:
    """Answer initSession: by user token or by login and password, in headers, query or JSON."""
    session = store.open_session(_login(store, call))
    result: Row = {"session_token": session.token}
    if call.flag("get_full_session"):
        result["session"] = _full_session(store, session)
        # Seen on both: this key comes only with the first call after the login.
        del result["session"]["MESSAGE_AFTER_REDIRECT"]
    return json_answer(200, result)


def kill_session(store: Store, session: Session, _call: Call, _root: str) -> Answer:
    """Answer killSession: the session ends."""
    store.sessions.pop(session.token, None)
    return json_answer(200, True)


def my_profiles(_store: Store, session: Session, _call: Call, _root: str) -> Answer:
    """Answer getMyProfiles: the only profile that the user has, in all entities."""
    profile = {
        "id": session.profile,
        "name": PROFILE_NAMES[session.profile],
        "entities": _ALL_ENTITIES,
    }
    return json_answer(200, {"myprofiles": [profile]})


def active_profile(store: Store, session: Session, call: Call, _root: str) -> Answer:
    """Answer getActiveProfile, with every right as recorded but those that a fault takes."""
    rights = _profile(store, session.profile)
    if "right_missing" in call.faults:
        rights["ticket"] &= ~_CREATE
    return json_answer(200, {"active_profile": rights})


def my_entities(_store: Store, _session: Session, _call: Call, _root: str) -> Answer:
    """Answer getMyEntities: all entities."""
    entities = [{"id": number, "name": name} for number, name in ENTITIES.items()]
    return json_answer(200, {"myentities": entities})


def active_entities(_store: Store, _session: Session, _call: Call, _root: str) -> Answer:
    """Answer getActiveEntities: the root entity, recursively."""
    entity = {
        "id": 0,
        "active_entity_recursive": 1,
        "active_entities": [{"id": number} for number in ENTITIES],
    }
    return json_answer(200, {"active_entity": entity})


def change_active(_store: Store, _session: Session, call: Call, _root: str) -> Answer:
    """Answer changeActiveEntities and changeActiveProfile; raise 404 for an unknown entity."""
    if str(call.argument("entities_id") or "0") not in {"0", "all"}:
        raise GlpiRefusalError(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
    return json_answer(200, True)


def full_session(store: Store, session: Session, _call: Call, _root: str) -> Answer:
    """Answer getFullSession: the recorded keys, with those of this session."""
    return json_answer(200, {"session": _full_session(store, session)})


def glpi_config(store: Store, _session: Session, _call: Call, root: str) -> Answer:
    """Answer getGlpiConfig, with the few keys of hundreds that a client needs."""
    path = root.partition("://")[2].partition("/")[2]
    config = {
        "languages": {"en_GB": ["English", "en_GB.mo", "en-GB", "en", "english", 2]},
        "version": store.version,
        "dbversion": store.version,
        "document_max_size": str(DOCUMENT_MAX_MEGABYTES),
        "root_doc": f"/{path}" if path else "",
        "url_base": root,
        "url_base_api": f"{root}/apirest.php",
        "maintenance_mode": "0",
        "enable_api": "1",
    }
    return json_answer(200, {"cfg_glpi": config})


def _login(store: Store, call: Call) -> User:
    authorization = call.headers.get("authorization", "")
    if "authorization_stripped" in call.faults:
        authorization = ""
    scheme, _, value = authorization.partition(" ")
    token = value if scheme == "user_token" else str(call.argument("user_token") or "")
    if token:
        login = next((name for name, known in store.user_tokens.items() if known == token), "")
        user = store.user_named(login)
        if "reject_tokens" in call.faults or not _may_log_in(user):
            text = "parameter user_token seems invalid"
            raise GlpiRefusalError(401, "ERROR_GLPI_LOGIN_USER_TOKEN", text)
    else:
        login, password = _credentials(call, scheme, value)
        user = store.user_named(login)
        if not _may_log_in(user) or password != PASSWORD:
            raise GlpiRefusalError(401, "ERROR_GLPI_LOGIN", "Incorrect username or password")
    assert user is not None  # noqa: S101 - _may_log_in said so
    return user


def _may_log_in(user: User | None) -> bool:
    active = user is not None and user.is_active and not user.is_deleted
    return active and user is not None and user.profile is not None


def _credentials(call: Call, scheme: str, value: str) -> tuple[str, str]:
    if scheme == "Basic":
        try:
            decoded = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        login, _, password = decoded.partition(":")
        return login, password
    login = str(call.argument("login") or "")
    if not login:
        text = "parameter(s) login, password or user_token are missing"
        raise GlpiRefusalError(400, "ERROR_LOGIN_PARAMETERS_MISSING", text)
    return login, str(call.argument("password") or "")


def _profile(store: Store, profile: int) -> Row:
    """Return a profile's rights; of Self-Service's only the few that matter here are its own."""
    profiles: Row = recorded_data(store.version)["profiles"]
    rights: Row = dict(profiles[str(TECHNICIAN if profile == SELF_SERVICE else profile)])
    if profile == SELF_SERVICE:
        rights |= {"id": profile, "name": PROFILE_NAMES[profile], "interface": "helpdesk"}
        rights |= _SELF_SERVICE_RIGHTS
    return rights


def _full_session(store: Store, session: Session) -> Row:
    user = session.user
    keys: Row = dict(recorded_data(store.version)["session"])
    return keys | {
        "valid_id": session.token,
        "glpi_currenttime": now(),
        "glpiID": user.id,
        "glpifriendlyname": f"{user.realname} {user.firstname}",
        "glpiname": user.name,
        "glpirealname": user.realname,
        "glpifirstname": user.firstname,
        "glpiprofiles": {
            str(session.profile): {
                "name": PROFILE_NAMES[session.profile],
                "entities": _ALL_ENTITIES,
            }
        },
        "glpiactiveprofile": _profile(store, session.profile),
    }
