"""The line of the trigger is a plain one, as in Mattermost, and the title says something."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config.rules import Desk, read_rules
from bridge.container import BRIDGE_TOML
from bridge.mattermost.outgoing_webhook import to_post
from bridge.tickets.content import Circumstances, compose
from bridge.tickets.desks import find

RULES = read_rules(BRIDGE_TOML)
EQUALS, STARTS = Desk(("112",)), Desk(("112",), starts=True)
both_matches = pytest.mark.parametrize("desk", [EQUALS, STARTS], ids=["equals", "starts"])


class Seen(HTMLParser):
    """Collects what a reader of HTML sees, and by which tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def ticket(text: str, desk: Desk = EQUALS) -> tuple[str, Seen]:
    """Return the title that a post's ticket has behind its author, and what its text shows."""
    submission = to_post(
        {"text": text, "user_name": "alice"}, "hook", "request", "token"
    ).submission()
    routed = find([desk], submission)
    assert routed
    made = compose(submission, routed, RULES, Circumstances(None))
    content = str(made["content"]).removesuffix(f"<p>mattermost:{submission.ref}</p>")
    return str(made["name"]).removeprefix("Заявка от alice: "), Seen(content)


SIGNS = [
    *("# 42 не печатает", "## 42", "+ 7 900 123", "> 50 штук", ">50 штук", "* x", "1. x", "12) x"),
    *("--- x", "***", "___", "---", "===", "~~~ x", "``` x", "| a | b |", "[a]: b", "- [ ] x"),
    *("#42", "$ 5", "= 3", "& x", "<b> x", "@bob x"),
]


@both_matches
@pytest.mark.parametrize("line", SIGNS)
@pytest.mark.parametrize("gap", [" ", "  ", "\t", "      ", "\u00a0"])
def test_a_sign_behind_the_trigger_is_a_sign(desk: Desk, line: str, gap: str) -> None:
    if desk.starts and line.startswith("-"):
        return  # parts trigger and message
    title, shown = ticket(f"112{gap}{line}", desk)
    assert title == line
    assert shown.text.startswith(f"{line}\n")
    assert set(shown.tags) == {"p"}


@pytest.mark.parametrize("line", ["- x", "-- x", "– x"])
def test_a_dash_is_a_sign_where_the_trigger_is_a_whole_word(line: str) -> None:
    title, shown = ticket(f"112 {line}")
    assert title == line
    assert shown.text.startswith(line)


@pytest.mark.parametrize("line", SIGNS)
def test_so_it_is_where_the_message_has_further_lines(line: str) -> None:
    title, shown = ticket(f"112 {line}\nsecond **line**\n\n- item\n\n# head")
    assert line in shown.text
    assert title == (line if any(map(str.isalnum, line)) else "second line")
    assert [tag for tag in shown.tags if tag not in ("p", "br")] == ["strong", "ul", "li", "h1"]


@both_matches
@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("112\n# head", ["h1"]),
        ("112 \n\n- item", ["ul", "li"]),
        ("112\n> quote", ["blockquote", "p"]),
        ("112\n```\ncode\n```", ["pre", "code"]),
        ("112\n\n    code", ["pre", "code"]),
        ("112\n|a|\n|-|", ["table", "thead", "tr", "th"]),
        ("112 a\n# head", ["p", "h1"]),
        ("112 a\n- item", ["p", "ul", "li"]),
        ("112 a\n---", ["h2"]),
        ("112 a | b\n--- | ---\n1 | 2", ["table", "thead", "tr", "th", "th", "tbody"]),
    ],
)
def test_markdown_of_further_lines_is_markdown(desk: Desk, text: str, tags: list[str]) -> None:
    _, shown = ticket(text, desk)
    assert shown.tags[: len(tags)] == tags


@both_matches
@pytest.mark.parametrize("before", ["", "log: "])
def test_code_that_begins_in_the_line_of_the_trigger_stays_code(desk: Desk, before: str) -> None:
    title, shown = ticket(f"112 {before}```python\n# x = *1*\n\ny\n```\n*end*", desk)
    assert title == ("log:" if before else "# x = *1*")
    assert "python\n# x = *1*\n\ny\n" in shown.text
    assert "pre" in shown.tags
    assert "h1" not in shown.tags
    assert shown.tags.count("em") == 1


def test_what_is_marked_inside_the_line_is_marked() -> None:
    title, shown = ticket("112 **a** `b` [c](https://a.example) https://a.example/x :fire:")
    assert title == "a b c https://a.example/x 🔥"
    assert [tag for tag in shown.tags if tag != "p"] == ["strong", "code", "a", "a"]


LINE = st.text("ab1 #>+-*_`~|=.)([]:\\я", min_size=1).filter(str.strip)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(LINE)
def test_no_line_of_a_trigger_becomes_a_block(line: str) -> None:
    _, shown = ticket(f"112 {line}")
    assert set(shown.tags) <= {"p", "strong", "em", "del", "code", "a"}


@pytest.mark.parametrize(
    ("text", "title", "shown"),
    [
        ("112: не печатает", "не печатает", "не печатает"),
        ("112, не печатает", "не печатает", "не печатает"),
        ("112 - не печатает", "не печатает", "не печатает"),
        ("112 — не печатает", "не печатает", "не печатает"),
        ("112! не печатает", "не печатает", "не печатает"),
        ("112!!! не печатает", "не печатает", "не печатает"),
        ("112… не печатает", "не печатает", "не печатает"),
        ("112... не печатает", "не печатает", "не печатает"),
        ("112. не печатает", "не печатает", "не печатает"),
        ("112; не печатает", "не печатает", "не печатает"),
        ("112? не печатает", "не печатает", "не печатает"),
        ("112 : не печатает", "не печатает", "не печатает"),
        ("112:не печатает", "не печатает", "не печатает"),
        ("112,3 этаж", "3 этаж", "3 этаж"),
        ("112—не печатает", "не печатает", "не печатает"),
        ("112：プリンター", "プリンター", "プリンター"),
        ("112: # 42", "# 42", "# 42"),
        ("112:\n# 42", "42", "42"),
        ("112: -5 °C", "-5 °C", "-5 °C"),
        ("112 -5 °C", "-5 °C", "-5 °C"),
        ("112-2 x", "-2 x", "-2 x"),
        ("112.5 x", ".5 x", ".5 x"),
        ("112 .bashrc", ".bashrc", ".bashrc"),
        ("112 :) x", ":) x", ":) x"),
        ("112:fire: x", "🔥 x", "🔥 x"),
        ("112,:fire: x", "🔥 x", "🔥 x"),
        ("112:vpn: не работает", "vpn: не работает", "vpn: не работает"),
        ("112:https://glpi.example/x", "https://glpi.example/x", "https://glpi.example/x"),
        ("112:+7 900", "+7 900", "+7 900"),
        ("112:(Windows) x", "(Windows) x", "(Windows) x"),
        ("112:@bob x", "@bob x", "@bob x"),
        ("112:/bin/x", "/bin/x", "/bin/x"),
        ("112:<b>", "<b>", "<b>"),
        ("112:👍", "👍", "👍"),
        ("112:) x", ":) x", ":) x"),
        ("112, 5 мм", "5 мм", "5 мм"),
        ("112: 5 мм", "5 мм", "5 мм"),
        ("112 - 5 °C", "- 5 °C", "- 5 °C"),
        ("112 – 5 °C", "– 5 °C", "– 5 °C"),
        ("112 - x", "x", "x"),
        ("112://x", "://x", "://x"),
        ("112принтер", "принтер", "принтер"),
        ("112\n: x", ": x", ": x"),
    ],
)
def test_what_parts_trigger_and_message_is_not_said(text: str, title: str, shown: str) -> None:
    made, read = ticket(text, STARTS)
    assert made == title
    assert read.text.startswith(f"{shown}\n")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("```python\ncode\n```", "code"),
        ("```\n\n  # 1\n```", "# 1"),
        ("~~~sql\n-- x\n~~~", "-- x"),
        ("```log\nError 5\n```", "Error 5"),
        ("```Ошибка 5: нет\nx\n```", "Ошибка 5: нет"),
        ("```python", "```python"),
        ("> ```python\n> code\n> ```", "code"),
        ("- ```js\n  f()\n  ```", "f()"),
        ("---\n***\nпосле", "после"),
        ("!!!\n...\nпосле", "после"),
        ("\u3164\nпосле", "после"),
        ("\u115f\n\uffa0\u2800\nпосле", "после"),
        (":fire:\nпосле", "после"),
        (":fire:", "🔥"),
        ("!!!", "!!!"),
        ("\u200b\n\u2060 \nпосле", "после"),
        ("|узел|пинг|\n|-|-|\n|gw|1|", "узел | пинг"),
        ("=====\nпосле", "после"),
        ("    # отступ", "# отступ"),
        ("`a\nb` c", "a"),
        ("[](https://a.example)\nx", "x"),
    ],
)
def test_the_title_is_the_first_line_that_says_something(words: str, title: str) -> None:
    assert ticket(f"112\n{words}")[0] == title


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("счёт \u202egpj.exe", "счёт gpj.exe"),
        ("\u2067при\u200bн\u00adтер\u2069\ufeff", "принтер"),
        ("nul\x00bell\x07", "nul bell"),
        ("👩🏽‍💻 не печатает", "👩🏽‍💻 не печатает"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_nothing_unseen_is_in_a_title(words: str, title: str) -> None:
    assert ticket(f"112 {words}")[0] == title


def test_nothing_unseen_comes_into_a_title_by_a_name() -> None:
    post = to_post({"text": "112 x", "user_name": "al\u202eice\u200b"}, "hook", "request", "token")
    routed = find([EQUALS], post.submission())
    assert routed
    made = compose(post.submission(), routed, RULES, Circumstances(None))
    assert made["name"] == "Заявка от alice: x"
