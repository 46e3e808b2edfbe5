"""Telling authors something later: by a bot in the thread, by a webhook in the channel."""

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.config.credentials import MattermostAccess
from bridge.mattermost.api import (
    MAX_WAIT,
    Denied,
    Gone,
    MattermostApi,
    MattermostError,
    Unreachable,
    decipher,
)
from bridge.mattermost.notifier import Way, WayBack
from bridge.mattermost.outgoing_webhook import Post, answer, to_post
from bridge.net.http import Answer, Deadline, Http
from local.mattermost_simulator import MattermostSimulator, Trouble
from tests.support.limits import PLENTY

HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"
REPLY = answer("done", in_thread=True, username="Helpdesk", icon_url="https://x.example/i.png")


def post(post_id: str | None, **fields: object) -> Post:
    given = {"text": "112 x", "post_id": post_id or "", "channel_name": "helpdesk", **fields}
    return to_post(given, "hook")


def deadline() -> Deadline:
    return Deadline(PLENTY)


@pytest.fixture
def http() -> Iterator[Http]:
    http = Http()
    yield http
    http.close()


@pytest.fixture
def bot(mattermost: MattermostSimulator, http: Http) -> WayBack:
    access = MattermostAccess(bot_token=mattermost.bot_token)
    return WayBack(MattermostApi(mattermost.url, lambda: access, http))


@pytest.fixture
def hook(mattermost: MattermostSimulator, http: Http) -> WayBack:
    access = MattermostAccess(incoming_webhook=mattermost.hook_url)
    return WayBack(MattermostApi(None, lambda: access, http))


def test_a_bot_answers_in_the_thread_of_the_post(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    root = mattermost.add_post(HELPDESK)
    assert bot.of(post(root)) is Way.THREAD
    bot.tell(post(root), REPLY, deadline())
    assert mattermost.said() == [(root, "done")]


def test_a_reply_is_answered_in_the_thread_it_belongs_to(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    root = mattermost.add_post(HELPDESK)
    bot.tell(post(mattermost.add_post(HELPDESK, root)), REPLY, deadline())
    assert mattermost.said() == [(root, "done")]


def test_the_same_said_twice_in_a_row_appears_once_but_other_words_do(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    root = mattermost.add_post(HELPDESK)
    for text in ("done", "done", "failed"):
        bot.tell(post(root), answer(text, in_thread=True), deadline())
    assert [text for _, text in mattermost.said()] == ["done", "failed"]


def test_an_incoming_webhook_writes_into_the_channel_of_the_post(
    mattermost: MattermostSimulator, hook: WayBack
) -> None:
    mattermost.add_channel("printers")
    written = post(None, channel_name="printers")
    assert hook.of(written) is Way.CHANNEL
    hook.tell(written, REPLY, deadline())
    assert mattermost.said("printers") == [("", "done")]
    assert [p["username"] for p in mattermost.posts.values()] == ["Helpdesk"]


@pytest.mark.parametrize(
    ("access", "url", "fields", "way"),
    [
        ({"bot_token": "b", "incoming_webhook": "h"}, "https://m", {}, Way.THREAD),
        ({"bot_token": "b", "incoming_webhook": "h"}, None, {}, Way.CHANNEL),
        ({"bot_token": "b", "incoming_webhook": "h"}, "https://m", {"post_id": ""}, Way.CHANNEL),
        ({"bot_token": "b"}, None, {}, Way.NONE),
        ({"bot_token": "b"}, "https://m", {"post_id": ""}, Way.NONE),
        ({"incoming_webhook": "h"}, "https://m", {"channel_name": ""}, Way.NONE),
        ({}, "https://m", {}, Way.NONE),
    ],
    ids=str,
)
def test_where_an_author_will_be_told(
    access: dict[str, str], url: str | None, fields: dict[str, str], way: Way, http: Http
) -> None:
    known = MattermostAccess(**access)
    assert (
        WayBack(MattermostApi(url, lambda: known, http)).of(post(**{"post_id": "a" * 26, **fields}))
        is way
    )


def test_a_deleted_post_has_nobody_to_tell(bot: WayBack) -> None:
    with pytest.raises(Gone):
        bot.tell(post("a" * 26), REPLY, deadline())


def test_a_thread_deleted_in_between_has_nobody_to_tell(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    orphan = mattermost.add_post(HELPDESK, "b" * 26)
    with pytest.raises(Gone):
        bot.tell(post(orphan), REPLY, deadline())


def test_a_bot_that_is_not_in_the_channel_says_who_has_to_do_what(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    channel = mattermost.add_channel("elsewhere", with_bot=False)
    with pytest.raises(Denied, match=r"mattermost-permissions.*add it to the team"):
        bot.tell(post(mattermost.add_post(channel.id)), REPLY, deadline())


def test_a_wrong_bot_token_is_named_but_not_shown(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(bot_token="canary")
    way_back = WayBack(MattermostApi(mattermost.url, lambda: access, http))
    with pytest.raises(Denied, match="mattermost_bot_token") as caught:
        way_back.tell(post("a" * 26), REPLY, deadline())
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(access)


def test_an_unknown_incoming_webhook_is_named_but_its_address_is_not_shown(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(incoming_webhook=f"{mattermost.url}/hooks/canary")
    with pytest.raises(Denied, match="mattermost_incoming_webhook") as caught:
        WayBack(MattermostApi(None, lambda: access, http)).tell(post(None), REPLY, deadline())
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_is_cut_off_may_have_been_posted(
    mattermost: MattermostSimulator, bot: WayBack, done: bool
) -> None:
    root = mattermost.add_post(HELPDESK)
    mattermost.trouble = Trouble(done=done, match="POST")
    with pytest.raises(Unreachable, match="mattermost-cut"):
        bot.tell(post(root), REPLY, deadline())
    mattermost.heal()
    bot.tell(post(root), REPLY, deadline())
    assert len(mattermost.said()) == 1


def test_a_server_that_is_down_is_waited_for(mattermost: MattermostSimulator, bot: WayBack) -> None:
    mattermost.refuse()
    with pytest.raises(Unreachable, match=r"mattermost-connect.*VPC"):
        bot.tell(post("a" * 26), REPLY, deadline())


def test_a_server_that_speaks_no_tls_is_waited_for(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(bot_token="b")
    url = mattermost.url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="mattermost-tls"):
        WayBack(MattermostApi(url, lambda: access, http)).tell(post("a" * 26), REPLY, deadline())


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "17"}, 17.0), ({"Retry-After": "86400"}, MAX_WAIT), ({}, 0.0)],
    ids=["short", "endless", "silent"],
)
def test_a_rate_limit_says_how_long_to_wait(
    mattermost: MattermostSimulator, bot: WayBack, headers: dict[str, str], wait: float
) -> None:
    mattermost.trouble = Trouble(status=429, headers=headers)
    with pytest.raises(Unreachable, match="429") as caught:
        bot.tell(post("a" * 26), REPLY, deadline())
    assert caught.value.wait == wait


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"{}", Unreachable),
        (502, b"<html>", Unreachable),
        (200, b"<html>login</html>", Denied),
        (200, b"", Denied),
        (301, b"", Denied),
        (201, b"[]", Denied),
        (400, b"<html>", Denied),
        (403, b'{"id": ["canary"]}', Denied),
        (404, b'{"id": "canary"}', Denied),
        (413, b"canary", Denied),
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error_without_its_words(
    status: int, body: bytes, kind: type[MattermostError]
) -> None:
    with pytest.raises(kind) as caught:
        decipher(Answer(status, {}, body))
    assert "canary" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("body", ['{"id": "x"}', '{"channel_id": 5}', '{"channel_id": "../x"}'])
def test_a_post_without_a_channel_is_no_answer_of_mattermosts(
    mattermost: MattermostSimulator, bot: WayBack, body: str
) -> None:
    mattermost.trouble = Trouble(status=200, body=body)
    with pytest.raises(Denied, match="mattermost-odd-answer"):
        bot.tell(post("a" * 26), REPLY, deadline())


def test_what_is_known_of_a_post_is_not_in_an_error(
    mattermost: MattermostSimulator, bot: WayBack
) -> None:
    mattermost.trouble = Trouble(status=400, body='{"id": "x", "message": "canary"}')
    said: dict[str, Any] = answer("canary", in_thread=True)
    with pytest.raises(Denied) as caught:
        bot.tell(post("a" * 26), said, deadline())
    assert "canary" not in repr(caught.value)
