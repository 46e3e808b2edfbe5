"""How long hostile messages take to format, and what the parser costs at a cold start.

    python -m bench.richtext

Prints the slowest of the messages (CPU seconds, at Mattermost's full length of 16,383 characters)
and the median time of a cold import over a bare interpreter, with and without the parser.
`--search 60` tries random patterns for a minute instead.
"""

import argparse
import random
import statistics
import subprocess
import sys
import time

from bridge.words.richtext import LIMIT, rendered

HEADS = [
    *("", "[", "![", "[a](", "[a ", "![[", "**[", "[[a]", "[`", "![a](b =", "> ", "- ", "**"),
    *("`"),
]
TAILS = [
    *("*a", "a ", "\\a", "`a", "_a", "a", "](", "]", "](", " http:", "@a", ":a:", "!a", "<a"),
    *("<a>", "**", "~~", "$$", "&", "a\n", "[", "![", "![[", "*a_", "**a", ">", "> ", "- "),
    *("1. ", "- > ", "|a", "<", "http://", "http://[", "www.", "a@b.", ":fire:", "\\"),
    *("[a](", "![a](b =", "# a\n", "- a\n", "> a\n\n", "|a|b\n|-|-\n", "C:\\", "```\n"),
    *("a\n=\n", "\n", " ", "http://я", "***a"),
]
IMPORTS = {
    "bare": "pass",
    "handler": "import handler",
    "without": "import requests, urllib.parse, html, dataclasses, functools",
    "with": "import requests, urllib.parse, html, dataclasses, functools; "
    "import richtext; richtext.rendered('x')",
    "emoji": "import emojis; emojis.character('fire')",
}


def seconds(words: str) -> float:
    """Return the CPU seconds that it takes to render a message."""
    started = time.process_time()
    rendered(words)
    return time.process_time() - started


def pattern(head: str, count: int, tail: str) -> str:
    """Return a message of LIMIT characters: `head` so many times, then `tail` to the end."""
    return (head * count + tail * LIMIT)[:LIMIT]


def worst(patterns: list[tuple[str, int, str]]) -> None:
    """Render a message of each pattern, and print the slowest eight."""
    timed = sorted(((seconds(pattern(*one)), one) for one in patterns), reverse=True)
    print(f"{len(timed)} messages of {LIMIT} characters; the slowest:")
    for took, (head, count, tail) in timed[:8]:
        print(f"  {took:.2f} s  {head!r} x {count}, then {tail!r}")


def search(length: float) -> None:
    """Try random patterns for `length` seconds, and print the slowest."""
    chance = random.Random(1)  # noqa: S311
    ends = time.monotonic() + length
    tried = []
    while time.monotonic() < ends:
        head, tail = ("".join(chance.choices(TAILS, k=chance.randint(1, 3))) for _ in "ht")
        tried.append((head, chance.choice([0, 1, 15, 60, 400, 4000]), tail))
        seconds(pattern(*tried[-1]))
    worst(tried)


def imports() -> None:
    """Print what imports cost over a bare interpreter."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(8):
        for name, code in IMPORTS.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    for name, median in medians.items():
        over = (median - medians["bare"]) * 1000
        print(f"  {name:8} {over:4.0f} ms over bare, {median / medians['bare']:.1f} times bare")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", type=float, default=0.0, metavar="SECONDS")
    if asked := parser.parse_args().search:
        search(asked)
    else:
        worst([(head, count, tail) for head in HEADS for count in (1, 15, 60) for tail in TAILS])
        imports()
