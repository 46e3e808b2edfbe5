"""Where the microseconds of a warm message go, before and after what is kept between messages.

    python -m bench.hot_path

The function as it ships, over a real connection to a GLPI near by, its queue and ledger in memory.
Processor time only: what GLPI and the network take is in `bench.latency`. The time of a part is
that of its own code and of what it calls outside all parts. "Before" is the same code in the same
run with everything thrown away that is kept from one message to the next, or for the length of one.
"""

import contextlib
import cProfile
import io
import pstats
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import dialect
import handler
from bench.latency import far_glpi, the_bridge
from transport import Deadline

MESSAGES = 200

PARTS = {
    "HTTP (requests, urllib3)": (
        "/requests/",
        "/urllib3/",
        "/http/client.py",
        "/email/",
        "/ssl.py",
        "/transport.py",
        "/bounded.py",
        "/glpi_session.py",
        "/glpi.py",
    ),
    "logging (Powertools)": ("/aws_lambda_powertools/logging/", "/logging/__init__.py"),
    "metrics (Powertools)": ("/aws_lambda_powertools/metrics/", "/telemetry.py"),
    "Markdown": ("/markdown_it/", "/richtext.py", "/dialect.py"),
    "settings, rules, secret": ("/settings.py", "/rules.py", "/tomllib/", "/credentials.py"),
    "reading and answering": ("/mattermost.py", "/answers.py", "/handler.py"),
    "the ticket": ("/ticket.py", "/desks.py", "/planning.py", "/requesters.py", "/threads.py"),
    "filing, queue, ledger": (
        "/servicedesk.py",
        "/filing.py",
        "/memory.py",
        "/outbox.py",
        "/ledger.py",
        "/circuit.py",
    ),
}
REST = "the rest"

Function = tuple[str, int, str]
Stats = dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]]


def forget_the_container() -> None:
    """Let the next message read settings, rules and secret, connect and log in."""
    handler.container.cache_clear()


def disconnect() -> None:
    """Log out and disconnect, as the original script does after every call."""
    handler.container().glpi.session.close(Deadline(1))


def forget_the_parser() -> None:
    """Let the next message build the Markdown parser."""
    dialect._parser.cache_clear()


MEASURES: dict[str, Callable[[], None]] = {
    "connection and session kept": disconnect,
    "settings, rules, secret, TLS context and all clients kept": forget_the_container,
    "Markdown parser kept": forget_the_parser,
}
ONCE = "a text parsed once"


@contextmanager
def without(names: set[str]) -> Iterator[Callable[[], None]]:
    """Do without some measures; yields what has to be done before each message."""

    def undo() -> None:
        for name, forget in MEASURES.items():
            if name in names:
                forget()

    twice = patch("richtext.parse", dialect.parse.__wrapped__)
    with twice if ONCE in names else contextlib.nullcontext():
        yield undo


class Bench:
    """A bridge with which messages are filed one after another."""

    def __init__(self, file: Callable[[int], None]) -> None:
        self._file = file
        self._number = 0

    def run(self, names: set[str], profile: cProfile.Profile | None = None) -> float:
        """File messages without some measures; returns the microseconds of one."""
        taken = 0.0
        with without(names) as undo:
            for _ in range(MESSAGES):
                undo()
                self._number += 1
                with profile or contextlib.nullcontext():
                    started = time.process_time()
                    self._file(self._number)
                    taken += time.process_time() - started
        return taken / MESSAGES * 1e6


def parts(profile: cProfile.Profile) -> Counter[str]:
    """Return the share of each part."""
    stats: Stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    seconds: Counter[str] = Counter()

    def charge(function: Function, own: float, depth: int) -> None:
        part = _part(function)
        callers = stats[function][4]
        asked = sum(times[2] for times in callers.values())
        if part or not asked or not depth:
            seconds[part or REST] += own  # type: ignore[assignment]
            return
        for caller, times in callers.items():
            charge(caller, own * times[2] / asked, depth - 1)

    for function, (_, _, own, _, _) in stats.items():
        charge(function, own, depth=8)
    whole = sum(seconds.values())
    return Counter({part: own / whole for part, own in seconds.items()})


def _part(function: Function) -> str | None:
    path = function[0].replace("\\", "/")
    for part, places in PARTS.items():
        if any(place in path for place in places):
            return part
    return None


def report() -> list[str]:
    """Return lines of Markdown."""
    handler.logger.registered_handler.stream = io.StringIO()  # type: ignore[attr-defined]
    everything = {*MEASURES, ONCE}
    with far_glpi(0.0) as server, the_bridge(server) as file:
        bench = Bench(file)
        with contextlib.redirect_stdout(io.StringIO()):
            bench.run(set())
            before, after = bench.run(everything), bench.run(set())
            alone = {name: bench.run({name}) for name in (*MEASURES, ONCE)}
            profiles = []
            for names in (everything, set()):
                profiles.append(cProfile.Profile(time.thread_time))
                bench.run(names, profiles[-1])
    shares_before, shares_after = map(parts, profiles)
    lines = ["| part | before | after | of it |", "|---|---|---|---|"]
    for part, share in shares_after.most_common():
        was = shares_before[part] * before
        lines.append(f"| {part} | {was:.0f} µs | {share * after:.0f} µs | {share:.0%} |")
    return [
        *lines,
        f"| **all of a message** | **{before:.0f} µs** | **{after:.0f} µs** | |",
        "",
        "| what is kept | a message without that | times as much |",
        "|---|---|---|",
        *(f"| {name} | {took:.0f} µs | {took / after:.2f} |" for name, took in alone.items()),
    ]


if __name__ == "__main__":
    print("\n".join(report()))
