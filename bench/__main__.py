"""`make bench`: measure everything and write .build/performance.md.

What counts are the ratios of one run: machines are noisy. Each part can be run alone, too. The page
of the guides, docs/performance.md, stays as it is until somebody puts another run in its place: no
measurement changes what is deployed, and deploy/deploy takes nothing that is not committed.
"""

import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import cold_start, footprint, growth, hot_path, latency, recovery

ROOT = Path(__file__).parent.parent
PAGE = ROOT / ".build" / "performance.md"
KEPT = ROOT / "docs" / "performance.md"

PARTS: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "Message in, answer out, warm": ("latency", latency.report),
    "Cold start and package": ("cold_start", cold_start.report),
    "CPU and memory": ("footprint", footprint.report),
    "Recovery after an outage": ("recovery", recovery.report),
    "Growth": ("growth", growth.report),
    "The hot path": ("hot_path", hot_path.report),
}

NOTES = {
    "latency": (
        "The same simulated GLPI for all, with the service times of a real GLPI 11.0.6 and a round "
        "trip added to every connection and answer; queue and ledger in memory. The limit is one "
        "POST on an open connection; the original script's way is three calls on three "
        "connections. With the real GLPI those took 43.4 ms, and 53 ms with the script around "
        "them, as in [comparison.md](comparison.md): the simulated GLPI flatters the original."
    ),
    "cold_start": "Interpreters of their own, taking turns; Lambda's runtime client beside them.",
    "footprint": "The package under Lambda's runtime client, AWS's calls to an emulator included.",
    "recovery": "On a virtual clock, with the worker that ships and the template's concurrency.",
    "growth": (
        "Counted on the code that ships, at the prices and for the seconds of "
        "[cost.md](cost.md), which has the rest: storage, logs, traces and data, and what alarms, "
        "metrics, dashboard and secret cost every month."
    ),
    "hot_path": (
        "Processor time of the function itself, over a real connection, queue and ledger in "
        "memory. *Before*: the same code in the same run, without all that is kept from one "
        "message to the next, or within one."
    ),
}


def main() -> int:
    """Measure all parts and write the page; returns the exit code."""
    commit = _said("git", "rev-parse", "--short", "HEAD")
    dirty = " and changes" if _said("git", "status", "--porcelain", "--", "*.py") else ""
    lines = [
        "# Performance",
        "",
        "Measured by `make bench`, which writes another such page, `.build/performance.md`, to be "
        "compared with this. What counts are the ratios within a run.",
        "",
        f"Measured on {time.strftime('%Y-%m-%d')} at commit {commit}{dirty}: Python "
        f"{platform.python_version()}, {_cores()} cores of {platform.machine()}, {_processor()}.",
    ]
    for title, (name, report) in PARTS.items():
        started = time.monotonic()
        print(f"{title} ...", flush=True)
        found = report()
        print("\n".join(found), f"\n({time.monotonic() - started:.0f} s)\n", flush=True)
        lines += ["", f"## {title}", "", NOTES[name], ""]
        lines += [*found, "", f"Again: `make bench PART={name}`"]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    print(
        f"Written to {PAGE.relative_to(ROOT)}. To compare: diff {KEPT.relative_to(ROOT)} with it;"
    )
    print(f"to keep it: cp {PAGE.relative_to(ROOT)} {KEPT.relative_to(ROOT)}")
    return 0


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _cores() -> int:
    return len(Path("/proc/cpuinfo").read_text().split("processor\t")) - 1


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
