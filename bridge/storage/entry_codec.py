"""States of posts as attributes of an item, and back. Pure.

The release before reads `state until tries since why how former root target done`, so these are
always written as it knows them; what it does not know (`buried attempt intercepted rests linked
unplaced`), it ignores.
"""

from collections.abc import Mapping
from typing import Any

from bridge.net.aws import AwsError
from bridge.storage.entries import (
    FILES,
    STEPS,
    Buried,
    Entry,
    Filed,
    Kind,
    Open,
    Result,
    Tried,
    Waiting,
    buried,
    without_ticket,
)
from bridge.storage.store import Value

_HOW = {
    Kind.TICKET: "accepted",
    Kind.CONTINUATION: "closed",
    Kind.FOLLOWUP: "followup",
    Kind.REOPENING: "reopened",
}
_KINDS = {how: kind for kind, how in _HOW.items()}
_BURIED = "buried"


def encode(entry: Entry) -> dict[str, Value]:
    """Return the attributes of a state."""
    if isinstance(entry, Buried):
        reason: dict[str, Value] = {"buried": entry.reason} if entry.reason else {}
        return {**_encode(without_ticket(entry)), "why": _BURIED, **reason}
    return _encode(entry)


def _encode(entry: Waiting | Filed) -> dict[str, Value]:
    attributes: dict[str, Value | None] = {
        "since": entry.received_at,
        "why": entry.last_error,
        "until": 0.0,
        "tries": 0,
        "how": _HOW[Kind.TICKET],
    }
    if isinstance(entry, Open):
        refused = entry.intercepted or None
        attributes |= {"state": "open", "tries": entry.tries, "intercepted": refused}
    elif isinstance(entry, Tried):
        attributes |= {
            "state": "tried",
            "until": entry.lease_until,
            "tries": entry.tries,
            "target": entry.attempted_ticket,
            "done": entry.steps_done or None,
            "attempt": entry.attempt_error or None,
            "intercepted": entry.intercepted or None,
        }
    else:
        attributes |= {
            "state": "filed",
            "until": entry.lease_until,
            "how": _HOW[entry.result.kind],
            "ticket": entry.result.ticket,
            "former": entry.result.continues,
            "root": entry.result.thread or None,
            "unplaced": True if entry.result.thread is None else None,
            "rests": entry.result.rests or None,
            "linked": entry.result.is_linked or None,
            "done": entry.steps_done or None,
        }
    return {name: value for name, value in attributes.items() if value is not None}


def decode(attributes: Mapping[str, Any], version: int) -> Entry:
    """Return the state that attributes tell of, whoever wrote them.

    Raises:
        AwsError: it is one of a version to come.
    """
    try:
        if attributes["state"] == "filed":
            return _filed(attributes, version)
        before = _waiting(attributes, version)
    except (KeyError, ValueError, TypeError):
        raise AwsError("UnreadableEntry", refused=True) from None
    if attributes.get("why") == _BURIED:
        return buried(before, str(attributes.get("buried", "")))
    return before


def _waiting(attributes: Mapping[str, Any], version: int) -> Waiting:
    why = str(attributes.get("why", ""))
    error = "" if why == _BURIED else why
    received_at, tries = float(attributes.get("since", 0.0)), int(attributes["tries"])
    until, intercepted = float(attributes["until"]), int(attributes.get("intercepted", 0))
    if attributes["state"] == "open":
        return Open(error, tries, intercepted, received_at=received_at, version=version)
    if attributes["state"] != "tried":
        raise ValueError
    return Tried(
        until,
        tries,
        attributes.get("target"),
        error,
        FILES in attributes.get("done", ()),
        str(attributes.get("attempt", "")),
        intercepted,
        received_at=received_at,
        version=version,
    )


def _filed(attributes: Mapping[str, Any], version: int) -> Filed:
    """Read a post with its ticket. The first version had no `since` and no steps to do."""
    result = Result(
        _KINDS[attributes.get("how", _HOW[Kind.TICKET])],
        int(attributes["ticket"]),
        attributes.get("former"),
        None if attributes.get("unplaced") else str(attributes.get("root", "")),
        bool(attributes.get("rests", False)),
        bool(attributes.get("linked", False)),
    )
    return Filed(
        result,
        frozenset(attributes.get("done", frozenset() if "since" in attributes else STEPS)),
        float(attributes["until"]),
        str(attributes.get("why", "")),
        received_at=float(attributes.get("since", 0.0)),
        version=version,
    )
