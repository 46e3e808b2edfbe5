"""What a container start costs: imports of the package beside what any such function imports.

    make bench PART=cold_start

Every import happens in an interpreter of its own, of the function's Python with Lambda's runtime
client (`.venv/runtime`), the package's bytecode included; the cases take turns. The first answer is
measured with the runtime client itself, AWS's calls to an emulator included.
"""

import io
import os
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

from bench.footprint import message
from local.glpi_simulator import GlpiSimulator
from local.runtime import packaged

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / ".build" / "package"
PYTHON = ROOT / ".venv" / "runtime" / "bin" / "python"
ROUNDS = 11
FIRST_ANSWERS = 5

CASES = {
    "bare": "pass",
    "base": (
        "from aws_lambda_powertools import Logger; import requests, boto3; "
        "boto3.client('secretsmanager', region_name='eu-central-1')"
    ),
    "handler": "import handler",
    "container": "import handler",
}

SETTINGS = {
    "GLPI_URL": "https://glpi.example.com",
    "MATTERMOST_URL": "https://chat.example.com",
    "SECRET_ID": "bridge",
    "QUEUE_URL": "https://sqs.example.com/queue",
    "DEAD_LETTER_URL": "https://sqs.example.com/dead",
    "LEDGER_TABLE": "bridge",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
"""With them, the container is put together at import; nobody is asked anything."""


def import_seconds() -> dict[str, float]:
    """Return the median seconds of each case over a bare interpreter."""
    others = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    env = {**others, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, code in CASES.items():
            settings = SETTINGS if name == "container" else {}
            started = time.perf_counter()
            subprocess.run([PYTHON, "-c", code], env=env | settings, cwd=PACKAGE, check=True)
            taken[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return {name: seconds - medians["bare"] for name, seconds in medians.items()}


def first_answer_seconds() -> float:
    """Return the median seconds from the start of a container to its first answer."""
    taken = []
    before = dict(os.environ)
    for _ in range(FIRST_ANSWERS):
        try:
            with (
                GlpiSimulator() as glpi,
                tempfile.TemporaryFile() as output,
                packaged(glpi, output) as function,
            ):
                function.invoke(message(0))
                taken.append(time.perf_counter() - function.started_at)
        finally:
            os.environ.clear()
            os.environ.update(before)
    return statistics.median(taken)


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
        f"| … with its container put together | {seconds['container'] * 1000:.0f} ms |",
        f"| ratio of the import alone (goal: 1.2 at most) | **{ratio:.2f}** |",
        "",
        "From a container's start to its first answer, GLPI's time included: "
        f"{first_answer_seconds() * 1000:.0f} ms. It can be less than the third row: here all "
        "addresses are http, while in the table each client reads the authorities for https.",
        "",
        f"The package has {zipped_megabytes():.2f} MB zipped, with bytecode (goal: 2.5 at most).",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
