"""The ledger against GLPI: what is called filed has one ticket, and nothing else has any."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from bridge.net.deadline import Deadline
from bridge.storage.ledger import NEW_TICKET, State
from glpi import Glpi, Marked
from operations.ledger_posts import LedgerPost, posts

AUDIT_SECONDS = 600.0
"""Seconds for everything that is asked of GLPI, all in all."""

DAY = 24 * 3600.0

PREFIX = "mattermost:"
"""What the markers of all tickets begin with; see `ticket.marker`."""


class Kind(Enum):
    """What can be wrong with a post."""

    MISSING = "no ticket"
    TWINS = "several tickets"
    OTHER = "another ticket"
    WAITING = "filed, but waiting"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        ref: the post's.
        tickets: what GLPI has of it.
        told: the number that the ledger holds, if any.
        state: what the ledger calls the post, None when it does not know it.
    """

    kind: Kind
    ref: str
    tickets: tuple[Marked, ...] = ()
    told: int | None = None
    state: State | None = None


@dataclass(frozen=True)
class Report:
    """What an audit has found out.

    Attributes:
        filed: how many posts of this time the ledger calls filed.
        marked: how many tickets of the bridge GLPI has.
        findings: what is wrong.
        trashed: the tickets of posts that have none outside of GLPI's trash.
        added: how many of the posts have become followups, and so have no ticket of their own.
        unmarked: posts whose ticket is there, but no longer ends with their marker, or is out of
            the API user's sight.
        unreadable: how many posts of the ledger are of a version that is not known here.
    """

    filed: int
    marked: int
    findings: tuple[Finding, ...]
    trashed: Mapping[str, tuple[Marked, ...]]
    added: int
    unmarked: int
    unreadable: int


def audit(glpi: Glpi, table: str, days: int, clock: Callable[[], float] = time.time) -> Report:
    """Compare ledger and GLPI.

    The ledger is read before GLPI, so that what it calls filed must be there; what it calls waiting
    may have been filed in between, so the ledger is read again before that is held against it.

    Args:
        glpi: where the tickets are.
        table: name of the ledger.
        days: how old the posts may be.
        clock: seconds since the epoch.

    Raises:
        CannotAsk, GlpiError, SettingsError: there is no telling.
    """
    deadline = Deadline(AUDIT_SECONDS)
    known = posts(table)
    marked = glpi.marked_tickets(PREFIX, days + 1, deadline)
    tickets = {marker.removeprefix(PREFIX): found for marker, found in marked.items()}
    recent = [post for post in known if post.since > clock() - days * DAY]
    filed = [post for post in recent if post.filed]
    lost = [post for post in filed if post.ref not in tickets]
    purged = [post for post in lost if not _exists(glpi, post, deadline)]
    added = [post for post in lost if post not in purged and _is_followup(post)]
    findings = [
        *(Finding(Kind.MISSING, p.ref, told=_told(p), state=State.FILED) for p in purged),
        *_twins(tickets, known),
        *_others(tickets, filed),
        *_waiting(tickets, known, table),
    ]
    return Report(
        filed=len(filed),
        marked=sum(map(len, tickets.values())),
        findings=tuple(findings),
        trashed={
            ref: found for ref, found in tickets.items() if all(ticket.trashed for ticket in found)
        },
        added=len(added),
        unmarked=len(lost) - len(purged) - len(added),
        unreadable=sum(post.entry is None for post in known),
    )


def _told(post: LedgerPost) -> int | None:
    return post.entry.ticket if post.entry else None


def _is_followup(post: LedgerPost) -> bool:
    return post.entry is not None and post.entry.kind not in NEW_TICKET


def _state(post: LedgerPost | None) -> State | None:
    return post.entry.state if post and post.entry else None


def _exists(glpi: Glpi, post: LedgerPost, deadline: Deadline) -> bool:
    number = _told(post)
    return number is not None and glpi.has_ticket(number, deadline)


def _twins(tickets: Mapping[str, tuple[Marked, ...]], known: list[LedgerPost]) -> list[Finding]:
    by_ref = {post.ref: post for post in known}
    return [
        Finding(Kind.TWINS, ref, found, state=_state(by_ref.get(ref)))
        for ref, found in tickets.items()
        if len(found) > 1
    ]


def _others(tickets: Mapping[str, tuple[Marked, ...]], filed: list[LedgerPost]) -> list[Finding]:
    """Find posts whose author has been told another number than that of their only ticket."""
    return [
        Finding(Kind.OTHER, post.ref, tickets[post.ref], _told(post), State.FILED)
        for post in filed
        if len(tickets.get(post.ref, ())) == 1 and tickets[post.ref][0].number != _told(post)
    ]


def _waiting(
    tickets: Mapping[str, tuple[Marked, ...]], known: list[LedgerPost], table: str
) -> list[Finding]:
    suspects = {p.ref for p in known if p.entry and not p.filed and p.ref in tickets}
    if not suspects:
        return []
    return [
        Finding(Kind.WAITING, post.ref, tickets[post.ref], state=_state(post))
        for post in posts(table, waiting_only=True)
        if post.ref in suspects and not post.filed
    ]
