"""What a message costs the function: CPU time and memory, from Lambda's runtime client.

    make bench PART=footprint

The package runs under the real runtime client; Linux says what its process has used.
"""

import os
import tempfile
from pathlib import Path

from bridge.endpoints.outgoing_webhook import ROUTE
from local.glpi_simulator import GlpiSimulator
from local.runtime import Function, packaged

MESSAGES = 200
WARM_UP = 20


def message(number: int) -> dict[str, object]:
    """Return the event of a message with this number."""
    body = (
        "token=outgoingwebhooktoken00000a&user_name=alice&channel_name=helpdesk"
        f"&post_id={number:026}&text=112+**the+printer**+in+room+305+is+jammed"
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return {"routeKey": ROUTE, "headers": headers, "body": body}


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def measure() -> tuple[float, float, float]:
    """Return CPU milliseconds a message, megabytes after the first, and at the end."""
    before = dict(os.environ)
    try:
        with (
            GlpiSimulator() as glpi,
            tempfile.TemporaryFile() as output,
            packaged(glpi, output) as function,
        ):
            return _measure(function)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _measure(function: Function) -> tuple[float, float, float]:
    function.invoke(message(0))
    first = _peak_megabytes(function.pid())
    for number in range(1, WARM_UP):
        function.invoke(message(number))
    started = _cpu_seconds(function.pid())
    for number in range(WARM_UP, WARM_UP + MESSAGES):
        function.invoke(message(number))
    used = _cpu_seconds(function.pid()) - started
    return used / MESSAGES * 1000, first, _peak_megabytes(function.pid())


def report() -> list[str]:
    """Measure; return the section of docs/performance.md in lines of Markdown."""
    cpu, first, last = measure()
    return [
        "| | |",
        "|---|---|",
        f"| CPU time of a warm message, AWS's calls included | {cpu:.1f} ms |",
        f"| peak memory after the first message | {first:.0f} MB |",
        f"| … and after {MESSAGES + WARM_UP} | {last:.0f} MB |",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
