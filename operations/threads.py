"""Which ticket a thread belongs to, and what is remembered of it; people's words are not stored."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from bridge.config.timing import LEDGER_AGE_SECONDS, LINK_AGE_SECONDS
from bridge.mattermost.submissions import Audience, Place
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import NEW, Buried, Entry, Filed
from bridge.storage.links import Link, Links
from bridge.tickets.content import permalink
from operations import aws
from operations.aws import asking
from operations.dead_letter_queue import moment
from operations.error_codes import meaning, meaning_of_reason
from operations.errors import CannotAsk
from operations.terminal import paragraph, printable

_NUMBER = re.compile("[1-9][0-9]{0,9}")
_POST = re.compile("[a-z0-9]{26}")
_PERMALINK = re.compile(rf"https?://[^\s/]+/(?:[^\s?#]+/)?pl/({_POST.pattern})/?(?:[?#]\S*)?")

DAY = 24 * 3600.0
UNKNOWN = "not known"


@dataclass(frozen=True)
class Found:
    """What is remembered of a thread or a ticket.

    Attributes:
        wanted: a ticket's number, or the id of a post.
        entry: what is known of the post, NEW if nothing, or if a ticket was asked for.
        link: what is remembered of the ticket, None if nothing.
    """

    wanted: int | str
    entry: Entry = NEW
    link: Link | None = None


def asked_for(name: str) -> int | str:
    """Return what a name is of: a ticket's number, or the id of a post.

    Raises:
        CannotAsk: it is neither, and no permalink.
    """
    if _POST.fullmatch(name):  # first, since an id may be of digits only
        return name
    if _NUMBER.fullmatch(name):
        return int(name)
    if found := _PERMALINK.fullmatch(name):
        return found[1]
    raise CannotAsk(
        f"{name!r} names no thread: use a ticket's number such as 4711, a permalink such as "
        "https://chat.example.com/team/pl/POSTID, or the 26 characters of a post's id."
    )


def find(table: str, wanted: int | str, clock: Callable[[], float] = time.time) -> Found:
    """Read what is remembered.

    Args:
        table: name of the ledger.
        wanted: a ticket's number, or the id of a post.
        clock: seconds since the epoch.

    Raises:
        CannotAsk: it cannot be read.
    """

    def read() -> Found:
        links = Links(DynamoStore(table, aws.CALL_SECONDS), clock)
        if isinstance(wanted, int):
            return Found(wanted, link=links.link(wanted))
        entry = links.entry(wanted)
        link = links.link(entry.result.ticket) if isinstance(entry, Filed) else None
        return Found(wanted, entry, link)

    return asking(f"the table {table}", read)


def show(found: Found, mattermost_url: str | None, ticket_url: Callable[[int], str]) -> bool:
    """Show what is remembered.

    Args:
        found: what that is.
        mattermost_url: base URL of Mattermost, if known.
        ticket_url: tells the address of a ticket's page.

    Returns:
        Whether there is anything.
    """
    if found.link is None and found.entry == NEW:
        click.echo(_nothing(found.wanted), err=True)
        return False
    if found.link:
        lines, note = _of_link(found.link, mattermost_url, ticket_url), ""
    else:
        lines, note = _of_entry(found, mattermost_url, ticket_url), _note(found.entry)
    for name, text in lines:
        click.echo(f"{name:16}  {printable(text)}")
    if note:
        click.echo("\n" + paragraph(note))
    return True


def _of_link(
    link: Link, mattermost_url: str | None, ticket_url: Callable[[int], str]
) -> Iterator[tuple[str, str]]:
    audience = "" if link.audience == Audience.UNKNOWN.value else link.audience
    requester = "named by address only" if link.requester == 0 else _number(link.requester)
    yield "ticket", f"#{link.ticket}  {ticket_url(link.ticket)}"
    yield "thread", _thread(link.root, mattermost_url)
    yield "channel", link.channel or UNKNOWN
    yield "desk", link.desk or UNKNOWN
    yield "audience", audience or UNKNOWN
    yield "entity", _number(link.entity)
    yield "requester", requester
    yield "author", link.author or UNKNOWN
    yield "remembered until", datetime.fromtimestamp(link.expires, UTC).date().isoformat()


def _of_entry(
    found: Found, mattermost_url: str | None, ticket_url: Callable[[int], str]
) -> Iterator[tuple[str, str]]:
    entry, post = found.entry, str(found.wanted)
    if isinstance(entry, Filed):
        yield "ticket", f"#{entry.result.ticket}  {ticket_url(entry.result.ticket)}"
        root = entry.result.thread
        yield "thread", _thread("" if root is None else root or post, mattermost_url)
        return
    if isinstance(entry, Buried):
        yield "ticket", "none: buried, see dlq list"
        why = entry.reason
    else:
        noted = entry.received_at
        since = f" since {moment(noted)}" if noted else ", nobody noted since when"
        yield "ticket", f"none yet: waits{since}; see queue"
        why = entry.last_error
    yield "thread", _thread(post, mattermost_url)
    yield "why", why or "-"


def _note(entry: Entry) -> str:
    if isinstance(entry, Filed):
        return (
            "There is no link of this ticket yet, so no more is remembered: the worker makes it "
            "within a minute, and of a ticket that an earlier release filed with the next reply."
        )
    return (
        meaning_of_reason(entry.reason) if isinstance(entry, Buried) else meaning(entry.last_error)
    )


def _nothing(wanted: int | str) -> str:
    days, posts_days = LINK_AGE_SECONDS / DAY, LEDGER_AGE_SECONDS / DAY
    if isinstance(wanted, int):
        return (
            f"Nothing is remembered of ticket {wanted}: nothing has happened in its thread for "
            f"{days:.0f} days, an earlier release or another installation filed it, or nobody "
            "wrote it in Mattermost."
        )
    return (
        f"Nothing is remembered of the thread of {wanted}: nothing has happened in it for "
        f"{days:.0f} days ({posts_days:.0f} without a link), it is another installation's, it was "
        "written without the bot, or this is not its first post."
    )


def _thread(post: str, mattermost_url: str | None) -> str:
    return permalink(Place(post=post), mattermost_url) or post or UNKNOWN


def _number(of: int | None) -> str:
    return UNKNOWN if of is None else str(of)
