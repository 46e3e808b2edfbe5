"""GLPI's legacy REST API: the order of its checks, and the way from a path to a handler."""

from collections.abc import Callable

from .answers import (
    Answer,
    GlpiRefusalError,
    PhpTypeError,
    html_answer,
    json_answer,
    refusal_answer,
)
from .call import Call, read_body
from .context import ITEMTYPES, Context, whole_number
from .pages import glpi_page, php_error
from .reading import read_item, read_list, shown, sub_items, table_of
from .search import search
from .session_calls import (
    active_entities,
    active_profile,
    change_active,
    full_session,
    glpi_config,
    init_session,
    kill_session,
    my_entities,
    my_profiles,
)
from .store import Session, Store
from .writing import create, delete, update

_SESSION_CALLS: dict[str, Callable[[Store, Session, Call, str], Answer]] = {
    "killSession": kill_session,
    "getMyProfiles": my_profiles,
    "getActiveProfile": active_profile,
    "changeActiveProfile": change_active,
    "getMyEntities": my_entities,
    "getActiveEntities": active_entities,
    "changeActiveEntities": change_active,
    "getFullSession": full_session,
    "getGlpiConfig": glpi_config,
}


def answer_call(store: Store, call: Call, root: str) -> Answer:
    """Answer one API call; `root` is GLPI's own address. One call is one transaction."""
    base = f"{root}/api.php/v1" if store.major >= 11 else f"{root}/apirest.php"
    try:
        with store.lock:
            return _checked(store, call, root, base)
    except GlpiRefusalError as refusal:
        # Seen on both: this one error comes before GLPI knows its own address.
        early = refusal.code == "ERROR_JSON_PAYLOAD_FORBIDDEN"
        return refusal_answer(refusal, "/" if early else f"{base}/")
    except PhpTypeError:
        return php_error(store.major)


def _checked(store: Store, call: Call, root: str, base: str) -> Answer:
    if "api_disabled" in call.faults:
        raise GlpiRefusalError(400, "ERROR", "API disabled")
    read_body(call, store.major)
    if not call.parts:
        return html_answer(200, glpi_page(store.major, "API Documentation", "GLPI REST API"))
    _check_client(store, call)
    resource = call.parts[0]
    if resource == "initSession":
        return init_session(store, call)
    session = _session(store, call)
    if resource in _SESSION_CALLS:
        return _SESSION_CALLS[resource](store, session, call, root)
    return _items(Context(store, session, call, base), resource)


def _check_client(store: Store, call: Call) -> None:
    if "ip_not_allowed" in call.faults:
        text = "There isn't an active API client matching your IP address in the configuration"
        raise GlpiRefusalError(400, "ERROR_NOT_ALLOWED_IP", f"{text} (127.0.0.1)")
    token = call.headers.get("app-token") or str(call.argument("app_token") or "")
    if not token:
        text = "missing parameter app_token"
        raise GlpiRefusalError(400, "ERROR_APP_TOKEN_PARAMETERS_MISSING", text)
    if token != store.app_token or "reject_app_token" in call.faults:
        text = "parameter app_token seems wrong"
        raise GlpiRefusalError(400, "ERROR_WRONG_APP_TOKEN_PARAMETER", text)


def session_token(call: Call) -> str:
    """Return the session token a call carries, or an empty string."""
    return call.headers.get("session-token") or str(call.argument("session_token") or "")


def _session(store: Store, call: Call) -> Session:
    token = session_token(call)
    if not token:
        text = "parameter session_token is missing or empty"
        raise GlpiRefusalError(400, "ERROR_SESSION_TOKEN_MISSING", text)
    session = store.sessions.get(token)
    if session is None or "forget_sessions" in call.faults:
        text = "session_token seems invalid"
        raise GlpiRefusalError(401, "ERROR_SESSION_TOKEN_INVALID", text)
    return session


def _items(context: Context, resource: str) -> Answer:
    parts = context.call.parts
    if resource == "search" and len(parts) == 2:
        return search(context, parts[1])
    if resource == "getMultipleItems":
        return _multiple(context)
    child = parts[2] if len(parts) > 2 else None
    for itemtype in (resource, child):
        if itemtype is not None and itemtype not in ITEMTYPES:
            text = "resource not found or not an instance of CommonDBTM"
            raise GlpiRefusalError(400, "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM", text)
    item_id = whole_number(parts[1]) if len(parts) > 1 else None
    method = context.call.method
    if method == "POST":
        return create(context, child or resource)
    if method in {"PUT", "PATCH"}:
        return update(context, resource, item_id)
    if method == "DELETE":
        return delete(context, resource, item_id)
    return _read(context, resource, item_id, child)


def _read(context: Context, itemtype: str, item_id: int | None, child: str | None) -> Answer:
    if item_id is not None and child:
        return sub_items(context, itemtype, item_id, child)
    # 10.0.14 takes Ticket/0 for the list; 11.0.6 looks for an item 0.
    if item_id is None or (item_id == 0 and itemtype != "Entity" and context.store.major < 11):
        context.require_readable(itemtype)
        return read_list(context, itemtype, table_of(context.store, itemtype).values())
    answer = read_item(context, itemtype, item_id)
    if context.call.method == "HEAD" and context.store.major >= 11:
        return html_answer(200, "")
    return answer


def _multiple(context: Context) -> Answer:
    wanted = context.call.argument("items")
    entries = list(wanted.values()) if isinstance(wanted, dict) else wanted
    found = []
    for entry in entries if isinstance(entries, list) else []:
        itemtype = str(entry["itemtype"])
        row = table_of(context.store, itemtype).get(whole_number(entry["items_id"]) or 0)
        if row is None or not context.may_see(itemtype, row):
            raise GlpiRefusalError(404, "ERROR_ITEM_NOT_FOUND", "Item not found")
        found.append(shown(context, itemtype, row))
    return json_answer(200, found)
