"""The steps of a rehearsal: what was done, how long it took, and which failed."""

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Failed(Exception):
    """A step did not do what it should; says which and how."""


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
