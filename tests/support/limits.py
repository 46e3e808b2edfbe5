"""The limits that the bridge sets to single calls, so wide that no busy machine comes to them.

What is asserted must not depend on how fast a machine is; a test of a limit sets it itself. As a
program this is `python -m local` with wide limits.
"""

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module

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
    "local.__main__.LOGIN_SECONDS",
    "operations.doctor.aws.CALL_SECONDS",
    "operations.doctor.diagnosis.SECRET_SECONDS",
    "operations.doctor.glpi_login.LOGIN_SECONDS",
)

Set = Callable[[object, str, float], None]


@cache
def shipped() -> dict[str, float]:
    """Return the limits as they ship; to be called before they are widened."""
    return {name: getattr(import_module(_module(name)), _attribute(name)) for name in NAMES}


def widen(set_: Set) -> None:
    """Give all calls plenty of time."""
    put(set_, dict.fromkeys(shipped(), PLENTY))


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
