"""Where the microseconds of a warm message go.

    python -m bench.hot_path

The function as it ships, its queue and ledger in memory and GLPI's answer at hand; the time of each
part is that of its own code and of what it calls in no other part.
"""

import contextlib
import cProfile
import io
import pstats
import time
from collections import Counter
from pathlib import PurePath

import handler
from bench.latency import Server, the_bridge
from transport import Answer, Http

MESSAGES = 500

PARTS = {
    "logging (Powertools)": ("aws_lambda_powertools/logging", "logging/"),
    "metrics (Powertools)": ("aws_lambda_powertools/metrics",),
    "Markdown": ("markdown_it", "richtext.py", "dialect.py"),
    "reading and answering": ("mattermost.py", "answers.py", "urllib/parse.py", "hmac.py"),
    "JSON": ("json/",),
    "the ticket": ("ticket.py", "desks.py", "string.py", "planning.py", "requesters.py"),
    "filing, queue, ledger": ("filing.py", "memory.py", "outbox.py", "ledger.py", "dataclasses.py"),
}


def _part(path: str, name: str) -> str:
    if path == "~" and "json" in name:
        return "JSON"
    for part, places in PARTS.items():
        if any(place in path for place in places):
            return part
    return "the rest"


def measure() -> tuple[float, Counter[str]]:
    """Return the microseconds of a message without the profiler, and the shares of the parts."""
    session = Answer(200, {"Content-Type": "application/json"}, b'{"session_token": "x"}')
    created = Answer(201, {"Content-Type": "application/json"}, b'{"id": 42, "message": ""}')

    def answer(_: Http, method: str, *__: object, **___: object) -> Answer:
        return created if method == "POST" else session

    real, Http.request = Http.request, answer  # type: ignore[method-assign,assignment]
    try:
        file = the_bridge(Server("http://127.0.0.1:9", "app", "user"))
        with contextlib.redirect_stdout(io.StringIO()):
            for number in range(50):
                file(number)
            started = time.perf_counter()
            for number in range(50, 50 + MESSAGES):
                file(number)
            taken = (time.perf_counter() - started) / MESSAGES
            profile = cProfile.Profile()
            with profile:
                for number in range(1000, 1000 + MESSAGES):
                    file(number)
    finally:
        Http.request = real  # type: ignore[method-assign]
    shares: Counter[str] = Counter()
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]]
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (path, _, name), (_, _, own, _, _) in stats.items():
        shares[_part(PurePath(path).as_posix(), name)] += own  # type: ignore[assignment]
    return taken * 1e6, shares


def report() -> list[str]:
    """Return lines of Markdown."""
    handler.logger.registered_handler.stream = io.StringIO()  # type: ignore[attr-defined]
    taken, shares = measure()
    whole = sum(shares.values())
    lines = ["| part | share | about |", "|---|---|---|"]
    for part, own in shares.most_common():
        share = own / whole
        lines.append(f"| {part} | {share:.0%} | {share * taken:.0f} µs |")
    return [*lines, f"| **all of a message, GLPI and AWS left out** | | **{taken:.0f} µs** |"]


if __name__ == "__main__":
    print("\n".join(report()))
