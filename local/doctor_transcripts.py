"""Write docs/doctor-transcripts.md: what doctor prints, healthy and with each kind of breakage.

    make doctor-pages

Starts what `make run` starts, on other ports, breaks it by the simulators, and asks.
"""

import contextlib
import io
import json
import os
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from click.testing import CliRunner

from local.__main__ import RUN_KEY, start
from manage import cli

PORT = 9700
PAGE = Path(__file__).parent.parent / "docs" / "doctor-transcripts.md"
ELSEWHERE = "https://help.example.com/glpi/apirest.php/initSession"

BREAKAGES: dict[str, dict[str, object]] = {
    "GLPI does not run": {"kind": "refuse"},
    "PHP behind GLPI's web server is gone": {"kind": "php_down"},
    "GLPI's database is gone": {"kind": "database_down"},
    "Maintenance mode": {"kind": "maintenance"},
    "GLPI's address is redirected": {"kind": "redirect", "location": ELSEWHERE},
    "A login page stands before the API": {"kind": "html"},
    "The REST API is switched off": {"kind": "api_disabled"},
    "The caller's address is not allowed": {"kind": "ip_not_allowed"},
    "The application token is wrong": {"kind": "reject_app_token"},
    "The user's token is wrong": {"kind": "reject_tokens"},
    "The web server drops the Authorization header": {"kind": "authorization_stripped"},
    "The right to create tickets is missing": {"kind": "right_missing"},
}

HEAD = """\
# How doctor looks

What `./manage doctor` prints beside `make run`, healthy and with each kind of breakage that the
simulated GLPI knows; of the broken ones only what is wrong, and the sum. What each check means
stands in [doctor.md](doctor.md). Written by `make doctor-pages`.
"""


def main() -> None:
    """Write the page: what doctor prints when all is well, and with each of the breakages."""
    pages = [HEAD]
    with ExitStack() as stack:
        quiet = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        start(stack, {"PORT": str(PORT)})
        pages.append(_section("Healthy", _doctor()))
        for title, fault in BREAKAGES.items():
            _control("POST", fault)
            screen = _doctor()
            _control("DELETE")
            pages.append(_section(title, _wrong(screen)))
        del quiet
    PAGE.write_text("\n".join(pages), "utf-8")


def _doctor() -> str:
    result = CliRunner().invoke(cli, ["doctor"], env={**os.environ, "COLUMNS": "80"})
    lines = [line.rstrip() for line in result.output.rstrip().splitlines()]
    return "\n".join([*lines, f"exit code {result.exit_code}"])


def _wrong(screen: str) -> str:
    """Keep of a screen what is wrong, with its remedies, and the last lines."""
    wrong, keep = [], False
    for line in screen.splitlines():
        keep = line.startswith("✗") or (keep and line.startswith(" "))
        if keep:
            wrong.append(line)
    return "\n".join([*wrong, "…", *screen.splitlines()[-2:]])


def _section(title: str, screen: str) -> str:
    return f"## {title}\n\n```text\n{screen}\n```\n"


def _control(method: str, fault: dict[str, object] | None = None) -> None:
    url = f"http://127.0.0.1:{PORT + 2}/faults"
    body = None if fault is None else json.dumps(fault).encode()
    name, _, key = RUN_KEY.read_text("utf-8").strip().partition(": ")
    request = urllib.request.Request(url, body, {name: key}, method=method)
    with urllib.request.urlopen(request):  # noqa: S310 - as above
        pass


if __name__ == "__main__":
    main()
