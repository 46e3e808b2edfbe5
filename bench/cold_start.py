"""What a container start costs: imports of the package beside what any such function imports.

    make .build/package && python -m bench.cold_start

Every import happens in an interpreter of its own, of the function's Python with Lambda's runtime
client (`.venv/runtime`), the package's bytecode included; the cases take turns.
"""

import io
import os
import statistics
import subprocess
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / ".build" / "package"
PYTHON = ROOT / ".venv" / "runtime" / "bin" / "python"
ROUNDS = 11

CASES = {
    "bare": "pass",
    "base": (
        "from aws_lambda_powertools import Logger; import requests, boto3; "
        "boto3.client('secretsmanager', region_name='eu-central-1')"
    ),
    "handler": "import handler",
}


def import_seconds() -> dict[str, float]:
    """Return the median seconds of each case over a bare interpreter."""
    env = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, code in CASES.items():
            started = time.perf_counter()
            subprocess.run([PYTHON, "-c", code], env=env, cwd=PACKAGE, check=True)
            taken[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return {name: seconds - medians["bare"] for name, seconds in medians.items()}


def zipped_megabytes() -> float:
    """Return the size of the package as it is uploaded."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(PACKAGE))
    return len(archive.getvalue()) / 1e6


def report() -> list[str]:
    """Measure; return the section of docs/performance.md in lines of Markdown."""
    seconds = import_seconds()
    ratio = seconds["handler"] / seconds["base"]
    return [
        "| | over a bare interpreter |",
        "|---|---|",
        f"| Logger, requests, boto3 with a client for secrets | {seconds['base'] * 1000:.0f} ms |",
        f"| the packaged function | {seconds['handler'] * 1000:.0f} ms |",
        f"| ratio (goal: 1.2 at most) | **{ratio:.2f}** |",
        "",
        f"The package has {zipped_megabytes():.2f} MB zipped, with bytecode (goal: 3.5 at most).",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
