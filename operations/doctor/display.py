"""How a diagnosis looks: a table of 80 columns for people, JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from operations.doctor.check import Line, Ok, Skipped, Wrong
from operations.doctor.diagnosis import SUBJECTS, Diagnosis
from operations.terminal import console, printable

MARKS = {"ok": ("✓", "green"), "wrong": ("✗", "bold red"), "skipped": ("–", "dim")}
TITLE_WIDTH = 22
MOST_NAMED = 3
"""Of the checks that were skipped for the same reason; more are counted."""


def as_json(diagnosis: Diagnosis) -> str:
    """Return the checks for a program."""
    checks = [_record(line) for line in diagnosis.lines]
    value = {"ok": not diagnosis.wrong, "checks": checks}
    return _hidden(json.dumps(value, ensure_ascii=False, indent=2), diagnosis.secrets)


def _record(line: Line) -> dict[str, object]:
    record: dict[str, object] = {"id": line.id, "group": line.group, "title": line.title}
    match line.result:
        case Ok(detail):
            return record | {"status": "ok", "detail": detail}
        case Skipped(reason):
            return record | {"status": "skipped", "why": reason}
        case Wrong() as wrong:
            found = [_found(one) for one in wrong.all]
            return record | {"status": "wrong", "found": found}


def _found(wrong: Wrong) -> dict[str, str]:
    code = {"code": wrong.code} if wrong.code else {}
    return {"cause": wrong.cause, "remedy": wrong.remedy, **code}


def show(diagnosis: Diagnosis, conclusion: Iterable[Text] = ()) -> None:
    """Print the checks for a person, and at the end what matters, and what follows from it."""
    for group in SUBJECTS:
        shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
        shown.add_column(no_wrap=True)
        shown.add_column(width=TITLE_WIDTH)
        shown.add_column(overflow="fold")
        lines = [line for line in diagnosis.lines if line.group == group]
        for mark, title, text in _rows(lines, diagnosis.secrets):
            sign, style = MARKS[mark]
            shown.add_row(Text(sign, style), Text(title), text)
        console().print(Text(group, "bold"))
        console().print(shown)
        console().print()
    for sentence in (*_summary(diagnosis), *conclusion):
        console().print(sentence)


def _rows(lines: Sequence[Line], secrets: frozenset[str]) -> Iterator[tuple[str, str, Text]]:
    """Go through rows; those that were skipped for the same reason are one."""
    rest = list(lines)
    while rest:
        line = rest.pop(0)
        match line.result:
            case Ok(detail):
                yield "ok", line.title, _text(detail, secrets)
            case Wrong() as wrong:
                for one in wrong.all:
                    shown_text = _text(one.cause, secrets, "bold")
                    shown_text.append_text(Text("\n→ "))
                    shown_text.append_text(_text(one.remedy, secrets))
                    yield "wrong", line.title, shown_text
            case Skipped(reason):
                same = [line]
                while rest and rest[0].result == line.result:
                    same.append(rest.pop(0))
                title = line.title if len(same) == 1 else f"{len(same)} not made"
                if 1 < len(same) <= MOST_NAMED:
                    reason += ": " + ", ".join(one.title for one in same)
                yield "skipped", title, _text(reason, secrets, "dim")


def _text(text: str, secrets: frozenset[str], style: str = "") -> Text:
    return Text(printable(_hidden(text, secrets)), style)


def _hidden(text: str, secrets: frozenset[str]) -> str:
    """Return a text in which no secret can be read; a second line of defence."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _summary(diagnosis: Diagnosis) -> Iterator[Text]:
    made = sum(isinstance(line.result, Ok) for line in diagnosis.lines)
    skipped = sum(isinstance(line.result, Skipped) for line in diagnosis.lines)
    rest = f"{made} checks well, {skipped} not made (–)."
    if not diagnosis.wrong:
        yield Text.assemble(("No fault found: ", "bold green"), rest)
        return
    names = ", ".join(f"{line.group} “{line.title}”" for line in diagnosis.wrong)
    yield Text.assemble((f"Wrong: {names}. ", "bold red"), rest)
