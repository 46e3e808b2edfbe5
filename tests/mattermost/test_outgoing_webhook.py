"""What Mattermost sends is understood, whatever it looks like."""

import hmac
import json
import re
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mattermost import outgoing_webhook
from bridge.mattermost.submissions import Audience, Author, Place, Submission
from tests.conftest import RECORDINGS

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
POST_ID = "mii9sqkmfp8btqx7sk43tk3xpy"

RECORDED = [
    json.loads(line)
    for line in (RECORDINGS / "mattermost-5.37-outgoing.jsonl").read_text("utf-8").splitlines()
]


def post(**fields: Any) -> outgoing_webhook.Post:
    return outgoing_webhook.to_post({"text": "112 fire", **fields}, "hook", "request", "token")


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda r: r["name"])
def test_every_recorded_request_of_a_real_server_is_parsed(recorded: dict[str, Any]) -> None:
    headers = dict(recorded["request"]["headers"])
    token, fields = outgoing_webhook.read(
        headers["Content-Type"], recorded["request"]["body"].encode()
    )
    parsed = outgoing_webhook.to_post(fields, "hook", "request", "token")
    assert len(token) == 26
    assert parsed.odd_fields == ()
    assert parsed.id == parsed.ref
    assert parsed.user_name
    assert parsed.channel_name
    assert parsed.team_domain == "acme"
    assert parsed.written_at
    assert parsed.written_at.date().isoformat() == "2026-11-24"
    if recorded["stimulus"] and "message" in recorded["stimulus"]:
        assert parsed.text == recorded["stimulus"]["message"]


def test_the_recordings_are_there() -> None:
    assert len(RECORDED) == 97


@given(st.dictionaries(st.sampled_from(["text", "user_name", "x"]), st.text()), st.text())
def test_json_and_form_say_the_same(fields: dict[str, str], token: str) -> None:
    whole = {"token": token, **fields}
    from_json = outgoing_webhook.read(JSON, json.dumps(whole).encode())
    encoded = urlencode(whole, errors="surrogatepass").encode()
    assert from_json == outgoing_webhook.read(FORM, encoded)


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=utf-8"])
def test_json_is_told_by_the_content_type(content_type: str) -> None:
    assert outgoing_webhook.read(content_type, b'{"token": "t", "text": "x"}') == (
        "t",
        {"text": "x"},
    )


@pytest.mark.parametrize("content_type", [FORM, "", "text/plain"])
def test_everything_else_is_a_form(content_type: str) -> None:
    assert outgoing_webhook.read(content_type, b"token=t&text=a+b%26%2B%25%0A") == (
        "t",
        {"text": "a b&+%\n"},
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"],
)
def test_what_is_not_a_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(outgoing_webhook.Malformed):
        outgoing_webhook.read(JSON, body)


@given(st.binary(max_size=200))
def test_no_form_body_raises_anything_but_malformed(body: bytes) -> None:
    token, fields = outgoing_webhook.read(FORM, body)
    assert isinstance(token, str)
    assert "token" not in fields


def test_a_form_with_too_many_fields_is_malformed() -> None:
    with pytest.raises(outgoing_webhook.Malformed):
        outgoing_webhook.read(FORM, b"&".join([b"a=b"] * 101))


def test_a_token_that_is_not_text_is_no_token() -> None:
    assert outgoing_webhook.read(JSON, b'{"token": ["t"]}') == ("", {})


def test_the_token_is_compared_with_every_accepted_one() -> None:
    accepted = {"old": "a" * 26, "new": "b" * 26}
    assert outgoing_webhook.verify("b" * 26, accepted) == "new"
    assert outgoing_webhook.verify("a" * 26, accepted) == "old"
    assert outgoing_webhook.verify("a" * 25, accepted) is None
    assert outgoing_webhook.verify("", accepted) is None
    assert outgoing_webhook.verify("ё", accepted) is None


def test_every_comparison_is_made_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr(hmac, "compare_digest", compare)
    outgoing_webhook.verify("a", {"one": "a", "two": "b", "three": "c"})
    assert compared == [(b"a", b"a"), (b"a", b"b"), (b"a", b"c")]


def test_only_text_is_required() -> None:
    parsed = outgoing_webhook.to_post({"text": "112 fire"}, "hook", "request", "token")
    assert parsed.text == "112 fire"
    assert parsed.id is None
    assert len(parsed.ref) == 26
    assert parsed.odd_fields == ()


@pytest.mark.parametrize("text", [None, 5, ["112"]])
def test_without_text_there_is_no_post(text: object) -> None:
    with pytest.raises(outgoing_webhook.Malformed, match="text"):
        outgoing_webhook.to_post({"text": text}, "hook", "request", "token")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["post_id", "trigger_word", "user_name", "channel_id", "channel_name", "team_domain"]


@given(
    st.dictionaries(st.sampled_from([*NAMES, "timestamp", "file_ids"]) | st.text(), ANYTHING),
    st.text(),
)
def test_no_other_field_ever_costs_the_message(fields: dict[str, object], text: str) -> None:
    parsed = outgoing_webhook.to_post({**fields, "text": text}, "hook", "request", "token")
    assert parsed.text == text
    parsed.text.encode()


def made_up(webhook: str = "hook", request_id: str = "request", **fields: object) -> str:
    """Return the ref of a post that came without an id."""
    made = outgoing_webhook.to_post({"text": "112 fire", **fields}, webhook, request_id, "token")
    assert made.id is None
    return made.ref


@given(st.text(), st.text(), st.sampled_from([None, "nope", 5]))
def test_a_ref_that_is_made_up_looks_like_an_id_of_mattermosts(
    text: str, request_id: str, post_id: object
) -> None:
    ref = made_up(text=text, request_id=request_id, post_id=post_id)
    assert re.fullmatch("[a-z0-9]{26}", ref)


def test_a_ref_that_is_made_up_stays_the_same_from_release_to_release() -> None:
    assert made_up(timestamp=1795509127) == "c2d3cxbuxuf377cdraq4l7nry3"
    assert made_up() == "bhu2i5ohqr2llzoiruce4n7kij"


def test_a_made_up_ref_tells_nobody_what_was_typed_who_has_not_the_token() -> None:
    fields = {"text": "112 fire", "timestamp": 1795509127}
    refs = {
        outgoing_webhook.to_post(fields, "hook", "request", token).ref for token in ("", "a", "b")
    }
    assert len(refs) == 3


def test_a_made_up_ref_is_the_same_whatever_order_the_fields_came_in() -> None:
    assert made_up(user_name="alice", x={"a": 1, "b": 2}) == made_up(
        x={"b": 2, "a": 1}, user_name="alice"
    )


def test_each_webhook_makes_a_ref_of_its_own() -> None:
    assert made_up("one", timestamp=1795509127) != made_up("two", timestamp=1795509127)


@pytest.mark.parametrize("timestamp", [None, "", 0, "soon", 10**30])
def test_without_a_usable_timestamp_the_request_tells_posts_apart(timestamp: object) -> None:
    one, two = (made_up(request_id=name, timestamp=timestamp) for name in ("one", "two"))
    assert one != two
    assert one == made_up(request_id="one", timestamp=timestamp)


def test_a_usable_timestamp_tells_posts_apart_whatever_the_request() -> None:
    one, two = (made_up(request_id=name, timestamp=1795509127) for name in ("one", "two"))
    assert one == two != made_up(request_id="one", timestamp=1795509128)


def test_a_made_up_ref_holds_the_token_as_its_key_only() -> None:
    bodies = [urlencode({"token": t * 26, "text": "112 fire"}).encode() for t in "ab"]
    one, two = (
        outgoing_webhook.to_post(
            outgoing_webhook.read(FORM, body)[1], "hook", "request", "token"
        ).ref
        for body in bodies
    )
    assert one == two == made_up()


def test_a_field_nested_as_deep_as_can_be_read_costs_no_message() -> None:
    read = 0
    for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
        body = '{"text": "112 fire", "x": ' + "[" * depth + "]" * depth + "}"
        try:
            _, fields = outgoing_webhook.read(JSON, body.encode())
        except outgoing_webhook.Malformed:
            break
        assert outgoing_webhook.to_post(fields, "hook", "request", "token").text == "112 fire"
        read += 1
    assert read


def test_a_post_says_what_its_author_asks_for() -> None:
    parsed = post(
        post_id=POST_ID,
        user_id="fz1a7yhdajg68bfq48xas5jhqc",
        user_name="alice",
        channel_id="745i3akya3d9ierbsg6gsqmkfr",
        channel_name="helpdesk",
        team_domain="acme",
        timestamp=1795509127,
        file_ids="jcu8m79n6bbwbx94dbqj9dbtny",
        trigger_word="112",
    )
    assert parsed.submission() == Submission(
        ref=POST_ID,
        words="112 fire",
        author=Author("fz1a7yhdajg68bfq48xas5jhqc", "alice"),
        place=Place(
            channel_id="745i3akya3d9ierbsg6gsqmkfr",
            channel_name="helpdesk",
            team="acme",
            post=POST_ID,
            audience=Audience.PUBLIC,
        ),
        files=("jcu8m79n6bbwbx94dbqj9dbtny",),
        written_at=datetime(2026, 11, 24, 8, 32, 7, tzinfo=UTC),
        source="hook",
        trigger_word="112",
    )


def test_a_post_of_words_alone_asks_without_an_author_and_without_a_post() -> None:
    parsed = post()
    assert parsed.submission() == Submission(
        ref=parsed.ref,
        words="112 fire",
        author=Author(),
        place=Place(audience=Audience.PUBLIC),
        files=(),
        written_at=None,
        source="hook",
    )


def test_fields_that_cannot_be_used_are_named() -> None:
    parsed = post(post_id="nope", user_name=7, timestamp="soon", file_ids=5, channel_id={})
    assert set(parsed.odd_fields) == {
        "post_id",
        "user_name",
        "timestamp",
        "file_ids",
        "channel_id",
    }
    assert (parsed.id, parsed.user_name, parsed.written_at, parsed.file_ids) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize("timestamp", [1795509127979, "1795509127979", 1795509127, "1795509127"])
def test_the_timestamp_is_in_milliseconds_or_seconds(timestamp: object) -> None:
    written_at = post(timestamp=timestamp).written_at
    assert written_at
    assert written_at.replace(microsecond=0) == datetime(2026, 11, 24, 8, 32, 7, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", [-1, 0, 10**30, "9" * 5000, 1.5, [], "x"])
def test_an_impossible_timestamp_is_odd(timestamp: object) -> None:
    assert post(timestamp=timestamp).odd_fields == ("timestamp",)


def test_file_ids_come_as_one_string_or_as_a_list() -> None:
    ids = ("jcu8m79n6bbwbx94dbqj9dbtny", "bnjzkfbbntd78yczzfby85kzoc")
    assert post(file_ids=",".join(ids)).file_ids == ids
    assert post(file_ids=list(ids)).file_ids == ids
    assert post(file_ids="").file_ids == ()
    assert post(file_ids=ids[0] + ",<script>").file_ids == ids[:1]


def test_lone_surrogates_become_something_that_utf8_can_carry() -> None:
    assert post(text="bad \ud83d end").text == "bad � end"
    assert post(text="\ud83d\ude00").text == "😀"


def test_an_answer_goes_into_the_thread_or_the_channel() -> None:
    assert outgoing_webhook.answer("hi", in_thread=True) == {
        "text": "hi",
        "response_type": "comment",
    }
    assert outgoing_webhook.answer("hi", in_thread=False) == {"text": "hi", "response_type": "post"}


def test_name_and_icon_are_sent_only_when_configured() -> None:
    built = outgoing_webhook.answer(
        "hi", in_thread=True, username="Desk", icon_url="https://i.example"
    )
    assert (built["username"], built["icon_url"]) == ("Desk", "https://i.example")


@pytest.mark.parametrize(
    "name",
    [
        *("alice", "anna.k", "vasya-", "petya.", "7seven", "1", "112", "7.7", "2020-01-01"),
        *("_under", "_", "__", ".dot", "-dash", "a" * 64, "hereafter", "all-hands", "channel7"),
    ],
)
def test_every_name_that_mattermost_gives_is_rung(name: str) -> None:
    """Tried on 5.37.0; its model/user.go: letters, digits, `.`, `-`, `_` in any order, 1 to 64."""
    assert outgoing_webhook.mention(name) == f"@{name}"


@pytest.mark.parametrize(
    "name",
    [
        *("", "a" * 65, "ünder", "sp ace", "a@b", "x](http://z)", "@bob", "<!channel>", "a\n@all"),
        *("all", "here", "channel", "all.", "here-_", "channel__", "all.-_"),
    ],
)
def test_what_is_no_name_or_would_ring_everybody_rings_nobody(name: str) -> None:
    shown = outgoing_webhook.mention(name)
    assert not re.search("@[a-z0-9._-]", shown)
    assert "<!c" not in shown


@pytest.mark.parametrize(
    "said",
    [
        "@all",
        "&commat;all",
        "@channel",
        "@here",
        "<!channel>",
        "<@bob>",
        "<https://x|y>",
        "~town-square",
        "#x",
        ":x:",
        "https://evil.example",
        "www.evil.example",
        "[x](y)",
        "![x](y)",
        "`x`",
        "**x**",
    ],
)
def test_what_people_wrote_comes_back_inert(said: str) -> None:
    shown = outgoing_webhook.neutralise(said)
    for alive in ("&c", "@a", "@c", "@h", "@b", "<!", "<@", "<h", "~t", "://", "www.", ":x"):
        assert alive not in shown
    for mark in "[]()`*#!":
        assert shown.count(mark) == shown.count("\\" + mark)
    assert shown.replace("\u200b", "").replace("\\", "").replace("＜", "<") == said
