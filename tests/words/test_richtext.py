"""The words: Mattermost's Markdown in, HTML out that both GLPIs show alike and nobody can abuse."""

import html
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config.credentials import GlpiTokens
from bridge.config.rules import Desk, read_rules
from bridge.container import BRIDGE_TOML
from bridge.mattermost.outgoing_webhook import to_post
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.tickets.content import Circumstances, compose
from bridge.tickets.desks import Routed
from bridge.words import mattermost_markdown, richtext
from bridge.words.emojis import character
from bridge.words.richtext import GROWTH, LIMIT, SPARE, paragraph, plain, rendered, rich
from glpi import Glpi
from local.glpi_simulator import GlpiSimulator
from local.make_emojis import module
from tests.conftest import ROOT, both_versions
from tests.support.limits import PLENTY
from tests.support.markup import Reader, is_in, letters

ATTACKS_FILE = Path(__file__).parent / "attacks.txt"
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.md"))
FIELDS = {"post_id": "mii9sqkmfp8btqx7sk43tk3xpy", "user_name": "alice", "text": ""}
SUBMISSION = to_post(FIELDS, "hook", "request", "token").submission()
MARKER = f"<p>mattermost:{SUBMISSION.ref}</p>"
RULES = read_rules(BRIDGE_TOML)

_BEFORE = ("\0", "\x01", "\x1f", "\u00a0", "\u200b", "\ufeff", "\u2028", "\t", " ", "\v")
ATTACKS = [
    *(line for line in ATTACKS_FILE.read_text("utf-8").splitlines() if line[:3] != "== "),
    *(f"[x]({a}javascript{b}:alert(1))" for a in _BEFORE for b in ("", "\0", "\t", "\u200b")),
    "```\n</code></pre><script>alert(1)</script>\n```",
    '|a|b|\n|:-:"onclick=x|-|\n|1|2|',
    "[x](java\nscript:alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    '![x][y]\n\n[y]: javascript:alert(1) "onerror=alert(1)"',
    "<div>\n\n**x**\n\n</div>",
    "<script>\n\nalert(1)\n\n</script>",
]
"""Attacks on what shows HTML or Markdown."""


def content(words: str) -> str:
    """Return the content of the ticket that the words make."""
    routed = Routed(Desk(("112",)), "112", words)
    return str(compose(SUBMISSION, routed, RULES, Circumstances(None))["content"])


# --- What it looks like


@pytest.mark.parametrize("source", GOLDEN, ids=lambda path: path.stem)
def test_a_message_looks_like_its_golden_file(source: Path, pytestconfig: pytest.Config) -> None:
    made = rendered(source.read_text("utf-8").rstrip("\n")) + "\n"
    target = source.with_suffix(".html")
    if pytestconfig.getoption("rewrite_golden"):
        target.write_text(made, "utf-8")
    assert made == target.read_text("utf-8")
    Reader(made)


class Tokens:
    """The simulator's tokens."""

    def __init__(self, simulator: GlpiSimulator) -> None:
        self._tokens = GlpiTokens(simulator.app_token, simulator.user_tokens["mm-bot"])

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        return self._tokens


@pytest.fixture
def client(glpi: GlpiSimulator) -> Iterator[Glpi]:
    client = Glpi(glpi.url, Tokens(glpi), Http())
    yield client
    client.close(Deadline(5))


def read_back(glpi: GlpiSimulator, numbers: list[int], **headers: str) -> list[str]:
    """Return the contents as `GET Ticket/ID` gives them."""
    api, app = f"{glpi.url}/apirest.php", {"App-Token": glpi.app_token}
    login = app | {"Authorization": f"user_token {glpi.user_tokens['mm-bot']}"}
    session = requests.get(f"{api}/initSession", headers=login, timeout=5).json()
    headers |= app | {"Session-Token": session["session_token"]}
    return [
        requests.get(f"{api}/Ticket/{number}", headers=headers, timeout=5).json()["content"]
        for number in numbers
    ]


@both_versions
def test_glpi_gives_back_what_it_was_given(glpi: GlpiSimulator, client: Glpi) -> None:
    contents = [content(source.read_text("utf-8").rstrip("\n")) for source in GOLDEN]
    numbers = [
        client.create_ticket({"name": "x", "content": made, "type": 1}, Deadline(PLENTY))
        for made in contents
    ]
    kept = read_back(glpi, numbers)
    if glpi.version.startswith("10"):
        escapes: dict[str, str | int | None] = {"&": "&#38;", "<": "&#60;", ">": "&#62;"}
        assert kept == [made.translate(str.maketrans(escapes)) for made in contents]
        kept = [html.unescape(text) for text in kept]
        assert read_back(glpi, numbers, **{"X-GLPI-Sanitized-Content": "false"}) == contents
    assert kept == contents


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("**принтер** `горит` :fire:", "принтер горит 🔥"),
        ("# Заголовок", "Заголовок"),
        ("> цитата", "цитата"),
        ("- [портал](https://a.example) лежит", "портал лежит"),
        ("![кот](https://a.example/c.png)", "кот"),
        ("https://a.example/x_y_z", "https://a.example/x_y_z"),
        ("5. кабинет", "5. кабинет"),
        ("```python", "```python"),
        ("[", "["),
        ("[" * 5000, "[" * 5000),
        ("****", "****"),
        ("---", "---"),
        ("a <b> &amp; c", "a <b> &amp; c"),
        ("- [ ] buy toner", "☐ buy toner"),
    ],
)
def test_a_title_has_no_markup(line: str, title: str) -> None:
    assert plain(line) == title


# --- What nobody can do


def check(words: str) -> Reader:
    """Make the ticket; returns what its HTML says, after all that must hold for any words."""
    made = content(words)
    assert made.endswith(f"\n{MARKER}")
    read = Reader(made)
    assert read.blocks[-1] == f"mattermost:{SUBMISSION.ref}"
    if len(words) <= LIMIT:
        assert len(rendered(words)) <= GROWTH * len(words) + SPARE
    return read


def test_there_are_many_attacks() -> None:
    assert len(ATTACKS) >= 100


@pytest.mark.parametrize("around", ["{}", "- {}", "> {}", "|a|\n|-|\n|{}|", "**{}**", "x {} y\nz"])
def test_an_attack_is_only_text(around: str) -> None:
    for vector in ATTACKS:
        words = around.replace("{}", vector)
        read = check(words)
        assert is_in(letters("alert"), letters(read.text)) or "alert" not in words


@pytest.mark.parametrize("vector", ATTACKS)
def test_an_attack_stays_readable(vector: str) -> None:
    """Only titles, sizes, images in links, and what follows a fence's language may vanish."""
    vanishing = (' "', " '", " =", "[![", "```", "~~~")
    if any(start in vector for start in vanishing):
        return
    assert is_in(letters(vector), letters(check(vector).whole))


MARKUP = st.text("abя1 \n\t*_~`[]()<>!|:-#>&\\$\"'=./@+x", max_size=120)
SNIPPETS = [
    *(f"{mark} " for mark in ("-", "1.", ">", "#", "- [ ]", "    ", "|", "\t")),
    *("**", "_", "~~", "`", "```", "\n", "\n\n", "[a](", "![b](", "https://a.example", ")", "]"),
    *("|-|-|", "<", "</p>", "&lt;", ":fire:", "www.a.example", "me@a.example", "javascript:", "\\"),
    *("<javascript:x>", '"', " =1x1", "$$", "C:\\_x", "mattermost:", "\x00", "\u2028", "я", "a"),
]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(MARKUP | st.lists(st.sampled_from(SNIPPETS), max_size=40).map("".join) | st.text())
def test_whatever_is_typed_becomes_allowed_markup_and_the_marker_stays_last(words: str) -> None:
    assert rich(words)  # nothing falls back for a fault of ours
    check(words)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text("abcя ЖZ.,;?%\n", min_size=1).filter(str.strip))
def test_words_without_markup_stay_one_by_one(words: str) -> None:
    read = Reader(rendered(words))
    assert read.text.split() == words.split()


def test_plain_words_are_one_paragraph_as_ever() -> None:
    words = "принтер не печатает,\nсовсем (3-й этаж)!"
    assert rendered(words) == paragraph(words)


# --- What cannot be too much

HOSTILE = [
    *("[", "![", "![[", "*a_", "*", "**a", "_a", "~~", "`", "``a`", ">", "> ", "- ", "1. ", "- > "),
    *(
        "|a",
        "|",
        "<",
        "<a ",
        "http://",
        "http://[",
        "www.",
        "a@b.",
        "a@",
        ":a",
        ":fire:",
        "\\",
        "$$",
    ),
    *("[a](", "](", "[a](b", "![a](b =", "# a\n", "- a\n", "> a\n\n", "|a|b\n|-|-\n", "C:\\", "&"),
    *(
        "```\n",
        "a\n=\n",
        "\n",
        " ",
        "\t",
        "1",
        "http://я",
        "[[a](b)",
        "***a",
        "_*_ ",
        "\\a",
        '\\"',
        "(",
        "5. a\n",
        "1. a\n- \n",
        "a\n-\n",
        ">\n",
        "~~~ ",
        "~",
        'https://a/"',
        "https://a/<a",
        "https://a/«a",
        ":fire:",
    ),
]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the parser tries to go on inside a line."""
    counted = [0]
    mattermost_markdown.parse.cache_clear()
    inline = type(mattermost_markdown._parser().inline)
    skip = inline.skipToken

    def counting(*args: Any) -> None:
        counted[0] += 1
        skip(*args)

    monkeypatch.setattr(inline, "skipToken", counting)
    return counted


@pytest.mark.parametrize("pattern", HOSTILE)
def test_a_hostile_message_costs_little(pattern: str, steps: list[int]) -> None:
    words = (pattern * LIMIT)[:LIMIT]
    check(words)
    assert steps[0] < 2 * mattermost_markdown.LABELS


@pytest.mark.parametrize(
    "words",
    [
        "[" * 1000 + "*a" * 7000,
        "![" * 1000 + "&" * 14000,
        "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n" + "a\n" * 6000,
        "> " * 100 + "x",
        "".join("  " * depth + "- a\n" for depth in range(100)),
        "x" * (LIMIT + 1),
        "**x** " * 200_000,
    ],
    ids=["labels", "images", "cells", "quotes", "lists", "long", "megabyte"],
)
def test_what_is_beyond_reason_is_shown_as_it_was_typed(words: str, steps: list[int]) -> None:
    assert rendered(words) == paragraph(words)
    assert steps == [0]


@pytest.mark.parametrize("error", [RecursionError, MemoryError, KeyError, AssertionError])
def test_a_ticket_never_fails_because_of_its_looks(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise error

    monkeypatch.setattr(richtext, "parse", broken)
    assert rendered("**x**") == "<p>**x**</p>"
    assert plain("**x**") == "**x**"


def test_html_out_of_proportion_gives_way_to_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(richtext, "GROWTH", 1)
    monkeypatch.setattr(richtext, "SPARE", 0)
    assert rendered("**x**") == "<p>**x**</p>"


# --- Emoji, and what is loaded for them


@pytest.mark.parametrize(
    ("names", "char"),
    [
        ("+1 thumbsup", "👍"),
        ("-1 thumbsdown", "👎"),
        ("white_check_mark", "✅"),
        ("warning", "⚠️"),
        ("fire", "🔥"),
        ("smile", "😄"),
        ("tada", "🎉"),
        ("ru flag-ru", "🇷🇺"),
        ("man-shrugging man_shrugging", "🤷‍♂️"),
        ("thinking thinking_face", "🤔"),
        ("+1_medium_dark_skin_tone", "👍🏾"),
        ("point_up_dark_skin_tone", "☝🏿"),
        ("fire_dark_skin_tone company_logo skin_tone _dark_skin_tone Fire 10", ""),
    ],
)
def test_emoji_have_mattermosts_names(names: str, char: str) -> None:
    for name in names.split():
        assert character(name) == char


def test_the_table_is_made_from_both_sources() -> None:
    datasource = [
        {"unified": "1F600", "short_names": ["grinning"], "sort_order": 2},
        {
            "unified": "261D-FE0F",
            "short_names": ["point_up"],
            "sort_order": 1,
            "skin_variations": {"1F3FB": {"unified": "261D-1F3FB"}},
        },
    ]
    github = {"😀": {"en": ":grinning_face:", "alias": [":g:"]}, "x": {"en": ":Not this:"}}
    made: dict[str, Any] = {}
    exec(module(datasource, github), made)
    assert [made["character"](name) for name in ("g", "grinning_face", "point_up")] == [
        "😀",
        "😀",
        "☝️",
    ]
    assert made["character"]("point_up_light_skin_tone") == "☝🏻"


def test_the_function_starts_without_the_table_of_emoji() -> None:
    code = (
        "import sys, handler; loaded = set(sys.modules)\n"
        "from bridge.words import richtext; emojis = 'bridge.words.emojis'\n"
        "richtext.rendered('**x** https://a.example'); assert emojis not in sys.modules\n"
        "richtext.rendered(':fire:'); assert emojis in sys.modules\n"
        "assert 'markdown_it' in loaded and emojis not in loaded\n"
        "print(*sorted({name.partition('.')[0] for name in loaded} & "
        "{'linkify_it', 'mistune', 'emoji', 'pygments', 'yaml'}))"
    )
    told = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert told.strip() == ""
