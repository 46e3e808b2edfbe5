"""Whether new tests can fail: run those that an older commit has not on that commit's code.

    python -m bench.new_tests COMMIT

A test that is green on the code before either guards what was right already or shows nothing.
Prints every file's and then the sum's red n of m; of the red, how many could not even be collected,
since what they test had no such name yet.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
A_FILE_SECONDS = 180
QUIET = ("--no-header", "-p", "no:cacheprovider")


def main(commit: str) -> int:
    """Compare; returns 0 if every file of new tests has a red one, else 1."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder, "before")
        _git("worktree", "add", "--quiet", "--detach", str(before), commit)
        try:
            known = _collected(before)
            shutil.rmtree(before / "tests")
            shutil.copytree(ROOT / "tests", before / "tests")
            new = _collected(ROOT) - known
            green = _green(before, {_file(test) for test in new})
            collected = _collected(before)
        finally:
            _git("worktree", "remove", "--force", str(before))
    return _report(new, new - green, new - collected)


def _report(new: set[str], red: set[str], unknown: set[str]) -> int:
    of_file = Counter(map(_file, new))
    red_of_file = Counter(map(_file, red))
    for file, count in sorted(of_file.items()):
        print(f"{file}: red {red_of_file[file]} of {count}")
    print(f"red {len(red)} of {len(new)}; {len(unknown)} of them for want of a name")
    return int(any(not red_of_file[file] for file in of_file))


def _file(test: str) -> str:
    return test.partition("::")[0]


def _collected(folder: Path) -> set[str]:
    """Return the ids of all tests in a folder that can be collected."""
    arguments = ("-q", "--collect-only", "--continue-on-collection-errors", "tests")
    return {line for line in _pytest(folder, *arguments) if "::" in line and " " not in _file(line)}


def _green(folder: Path, files: set[str]) -> set[str]:
    """Return the ids of the tests in some files that pass."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        of_files = pool.map(lambda file: _pytest(folder, "-v", "--tb=no", file), sorted(files))
        lines = [line for lines in of_files for line in lines]
    return {line.partition(" PASSED")[0] for line in lines if " PASSED" in line}


def _pytest(folder: Path, *arguments: str) -> list[str]:
    """Return what pytest prints; older code may wait for ever for what it does not do."""
    command = [sys.executable, "-m", "pytest", *QUIET, *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=False, timeout=A_FILE_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode().splitlines()
    return done.stdout.decode().splitlines()


def _git(*arguments: str) -> None:
    command = ["git", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
