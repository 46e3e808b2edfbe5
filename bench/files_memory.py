"""How much memory it takes to carry a file from Mattermost into GLPI.

    python -m bench.files_memory 50

Carries a file of so many MB (default 50) in a process of its own, between the simulators in this
one, and prints what that process took: resident before, resident at most (Linux's VmRSS and VmHWM;
ru_maxrss would count the parent's), and what Python itself had allocated at once (tracemalloc, in a
second run, since tracing slows it down).
"""

import argparse
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bridge.config.credentials import GlpiTokens, MattermostAccess
from bridge.config.rules import read_rules
from bridge.container import BRIDGE_TOML
from bridge.mattermost.api import MattermostApi
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.tickets.files import Files
from glpi import MEGABYTE, Glpi, GlpiDocuments
from local.glpi_simulator import GlpiSimulator, call, documents
from local.mattermost_simulator import MattermostSimulator

CHANNEL = "745i3akya3d9ierbsg6gsqmkfr"
SECONDS = 300.0


@dataclass(frozen=True)
class Taken:
    """What carrying a file took: bytes, and seconds."""

    resident_before: int
    resident: int
    allocated: int
    seconds: float


class _Tokens:
    def __init__(self, tokens: GlpiTokens) -> None:
        self._tokens = tokens

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        """Return the same tokens always."""
        return self._tokens


@contextmanager
def simulators(megabytes: int) -> Iterator[dict[str, str]]:
    """Have a Mattermost with a file, and a GLPI that takes it; yields how to reach them."""
    limits = (
        mock.patch.object(documents, "DOCUMENT_MAX_MEGABYTES", megabytes),
        mock.patch.object(documents, "_UPLOAD_MAX_BYTES", megabytes * MEGABYTE),
        mock.patch.object(call, "POST_MAX_BYTES", (megabytes + 1) * MEGABYTE),
    )
    with limits[0], limits[1], limits[2], GlpiSimulator() as glpi, MattermostSimulator() as chat:
        post = chat.add_post(CHANNEL)
        yield {
            "glpi": glpi.url,
            "app": glpi.app_token,
            "user": glpi.user_tokens["mm-bot"],
            "mattermost": chat.url,
            "bot": chat.bot_token,
            "file": chat.add_file(post, "a.zip", os.urandom(megabytes * MEGABYTE)),
        }
        ((stored,),) = [ticket["documents"] for ticket in glpi.tickets]
        if len(glpi._store.files[stored["id"]]) != megabytes * MEGABYTE:
            sys.exit("the file did not arrive whole")


def measure(megabytes: int, *, traced: bool) -> Taken:
    """Carry a file in a process of its own; `allocated` is 0 unless it is traced."""
    with simulators(megabytes) as reach:
        order = json.dumps({**reach, "traced": traced})
        command = [sys.executable, "-m", "bench.files_memory", "--carry"]
        done = subprocess.run(command, input=order, capture_output=True, check=True, text=True)
    return Taken(**json.loads(done.stdout))


def carry(reach: dict[str, str]) -> Taken:
    """Carry the file, as the worker does."""
    glpi = Glpi(reach["glpi"], _Tokens(GlpiTokens(reach["app"], reach["user"])), Http())
    access = MattermostAccess(bot_token=reach["bot"])
    glpi.documents = _Unlimited(glpi.session)
    api = MattermostApi(reach["mattermost"], lambda: access, Http())
    files = Files(read_rules(BRIDGE_TOML), api, glpi)
    ticket = glpi.create_ticket({"name": "n", "content": "<p>c</p>"}, Deadline(SECONDS))
    before = _memory("VmRSS")
    if reach["traced"]:
        tracemalloc.start()
    started = time.perf_counter()
    carried = files.carry([reach["file"]], ticket, frozenset(), Deadline(SECONDS), inline=True)
    seconds = time.perf_counter() - started
    if carried.error or carried.failed:
        sys.exit(f"not carried: {carried.error} {carried.failed}")
    allocated = tracemalloc.get_traced_memory()[1] if reach["traced"] else 0
    return Taken(before, _memory("VmHWM"), allocated, seconds)


class _Unlimited(GlpiDocuments):
    """Documents of a GLPI whose own limit does not matter here."""

    def limit(self, _: Deadline) -> int:
        """Return more than any file has."""
        return 1024 * MEGABYTE


def _memory(name: str) -> int:
    """Return a line of the kernel's account of this process, in bytes; 0 where there is none."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(status.read_text("utf-8").partition(f"{name}:")[2].split()[0]) * 1024


def main() -> None:
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description="memory that carrying a file takes")
    parser.add_argument("megabytes", type=int, nargs="?", default=50)
    parser.add_argument("--carry", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.carry:
        json.dump(vars(carry(json.load(sys.stdin))), sys.stdout)
        return
    plain = measure(arguments.megabytes, traced=False)
    traced = measure(arguments.megabytes, traced=True)
    print(f"{arguments.megabytes} MB in {plain.seconds:.2f} s")
    print(f"resident before  {plain.resident_before / MEGABYTE:6.1f} MB")
    print(f"resident at most {plain.resident / MEGABYTE:6.1f} MB")
    print(
        f"allocated at once {traced.allocated / MEGABYTE:5.1f} MB (traced, {traced.seconds:.2f} s)"
    )


if __name__ == "__main__":
    main()
