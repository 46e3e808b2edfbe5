"""The domain: a post becomes a ticket, and its author reads what became of it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from desks import Routed, find, triggers_for
from glpi import Glpi, GlpiError, OutcomeUnknown
from mattermost import Post, answer, neutralise
from richtext import inline, link, paragraph
from rules import Rules
from texts import placeholders
from transport import Deadline

TITLE_LIMIT = 255
"""Characters. GLPI 11.0.6 refuses longer titles; 10.0.14 cuts them after escaping `<`, `>`, `&`
to five characters each, through the middle of an escape if need be."""

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_WORD_LIMIT = 40  # characters of an unknown trigger that are repeated in the thread


@dataclass(frozen=True)
class Outcome:
    """What became of a post.

    Attributes:
        event: filed, empty, ignored, unknown_desk, not_confirmed or not_saved.
        reply: the JSON that Mattermost gets; empty where silence is right.
        ticket: the number of the ticket, when it is known.
        error: why there is none.
        glpi_seconds: how long GLPI was asked, if it was.
    """

    event: str
    reply: Mapping[str, str]
    ticket: int | None = None
    error: GlpiError | None = None
    glpi_seconds: float | None = None


class ServiceDesk:
    """Files tickets for posts.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        glpi: where the tickets go.
        clock: seconds, to measure GLPI with.
    """

    def __init__(
        self,
        rules: Rules,
        mattermost_url: str | None,
        glpi: Glpi,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._rules = rules
        self._mattermost_url = mattermost_url
        self._glpi = glpi
        self._clock = clock

    def handle(self, post: Post, deadline: Deadline) -> Outcome:
        """Do what an authenticated post asks for. Never raises for GLPI's failures.

        Args:
            post: the message.
            deadline: for everything that is asked of GLPI.

        Raises:
            SettingsError: the secret can no longer be read.
        """
        if post.user_name in self._rules.ignore_users:
            return Outcome("ignored", {})
        routed = find(self._rules.desks, post)
        if routed is None:
            return self._unknown_desk(post)
        if not routed.words and not post.file_ids:
            return Outcome("empty", self._say("empty", trigger=routed.trigger))
        return self._file(post, routed, deadline)

    def _unknown_desk(self, post: Post) -> Outcome:
        """Name the desks, unless the hook has no trigger words and so sends everything."""
        if not post.trigger_word:
            return Outcome("ignored", {})
        word = neutralise((post.text.split(maxsplit=1) or [post.trigger_word])[0][:_WORD_LIMIT])
        triggers = triggers_for(self._rules.desks, post)
        if not triggers:
            return Outcome("unknown_desk", self._say("no_desk_here", word=word))
        names = ", ".join(f"`{trigger}`" for trigger in triggers)
        return Outcome("unknown_desk", self._say("unknown_desk", word=word, triggers=names))

    def _file(self, post: Post, routed: Routed, deadline: Deadline) -> Outcome:
        fields = compose(post, routed, self._rules, self._mattermost_url)
        started = self._clock()
        try:
            ticket = self._glpi.create_ticket(fields, deadline)
        except GlpiError as error:
            event = "not_confirmed" if isinstance(error, OutcomeUnknown) else "not_saved"
            reply = self._say(event, ref=post.ref)
            return Outcome(event, reply, error=error, glpi_seconds=self._clock() - started)
        seconds = self._clock() - started
        number = self._rules.ticket["number"].format(number=ticket)
        reply = self._say("accepted", t=f"[{number}]({self._glpi.ticket_url(ticket)})")
        if post.file_ids:
            linked = permalink(post, self._mattermost_url)
            key = "accepted_files" if linked else "accepted_files_unlinked"
            reply["text"] += "\n" + self._rules.answers[key]
        return Outcome("filed", reply, ticket=ticket, glpi_seconds=seconds)

    def _say(self, key: str, **values: str) -> dict[str, str]:
        return say(self._rules, key, **values)


def say(rules: Rules, key: str, **values: str) -> dict[str, str]:
    """Return the answer for a key of `texts.ANSWERS`. The values must be neutralised already."""
    return answer(
        rules.answers[key].format(**values),
        in_thread=rules.in_thread,
        username=rules.reply_username,
        icon_url=rules.reply_icon_url,
    )


def marker(post: Post) -> str:
    """Return what names the post inside its ticket, for a look-up after an unknown outcome."""
    return f"mattermost:{post.ref}"


def permalink(post: Post, mattermost_url: str | None) -> str:
    """Return the address of the post, "" when it cannot be known."""
    return f"{mattermost_url}/_redirect/pl/{post.id}" if mattermost_url and post.id else ""


def compose(
    post: Post, routed: Routed, rules: Rules, mattermost_url: str | None
) -> dict[str, object]:
    """Return the `input` of the ticket that the post asks for.

    `externalid` is kept by GLPI 11 and ignored by GLPI 10; group assignment alone would count as
    taking the ticket into account and falsify the SLA (both versions).
    """
    desk = routed.desk
    names = {
        "user_name": post.user_name or "",
        "first_line": _first_line(routed.words),
        "channel_name": post.channel_name or "",
        "team_domain": post.team_domain or "",
        "trigger": routed.trigger,
        "permalink": permalink(post, mattermost_url),
    }
    optional = {
        "requesttypes_id": desk.source,
        "itilcategories_id": desk.category,
        "entities_id": desk.entity,
        "urgency": desk.urgency,
        "impact": desk.impact,
        "_groups_id_assign": desk.group,
        "_do_not_compute_takeintoaccount": 1 if desk.group else None,
    }
    return {
        "name": _title(rules, names),
        "content": _content(post, routed.words, rules, names),
        "type": desk.type,
        "externalid": marker(post),
        **{field: value for field, value in optional.items() if value is not None},
    }


def _first_line(words: str) -> str:
    """Return the first line that says something: not a code fence, not a rule."""
    lines = [line for line in words.splitlines() if line.strip()]
    return next((line for line in lines if any(map(str.isalnum, line))), lines[0] if lines else "")


def _title(rules: Rules, names: Mapping[str, str]) -> str:
    """Fill the title's template, or the default if nothing comes of it; one line, kept whole."""
    defaults = {
        "user_name": rules.ticket["unknown_user"],
        "first_line": rules.ticket["no_words"],
    }
    filled = {name: value or defaults.get(name, "") for name, value in names.items()}
    titles = (
        _BLANKS.sub(" ", t.format(**filled)).strip() for t in (rules.title, rules.ticket["title"])
    )
    line = next(title for title in titles if title)
    if _width(line) <= TITLE_LIMIT:
        return line
    cut = line[: TITLE_LIMIT - 1]
    while _width(cut) > TITLE_LIMIT - 1:
        cut = cut[:-1]
    return cut.rstrip() + "…"


def _width(line: str) -> int:
    """Return the characters a title takes in GLPI 10's database."""
    return len(line) + 4 * sum(map(line.count, "<>&"))


def _content(post: Post, words: str, rules: Rules, names: Mapping[str, str]) -> str:
    """Return the ticket's HTML: the words, a note on files, the footer, and last the marker."""
    paragraphs = [paragraph(words)] if words else []
    if post.file_ids:
        note = inline(rules.ticket["files"].format(count=len(post.file_ids)))
        if names["permalink"]:
            note += " " + link(names["permalink"])
        paragraphs.append(f"<p>{note}</p>")
    footer = _footer(rules.footer, names)
    if footer:
        paragraphs.append(f"<p>{footer}</p>")
    return "\n".join([*paragraphs, paragraph(marker(post))])


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
