"""Every word that Mattermost shows is in the ticket's text, whatever Markdown is around it.

What counts is what a reader of the HTML sees, read by the standard library's parser, which knows
nothing of the renderer. Each generated message is made of words that occur once, so that a word
that is missing cannot hide behind another.
"""

import re
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.words.richtext import rendered


class Seen(HTMLParser):
    """Collects what a reader of HTML sees; attributes are not seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(message: str) -> str:
    """Return what a reader of the ticket sees of a message."""
    return Seen(rendered(message)).text


Draw = Callable[[st.SearchStrategy[int]], int]


class Writer:
    """Writes a message of Markdown that nests in Markdown; its words are numbered.

    Attributes:
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._numbers = count(1)

    def one_of(self, *makers: Callable[[], str]) -> str:
        return makers[self._draw(st.integers(0, len(makers) - 1))]()

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def word(self) -> str:
        return f"слово{next(self._numbers)}x"

    def inline(self, depth: int = 2) -> str:
        """Write what can stand in a line."""
        word = self.word
        if not depth:
            return word()
        more = partial(self.inline, depth - 1)
        return self.one_of(
            word,
            lambda: f"{more()} {more()}",
            lambda: f"**{more()}** _{more()}_ ~~{more()}~~",
            lambda: f"`{word()} {word()}` ``{word()} ` {word()}``",
            lambda: f"`{word()}|{word()}`",
            lambda: f"`{word()}\n{word()}`",
            lambda: f'[{more()}](https://a.example "{word()} {word()}")',
            lambda: f"[{more()}](https://a.example '{word()}') [](https://a.example/{word()})",
            lambda: f"![{word()}](https://a.example/i.png ({word()}))",
            lambda: f'![{word()}](https://a.example/i.png =100x50 "{word()}")',
            lambda: f'[![{word()}](https://a.example/i.png "{word()}")](https://a.example)',
            lambda: f'[{word()}](javascript:alert(1) "{word()}")',
            lambda: f"[{word()}][{word()}] [{word()}][] [^{word()}]",
            lambda: f"<b title='{word()}'>{more()}</b> <!-- {word()} --> <{word()}> <? {word()} ?>",
            lambda: f"{word()}&amp;{word()} &{word()}; &#65;{word()}",
            lambda: f"<https://a.example/{word()}> <{word()}@a.example>",
            lambda: f"https://a.example/{word()}?a[{word()}]={word()}|{word()} www.a.example",
            lambda: f":fire: :{word()}: @{word()} ~{word()} #{word()}",
            lambda: f"${word()}$ $$ {word()} $$ {word()}^{word()}^ =={word()}==",
            lambda: f"{word()}\\\n{more()}  \n{more()}\n{word()}",
            lambda: rf"\*{word()}\* C:\{word()}\_{word()} \\{word()}\{word()} \|{word()}",
        )

    def line(self) -> str:
        return self.inline().replace("\n", " ")

    def row(self, cells: int) -> str:
        return "|" + "|".join(self.line() for _ in range(cells)) + "|" * self.number(0, 1)

    def table(self) -> str:
        """Write a table with as many, more or fewer cells than its header has."""
        columns = self.number(1, 4)
        rows = [self.row(self.number(1, 6)) for _ in range(self.number(0, 3))]
        dashes = "|".join(["-", ":-:", "-:", "---"][:columns])
        return "\n".join([self.row(columns), f"|{dashes}|", *rows])

    def fence(self) -> str:
        mark = self.one_of(lambda: "```", lambda: "~~~", lambda: "````")
        info = self.one_of(
            lambda: "",
            lambda: "python",
            self.word,
            lambda: f" {self.word()} {self.word()}: <{self.word()}>",
            lambda: f"sql {self.word()}",
            lambda: f"timeout{self.word()}",
        )
        end = self.one_of(lambda: f"\n{mark}", lambda: f"\n{mark} {self.word()}", lambda: "")
        return f"{mark}{info}\n{self.word()}\n\n    # {self.word()}{end}"

    def block(self, depth: int = 2) -> str:
        """Write what takes lines of its own."""
        more = partial(self.block, depth - 1) if depth else self.inline
        return self.one_of(
            self.inline,
            self.fence,
            self.table,
            lambda: "#" * self.number(1, 7) + f" {self.line()} ##",
            lambda: f"{self.inline()}\n" + self.one_of(lambda: "===", lambda: "---"),
            lambda: indented("- ", more()),
            lambda: indented("3. ", more()),
            lambda: indented("> ", more(), "> "),
            lambda: f"> {self.line()}\n{self.line()}",
            lambda: f"- [x] {self.line()}\n- [ ] {self.line()}\n+ {self.line()}",
            lambda: f"[{self.word()}]: https://a.example/{self.word()} '{self.word()}'",
            lambda: f"[^1]: {self.word()}",
            lambda: f"<div>\n{self.inline()}\n</div>",
            lambda: f"<!--\n{self.word()}\n\n{self.word()}\n-->",
            lambda: f"    {self.word()}\n\t{self.word()}",
            lambda: f"***\n{self.line()}\n___",
        )


def indented(first: str, text: str, rest: str = "") -> str:
    return first + text.replace("\n", "\n" + (rest or " " * len(first)))


@st.composite
def messages(draw: Draw) -> str:
    writer = Writer(draw)
    blocks = [writer.block() for _ in range(writer.number(1, 3))]
    return writer.one_of(lambda: "\n", lambda: "\n\n").join(blocks)


def missing(message: str) -> list[str]:
    """Return the words of a generated message that a reader of the ticket does not see."""
    text = seen(message)
    return [word for word in re.findall(r"слово\d+x", message) if word not in text]


@settings(derandomize=True, max_examples=1_000, deadline=None)
@given(messages())
def test_every_word_that_mattermost_shows_is_in_the_ticket(message: str) -> None:
    assert missing(message) == []


@pytest.mark.parametrize(
    "message",
    [
        "```Ошибка 0x80070005: отказано\nв доступе\n```",
        "```Ошибка 0x80070005: отказано в доступе",
        "~~~Ошибка 0x80070005: отказано\nв доступе\n~~~",
        "~~~Ошибка~~~ 0x80070005",
        "```timeout\n42\n```",
        "> ```timeout 42\n> in\n> ```",
        "- ~~~timeout 42\n  in\n  ~~~",
        "|one|\n|-|\n|a|b|c|d|",
        "one|two\n-|-\na|b|c",
        "> |one|\n> |-|\n> |a|b|c|",
        "|one|two|\n|-|-|\n|`a|b`|c|",
        "|one|two|\n|:-|-:|\n|a|b|**c** `d`|",
        '[one](https://a.example "two <three>")',
        "[one](https://a.example 'two &amp; \"three\"')",
        '![one](https://a.example "two")',
        '![one](https://a.example =5x5 "two")',
        '[![one](https://a.example "two")](https://a.example "three")',
        '|one|\n|-|\n|[a](https://a.example "b")|',
    ],
)
def test_words_at_odd_places_are_seen(message: str) -> None:
    typed = re.sub(r"https://a\.example|=5x5|&amp;|[\W_]", " ", message).split()
    text = seen(message)
    assert [word for word in typed if word not in text] == []


@pytest.mark.parametrize("language", ["python", "SQL", "c++", "objective_c", "sh"])
def test_a_language_that_mattermost_knows_is_no_word_of_the_code(language: str) -> None:
    made = rendered(f"```{language}\nx\n```")
    assert made == f'<pre><code class="language-{language}">x\n</code></pre>\n'.rstrip("\n")


def test_the_words_behind_a_fence_are_the_codes_first_line() -> None:
    made = rendered("```Ошибка 5: <b>\nx\n```")
    assert made == "<pre><code>Ошибка 5: &lt;b&gt;\nx\n</code></pre>"


def test_a_links_title_stands_behind_it() -> None:
    made = rendered('[a](https://a.example "b & c")')
    assert made == '<p><a href="https://a.example">a</a> (b &amp; c)</p>'


def test_code_over_several_lines_keeps_them() -> None:
    assert rendered("`a\nb`") == "<p><code>a</code><br />\n<code>b</code></p>"
