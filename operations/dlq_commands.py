"""`manage.py dlq`: the commands that list, show, replay and export dead letters."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import click

from bridge.config.settings import Settings
from bridge.container import queue_urls
from operations.dead_letter_queue import DeadLetter, DeadLetters, facts, moment
from operations.error_codes import meaning_of_reason
from operations.errors import CannotAsk
from operations.installation import Source, settings
from operations.queue_counts import Counts, count
from operations.terminal import age, console, paragraph, printable, progress, row, table

WORDS = click.option("--words", is_flag=True, help="Show people's words and names, too.")


@click.group()
def dlq() -> None:
    """Dead letters: messages that could not be filed."""


@dlq.command("list")
@WORDS
@click.pass_obj
def list_letters(source: Source, *, words: bool) -> None:
    """List every dead letter; the queue stays as it is."""
    letters, counts = _read(settings(source))
    now = time.time()
    shown = table("reference", "waits", "files", "channel", "reason", right=("waits", "files"))
    for letter in letters:
        if letter.job:
            post = letter.job.post
            waits = age(now - letter.received_at)
            channel = post.channel_name or "-"
            row(shown, letter.ref, waits, len(post.file_ids), channel, letter.reason)
    if shown.row_count:
        console().print(shown)
        click.echo()
    for letter in letters:
        if words and letter.job:
            post = letter.job.post
            click.echo(f"{letter.ref}  {printable(post.user_name or '-')}:")
            click.echo(printable(post.text, lines=True) + "\n")
        if not letter.job:
            waits, reason = age(now - letter.buried_at), printable(letter.reason)
            click.echo(f"?  {letter.message_id}  {waits}  {reason}")
            click.echo(f"   unreadable here: {printable(letter.unreadable_reason)}\n")
    for reason in sorted({letter.reason for letter in letters}):
        if meaning_of_reason(reason):
            click.echo(paragraph(f"{printable(reason)}: {meaning_of_reason(reason)}") + "\n")
    click.echo(paragraph(_list_footer(letters, counts)))


def _list_footer(letters: Sequence[DeadLetter], counts: Counts) -> str:
    hidden = counts.total - len(letters)
    more = f" Hidden for some minutes, since somebody else reads: {hidden}." if hidden > 0 else ""
    if not letters:
        return f"There are no dead letters.{more}"
    last_day = moment(min(letter.buried_at for letter in letters) + counts.retention_seconds)[:10]
    return f"{len(letters)} in all; SQS deletes the first of them on {last_day}.{more}"


@dlq.command()
@click.argument("name", metavar="REF")
@WORDS
@click.pass_obj
def show(source: Source, name: str, *, words: bool) -> None:
    """Show one dead letter; REF is the post's reference or SQS's message id."""
    letters, _ = _read(settings(source))
    found = [letter for letter in letters if name in (letter.name, letter.message_id)]
    for letter in found:
        for key, value in facts(letter, words=words).items():
            single = ", ".join(map(str, value)) if isinstance(value, list) else value
            text = "-" if single in (None, "") else printable(str(single), lines=key == "text")
            click.echo(f"{key:13} {text}")
        if words and not letter.job:
            click.echo(f"{'body':13} {printable(letter.body)}")
        if meaning_of_reason(letter.reason):
            click.echo("\n" + paragraph(meaning_of_reason(letter.reason)))
    if not found:
        raise click.exceptions.Exit(_complain(f"There is no dead letter {name}; see dlq list."))


@dlq.command()
@click.argument("names", metavar="[REF ...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_obj
def replay(source: Source, names: tuple[str, ...], *, everything: bool, dry_run: bool) -> None:
    """Send dead letters to the worker again; REF as in dlq show."""
    if bool(names) == everything:
        raise click.UsageError("Name the dead letters to send again, or --all.")
    found = settings(source)
    total = count(found.dead_letter_url).total
    with DeadLetters(found.dead_letter_url, queue_urls(found)) as dead_letters:
        letters = _collect(dead_letters, total)
        wanted = [x for x in letters if everything or {x.name, x.message_id} & set(names)]
        known = {name for letter in wanted for name in (letter.name, letter.message_id)}
        for name in names:
            if name not in known:
                _complain(f"There is no dead letter {name}; see dlq list.")
        if dry_run:
            for letter in wanted:
                click.echo(f"would send again: {printable(letter.name)}")
            failed = 0
        else:
            failed = _replay(dead_letters, wanted)
    if failed or not set(names) <= known:
        raise click.exceptions.Exit(1)


def _replay(dead_letters: DeadLetters, wanted: Sequence[DeadLetter]) -> int:
    """Send letters again, one by one; returns how many failed."""
    if not wanted:
        click.echo("Nothing to send again.")
        return 0
    with progress("Sending again", len(wanted)) as step:
        results = []
        for letter in wanted:
            results.append(dead_letters.replay(letter))
            step(1)
    for result in results:
        if result.reason:
            location = (
                "was sent, but may still be a dead letter, too, which does no harm"
                if result.sent
                else "was not sent, as far as is known, and is still a dead letter"
            )
            _complain(f"{printable(result.letter.name)} {location}: {result.reason}")
    sent = sum(result.sent for result in results)
    click.echo(f"{sent} of {len(wanted)} sent again; `queue` shows how they fare.")
    return sum(bool(result.reason) for result in results)


@dlq.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite the file.")
@WORDS
@click.pass_obj
def export(source: Source, file: Path, *, force: bool, words: bool) -> None:
    """Write all dead letters to FILE as JSON lines; the queue stays as it is."""
    found = settings(source)
    _refuse_existing(file, force=force)
    letters, _ = _read(found)
    records = []
    for letter in letters:
        body = {"body": letter.body} if words else {}
        records.append(json.dumps(facts(letter, words=words) | body, ensure_ascii=False) + "\n")
    try:
        if force:
            file.unlink(missing_ok=True)
        # A new file, so that it surely has this mode: it may hold people's words.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as target:
            target.writelines(records)
    except OSError as error:
        raise CannotAsk(f"{file} cannot be written ({error.strerror}): name another.") from None
    click.echo(f"{len(letters)} dead letters written to {file}.")


def _refuse_existing(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise CannotAsk(f"{file} exists already: name another, or overwrite it with --force.")


def _read(found: Settings) -> tuple[list[DeadLetter], Counts]:
    """Return all dead letters, and leave their queue as it was."""
    counts = count(found.dead_letter_url)
    with DeadLetters(found.dead_letter_url, queue_urls(found)) as dead_letters:
        return _collect(dead_letters, counts.total), counts


def _collect(dead_letters: DeadLetters, total: int) -> list[DeadLetter]:
    with progress("Reading", total) as step:
        return dead_letters.collect(step)


def _complain(reason: str) -> int:
    """Say on standard error what went wrong; returns the exit code."""
    click.echo(reason, err=True)
    return 1
