"""The steps of a rehearsal: what was done, how long it took, and which failed."""

import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class Failed(Exception):
    """A step did not do what it should; says which and how."""


def rehearsed(rehearsal: Callable[[], None]) -> int:
    """Do a rehearsal; returns its exit code: 0, 1 when something failed, 130 after Ctrl-C."""
    try:
        rehearsal()
    except Failed as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped before its end: nothing is proved.", file=sys.stderr)
        return INTERRUPTED
    return 0


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say that a step went well; whatever fails in it names the step."""
    started = time.monotonic()
    try:
        yield
    except Failed as error:
        raise Failed(f"{name}: {error}") from None
    print(f"✓ {name} ({time.monotonic() - started:.1f} s)", flush=True)


def run(*command: str, folder: Path = ROOT) -> None:
    """Run a program.

    Raises:
        Failed: it did not end well; says what it wrote.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{shlex.join(command)} failed:\n{done.stdout}\n{done.stderr}")
