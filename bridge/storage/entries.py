"""What can be known of a post, and how one state follows another. Pure.

    Open ──claimed──► Tried ──filed──► Filed
      ▲                 │
      └────released─────┘ surely not executed

A claim is written before the request leaves, and as Tried: a crash at any moment reads as "may have
been executed". Nobody creates a ticket for a Tried post before it has settled and a look-up has
found none. Open and Tried posts can be buried; a replay takes them up from there.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from enum import Enum
from typing import overload

TOLD = "told"
REQUESTER = "requester"
FILES = "files"
LINK = "link"
STEPS = frozenset({TOLD, REQUESTER, FILES, LINK})
"""What is done after a ticket is filed: its author knows, it has its requester and its files, and
ticket and thread are linked."""

NOT_TAKEN = "not taken"
"""What is done beside for a ticket that goes on from another: it does not count as taken into
account by its link."""

ANSWERED = "answered"
"""No step, but what is noted beside them: Mattermost's request was answered with the ticket while
it was not known where the post stands. Below a reply Mattermost drops that answer (5.37), so it
has told the author only if the post is none."""


class Kind(Enum):
    """What a post has become in GLPI."""

    TICKET = "ticket"
    """A ticket of its own."""

    CONTINUATION = "continuation"
    """A ticket of its own that goes on from one that takes no followups, or is not reopened."""

    FOLLOWUP = "followup"
    """A followup of a ticket."""

    REOPENING = "reopening"
    """A followup that opens its ticket again."""


@dataclass(frozen=True)
class Result:
    """What a post has become in GLPI.

    Attributes:
        ticket: the number of the ticket that it is, or belongs to.
        continues: the closed ticket that a new one goes on from, if any.
        thread: the root of the thread that the post stands in, "" for no other than its own; None
            while that is not known.
        rests: whether the ticket that was replied to is still solved or pending, as far as is
            known: it is the ticket, or the one that a new one goes on from.
        is_linked: whether GLPI has linked a new ticket to the one that it goes on from, for sure.
    """

    kind: Kind
    ticket: int
    continues: int | None = None
    thread: str | None = ""
    rests: bool = False
    is_linked: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it is a ticket of its own."""
        return self.kind in (Kind.TICKET, Kind.CONTINUATION)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What holds in every state.

    Attributes:
        received_at: seconds since the epoch when the bridge took the message over, 0 if that was
            not noted.
        version: counts the writes; 0 for what has not been written.
    """

    received_at: float = 0.0
    version: int = 0


@dataclass(frozen=True)
class Open(_Known):
    """Surely no ticket.

    Attributes:
        last_error: the code of what keeps the post from its ticket, "" when nothing is known.
        tries: how many attempts of earlier claims may have been executed.
        intercepted: how many of these something on the way to GLPI has refused.
    """

    last_error: str = ""
    tries: int = 0
    intercepted: int = 0


@dataclass(frozen=True)
class Tried(_Known):
    """There may be a ticket.

    Attributes:
        lease_until: seconds since the epoch by which whoever is at it has surely ended.
        tries: how many attempts may have been executed.
        attempted_ticket: the ticket that the last attempt would have added to, if any.
        last_error: the code of how it went, "" while it is under way.
        names_files: whether what was composed says where the files are, so that none is carried.
        attempt_error: the code of how the last attempt ended of which that is known, whatever a
            look-up came to since; "" for none.
        intercepted: how many attempts something on the way to GLPI has refused; fewer than `tries`
            while one is under way, or of unknown end.
    """

    lease_until: float
    tries: int = 1
    attempted_ticket: int | None = None
    last_error: str = ""
    names_files: bool = False
    attempt_error: str = ""
    intercepted: int = 0

    @property
    def steps_done(self) -> frozenset[str]:
        """The steps that are done if the attempt was executed."""
        return frozenset({FILES}) if self.names_files else frozenset()


@dataclass(frozen=True)
class Filed(_Known):
    """There is a ticket.

    Attributes:
        steps_done: the steps that are done, and `file:` with the id of each file that is.
        lease_until: seconds since the epoch by which whoever is at the others has surely ended.
        last_error: the code of what keeps them from being done, "" when nothing does.
    """

    result: Result
    steps_done: frozenset[str] = frozenset()
    lease_until: float = 0.0
    last_error: str = ""


@dataclass(frozen=True)
class Buried(_Known):
    """Nobody should wait for its ticket: the message is in the dead letter queue.

    Attributes:
        before: what held until then, and holds for a replay (`without_ticket`).
        reason: why it is there, "" if that was not noted.
    """

    before: Open | Tried
    reason: str = ""


Waiting = Open | Tried
Entry = Waiting | Filed | Buried

NEW = Open()
"""What holds for a post that the ledger has never heard of."""


def claimed(
    before: Waiting,
    until: float,
    received_at: float,
    attempted_ticket: int | None = None,
    *,
    names_files: bool = False,
) -> Tried:
    """Return the state of a post that somebody is about to create, and is through by `until`."""
    return Tried(
        until,
        before.tries + 1,
        attempted_ticket,
        before.last_error,
        names_files,
        before.attempt_error if isinstance(before, Tried) else "",
        before.intercepted,
        received_at=before.received_at or received_at,
        version=before.version,
    )


def released(claim: Tried, error: str) -> Open:
    """Return the state after an attempt that was surely not executed."""
    return Open(
        error,
        claim.tries - 1,
        claim.intercepted,
        received_at=claim.received_at,
        version=claim.version,
    )


def doubted(claim: Tried, now: float, error: str, *, is_intercepted: bool = False) -> Tried:
    """Return the state after an attempt that ended without a clear answer."""
    intercepted = claim.intercepted + is_intercepted
    ended = replace(claim, lease_until=now, last_error=error, attempt_error=error)
    return replace(ended, intercepted=intercepted)


def filed(before: Waiting, result: Result, steps_done: Set[str], until: float = 0.0) -> Filed:
    """Return the state of a post that has its ticket; somebody is at its steps until then."""
    return Filed(
        result,
        frozenset(steps_done),
        until,
        received_at=before.received_at,
        version=before.version,
    )


def buried(before: Waiting, reason: str) -> Buried:
    """Return the state of a post whose message is in the dead letter queue, for a reason."""
    kept = replace(before, last_error="", received_at=0.0, version=0)
    return Buried(kept, reason, received_at=before.received_at, version=before.version)


@overload
def without_ticket(entry: Waiting | Buried) -> Waiting: ...
@overload
def without_ticket(entry: Entry) -> Waiting | None: ...
def without_ticket(entry: Entry) -> Waiting | None:
    """Return what is known of a post without a ticket, None if it has one."""
    if isinstance(entry, Buried):
        return replace(entry.before, received_at=entry.received_at, version=entry.version)
    return None if isinstance(entry, Filed) else entry
