"""The limits that the bridge sets to single calls, so wide that no busy machine comes to them.

What is asserted must not depend on how fast a machine is; a test of a limit sets it itself. As a
program this is `python -m local` with wide limits.
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

PLENTY = 120.0
"""Seconds that nothing in a test takes on any machine: what takes longer hangs."""

NAMES = (
    *(
        f"bridge.config.timing.{name}_SECONDS"
        for name in (
            "LEDGER",
            "LOG_OUT",
            "LOOK_UP",
            "NOTICE",
            "PLACE",
            "PROBE",
            "QUEUE",
            "REPLY",
            "SECRET",
            "USER",
        )
    ),
    "local.logins.LOGIN_SECONDS",
    "operations.aws.CALL_SECONDS",
    "operations.doctor.aws.CALL_SECONDS",
    "operations.doctor.diagnosis.SECRET_SECONDS",
    "operations.doctor.glpi_login.LOGIN_SECONDS",
)

WIDE_RUNTIME = (
    f"import runpy, sys; runpy.run_path({str(Path(__file__))!r})['widen'](setattr, 'bridge.'); "
    "from awslambdaric.__main__ import main; main(sys.argv)"
)
"""Lambda's runtime client with wide limits, as an argument of `python -c`."""

Set = Callable[[object, str, Any], None]


def shipped(part: str = "") -> dict[str, float]:
    """Return the limits of a part as they ship; to be called before they are widened."""
    return {name: _shipped(name) for name in NAMES if name.startswith(part)}


@cache
def _shipped(name: str) -> float:
    seconds: float = getattr(import_module(_module(name)), _attribute(name))
    return seconds


def environment(*more: str) -> tuple[str, ...]:
    """Return an execution environment of `make run` with wide limits, in Python's arguments.

    Args:
        more: names of limits that are not among NAMES.
    """
    wide = dict.fromkeys(more, PLENTY)
    return (
        "-c",
        f"import runpy; limits = runpy.run_path({str(Path(__file__))!r}); "
        f"limits['widen'](setattr, 'bridge.'); limits['put'](setattr, {wide!r}); "
        "from local.execution import main; main()",
    )


def widen(set_: Set, part: str = "") -> None:
    """Give the calls of a part plenty of time; without a part, also those of other processes."""
    put(set_, dict.fromkeys(shipped(part), PLENTY))
    if not part:
        set_(import_module("local.execution"), "PROGRAM", environment())


def put(set_: Set, limits: dict[str, float]) -> None:
    """Set limits by their names."""
    for name, seconds in limits.items():
        set_(import_module(_module(name)), _attribute(name), seconds)


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _attribute(name: str) -> str:
    return name.rpartition(".")[2]


if __name__ == "__main__":
    widen(setattr)
    sys.exit(import_module("local.__main__").main())
