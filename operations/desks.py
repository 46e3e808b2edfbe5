"""Which desk a message reaches and why, and what each desk of bridge.toml does."""

from collections.abc import Iterator

import click
from rich.text import Text

from bridge.config.rules import INCIDENT, Desk, Rules
from bridge.mattermost.outgoing_webhook import to_post
from bridge.mattermost.submissions import Submission
from bridge.tickets.content import Circumstances, compose
from bridge.tickets.desks import Match, Routed, find, matches, rank, serves
from operations.glpi_names import Name, Names, ids
from operations.terminal import console, paragraph, printable, table

UNREADABLE = "(no name: the API user may not read it)"
MISSING = "GLPI has no such id; it takes the ticket and shows this blank"
NO_NAMES = (
    "Names of ids are left out, since nothing says where GLPI is: --stack NAME or --env FILE does."
)


def submission_of(
    text: str,
    channel: str | None = None,
    team: str | None = None,
    webhook: str | None = None,
    user: str | None = None,
) -> Submission:
    """Return a message that was written somewhere; a channel is its name or its id."""
    place = (channel or "").removeprefix("~")
    fields = {"channel_name": place, "channel_id": place, "team_domain": team, "user_name": user}
    return to_post({"text": text, **fields}, webhook or "", "", "").submission()


def show_desks(rules: Rules, names: Names | None) -> bool:
    """Print what each desk does; None for names says why they are left out. Returns True."""
    for number, desk in enumerate(rules.desks, start=1):
        click.echo(printable(f"Desk {number}: {', '.join(desk.triggers)}"))
        condition = (
            "the first word begins with a trigger" if desk.starts else "the first word is one"
        )
        places = "; ".join(_places(desk)) or "everywhere"
        _print({"match": condition, "serves": places, **_facts(desk, rules)}, desk, names)
        click.echo()
    if names is None:
        click.echo(paragraph(NO_NAMES))
    return True


def show_routing(submission: Submission, rules: Rules, names: Names | None) -> bool:
    """Print where a message goes, why, and what becomes of it; returns whether it goes anywhere."""
    routed = find(rules.desks, submission)
    ignored = submission.author.name in rules.ignore_users
    if ignored:
        click.echo(paragraph(f"Nothing happens: {submission.author.name} is one of ignore_users."))
        click.echo()
    first, *others = map(printable, routing_reasons(submission, rules, routed))
    click.echo(paragraph(first))
    if routed:
        words = routed.said.words
        details = {"words": words or "none: the person is asked for some, nothing is filed"}
        if words:
            details["title"] = str(compose(submission, routed, rules, Circumstances(None))["name"])
        _print(details | _facts(routed.desk, rules), routed.desk, names)
    click.echo()
    for sentence in others:
        click.echo(paragraph(sentence))
    if names is None:
        click.echo(paragraph(NO_NAMES))
    return routed is not None and not ignored


def routing_reasons(submission: Submission, rules: Rules, routed: Routed | None) -> Iterator[str]:
    """Say which desk a message reaches, then why no other does.

    Args:
        submission: the message.
        rules: bridge.toml.
        routed: what `desks.find` makes of it.
    """
    word = (submission.words.split(maxsplit=1) or [""])[0]
    winner = _best(routed.desk, submission.words) if routed else None
    if routed is None or winner is None:
        yield f"No desk gets it: “{word}” is no trigger here."
    else:
        yield f"Desk {_number(routed.desk, rules)} gets it: {_match_reason(winner, word)}."
        yield from _warnings(winner, word)
    for desk in rules.desks:
        if routed is None or desk is not routed.desk:
            reason = _no_match_reason(desk, submission, winner)
            yield f"Desk {_number(desk, rules)} does not: {reason}."


def _number(desk: Desk, rules: Rules) -> int:
    return next(n for n, other in enumerate(rules.desks, start=1) if other is desk)


def _best(desk: Desk, words: str) -> Match | None:
    return max(matches(desk, words), key=rank, default=None)


def _match_reason(match: Match, word: str) -> str:
    shown = "" if match.is_exact and match.length == len(word) else f" “{word}”"
    relation = "is" if match.length == len(word) else "begins with"
    case = "" if match.is_exact else " in another case"
    return f"the first word{shown} {relation} its trigger “{match.trigger}”{case}"


def _warnings(match: Match, word: str) -> Iterator[str]:
    """Warn where Mattermost's webhook is stricter than the bridge."""
    typed = word[: match.length]
    if not match.is_exact:
        yield f"Mattermost minds the case: give the webhook “{typed}” as a trigger word, too."
    if match.length < len(word):
        yield "In Mattermost the webhook has to trigger when the first word starts with a word."


def _no_match_reason(desk: Desk, submission: Submission, winner: Match | None) -> str:
    own = _best(desk, submission.words)
    if own is None:
        return f"the first word is none of its triggers ({', '.join(desk.triggers)})"
    if winner is None or not serves(desk, submission):
        return f"it serves only {'; '.join(_places(desk))}. This is {_location(desk, submission)}"
    if own.is_exact != winner.is_exact:
        return f"its trigger “{own.trigger}” fits only in another case"
    if own.length != winner.length:
        return f"its trigger “{own.trigger}” is shorter"
    return "its trigger fits as well, but it stands further down in bridge.toml"


def _places(desk: Desk) -> Iterator[str]:
    """Name the only places that a desk serves."""
    for what, names in (
        ("channel", desk.channels),
        ("team", desk.teams),
        ("webhook", desk.webhooks),
    ):
        if names:
            yield f"{what} {' or '.join(names)}"


def _location(desk: Desk, submission: Submission) -> str:
    """Name where a message was written, in the terms that a desk asks for."""
    asked = (
        ("channel", desk.channels, submission.place.channel_name),
        ("team", desk.teams, submission.place.team),
        ("webhook", desk.webhooks, submission.source),
    )
    return ", ".join(
        f"{what} {here}" if here else f"no {what} (--{what} names one)"
        for what, names, here in asked
        if names
    )


def _facts(desk: Desk, rules: Rules) -> dict[str, str]:
    """Return what a desk's tickets get beside ids, and its name if it has one of its own."""
    levels = {"urgency": desk.urgency, "impact": desk.impact}
    return {
        **({"name": desk.name} if desk.name != desk.triggers[0] else {}),
        "language": rules.at(desk).language,
        "type": "incident" if desk.type == INCIDENT else "request",
        **{name: str(level) for name, level in levels.items() if level is not None},
    }


def _print(details: dict[str, str], desk: Desk, names: Names | None) -> None:
    """Print what a desk does, and its ids with their names."""
    shown = table("", "")
    shown.show_header = False
    for name, text in details.items():
        shown.add_row(f"  {name}", Text(printable(text, lines=True)))
    for kind, number in ids(desk):
        shown.add_row(f"  {kind.name}", _named(number, (names or {}).get((kind, number))))
    console().print(shown)


def _named(number: int, name: Name | None) -> Text:
    shown = Text(str(number))
    if name is None:
        return shown
    if name.is_missing:
        return shown.append(f"  {MISSING}", style="bold red")
    return shown.append(f"  {printable(name.text) or UNREADABLE}")
