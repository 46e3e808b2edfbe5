"""Every word that Mattermost shows is in the ticket's text, whatever Markdown is around it.

What counts is what a reader of the HTML sees, read by the standard library's parser, which knows
nothing of the renderer; lists are numbered as a browser does. Each generated message is made of
words that occur once, so that a word that is missing cannot hide behind another. A number, a
backslash or a lone sign has to stand beside the word that it was typed beside.
"""

import re
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.words.richtext import plain, rendered

SHOWN = "\"'/<=:;,?@$%^&"
"""Signs whose backslash Mattermost shows."""

DROPPED = "`*{}[]()#+-.!_>|~"
"""Signs that Mattermost shows without their backslash."""

TYPED = re.compile(
    rf"(?:\d+[.)] |\\[{re.escape(SHOWN)}])?слово\d+x"
    r"(?:\\(?=\n)|\n(?:[-+*#>=]|\d+[.)])(?=\n|\Z))?"
)
"""A word, and the sign or number that belongs to it: nothing of that may be missing."""


class Seen(HTMLParser):
    """Collects what a reader of HTML sees: texts and the numbers of lists, no attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self._numbers: list[count[int] | None] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ol", "ul"):
            start = int(dict(attrs).get("start") or 1)
            self._numbers.append(count(start) if tag == "ol" else None)
        elif tag == "li" and (numbers := self._numbers[-1]):
            self.text += f"{next(numbers)}. "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ol", "ul"):
            self._numbers.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(message: str) -> str:
    """Return what a reader of the ticket sees of a message."""
    return Seen(rendered(message)).text


Draw = Callable[[st.SearchStrategy[int]], int]


class Writer:
    """Writes a message of Markdown that nests in Markdown; its words are numbered."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._numbers = count(1)

    def one_of(self, *makers: Callable[[], str]) -> str:
        return makers[self._draw(st.integers(0, len(makers) - 1))]()

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def sign(self, signs: str) -> str:
        return signs[self.number(0, len(signs) - 1)]

    def word(self) -> str:
        return f"слово{next(self._numbers)}x"

    def escaped(self, signs: str) -> str:
        return f"\\{self.sign(signs)}{self.word()}"

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
            lambda: f"{self.escaped(SHOWN)} {self.escaped(DROPPED)}",
            lambda: f'[{word()}](https://a.example "\\${word()} \\{word()}")',
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

    def numbered(self) -> str:
        """Write lines with numbers in front, in any order, with blank lines or without."""
        lines = [
            f"{self.number(2, 400)}{self.sign('.)')} {self.word()}" + "\n" * self.number(1, 2)
            for _ in range(self.number(1, 4))
        ]
        return "".join(lines).rstrip("\n")

    def block(self, depth: int = 2) -> str:
        """Write what takes lines of its own."""
        more = partial(self.block, depth - 1) if depth else self.inline
        return self.one_of(
            self.inline,
            self.fence,
            self.table,
            lambda: "#" * self.number(1, 7) + f" {self.line()} ##",
            lambda: f"{self.inline()}\n" + self.one_of(lambda: "===", lambda: "---"),
            lambda: f"\n{self.word()}\n{self.sign('-+*#>=')}",
            lambda: f"\n{self.word()}\n{self.number(1, 400)}{self.sign('.)')}",
            lambda: f"{self.sign('-+*#>=')}\n{self.word()}",
            self.numbered,
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
    """Return what a reader of the ticket does not see of a generated message's words."""
    text = " ".join(seen(message).split())
    return [typed for typed in TYPED.findall(message) if " ".join(typed.split()) not in text]


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


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Кабинеты:\n\n305) принтер\n412) сканер", "Кабинеты: 305) принтер 412) сканер"),
        ("1) a\n1) b", "1) a 1) b"),
        ("- a\n\n2) b\n- c", "a 2) b c"),
        ("3. a\n7. b\n8. c", "3. a 7. b 8. c"),
        ("7. a\n\n7. b", "7. a 7. b"),
        ("1. a\n2. b\n1. c", "1. a 2. b 1. c"),
        ("- 3. a\n  5. b\n- c", "3. a 5. b c"),
        ("3. a\n   5. b\n   9. c\n4. d", "3. a 5. b 9. c 4. d"),
        ("007. a\n010. b", "007. a 010. b"),
        ("0. a\n1. b\n3. c", "0. a 1. b 3. c"),
        ("1. a\n1. b\n1. c", "1. a 2. b 3. c"),
    ],
)
def test_a_typed_number_stays_what_it_was(message: str, shown: str) -> None:
    """But that a list whose numbers are all 1 is counted, as Mattermost does."""
    assert " ".join(seen(message).split()) == shown


SHOWN_BACKSLASHES = [
    r"{\"code\": 5, \"path\": \"a\/b\"}",
    r"\$HOME, \'x\', a\=b, \@x, 5\%, a\^b, a\;b, a\:b, a\,b, a\?, \&, \<b>",
    "docker run \\\n-v x",
    r"\d+ \w \я",
]


@pytest.mark.parametrize("message", SHOWN_BACKSLASHES)
@pytest.mark.parametrize("around", ["{}", "- {}", "> {}", "**{}**", "[{}](https://a.example)"])
def test_backslashes_that_mattermost_shows_stay(message: str, around: str) -> None:
    made = around.replace("{}", message)
    assert seen(made).split() == message.split()
    assert plain(made) == message.splitlines()[0]


@pytest.mark.parametrize("image", ["", "!"])
def test_so_do_all_backslashes_of_a_title(image: str) -> None:
    made = image + r'[x](https://a.example "a\"b \$HOME \\server\_x \*")'
    assert seen(made) == r"x (a\"b \$HOME \\server\_x \*)"


def test_the_signs_that_mattermost_escapes_lose_their_backslash() -> None:
    signs = "`*{}[]()#+-.!_>|~"
    assert seen("".join(f"\\{sign}" for sign in signs)) == signs
    assert seen(r"a\\ b") == "a\\ b"


@pytest.mark.parametrize("sign", [*"#>+*-=~|_", "##", "######", "1.", "1)", "305.", "305)", ">>"])
@pytest.mark.parametrize(
    "around", ["{}", "x\n{}", "{}\nx", "x\n\n{}\n\nx", "- x\n{}\n- x", "x\n{} "]
)
def test_a_lone_sign_stays(sign: str, around: str) -> None:
    message = around.replace("{}", sign)
    assert seen(message).split() == message.replace("- x", "x").split()
    assert "<h" not in rendered(message)


@pytest.mark.parametrize("mark", ["```", "~~~", "````", "```python"])
def test_so_does_a_fence_without_lines(mark: str) -> None:
    assert rendered(f"x\n{mark}") == f"<p>x<br />\n{mark}</p>"


@pytest.mark.parametrize("message", ["- -", "* 1.", "1. -", "> >", "> #", "- >", "# #", "1. 2)"])
def test_and_so_does_one_behind_another(message: str) -> None:
    last = message.split()[-1]
    assert last in seen(message).split()


@pytest.mark.parametrize(
    ("message", "made"),
    [
        ("x\n==", "<h1>x</h1>"),
        ("x\n--", "<h2>x</h2>"),
        ("x\ny\n===  ", "<p>x</p>\n<h1>y</h1>"),
        ("x\n=", "<p>x<br />\n=</p>"),
        ("x\n-\ny\n---", "<p>x<br />\n-</p>\n<h2>y</h2>"),
        ("> x\n> --", "<blockquote>\n<h2>x</h2>\n</blockquote>"),
        ("- x\n  --", "<ul>\n<li><h2>x</h2>\n</li>\n</ul>"),
    ],
)
def test_two_signs_make_a_heading_of_the_line_above(message: str, made: str) -> None:
    assert rendered(message) == made


@pytest.mark.parametrize("mark", ["```", "~~~", "~~~~", "````"])
def test_a_fence_in_the_triggers_line_is_closed_by_its_own_line(mark: str) -> None:
    code = "<pre><code>log\n# 1\n</code></pre>\n<p>после</p>"
    assert rendered(f"{mark}\nlog\n# 1\n{mark}\nпосле", mid_line=True) == code
    before = rendered(f"см. ~город {mark}ошибка 5\nlog\n{mark}\nпосле", mid_line=True)
    assert before == ("<p>см. ~город</p>\n<pre><code>ошибка 5\nlog\n</code></pre>\n<p>после</p>")


@pytest.mark.parametrize("message", ["~~~", "~~~\nlog", "~~x~~ y\n~~~", "a ~~~ b ~~~\nc\n"])
def test_what_is_not_closed_is_no_fence_there(message: str) -> None:
    assert seen(message).replace("~", "").split() == message.replace("~", "").split()
    assert rendered(message, mid_line=True).startswith("<p>")
