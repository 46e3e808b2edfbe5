"""How the release before this one reads and writes items: a fixture, kept as it was.

Its ledger's codec at the commit that `deploy/release-before` names, without what asks DynamoDB. A
rollback meets what ours has written, and ours meets what it has written meanwhile.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

STEPS = frozenset({"told", "requester", "files", "thread"})


class State(Enum):
    OPEN = "open"
    TRIED = "tried"
    FILED = "filed"


@dataclass(frozen=True)
class Entry:
    state: State
    until: float = 0.0
    ticket: int | None = None
    tries: int = 0
    since: float = 0.0
    reason: str = ""
    kind: str = "accepted"
    former: int | None = None
    root: str = ""
    target: int | None = None
    done: frozenset[str] = frozenset()
    version: int = 0


def read_item(item: dict[str, Any]) -> Entry:
    nothing_done = frozenset() if "since" in item else STEPS
    return Entry(
        state=State(item["state"]["S"]),
        until=float(item["until"]["N"]),
        ticket=int(item["ticket"]["N"]) if "ticket" in item else None,
        tries=int(item["tries"]["N"]),
        since=float(item["since"]["N"]) if "since" in item else 0.0,
        reason=item["why"]["S"] if "why" in item else "",
        kind=item["how"]["S"] if "how" in item else "accepted",
        former=int(item["former"]["N"]) if "former" in item else None,
        root=item["root"]["S"] if "root" in item else "",
        target=int(item["target"]["N"]) if "target" in item else None,
        done=frozenset(item["done"]["SS"] if "done" in item else nothing_done),
        version=int(item["version"]["N"]),
    )


def write_item(ref: str, written: Entry, expires: float) -> dict[str, Any]:
    item: dict[str, Any] = {
        "post": {"S": ref},
        "state": {"S": written.state.value},
        "until": {"N": repr(written.until)},
        "tries": {"N": str(written.tries)},
        "since": {"N": repr(written.since)},
        "why": {"S": written.reason},
        "how": {"S": written.kind},
        "version": {"N": str(written.version)},
        "expires": {"N": str(int(expires))},
        "writer": {"S": "a" * 32},
    }
    if written.ticket is not None:
        item["ticket"] = {"N": str(written.ticket)}
    if written.former is not None:
        item["former"] = {"N": str(written.former)}
    if written.root:
        item["root"] = {"S": written.root}
    if written.target is not None:
        item["target"] = {"N": str(written.target)}
    if written.done:
        item["done"] = {"SS": sorted(written.done)}
    return item
