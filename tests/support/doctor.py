"""What the tests of `manage.py doctor` share."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from operations.doctor.check import TOO_SLOW, UNFORESEEN, Check, Line, Ok, Result, Skipped, Wrong
from operations.doctor.diagnosis import SUBJECTS, diagnose
from operations.doctor.display import as_json
from operations.installation import Source
from tests.support.limits import PLENTY

CHECKS: Mapping[str, Check[object]] = {
    check.id: check for checks in SUBJECTS.values() for check in checks
}

DESK = '[[desk]]\ntriggers = ["112", "заявка"]\n'


class Results:
    """The results of all checks, by id."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self._lines = lines

    def __getitem__(self, name: str) -> Result:
        return self._lines[name].result

    @property
    def wrong(self) -> list[str]:
        """The ids of the checks that found something."""
        return [name for name, line in self._lines.items() if isinstance(line.result, Wrong)]

    def well(self, name: str) -> str:
        """Return the detail of a check that is well."""
        result = self[name]
        assert isinstance(result, Ok), result
        return result.detail

    def skipped(self, name: str) -> str:
        """Return why a check was not made."""
        result = self[name]
        assert isinstance(result, Skipped), result
        return result.reason

    def found(self, name: str) -> str:
        """Return all that a check found wrong, with its remedies."""
        result = self[name]
        assert isinstance(result, Wrong), result
        return " ".join(f"{one.cause} → {one.remedy}" for one in result.all)


def doctor(
    source: Source | None = None,
    *,
    admin_token: str = "",
    file_tickets: bool = False,
    seconds: float = PLENTY,
    bridge_toml: Path | None = None,
    canaries: tuple[str, ...] = (),
) -> Results:
    """Make all checks; whatever they find is documented, and holds no secret."""
    more = {"bridge_toml": bridge_toml} if bridge_toml else {}
    diagnosis = diagnose(
        source or Source(),
        admin_token=admin_token,
        file_tickets=file_tickets,
        seconds=seconds,
        **more,
    )
    shown = as_json(diagnosis)
    json.loads(shown)
    assert "***" not in shown
    assert not [word for word in (*diagnosis.secrets, *canaries) if word in shown]
    for line in diagnosis.lines:
        if isinstance(line.result, Wrong):
            _assert_documented(line.id, line.result)
    return Results({line.id: line for line in diagnosis.lines})


def _assert_documented(name: str, result: Wrong) -> None:
    check = CHECKS[name]
    for one in result.all:
        assert one.cause.endswith("."), one
        assert one.remedy.endswith((".", ";")), one
        assert one.fault is not UNFORESEEN, one
        declared = (*check.faults, TOO_SLOW)
        code = re.sub(r"http-5\d\d", "http-502", one.code)
        assert one.fault in declared or code in check.codes or one.cause[:3] == "AWS", one


def toml(folder: Path, desk: str = "", top: str = "") -> Path:
    """Return a bridge.toml with one desk, or with the desks of `desk` after a blank line."""
    path = folder / "bridge.toml"
    path.write_text(f"{top}\n{DESK}{desk}", "utf-8")
    return path
