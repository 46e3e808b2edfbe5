"""A diagnosis after a deployment beside one before it: what the deployment can have caused.

GLPI, Mattermost, the secret and alarms have reasons of their own: when they are at fault, the
version before would meet the same, and to bring it back would only keep a remedy from coming.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from operations.aws import MISSING
from operations.doctor.check import Line, Wrong
from operations.doctor.diagnosis import Diagnosis

BROUGHT_ALONG = frozenset({"settings.desks"})
BROUGHT_FILES = ("GLPI_CA_BUNDLE ", "MATTERMOST_CA_BUNDLE ")
"""Checks, and settings, whose files are looked at in this folder, as the new version brings them:
what they find was found before it was deployed, too, and is its fault all the same."""

Before = Mapping[str, frozenset[str]]
"""The causes that were found before, by the id of their check; none where all was well."""


@dataclass(frozen=True)
class Comparison:
    """What is wrong after a deployment.

    Attributes:
        caused: what the new version, or its parameters, can have caused.
        new: what else is wrong that was not wrong before, or not asked.
        old: what was wrong before, too.
    """

    caused: tuple[Line, ...]
    new: tuple[Line, ...]
    old: tuple[Line, ...]


def read(path: Path) -> Before:
    """Return what `doctor --json` wrote before; nothing is known where there is no such file."""
    try:
        checks = json.loads(path.read_text("utf-8"))["checks"]
        return {
            check["id"]: frozenset(found["cause"] for found in check.get("found", ()))
            for check in checks
            if check["status"] != "skipped"
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def compare(diagnosis: Diagnosis, before: Before) -> Comparison:
    """Part what is wrong by what the deployment has to do with it."""
    caused, new, old = list[Line](), list[Line](), list[Line]()
    for line in diagnosis.wrong:
        if _caused(line, before.get(line.id, frozenset())):
            caused.append(line)
        elif before.get(line.id):
            old.append(line)
        else:
            new.append(line)
    return Comparison(tuple(caused), tuple(new), tuple(old))


def _caused(line: Line, before: frozenset[str]) -> bool:
    if not isinstance(line.result, Wrong):
        return False
    return any(
        _can_be_caused(line, wrong)
        and (wrong.cause not in before or _is_brought_along(line.id, wrong.cause))
        for wrong in line.result.all
    )


def _is_brought_along(name: str, cause: str) -> bool:
    return name in BROUGHT_ALONG or cause.startswith(BROUGHT_FILES)


def _can_be_caused(line: Line, wrong: Wrong) -> bool:
    """Say whether a deployment can cause it; a resource that is gone tells so by AWS's code."""
    if wrong.fault:
        return wrong.fault.by_deployment
    return line.group == "AWS" and wrong.code in MISSING


def summary(comparison: Comparison) -> Iterator[Text]:
    """Say for people what the deployment has to do with what is wrong."""
    if comparison.new:
        yield Text.assemble(
            (f"Warning: wrong now, and not known before: {_names(comparison.new)}. ", "yellow"),
            "The deployment need not have caused it, and bringing back the version before would "
            "not mend it.",
        )
    if comparison.old:
        names = _names(comparison.old)
        yield Text(f"Warning: wrong before the deployment, too: {names}.", "yellow")
    if comparison.caused:
        names = _names(comparison.caused)
        yield Text(f"The deployment can have caused: {names}.", "bold red")
    else:
        yield Text("Nothing is wrong that the deployment can have caused.", "bold green")


def _names(lines: tuple[Line, ...]) -> str:
    return ", ".join(f"{line.group} “{line.title}”" for line in lines)
