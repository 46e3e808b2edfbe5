"""Writes docs/doctor.md from the checks: `make doctor-pages`."""

import json
from collections.abc import Iterator
from pathlib import Path

import glpi
from bridge.mattermost import api
from bridge.net.errors import ServerError
from bridge.net.http import Answer, Cause, NoAnswer
from operations.doctor.alarms import RINGING
from operations.doctor.check import TOO_SLOW, UNFORESEEN, Check, Fault, of_error
from operations.doctor.diagnosis import SUBJECTS
from operations.doctor.settings import MISTAKE, SECRET_MISTAKE
from operations.installation import ROOT

PATH = ROOT / "docs" / "doctor.md"

_HEAD = """\
# What `./manage doctor` checks

Written from the checks by `make doctor-pages`; a test holds it to them.

![What doctor prints when all is well](pictures/doctor.png)

A check is well (✓), finds something wrong (✗), or is not made (–): it does not apply, something
before it has to be mended first, or nobody here may ask. Braces stand for what was found. What AWS
itself refuses to tell is a ✗ with AWS's code and what to do.
"""

_UNUSABLE = ("{key} is missing, or is {value}, which cannot be used.", "What is allowed.")
_SAID = {
    MISTAKE: _UNUSABLE,
    SECRET_MISTAKE: _UNUSABLE,
    RINGING: (RINGING.cause, "The alarm's own description."),
}
"""Where placeholders alone would say nothing."""

_ANY = "*any*"


def document() -> str:
    """Return docs/doctor.md as it follows from the checks, in Markdown."""
    return "\n".join([_HEAD, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    for group, checks in SUBJECTS.items():
        yield f"## {group}\n"
        yield "| check | cause | remedy |\n|---|---|---|"
        for check in checks:
            yield from _rows(check)
        yield ""
    yield "## All of them\n"
    yield "| check | cause | remedy |\n|---|---|---|"
    for fault in (TOO_SLOW, UNFORESEEN):
        yield _row(_ANY, *_said(fault))


def _rows(check: Check[object]) -> Iterator[str]:
    name = f"`{check.id}`<br>{check.title}"
    said = [_said(fault) for fault in check.faults]
    for code in check.codes:
        wrong = of_error(_SAMPLES[code])
        if (wrong.cause, wrong.remedy) not in said:
            said.append((wrong.cause, wrong.remedy))
    for number, (cause, remedy) in enumerate(said):
        yield _row("" if number else name, cause, remedy)


def _said(fault: Fault) -> tuple[str, str]:
    return _SAID.get(fault, (fault.cause, fault.remedy))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# --- An example of each error, made as the real ones are


def _glpi(answer: Answer) -> ServerError:
    url = "https://example.com/apirest.php/initSession"
    try:
        glpi.decipher(answer, url=url, writes=False, expect=200)
    except glpi.GlpiError as error:
        return error
    raise ValueError(answer.status)


def _mattermost(answer: Answer) -> ServerError:
    try:
        api.decipher(answer)
    except api.MattermostError as error:
        return error
    raise ValueError(answer.status)


def _page(status: int, title: str = "") -> Answer:
    return Answer(status, {"Content-Type": "text/html"}, f"<title>{title}</title>".encode())


def _json(status: int, value: object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _samples() -> Iterator[ServerError]:
    for cause in Cause:
        nothing = NoAnswer(cause, sent=False, detail="{detail}")
        yield glpi.no_answer(nothing, writes=False)
        yield api.no_answer(nothing)
    for code in glpi.CODES:
        yield _glpi(_json(400, [code, "(192.0.2.7)"]))
    moved = {"Location": "https://example.com/glpi/apirest.php/initSession"}
    yield _glpi(Answer(301, moved, b""))
    yield _glpi(Answer(200, {"Content-Type": "application/json"}, b"{"))
    yield _glpi(_page(200, "MAINTENANCE MODE"))
    yield _glpi(_page(200, "MySQL Error"))
    yield _glpi(_page(200, "Login"))
    for status in (403, 429, 502):
        yield _glpi(_page(status))
    yield _mattermost(_page(200))
    yield _mattermost(_page(502))
    yield _mattermost(_json(401, {"id": "api.context.session_expired.app_error"}))
    yield _mattermost(_json(403, {"id": "api.context.permissions.app_error"}))
    yield _mattermost(_json(404, {"id": "app.webhooks.get_incoming.app_error"}))
    yield _mattermost(_json(501, {"id": "api.incoming_webhook.disabled.app_error"}))


_SAMPLES = {error.code: error for error in _samples()}


def main(path: Path = PATH) -> None:
    """Write the document to a path."""
    path.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
