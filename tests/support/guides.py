"""The guides as the tests read them: README.md, README.ru.md and docs/*.md.

A marker before a block, `<!-- runs: words, words -->`, says that the output of its commands holds
these words.
"""

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import sam
from tests.conftest import ROOT

TEMPLATE = sam.read()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
ALARMS = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
PAGES = [ROOT / "README.md", ROOT / "README.ru.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page: page.read_text("utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_RUNS = re.compile(r"<!-- runs:(.*?) -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block; `expected` are words that its commands print."""

    page: str
    language: str
    text: str
    expected: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Its lines as the shell takes them, those that go on put together."""
        return self.text.replace("\\\n", " ").splitlines()

    @property
    def commands(self) -> Iterator[list[str]]:
        """Its commands in words, without comments."""
        for line in self.lines:
            words = shlex.split(line, comments=True)
            for is_end, command in itertools.groupby(words, lambda w: w in ("&&", "|", ";")):
                if not is_end:
                    yield list(command)


def blocks(page: Path) -> Iterator[Block]:
    text = TEXTS[page]
    for found in _FENCE.finditer(text):
        marked = _RUNS.search(text[: found.start()])
        words = marked[1].split(",") if marked else []
        yield Block(page.name, found[2], found[3], tuple(word.strip() for word in words))


BLOCKS = [block for page in PAGES for block in blocks(page)]
SH = [block for block in BLOCKS if block.language == "sh"]


def prose(page: Path) -> str:
    return _FENCE.sub("", TEXTS[page])


def code_spans(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))


CODE = "\n".join([*(s for page in PAGES for s in code_spans(page)), *(b.text for b in BLOCKS)])
"""Everything in code style; names are to be found there, since many are ordinary words."""


def section(page: Path, title: str) -> str:
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXTS[page], re.MULTILINE | re.DOTALL
    )
    assert found, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The tables' rows without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [n for n, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    return [row for n, row in enumerate(cells) if n not in rules and n + 1 not in rules]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)
