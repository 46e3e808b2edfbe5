"""Which Python packs the function: one that has pip, wherever it is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

WITHOUT_PIP = f"""#!/bin/sh
case "$*" in *"-m pip"*) echo "No module named pip" >&2; exit 1;; esac
exec {sys.executable} "$@"
"""


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """Return a clone on a machine whose own Python has no pip, as Debian's has none."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3"
    python.write_text(WITHOUT_PIP)
    python.chmod(0o755)
    return tmp_path


def pack(clone: Path, target: str) -> str:
    done = subprocess.run(
        [
            *("make", "--silent", "--eval", "packing: ; @echo $(BUILD_PYTHON)", target),
            *("PYTHON=python3", "RUNTIME_PYTHON=python3", "ARTIFACTS_DIR=package"),
        ],
        cwd=clone,
        env=os.environ | {"PATH": f"{clone / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_an_environment_of_the_clone_packs_where_the_machines_python_has_no_pip(
    debian: Path,
) -> None:
    python = debian / ".venv" / "3.11" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert pack(debian, "packing") == str(python)


def test_without_any_pip_it_is_said_how_to_get_one(debian: Path) -> None:
    said = pack(debian, "build-WebhookFunction")
    assert said == "Packing needs a Python with pip; make deploy-tools brings one"
