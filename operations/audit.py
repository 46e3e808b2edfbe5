"""The ledger against GLPI: what is called filed has one ticket, and nothing else has any.

Links are only counted. One to a ticket that GLPI no longer has is no fault, since tickets get
purged, and it would take a call for each link to know of it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bridge.net.deadline import Deadline
from glpi import Glpi, Marked
from operations.ledger_posts import LedgerPost, contents, waiting_posts

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
        state: what the ledger calls the post (`LedgerPost.state`), "" when it does not know it.
    """

    kind: Kind
    ref: str
    tickets: tuple[Marked, ...] = ()
    told: int | None = None
    state: str = ""


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
        linked: how many tickets have a link, of whatever time.
        unlinked: how many threads belong to a ticket that has none.
        unreadable: how much of the table is of a kind or a version that is not known here.
    """

    filed: int
    marked: int
    findings: tuple[Finding, ...]
    trashed: Mapping[str, tuple[Marked, ...]]
    added: int
    unmarked: int
    linked: int
    unlinked: int
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
    held = contents(table, clock())
    marked = glpi.marked_tickets(PREFIX, days + 1, deadline)
    tickets = {marker.removeprefix(PREFIX): found for marker, found in marked.items()}
    oldest = clock() - days * DAY
    filed = [post for post in held.posts if post.filed and post.since > oldest]
    lost = [post for post in filed if post.ref not in tickets]
    purged = [post for post in lost if not _exists(glpi, post, deadline)]
    added = [post for post in lost if post not in purged and _is_followup(post)]
    findings = [
        *(Finding(Kind.MISSING, p.ref, told=_told(p), state=p.state) for p in purged),
        *_twins(tickets, held.posts),
        *_others(tickets, filed),
        *_waiting(tickets, held.posts, table),
    ]
    return Report(
        filed=len(filed),
        marked=sum(map(len, tickets.values())),
        findings=tuple(findings),
        trashed=_trashed(tickets),
        added=len(added),
        unmarked=len(lost) - len(purged) - len(added),
        linked=len(held.linked),
        unlinked=held.unlinked,
        unreadable=held.unreadable,
    )


def _trashed(tickets: Mapping[str, tuple[Marked, ...]]) -> Mapping[str, tuple[Marked, ...]]:
    return {ref: found for ref, found in tickets.items() if all(t.trashed for t in found)}


def _told(post: LedgerPost) -> int | None:
    return post.filed.result.ticket if post.filed else None


def _is_followup(post: LedgerPost) -> bool:
    return post.filed is not None and not post.filed.result.is_new


def _state(post: LedgerPost | None) -> str:
    return post.state if post and post.entry else ""


def _exists(glpi: Glpi, post: LedgerPost, deadline: Deadline) -> bool:
    number = _told(post)
    return number is not None and glpi.has_ticket(number, deadline)


def _twins(tickets: Mapping[str, tuple[Marked, ...]], known: Sequence[LedgerPost]) -> list[Finding]:
    by_ref = {post.ref: post for post in known}
    return [
        Finding(Kind.TWINS, ref, found, state=_state(by_ref.get(ref)))
        for ref, found in tickets.items()
        if len(found) > 1
    ]


def _others(
    tickets: Mapping[str, tuple[Marked, ...]], filed: Sequence[LedgerPost]
) -> list[Finding]:
    """Find posts whose author has been told another number than that of their only ticket."""
    return [
        Finding(Kind.OTHER, post.ref, tickets[post.ref], _told(post), post.state)
        for post in filed
        if len(tickets.get(post.ref, ())) == 1 and tickets[post.ref][0].number != _told(post)
    ]


def _waiting(
    tickets: Mapping[str, tuple[Marked, ...]], known: Sequence[LedgerPost], table: str
) -> list[Finding]:
    suspects = {p.ref for p in known if p.entry and not p.filed and p.ref in tickets}
    if not suspects:
        return []
    return [
        Finding(Kind.WAITING, post.ref, tickets[post.ref], state=_state(post))
        for post in waiting_posts(table)
        if post.ref in suspects and not post.filed
    ]
