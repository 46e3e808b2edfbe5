"""Where the microseconds of a warm message go, before and after what is kept between messages.

    make bench PART=hot_path

The function as it ships, over a real connection to a GLPI near by, its queue and ledger in memory.
Processor time only: what GLPI and the network take is in `bench.latency`. The time of a part is
that of its own code and of what it calls outside all parts. "Before" is the same code in the same
run with everything thrown away that is kept from one message to the next, or for the length of one.
"""

import contextlib
import cProfile
import io
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from functools import partial
from itertools import count
from unittest.mock import patch

from requests.adapters import HTTPAdapter

from bench.latency import far_glpi, the_bridge
from bridge import container, logs
from bridge.net.connections import BoundedAdapter
from bridge.net.deadline import Deadline
from bridge.words import mattermost_markdown
from bridge.words.richtext import plain, rendered

MESSAGES = 30
ROUNDS = 9
"""The ways take turns, so that what the machine does meanwhile falls upon all of them."""

PARTS = {
    "HTTP (requests, urllib3)": (
        "/requests/",
        "/urllib3/",
        "/http/client.py",
        "/email/",
        "/ssl.py",
        "/bridge/net/",
        "/bridge/glpi_api/",
        "/glpi.py",
    ),
    "logging (Powertools)": ("/aws_lambda_powertools/logging/", "/logging/__init__.py", "/logs.py"),
    "metrics (Powertools)": ("/aws_lambda_powertools/metrics/", "/bridge/telemetry.py"),
    "Markdown": (
        "/markdown_it/",
        "/bridge/words/richtext.py",
        "/bridge/words/mattermost_markdown.py",
    ),
    "settings, rules, secret": ("/bridge/config/", "/bridge/container.py", "/tomllib/"),
    "reading and answering": (
        "/bridge/mattermost/outgoing_webhook.py",
        "/bridge/mattermost/submissions.py",
        "/bridge/filing/answers.py",
        "/handler.py",
    ),
    "the ticket": ("/bridge/tickets/", "/bridge/filing/planning.py", "/bridge/filing/threads.py"),
    "filing, queue, ledger": ("/bridge/filing/", "/bridge/jobs/", "/bridge/storage/", "/memory.py"),
}
REST = "the rest"

Function = tuple[str, int, str]
Stats = dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]]


def forget_the_container() -> None:
    """Let the next message read settings, rules and secret, connect and log in."""
    container.close()


def disconnect() -> None:
    """Log out and disconnect, as the original script does after every call."""
    container.container().glpi.session.close(Deadline(1))


def forget_the_parser() -> None:
    """Let the next message build the Markdown parser."""
    mattermost_markdown._parser.cache_clear()


def hang_up() -> None:
    """Let the next message connect, as after four seconds of silence."""
    container.container().glpi.session._http.close()


def read_authorities(adapter: BoundedAdapter, conn: object, url: str, *_: object) -> None:
    """Do as `requests` does: have the authorities read for every connection."""
    HTTPAdapter.cert_verify(adapter, conn, url, adapter._authorities, None)  # type: ignore[no-untyped-call]


MEASURES: dict[str, Callable[[], None]] = {
    "connection and session": disconnect,
    "settings, rules, secret, TLS context and all clients": forget_the_container,
    "the Markdown parser": forget_the_parser,
}
ONCE = "a text's tokens"


@contextmanager
def without(names: Set[str]) -> Iterator[Callable[[], None]]:
    """Do without some measures; yields what has to be done before each message."""

    def forget() -> None:
        for name, measure in MEASURES.items():
            if name in names:
                measure()

    twice = patch("bridge.words.richtext.parse", mattermost_markdown.parse.__wrapped__)
    with twice if ONCE in names else contextlib.nullcontext():
        yield forget


class Bench:
    """A bridge with which messages are filed one after another."""

    def __init__(self, file: Callable[[int], None]) -> None:
        self._file = file
        self._number = 0

    def run(self, before: Callable[[], None], profile: cProfile.Profile | None = None) -> float:
        """File messages, each after something was done; returns the microseconds of one."""
        taken = 0.0
        for _ in range(MESSAGES):
            before()
            self._number += 1
            with profile or contextlib.nullcontext():
                started = time.process_time()
                self._file(self._number)
                taken += time.process_time() - started
        return taken / MESSAGES * 1e6

    def run_without(self, *names: str, profile: cProfile.Profile | None = None) -> float:
        """File messages without some measures; returns the microseconds of one."""
        with without(set(names)) as forget:
            return self.run(forget, profile)


def in_turn(ways: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Return the best of each way: other work can only add to processor time."""
    for way in ways.values():
        way()
    taken = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    return {name: min(round_[name] for round_ in taken) for name in ways}


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


def over_tls() -> tuple[float, float]:
    """Return the microseconds of a message that has to connect, with its measure and without."""
    with (
        tempfile.TemporaryDirectory() as folder,
        far_glpi(0.0, "--at-once", "--tls", folder) as server,
        the_bridge(server) as file,
    ):
        bench = Bench(file)

        def anew() -> float:
            with patch.object(BoundedAdapter, "cert_verify", read_authorities):
                return bench.run(hang_up)

        bench.run_without()
        taken = in_turn({"once": lambda: bench.run(hang_up), "anew": anew})
        return taken["once"], taken["anew"]


def formatting() -> tuple[float, float]:
    """Return the microseconds of a message's title and content, with their measure and without."""
    rooms = count()

    def once() -> float:
        words = [f"the printer in room {next(rooms)} is jammed" for _ in range(MESSAGES)]
        started = time.process_time()
        for text in words:
            rendered(text)
            plain(text)
        return (time.process_time() - started) / MESSAGES * 1e6

    def twice() -> float:
        with without({ONCE}):
            return once()

    taken = in_turn({"once": once, "twice": twice})
    return taken["once"], taken["twice"]


def report() -> list[str]:
    """Measure; return the section of docs/performance.md in lines of Markdown."""
    logs.logger.registered_handler.stream = io.StringIO()  # type: ignore[attr-defined]
    everything = (*MEASURES, ONCE)
    ways = {"after": (), "before": everything, **{name: (name,) for name in MEASURES}}
    profiles = [cProfile.Profile(time.thread_time) for _ in "ba"]
    with contextlib.redirect_stdout(io.StringIO()):
        with far_glpi(0.0, "--at-once") as server, the_bridge(server) as file:
            bench = Bench(file)
            taken = in_turn(
                {name: partial(bench.run_without, *names) for name, names in ways.items()}
            )
            bench.run_without(*everything, profile=profiles[0])
            bench.run_without(profile=profiles[1])
        parsed_once, parsed_twice = formatting()
        read_once, read_anew = over_tls()
    before, after = taken["before"], taken["after"]
    shares_before, shares_after = map(parts, profiles)
    lines = ["| part | before | after | of it |", "|---|---|---|---|"]
    for part, share in shares_after.most_common():
        was = shares_before[part] * before
        lines.append(f"| {part} | {was:.0f} µs | {share * after:.0f} µs | {share:.0%} |")
    return [
        *lines,
        f"| **all of a message** | **{before:.0f} µs** | **{after:.0f} µs** | |",
        "",
        "| what is kept | a message without | with | times as much |",
        "|---|---|---|---|",
        *(
            f"| {name} | {taken[name]:.0f} µs | {after:.0f} µs | {taken[name] / after:.2f} |"
            for name in MEASURES
        ),
        f"| {ONCE}, title and content alone | {parsed_twice:.0f} µs | {parsed_once:.0f} µs "
        f"| {parsed_twice / parsed_once:.2f} |",
        f"| the authorities, when TLS connects | {read_anew:.0f} µs | {read_once:.0f} µs "
        f"| {read_anew / read_once:.2f} |",
    ]


if __name__ == "__main__":
    print("\n".join(report()))
