"""./manage: one command from any folder, and one sentence while its environment is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLAIN = {"PATH": "/usr/bin:/bin"}
"""What a fresh login has: no environment is active, and there need be no `python`."""


def run(program: Path | str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments], cwd=folder, env=PLAIN, capture_output=True, text=True
    )


def test_it_runs_from_any_folder(tmp_path: Path) -> None:
    done = run(ROOT / "manage", "desks", "112 the printer", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "112" in done.stdout


def test_it_runs_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "bridge").symlink_to(ROOT / "manage")
    done = run("./bridge", "--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_calls_itself_as_people_call_it(tmp_path: Path) -> None:
    done = run(ROOT / "manage", "queue", "--nonsense", folder=tmp_path)
    assert done.returncode == 2
    assert "Usage: ./manage queue" in done.stderr
    assert "Try './manage queue --help'" in done.stderr


@pytest.mark.parametrize("newer", ["3.11", "3.13"])
def test_it_takes_the_environment_that_was_prepared_last(tmp_path: Path, newer: str) -> None:
    shutil.copy(ROOT / "manage", tmp_path)
    for version in ("3.11", "3.13"):
        made = tmp_path / ".venv" / version
        (made / "bin").mkdir(parents=True)
        python = made / "bin" / "python"
        python.write_text(f"#!/bin/sh\necho {version}\n")
        python.chmod(0o755)
        (made / "run.installed").touch()
        os.utime(made / "run.installed", (version == newer, version == newer))
    assert run(tmp_path / "manage", folder=tmp_path).stdout == f"{newer}\n"


@pytest.mark.parametrize("broken", [False, True], ids=["missing", "python gone"])
def test_without_its_environment_it_says_what_to_do(tmp_path: Path, *, broken: bool) -> None:
    folder = tmp_path / "a new clone"
    folder.mkdir()
    shutil.copy(ROOT / "manage", folder)
    if broken:  # as after an update of the system's Python
        made = folder / ".venv" / "3.11"
        (made / "bin").mkdir(parents=True)
        (made / "run.installed").touch()
        (made / "bin" / "python").symlink_to(tmp_path / "nowhere")
    done = run(folder / "manage", "queue", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "There is no environment for this yet. Prepare it (once, about a minute): "
        f"make -C '{folder}' manage\n"
    )
