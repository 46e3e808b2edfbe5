#!/usr/bin/env python3
"""The operator's command line: what waits, what could not be filed, where messages go.

Exit codes: 0 all is well, 1 something was found or failed, 2 it could not be asked; 3 a deployment
can have caused what was found (doctor --before).
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from bridge.config.rules import read_rules
from bridge.config.settings import SettingsError
from bridge.container import BRIDGE_TOML, queue_urls
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.storage.kinds import Queue
from glpi import GlpiError
from operations.audit import audit
from operations.audit_report import lines
from operations.desks import show_desks, show_routing, submission_of
from operations.dlq_commands import dlq
from operations.doctor.comparison import compare, read, summary
from operations.doctor.diagnosis import diagnose
from operations.doctor.display import as_json
from operations.doctor.display import show as show_diagnosis
from operations.error_codes import meaning, meaning_of_reason
from operations.errors import CannotAsk
from operations.glpi_names import Names, names_of
from operations.installation import Source, open_glpi, settings, ticket_url
from operations.ledger_posts import LedgerPost, waiting_posts
from operations.queue_counts import Counts, count
from operations.send import message, recorded, send
from operations.send_target import read_token, target
from operations.terminal import age, console, paragraph, printable, progress, row, table
from operations.threads import asked_for, find
from operations.threads import show as show_thread

CAUSED = 3
"""Exit code of `doctor --before`; 1 would also be that of an error in this program."""

STALE_SECONDS = 3600.0
"""The worker tries everything that waits more often than that; the ledger then shows a write."""


class _Failed(click.ClickException):
    """One sentence on standard error; exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        """Write the sentence, without click's "Error: " before it."""
        click.echo(self.message, err=True)


class _Commands(click.Group):
    """Commands whose failures are sentences."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; raise _Failed when it could not ask what it had to."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            origin = f" {_origin(ctx.obj)}" if error.key.isupper() else ""  # else the secret's
            raise _Failed(f"{error}.{origin}") from None
        except CannotAsk as error:
            raise _Failed(str(error)) from None
        except GlpiError as error:
            reason = f"{error.remedy} ({error.code})"
            raise _Failed(f"GLPI cannot be asked from this machine: {reason}") from None


def _origin(source: Source) -> str:
    if source.stack:
        return f"This is a setting of the stack {source.stack}."
    if source.env_file:
        return f"Settings were taken from {source.env_file}."
    return "Settings were taken from the environment; --stack NAME takes those of a stack."


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--stack", metavar="NAME", help="The deployed stack to look at.")
@click.option("--region", help="Its AWS region, if not the configured one.")
@click.option("--env", "env_file", metavar="FILE", help="Settings from a file, as of `make run`.")
@click.pass_context
def cli(ctx: click.Context, stack: str | None, region: str | None, env_file: str | None) -> None:
    """Look after the Mattermost to GLPI bridge.

    Without --stack and --env, settings are taken from the environment.
    """
    if stack and env_file:
        raise click.UsageError("--stack and --env exclude each other.")
    ctx.obj = Source(stack, region, env_file)


@cli.command()
@click.pass_obj
def queue(source: Source) -> None:
    """Show what waits, and why."""
    found = settings(source)
    names = {Queue.PEOPLE: "queue", Queue.LOOKS: "hints", Queue.ALERTS: "alerts"}
    counts = {names[queue]: count(url) for queue, url in queue_urls(found).items() if url}
    main, dead = counts["queue"], count(found.dead_letter_url)
    waiting = waiting_posts(found.ledger_table)
    for name, held in counts.items():
        click.echo(
            f"{name:13} {held.ready} ready, {held.hidden} paused or being worked on, "
            f"{held.delayed} delayed"
        )
    hidden = f" ({dead.hidden} hidden while somebody reads them)" if dead.hidden else ""
    click.echo(f"dead letters  {dead.total}{hidden}")
    if waiting:
        click.echo()
        now = time.time()
        shown = table("reference", "waits", "state", "tries", "why", right=("waits", "tries"))
        for post in waiting:
            row(shown, *_waiting_row(post, now))
        console().print(shown)
    click.echo()
    in_all = sum(held.total for held in counts.values())
    for note in _notes(waiting, main, dead, in_all):
        click.echo(paragraph(note))


def _waiting_row(post: LedgerPost, now: float) -> tuple[object, ...]:
    waits = age(now - post.since) + ("*" if now - post.written_at > STALE_SECONDS else "")
    if post.entry is None:
        return post.ref, waits, "?", "?", "of a later version"
    tries = "-" if post.tries is None else post.tries
    return post.ref, waits, post.state, tries, post.why or "-"


def _notes(waiting: Sequence[LedgerPost], main: Counts, dead: Counts, in_all: int) -> Iterator[str]:
    """Explain what the table holds, and what it does not."""
    yield from _causes(waiting)
    states = {post.state for post in waiting}
    if "open" in states:
        yield "open: surely no ticket yet; the next attempt creates it."
    if "tried" in states:
        yield "tried: there may be a ticket; the worker looks into GLPI before it tries again."
    if "filed" in states:
        yield "filed: has its ticket; a step is left: requester, files, or telling the author."
    if any(time.time() - post.written_at > STALE_SECONDS for post in waiting):
        yield (
            "*: not tried for an hour: it is a dead letter, was one and is gone, or the worker "
            "stands still."
        )
    if dead.total:
        yield (
            "Dead letters are not tried again by themselves; see `dlq list`. A post that waits "
            "above may be one of them."
        )
    if main.total > len(waiting):
        yield (
            f"The queue holds {main.total - len(waiting)} more than the ledger knows waiting: "
            "filed ones that go within seconds, ones that nobody has tried yet, or ones that only "
            "a newer version of the bridge knows. If the number stays, look at the worker's log."
        )
    if not waiting and not in_all:
        yield "Nothing waits."


def _causes(waiting: Sequence[LedgerPost]) -> Iterator[str]:
    """Explain each code, and each reason why a post is in the dead letter queue."""
    for code in sorted({post.why for post in waiting}):
        if meaning(code):
            yield f"{code}: {meaning(code)}"
    for reason in sorted({post.buried_for for post in waiting}):
        if meaning_of_reason(reason):
            yield f"buried, {printable(reason)}: {meaning_of_reason(reason)}"


cli.add_command(dlq)


@cli.command("audit")
@click.option("--days", type=click.IntRange(1, 40), default=40, show_default=True)
@click.pass_obj
def audit_command(source: Source, days: int) -> None:
    """Compare the ledger with the tickets in GLPI."""
    found = settings(source, with_glpi=True)
    glpi = open_glpi(found)
    try:
        with progress("Reading ledger and tickets", None):
            report = audit(glpi, found.ledger_table, days)
    finally:
        glpi.close(Deadline(1))
    for line in lines(report, days, glpi.ticket_url):
        click.echo(printable(line))
    if report.findings:
        raise click.exceptions.Exit(1)


@cli.command("thread")
@click.argument("name", metavar="N|PERMALINK")
@click.pass_obj
def thread_command(source: Source, name: str) -> None:
    """Show what is remembered of a ticket and its thread.

    N is a ticket's number; PERMALINK is a post's address in Mattermost, or its id of 26 characters.
    """
    wanted = asked_for(name)
    found = settings(source)
    remembered = find(found.ledger_table, wanted)
    if not show_thread(remembered, found.mattermost_url, ticket_url(found)):
        raise click.exceptions.Exit(1)


@cli.command("desks")
@click.argument("text", metavar="[MESSAGE]", default="")
@click.option("--channel", metavar="NAME", help="Where the message is written.")
@click.option("--team", metavar="NAME", help="The team's name, as in addresses.")
@click.option("--webhook", metavar="NAME", help="The name of its token in the secret.")
@click.option("--user", metavar="NAME", default="alice", show_default=True, help="The author.")
@click.pass_obj
def desks_command(source: Source, /, text: str, **written: str | None) -> None:
    """Show the desks of bridge.toml, or which of them a MESSAGE reaches and why.

    GLPI is asked for the names of their ids, if it is known where it is.
    """
    rules, failure = read_rules(BRIDGE_TOML), None
    names: Names | None = {}
    try:
        names = names_of(rules.desks, source)
    except (SettingsError, CannotAsk, GlpiError) as error:
        failure = error  # what can be said without GLPI is said first
    submission = submission_of(text, **written)
    found = show_routing(submission, rules, names) if text else show_desks(rules, names)
    if source.stack:
        click.echo(paragraph("This is this folder's bridge.toml; the stack has a copy of its own."))
    if failure:
        raise failure
    if not found or any(name.is_missing for name in (names or {}).values()):
        raise click.exceptions.Exit(1)


@cli.command("doctor")
@click.option("--json", "for_programs", is_flag=True, help="For programs: every check by its id.")
@click.option("--file-a-ticket", is_flag=True, help="Also file a ticket, and look it up.")
@click.option(
    "--before",
    type=click.Path(path_type=Path),
    help="What --json said before a deployment; exit code 3 then means that the deployment can "
    "have caused something, and 0 that it cannot. Without such a file nothing is known of before.",
)
@click.pass_obj
def doctor_command(
    source: Source, *, for_programs: bool, file_a_ticket: bool, before: Path | None
) -> None:
    """Check everything, within 20 seconds: what is wrong, why, and what to do.

    With a system administrator's token in MATTERMOST_ADMIN_TOKEN, Mattermost's outgoing webhooks
    are checked, too.
    """
    if before and for_programs:
        raise click.UsageError("--before and --json exclude each other.")
    admin_token = os.environ.get("MATTERMOST_ADMIN_TOKEN", "")
    diagnosis = diagnose(source, admin_token=admin_token, file_tickets=file_a_ticket)
    compared = compare(diagnosis, read(before)) if before else None
    if for_programs:
        click.echo(as_json(diagnosis))
    else:
        show_diagnosis(diagnosis, summary(compared) if compared else ())
    if compared and compared.caused:
        raise click.exceptions.Exit(CAUSED)
    if diagnosis.wrong and not compared:
        raise click.exceptions.Exit(1)


@cli.command("send")
@click.argument("what", metavar="TEXT|FILE")
@click.option("--url", default="", help="The callback URL, if not that of --stack or --env.")
@click.option(
    "--token",
    envvar="MATTERMOST_TOKEN",
    default="",
    help="The webhook's token; others on this machine can see it here, so better in the "
    "environment (MATTERMOST_TOKEN).",
)
@click.option("--token-file", type=click.Path(path_type=Path), help="A file with the token.")
@click.option("--user", default="alice", show_default=True, help="Who writes.")
@click.option("--channel", default="helpdesk", show_default=True, help="Where.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, not as a form.")
@click.pass_obj
def send_command(
    source: Source,
    what: str,
    url: str,
    token: str,
    token_file: Path | None,
    user: str,
    channel: str,
    *,
    as_json: bool,
) -> None:
    """Send a message to the bridge as Mattermost would, and say what people would read.

    TEXT is the message, with its trigger word; FILE is a recorded event, such as
    events/form.json. Exit code 1: Mattermost would show nothing though it should.
    """
    token = read_token(token_file) if token_file else token
    file = Path(what) if what.endswith(".json") and Path(what).is_file() else None
    url, own = target(source, url, token_wanted=not (token or file))
    if file:
        request = recorded(file, token)
    else:
        request = message(what, token or own, user=user, channel=channel, as_json=as_json)
    answer = send(url, request, Http())
    click.echo(printable(answer.text.replace("\xa0", " "), lines=True))
    status = "no answer" if answer.status is None else f"status {answer.status}"
    where = f", {answer.where}" if answer.where else ""
    click.echo(f"{status}, {answer.milliseconds} ms{where}")
    if not answer.well:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    cli(prog_name="./manage")
