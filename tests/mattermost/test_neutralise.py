"""What people wrote comes back in answers: nothing in it comes alive, and it reads as it was typed.

What brings text alive is modelled here from what Mattermost shows: its web client (5.37 and later)
takes tokens off the front of a line, puts literal signs and plain text together again, and looks
for mentions, channels, addresses, hashtags and emoji in that.
"""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.mattermost.outgoing_webhook import mention, neutralise

ESCAPED = re.compile(r"\\([`*{}\[\]()#+\-.!_>|~]|\\(?!\w))", re.ASCII)
"""A sign that a backslash makes literal; before a word two backslashes are two."""

TOKENS = {
    "code": r"`",
    "emphasis": r"[*_]",
    "strike": r"~~",
    "link or image": r"!?\[|\]\(",
    "table": r"\|",
    "formula": r"\$[^$\n]+\$",
    "address in brackets": r"<(?:[^ >]+(?:@|:/)|www\d*\.)[^ >]+>",
    "scheme": r"[A-Za-z][A-Za-z\d.+-]*:(?:/|[^\W_]|%)",
    "www": r"(?i)www\d{0,3}\.",
    "domain": r"(?:^|[^\w.-])[\w.-]+\.[^\W\d_]{2,}/|[\u2800*_(][\w.-]*\.[^\W\d_]{2}",
    "slack": r"<[!@#]|<http|<[^\n<|>]+\|[^\n>]+>",
    "entity": r"&#?\w+;",
}
"""What may not stand in what is sent, but for signs that are literal."""

BLOCKS = {
    "heading, quote, list": r" *(?:#|>|[-+*] |\d+[.)] )",
    "rule, underline": r" *(?:(?:[-*_=] *){3,}|[-=]{2,} *)$",
    "code": r" {4}|\t|[`~]{3}",
}
"""How a line may not begin."""

TEXTS = {
    "mention": r"\B@[a-z0-9._-]",
    "channel": r"\B~[a-z0-9._-]",
    "mail": r"@[\w.-]+\.[^\W\d_]{2}",
    "hashtag": r"#[^\W\d_]",
    "emoji": r":[a-zA-Z0-9_+-]+:",
    "smiley": r"(?i):['’`]?-?[)(\]\[@/|$dpsox]|;-?\)|(?<![A-Za-z0-9_])x-d\b|</?3\b",
    "task": r"^\s*\[[ xX|]\] ",
}
"""What may not stand in what is shown, where literal signs are signs again."""


def alive(sent: str) -> list[str]:
    """Return what comes alive of a text in an answer."""
    literal = ESCAPED.sub("\u2800", sent)
    shown = ESCAPED.sub(r"\1", sent)
    found = [name for name, pattern in TOKENS.items() if re.search(pattern, literal)]
    found += [name for name, pattern in BLOCKS.items() if re.search(f"(?m)^(?:{pattern})", literal)]
    return found + [name for name, pattern in TEXTS.items() if re.search(pattern, shown)]


def read(sent: str) -> str:
    """Return what a reader of an answer sees of a text."""
    shown = ESCAPED.sub(r"\1", sent).replace("\u200b", "")
    return shown.replace("＄", "$").replace("＜", "<")


SAID = [
    *("*evil.example", "_www.evil.example", "(evil.example)", "**evil.com/x**", "~evil.com/"),
    *("evil.example", "1.evil.com/x", "www2.evil.example", "WWW.EVIL.EXAMPLE", "//evil.example"),
    *("https://evil.example", "HTTPS:evil.example", "mailto:a@evil.example", "tel:112", "foo:bar"),
    *("a@evil.example", "<a@evil.example>", "</3<a@evil.example>", "<https://evil.example>"),
    *(
        "<https://evil.example|x>",
        "<!channel>",
        "<!here|x>",
        "<@bob>",
        "<#c>",
        "<www.evil.example>",
        "<evil.com|click>",
        "<a <b.example/x|c> d>",
        "фx-D",
    ),
    *("@all", "&commat;all", "&#64;all", "@bob.", "*@here*", "a@all", "~town-square", "(~town)"),
    *("#tag", "(#tag", "\\#tag", "a#b", ":fire:", "(:+1:)", ":)", ";-)", ";)", ":-(", ":'(", "x-D"),
    *("<3", "</3", ":/", ":D", ":$", ":|", ":]"),
    *("$x$", "$$x$$", "a $x$ $y$", "$\\frac{a}{b}$", "\\$x$", "```latex", "$`x`$"),
    *("`x`", "``", "```x", "~~~x", "**x**", "__init__", "_x_", "~~x~~", "***"),
    *(
        "# x",
        "####### x",
        "- x",
        "+ 7 900",
        "* x",
        "1. x.docx",
        "2) x",
        "> x",
        "---",
        "===",
        "- - -",
    ),
    *(
        "[ ] x",
        "[x] y",
        "- [x] y",
        "[x](y)",
        "[x]: y",
        "[x][y]",
        "![x](y)",
        "![x](y =5x5)",
        "|a|b|",
    ),
    *(
        "https://chat.example/acme/pl/mii9sqkmfp8btqx7sk43tk3xpy",
        "    x",
        "\tx",
        "a\n# b",
        "a\r\n- b",
    ),
    *("C:\\temp\\x", "\\\\server\\share", "\\", "a\\*b", "{x}", "a+b-c=d", "отчёт 1.2.docx", "5$"),
]


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("around", ["{}", "«{}» не настроено", "{}: файл удалён"])
def test_nothing_that_people_wrote_comes_alive(said: str, around: str) -> None:
    sent = around.replace("{}", neutralise(said))
    assert alive(sent) == []
    assert read(sent) == around.replace("{}", " ".join(said.split()))


@pytest.mark.parametrize("said", SAID)
def test_the_model_knows_what_comes_alive(said: str) -> None:
    """Typed as they are, nearly all of them do."""
    dead = {"evil.example", "//evil.example", "отчёт 1.2.docx", "a@all", "5$", "tel:112"}
    dead |= {"\\", "{x}", "a+b-c=d", "C:\\temp\\x", "a\\*b", "\\\\server\\share"}
    assert bool(alive(said)) or said in dead


PIECES = st.sampled_from([*SAID, " ", "x", "я", "0", ".", "-", "\\", "$", "<", ">", "@", "/", "."])


@settings(derandomize=True, max_examples=2_000, deadline=None)
@given(st.lists(PIECES, max_size=5).map("".join) | st.text())
@example("<x<a@evil.example>")
def test_nor_does_anything_put_together(said: str) -> None:
    sent = neutralise(said)
    assert alive(sent) == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [("a\u202egpj.exe", "agpj.exe"), ("a\u200bb", "ab"), ("a\x00b\nc", "a b c"), ("  x ", "x")],
)
def test_what_nobody_sees_is_not_repeated(said: str, shown: str) -> None:
    assert read(neutralise(said)) == shown


def test_a_price_stays_as_it_is() -> None:
    assert neutralise("5$") == "5$"
    assert neutralise("$5") == "$5"


def test_a_name_that_no_user_has_is_neutralised() -> None:
    assert mention("*evil.example") == neutralise("*evil.example")
