"""The first word chooses the desk, and only the trigger is cut off."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.rules import Desk
from bridge.mattermost.outgoing_webhook import to_post
from bridge.mattermost.submissions import Submission
from bridge.tickets.desks import Routed, _match, find, triggers_for


def submission(text: str, webhook: str = "hook", **fields: object) -> Submission:
    return to_post({"text": text, **fields}, webhook, "request", "token").submission()


def route(text: str, *desks: Desk) -> tuple[str, str] | None:
    routed = find(desks, submission(text))
    return (routed.trigger, routed.words) if routed else None


EQUALS = Desk(("112", "заявка"))
STARTS = Desk(("112", "заявка"), starts=True)


@pytest.mark.parametrize("desk", [EQUALS, STARTS], ids=["equals", "starts"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("112 принтер", "принтер"),
        ("заявка принтер", "принтер"),
        ("  \n\t112 принтер", "принтер"),
        ("\u00a0112\u00a0принтер", "принтер"),
        ("112\tпринтер", "принтер"),
        ("112\nпринтер", "принтер"),
        ("112\r\nпринтер", "принтер"),
        ("112", ""),
        ("112 \n ", ""),
        ("112  a  b \n\n c & + %25 😀 `x`  ", "a  b \n\n c & + %25 😀 `x`"),
        ("112\n```\n\tif a < b: pass\n```", "```\n\tif a < b: pass\n```"),
        ("112\n\n    indented code\nmore", "    indented code\nmore"),
        ("112 112 112", "112 112"),
    ],
)
def test_the_trigger_is_cut_and_the_rest_kept(desk: Desk, text: str, words: str) -> None:
    routed = find([desk], submission(text))
    assert routed
    assert routed.words == words


@pytest.mark.parametrize("text", ["", " ", "1", "11 2", "x 112", "**112** x", "> 112 x"])
@pytest.mark.parametrize("desk", [EQUALS, STARTS], ids=["equals", "starts"])
def test_a_trigger_counts_only_as_the_first_word(desk: Desk, text: str) -> None:
    assert route(text, desk) is None


@pytest.mark.parametrize("text", ["112: fire", "1123 fire", "заявочка"])
def test_equals_wants_the_whole_word(text: str) -> None:
    assert route(text, EQUALS) is None


def test_starts_lets_the_word_go_on() -> None:
    assert route("112принтер горит", STARTS) == ("112", "принтер горит")
    assert route("112: fire", STARTS) == ("112", ": fire")


@pytest.mark.parametrize("desk", [EQUALS, STARTS], ids=["equals", "starts"])
def test_case_is_ignored(desk: Desk) -> None:
    assert route("ЗАЯВКА принтер", desk) == ("ЗАЯВКА", "принтер")
    assert route("Заявка принтер", desk) == ("Заявка", "принтер")


def test_an_exact_match_goes_before_one_that_ignores_case() -> None:
    lower, upper = Desk(("help",)), Desk(("HELP",))
    for typed, wanted in (("help x", lower), ("HELP x", upper)):
        routed = find([lower, upper], submission(typed))
        assert routed
        assert routed.desk is wanted


def test_the_longest_trigger_wins() -> None:
    short, long = Desk(("зая",), starts=True), Desk(("заявка-2",), starts=True)
    for desks in ([short, long], [long, short]):
        routed = find(desks, submission("заявка-2 x"))
        assert routed == Routed(long, "заявка-2", "x")


def test_of_equal_desks_the_first_wins() -> None:
    first, second = Desk(("112",), type=1), Desk(("112",), type=2)
    routed = find([first, second], submission("112 x"))
    assert routed
    assert routed.desk is first


def test_the_trigger_word_of_another_hook_does_not_mislead() -> None:
    routed = find([EQUALS], submission("заявка принтер", trigger_word="зая"))
    assert routed
    assert (routed.trigger, routed.words) == ("заявка", "принтер")


def test_case_folding_that_changes_the_length_cuts_in_the_right_place() -> None:
    assert route("STRASSE x", Desk(("straße",))) == ("STRASSE", "x")
    assert route("straßenbahn x", Desk(("STRASSE",), starts=True)) == ("straße", "nbahn x")


def test_a_desk_can_be_bound_to_channels_teams_and_webhooks() -> None:
    channel_id = "745i3akya3d9ierbsg6gsqmkfr"
    here = submission(
        "112 x", "one", channel_name="helpdesk", channel_id=channel_id, team_domain="acme"
    )
    for desk in (
        Desk(("112",), channels=("helpdesk",)),
        Desk(("112",), channels=(channel_id,)),
        Desk(("112",), teams=("acme",)),
        Desk(("112",), webhooks=("one",)),
    ):
        assert find([desk], here)
        assert triggers_for([desk], here) == ["112"]
        assert find([desk], submission("112 x", "two", channel_name="x", team_domain="y")) is None
        assert triggers_for([desk], submission("112 x", "two")) == []


def test_triggers_are_named_once_each() -> None:
    assert triggers_for([EQUALS, STARTS, Desk(("it",))], submission("x")) == ["112", "заявка", "it"]


WORD = st.text(
    st.characters(blacklist_categories=["Z", "C"], blacklist_characters="\x85"), min_size=1
)
BLANKS = st.text(" \t\n\u00a0", min_size=1, max_size=4)


@given(WORD, BLANKS, st.text(string.printable) | st.text())
def test_cutting_keeps_every_word_that_follows(trigger: str, blanks: str, rest: str) -> None:
    desk = Desk((trigger,))
    routed = find([desk], submission(trigger + blanks + rest))
    assert routed
    assert routed.trigger == trigger
    assert routed.words.split() == rest.split()
    assert routed.words in blanks + rest
    assert routed.words == routed.words.rstrip()


@given(WORD, WORD)
def test_in_starts_mode_nothing_is_lost_either(trigger: str, glued: str) -> None:
    routed = find([Desk((trigger,), starts=True)], submission(trigger + glued))
    assert routed
    assert routed.trigger + routed.words == trigger + glued


@given(st.sampled_from(["112", "заявка", "ЗАЯВКА", "11", ""]), st.text(), st.booleans())
def test_a_text_is_routed_exactly_when_its_first_word_says_so(
    word: str, rest: str, starts: bool
) -> None:
    text = word + rest
    first = (text.split() or [""])[0].casefold()
    routed = find([STARTS if starts else EQUALS], submission(text))
    wanted = first.startswith(("112", "заявка")) if starts else first in ("112", "заявка")
    assert (routed is not None) == wanted


def test_a_very_long_word_costs_no_more_than_the_trigger_is_long() -> None:
    folded = []

    class Word(str):
        def __getitem__(self, key: object) -> str:
            folded.append(key)
            return super().__getitem__(key)  # type: ignore[index]  # a slice

    assert _match("112", Word("x" * 1_000_000), starts=True) == 0
    assert len(folded) == 3
