"""How things look on an operator's terminal: narrow, plain, and safe whatever a message holds."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

_UNITS = (("d", 24 * 3600), ("h", 3600), ("m", 60))


def console() -> Console:
    """Return the standard output as it is now; nothing in a text is taken for markup."""
    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False)


def age(seconds: float) -> str:
    """Return a time span in its largest whole unit, such as 45s, 12m, 3h or 9d."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def printable(text: str, *, lines: bool = False) -> str:
    """Return text that cannot steer a terminal: what is not printable is spelled out.

    Args:
        text: from wherever.
        lines: whether line breaks and tabs stay.
    """
    allowed = "\n\t" if lines else ""
    return "".join(
        c if c.isprintable() or c in allowed else c.encode("unicode_escape").decode() for c in text
    )


def paragraph(text: str) -> str:
    """Return text in lines that fit, all but the first indented."""
    return textwrap.fill(text, console().width, subsequent_indent="  ", break_on_hyphens=False)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table; the first column is never folded, so that it can be copied."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, name in enumerate(columns):
        made.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=number == 0 or name in right,
            overflow="fold",
        )
    return made


def row(into: Table, *cells: object) -> None:
    """Add a row of cells that hold whatever they hold."""
    into.add_row(*(Text(printable(str(cell))) for cell in cells))


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal's standard error while the block runs.

    Args:
        what: is done.
        total: of how many, if that is known.

    Yields:
        What is to be told how many more are done.
    """
    stderr = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    hidden = not stderr.is_terminal
    with Progress(*columns, console=stderr, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, total=total)
        yield lambda more: bar.advance(task, more)
