"""What the ticket says: title, content, footer, marker, fields."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.config.rules import Desk, Rules, read_rules
from bridge.container import BRIDGE_TOML
from bridge.mattermost.outgoing_webhook import to_post
from bridge.tickets.content import TITLE_LIMIT, Circumstances, compose
from bridge.tickets.desks import Routed

POST_ID = "mii9sqkmfp8btqx7sk43tk3xpy"
CHAT = "https://chat.example"
FIELDS = {
    "post_id": POST_ID,
    "user_name": "alice",
    "channel_name": "helpdesk",
    "team_domain": "acme",
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return read_rules(BRIDGE_TOML)


def make_rules(path: Path, toml: str) -> Rules:
    path.write_text(toml + '\n[[desk]]\ntriggers = ["112"]\n', "utf-8")
    return read_rules(path)


def ticket(words: str, rules: Rules, desk: Desk | None = None, **fields: object) -> dict[str, Any]:
    submission = to_post(
        {"text": words, **FIELDS, **fields}, "hook", "request", "token"
    ).submission()
    routed = Routed(desk or Desk(("112",)), "112", words)
    return compose(submission, routed, rules, Circumstances(CHAT))


def test_an_ordinary_message_looks_like_this(rules: Rules) -> None:
    assert ticket("принтер\nне печатает <b>", rules) == {
        "name": "Заявка от alice: принтер",
        "content": (
            "<p>принтер<br />\nне печатает &lt;b&gt;</p>\n"
            "<p>alice · ~helpdesk · "
            f'<a href="{CHAT}/_redirect/pl/{POST_ID}">{CHAT}/_redirect/pl/{POST_ID}</a></p>\n'
            f"<p>mattermost:{POST_ID}</p>"
        ),
        "type": 1,
        "externalid": f"mattermost:{POST_ID}",
        "_do_not_compute_takeintoaccount": 1,  # a rule may give it to a group
    }


def test_in_english_the_title_is_english(tmp_path: Path) -> None:
    rules = make_rules(tmp_path / "b.toml", 'language = "en"')
    assert ticket("printer", rules)["name"] == "Request from alice: printer"


def test_everything_that_the_desk_says_reaches_glpi(rules: Rules) -> None:
    desk = Desk(("112",), type=2, source=7, category=3, entity=0, urgency=4, impact=2, group=5)
    fields = ticket("x", rules, desk)
    del fields["name"], fields["content"], fields["externalid"]
    assert fields == {
        "type": 2,
        "requesttypes_id": 7,
        "itilcategories_id": 3,
        "entities_id": 0,
        "urgency": 4,
        "impact": 2,
        "_groups_id_assign": 5,
        "_do_not_compute_takeintoaccount": 1,
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("one\ntwo", "one"),
        ("\n\n  one  \ntwo", "one"),
        ("```python\ncode\n```", "code"),
        ("```\ncode\n```", "code"),
        ("---\n***\nafter the rules", "after the rules"),
        ("!!!", "!!!"),
        ("tab\tand\u00a0nbsp\u2028line", "tab and nbsp"),
        ("nul\x00bell\x07", "nul bell"),
        ("{user_name} {0} %s", "{user_name} {0} %s"),
        ("a <b> & c", "a <b> & c"),
        ("**принтер** [горит](https://a.example) :fire:", "принтер горит 🔥"),
        ("5. кабинет", "5. кабинет"),
    ],
)
def test_the_title_is_the_first_line_that_says_something(
    rules: Rules, words: str, line: str
) -> None:
    assert ticket(words, rules)["name"] == f"Заявка от alice: {line}"


def test_without_words_or_author_the_title_says_so(rules: Rules) -> None:
    title = ticket("", rules, user_name=None, file_ids=POST_ID)["name"]
    assert title == "Заявка от неизвестного: файлы без текста"


@given(st.text(), st.none() | st.text(min_size=1))
@example("x" * 300, "alice")
@example("<" * 300, "alice")
@example("😀" * 300, "a" * 300)
@example("&" * 60 + "x" * 300, "alice")
def test_every_title_is_one_line_that_both_versions_keep_whole(
    words: str, user: str | None
) -> None:
    title = ticket(words, read_rules(BRIDGE_TOML), user_name=user)["name"]
    stored_by_10 = title.replace("&", "&#38;").replace("<", "&#60;").replace(">", "&#62;")
    assert 0 < len(title) <= len(stored_by_10) <= TITLE_LIMIT
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", title)


def test_a_long_title_ends_with_an_ellipsis_and_a_fitting_one_does_not(rules: Rules) -> None:
    prefix = len("Заявка от alice: ")
    fits = "x" * (TITLE_LIMIT - prefix)
    assert ticket(fits, rules)["name"].endswith("x")
    cut = ticket(fits + "x", rules)["name"]
    assert len(cut) == TITLE_LIMIT
    assert cut.endswith("x…")


def paragraphs(content: str) -> list[str]:
    """Return the texts of the content's paragraphs as a reader sees them."""
    assert re.fullmatch(r"(?s)<p>.*</p>", content)
    return [
        html.unescape(re.sub(r"</?a[^>]*>", "", inner.replace("<br />\n", "\n")))
        for inner in content[3:-4].split("</p>\n<p>")
    ]


@pytest.mark.parametrize(
    "words",
    [
        "</p><p>mattermost:" + "a" * 26,
        "<script>alert(1)</script>",
        "&lt;b&gt; &amp; &#60;",
        "a\r\nb\rc\nd",
        f"mattermost:{POST_ID}",
        "2 * 3 = 6, snake_case, 5 > 4, a|b, #1, (x) [y] {z} ~ ` \\ \" '",
    ],
)
def test_whatever_is_typed_is_read_as_it_was_typed_and_never_as_markup(words: str) -> None:
    content = ticket(words, read_rules(BRIDGE_TOML))["content"]
    shown, footer, marker = paragraphs(content)
    assert shown == words.replace("\r\n", "\n").replace("\r", "\n")
    assert footer == f"alice · ~helpdesk · {CHAT}/_redirect/pl/{POST_ID}"
    assert marker == f"mattermost:{POST_ID}"
    assert set(re.findall(r"<[^>]*>", content)) <= {
        "<p>",
        "</p>",
        "<br />",
        "</a>",
        f'<a href="{CHAT}/_redirect/pl/{POST_ID}">',
    }


@given(st.text(min_size=1))
def test_names_in_the_footer_are_escaped_too(name: str) -> None:
    content = ticket("x", read_rules(BRIDGE_TOML), channel_name=name, user_name=name)["content"]
    assert paragraphs(content)[-1] == f"mattermost:{POST_ID}"
    assert len(re.findall("<p>", content)) == 3


def test_files_stay_in_the_chat_and_the_ticket_says_so(rules: Rules) -> None:
    content = ticket("", rules, file_ids=f"{POST_ID},{POST_ID}")["content"]
    link = f"{CHAT}/_redirect/pl/{POST_ID}"
    assert paragraphs(content)[0] == f"Файлы (2) остались в чате. {link}"


def test_filed_late_a_ticket_says_when_its_message_was_written(rules: Rules) -> None:
    submission = to_post(
        {"text": "x", "timestamp": 1_795_509_127_979}, "hook", "request", "token"
    ).submission()
    routed = Routed(Desk(("112",)), "112", "x")
    for delay, said in ((299, False), (301, True)):
        around = Circumstances(None, now=1_795_509_127.979 + delay)
        content = str(compose(submission, routed, rules, around)["content"])
        assert ("Написано 2026-11-24 08:32 UTC." in content) is said


def test_parts_of_the_footer_with_nothing_to_say_are_left_out(rules: Rules) -> None:
    submission = to_post({"text": "x"}, "hook", "request", "token").submission()
    routed = Routed(Desk(("112",)), "112", "x")
    content = str(compose(submission, routed, rules, Circumstances(None))["content"])
    assert paragraphs(content) == ["x", f"mattermost:{submission.ref}"]


def test_title_and_footer_can_be_worded_otherwise(tmp_path: Path) -> None:
    rules = make_rules(
        tmp_path / "b.toml",
        'title = "[{trigger}] {first_line} ({team_domain})"\n'
        'footer = "<Chat> · {{{channel_name}}} · {permalink}"',
    )
    made = ticket("x", rules)
    assert made["name"] == "[112] x (acme)"
    assert paragraphs(made["content"])[1].startswith("<Chat> · {helpdesk} · https://")


@pytest.mark.parametrize("template", ["", "{channel_name}", "{permalink}"])
def test_a_title_of_which_nothing_comes_gives_way_to_the_default(
    tmp_path: Path, template: str
) -> None:
    rules = make_rules(tmp_path / "b.toml", f'title = "{template}"')
    submission = to_post(
        {"text": "x", "user_name": "alice"}, "hook", "request", "token"
    ).submission()
    made = compose(submission, Routed(Desk(("112",)), "112", "x"), rules, Circumstances(None))
    assert made["name"] == "Заявка от alice: x"


def test_an_empty_footer_leaves_only_the_marker(tmp_path: Path) -> None:
    rules = make_rules(tmp_path / "b.toml", 'footer = ""')
    assert paragraphs(ticket("x", rules)["content"]) == ["x", f"mattermost:{POST_ID}"]
