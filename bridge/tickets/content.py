"""What a ticket says: title, content, and where it goes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.config import timing
from bridge.config.rules import Rules
from bridge.mattermost.submissions import Place, Submission
from bridge.tickets.desks import Routed
from bridge.words.richtext import inline, link, paragraph, plain, rendered
from bridge.words.texts import placeholders
from bridge.words.visible import visible
from glpi import NOBODY, UNTAKEN, Requester

TITLE_LIMIT = 255
"""Characters. GLPI 11.0.6 refuses longer titles; 10.0.14 cuts them after escaping `<`, `>`, `&`
to five characters each, through the middle of an escape if need be."""

RELATED = 1
"""GLPI's link type of two tickets that have to do with each other."""

DELETED = "deleted_file"
"""The reason of a file that is not in the chat any more, either."""


def marker(ref: str) -> str:
    """Return what names a post inside its ticket, for a look-up after an unknown outcome."""
    return f"mattermost:{ref}"


def files_marker(submission: Submission) -> str:
    """Return what names the note on the post's files that did not reach its ticket."""
    return f"{marker(submission.ref)}:files"


def permalink(place: Place, mattermost_url: str | None) -> str:
    """Return the address of the post that was written there, "" when it cannot be known."""
    return f"{mattermost_url}/_redirect/pl/{place.post}" if mattermost_url and place.post else ""


@dataclass(frozen=True)
class MissingFile:
    """A file that never reaches its ticket.

    Attributes:
        name: "" where it is not known.
        reason: the key of what is said of it in `texts.TICKET`.
        limit: what it exceeds, in the reason's unit.
    """

    name: str
    reason: str
    limit: int = 0

    def line(self, words: Mapping[str, str], shown: Callable[[str], str] = str) -> str:
        """Return name and reason in one line, the name as `shown` makes it."""
        why = words[self.reason].format(mb=self.limit, count=self.limit)
        return f"{shown(self.name or words['file'])}: {why}"


MissingFiles = Sequence[MissingFile]


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the post when it is written into GLPI.

    Attributes:
        mattermost_url: base URL for links to posts, if known.
        requester: who asks.
        carries_files: whether the files will be carried over, and so need no note.
        now: seconds since the epoch.
    """

    mattermost_url: str | None
    requester: Requester = NOBODY
    carries_files: bool = False
    now: float = 0.0


def compose(
    submission: Submission,
    routed: Routed,
    rules: Rules,
    circumstances: Circumstances,
    former: int | None = None,
) -> dict[str, object]:
    """Return the `input` of the ticket that the post asks for.

    `externalid` is kept by GLPI 11 and ignored by GLPI 10; a group or an agent, be it by
    a business rule, alone would count as taking the ticket into account and falsify the SLA (both
    versions).

    Args:
        submission: the message.
        routed: its desk.
        rules: bridge.toml.
        circumstances: what else is known.
        former: a closed ticket that this one goes on from, if any.
    """
    desk, rules = routed.desk, rules.at(routed.desk)
    names = _names(submission, routed, circumstances)
    link = {"tickets_id_1": 0, "link": RELATED, "tickets_id_2": former}
    optional = {
        "requesttypes_id": desk.source,
        "itilcategories_id": desk.category,
        "entities_id": desk.entity,
        "urgency": desk.urgency,
        "impact": desk.impact,
        "_groups_id_assign": desk.group,
        "_link": link if former is not None else None,
    }
    return {
        "name": _title(rules, names),
        "content": _content(submission, routed, rules, names, circumstances),
        "type": desk.type,
        "externalid": marker(submission.ref),
        **UNTAKEN,
        **circumstances.requester.as_fields(),
        **{field: value for field, value in optional.items() if value is not None},
    }


def compose_followup(
    submission: Submission,
    routed: Routed,
    rules: Rules,
    circumstances: Circumstances,
    ticket: int,
    *,
    reopen: bool,
) -> dict[str, object]:
    """Return the `input` of the followup of a ticket that the post is.

    By itself a followup of the API user would count as taking the ticket into account, and one on a
    solved ticket would be noticed by nobody (both versions).
    """
    rules = rules.at(routed.desk)
    names = _names(submission, routed, circumstances)
    optional = {
        "requesttypes_id": routed.desk.source,
        "users_id": circumstances.requester.user,
        "add_reopen": 1 if reopen else None,
    }
    return {
        "itemtype": "Ticket",
        "items_id": ticket,
        "content": _content(submission, routed, rules, names, circumstances),
        "is_private": 0,
        **UNTAKEN,
        **{field: value for field, value in optional.items() if value is not None},
    }


def compose_files_note(
    submission: Submission,
    ticket: int,
    missing: MissingFiles,
    rules: Rules,
    mattermost_url: str | None,
) -> dict[str, object]:
    """Return the `input` of the followup that notes which files did not reach a ticket."""
    lines = [rules.ticket["files_failed"], *(file.line(rules.ticket) for file in missing)]
    url = permalink(submission.place, mattermost_url)
    address = [f"<p>{link(url)}</p>"] if url else []
    last = paragraph(files_marker(submission))
    return {
        "itemtype": "Ticket",
        "items_id": ticket,
        "content": "\n".join([paragraph("\n".join(lines)), *address, last]),
        "is_private": 0,
        **UNTAKEN,
    }


def _names(submission: Submission, routed: Routed, circumstances: Circumstances) -> dict[str, str]:
    """Return what the templates' placeholders stand for."""
    said = routed.said
    return {
        "user_name": submission.author.name or "",
        "first_line": plain(visible(said.words), mid_line=said.mid_line),
        "channel_name": submission.place.channel_name or "",
        "team_domain": submission.place.team or "",
        "trigger": routed.trigger,
        "permalink": permalink(submission.place, circumstances.mattermost_url),
    }


def _title(rules: Rules, names: Mapping[str, str]) -> str:
    """Fill the title's template, or the default if nothing comes of it; one line, kept whole."""
    defaults = {
        "user_name": rules.ticket["unknown_user"],
        "first_line": rules.ticket["no_words"],
    }
    filled = {name: _one_line(value) or defaults.get(name, "") for name, value in names.items()}
    titles = (_one_line(t.format(**filled)) for t in (rules.title, rules.ticket["title"]))
    line = next(title for title in titles if title)
    if _width(line) <= TITLE_LIMIT:
        return line
    cut = line[: TITLE_LIMIT - 1]
    while _width(cut) > TITLE_LIMIT - 1:
        cut = cut[:-1]
    return cut.rstrip() + "…"


def _one_line(text: str) -> str:
    """Return what is seen of a text, in one line."""
    return " ".join(visible(text).split())


def _width(line: str) -> int:
    """Return the characters a title takes in GLPI 10's database."""
    return len(line) + 4 * sum(map(line.count, "<>&"))


def _content(
    submission: Submission,
    routed: Routed,
    rules: Rules,
    names: Mapping[str, str],
    circumstances: Circumstances,
) -> str:
    """Return the HTML: the words, notes on files and time, the footer, and last the marker."""
    said = routed.said
    paragraphs = [rendered(said.words, mid_line=said.mid_line)] if said.words else []
    if submission.files and not circumstances.carries_files:
        note = inline(rules.ticket["files"].format(count=len(submission.files)))
        if names["permalink"]:
            note += " " + link(names["permalink"])
        paragraphs.append(f"<p>{note}</p>")
    written_at = submission.written_at
    if written_at and circumstances.now - written_at.timestamp() > timing.LATE_SECONDS:
        written = f"{written_at:%Y-%m-%d %H:%M} UTC"
        paragraphs.append(paragraph(rules.ticket["written"].format(written=written)))
    footer = _footer(rules.footer, names)
    if footer:
        paragraphs.append(f"<p>{footer}</p>")
    return "\n".join([*paragraphs, paragraph(marker(submission.ref))])


def _footer(template: str, names: Mapping[str, str]) -> str:
    """Fill the footer, leaving out the parts whose placeholders have nothing to say."""
    shown = {name: inline(value) for name, value in names.items()}
    if names["permalink"]:
        shown["permalink"] = link(names["permalink"])
    parts = []
    for part in template.split(" · "):
        wanted = placeholders(part)
        if not wanted or any(names[name] for name in wanted):
            parts.append(inline(part).format(**shown))
    return " · ".join(parts)
