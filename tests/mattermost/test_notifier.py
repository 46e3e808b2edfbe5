"""Telling authors something later: by a bot in the thread, by a webhook in the channel."""

from collections.abc import Iterator

import pytest

from bridge.config.credentials import MattermostAccess
from bridge.config.timing import RETRY_AFTER_SECONDS
from bridge.mattermost.api import (
    Denied,
    Gone,
    MattermostApi,
    MattermostError,
    Unreachable,
    decipher,
)
from bridge.mattermost.notifier import Notifier, Reach
from bridge.mattermost.outgoing_webhook import to_post
from bridge.mattermost.submissions import Place
from bridge.net.deadline import Deadline
from bridge.net.http import Answer, Http
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from tests.support.limits import PLENTY

HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"
REPLY = "done"


def place(post_id: str | None, **fields: object) -> Place:
    """Return where a post was written."""
    somewhere = {"channel_name": "helpdesk", "team_domain": "acme"}
    given = {"text": "112 x", "post_id": post_id or "", **somewhere, **fields}
    return to_post(given, "hook", "request", "token").submission().place


def tell(notifier: Notifier, place: Place, text: str, limit: Deadline) -> None:
    """Tell the author of a post that was written there, wherever that is."""
    target = notifier.target_of(place, limit)
    notifier.say(target, text, limit, once=place.post or "a post without an id")


def deadline() -> Deadline:
    return Deadline(PLENTY)


@pytest.fixture
def http() -> Iterator[Http]:
    http = Http()
    yield http
    http.close()


@pytest.fixture
def bot(mattermost: MattermostSimulator, http: Http) -> Notifier:
    access = MattermostAccess(bot_token=mattermost.bot_token)
    return Notifier(MattermostApi(mattermost.url, lambda: access, http))


@pytest.fixture
def hook(mattermost: MattermostSimulator, http: Http) -> Notifier:
    access = MattermostAccess(incoming_webhook=mattermost.hook_url)
    return Notifier(MattermostApi(None, lambda: access, http), "acme", username="Helpdesk")


def test_a_bot_answers_in_the_thread_of_the_post(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    root = mattermost.add_post(HELPDESK)
    assert bot.reach(place(root)) is Reach.THREAD
    tell(bot, place(root), REPLY, deadline())
    assert mattermost.said() == [(root, "done")]


def test_a_reply_is_answered_in_the_thread_it_belongs_to(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    root = mattermost.add_post(HELPDESK)
    tell(bot, place(mattermost.add_post(HELPDESK, root)), REPLY, deadline())
    assert mattermost.said() == [(root, "done")]


def test_the_same_said_twice_in_a_row_appears_once_but_other_words_do(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    root = mattermost.add_post(HELPDESK)
    for text in ("done", "done", "failed"):
        tell(bot, place(root), text, deadline())
    assert [text for _, text in mattermost.said()] == ["done", "failed"]


def test_an_incoming_webhook_writes_into_the_channel_of_the_post(
    mattermost: MattermostSimulator, hook: Notifier
) -> None:
    mattermost.add_channel("printers")
    written = place(None, channel_name="printers")
    assert hook.reach(written) is Reach.CHANNEL
    tell(hook, written, REPLY, deadline())
    assert mattermost.said("printers") == [("", "done")]
    assert [p["username"] for p in mattermost.posts.values()] == ["Helpdesk"]


@pytest.mark.parametrize(
    ("access", "url", "fields", "reach"),
    [
        ({"bot_token": "b", "incoming_webhook": "h"}, "https://m", {}, Reach.THREAD),
        ({"bot_token": "b", "incoming_webhook": "h"}, None, {}, Reach.CHANNEL),
        ({"bot_token": "b", "incoming_webhook": "h"}, "https://m", {"post_id": ""}, Reach.CHANNEL),
        ({"bot_token": "b"}, None, {}, Reach.NONE),
        ({"bot_token": "b"}, "https://m", {"post_id": ""}, Reach.NONE),
        ({"incoming_webhook": "h"}, "https://m", {"channel_name": ""}, Reach.NONE),
        ({"incoming_webhook": "h"}, "https://m", {"team_domain": "other"}, Reach.NONE),
        ({"incoming_webhook": "h"}, "https://m", {"team_domain": ""}, Reach.NONE),
        ({}, "https://m", {}, Reach.NONE),
    ],
    ids=str,
)
def test_where_an_author_will_be_told(
    access: dict[str, str], url: str | None, fields: dict[str, str], reach: Reach, http: Http
) -> None:
    known = MattermostAccess(**access)
    notifier = Notifier(MattermostApi(url, lambda: known, http), "acme")
    assert notifier.reach(place(**{"post_id": "a" * 26, **fields})) is reach


def test_a_deleted_post_has_nobody_to_tell(bot: Notifier) -> None:
    with pytest.raises(Gone):
        tell(bot, place("a" * 26), REPLY, deadline())


def test_a_thread_deleted_in_between_has_nobody_to_tell(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    orphan = mattermost.add_post(HELPDESK, "b" * 26)
    with pytest.raises(Gone):
        tell(bot, place(orphan), REPLY, deadline())


def test_a_bot_that_is_not_in_the_channel_says_who_has_to_do_what(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    channel = mattermost.add_channel("elsewhere", with_bot=False)
    with pytest.raises(Denied, match=r"mattermost-permissions.*add it to the team"):
        tell(bot, place(mattermost.add_post(channel.id)), REPLY, deadline())


def test_a_wrong_bot_token_is_named_but_not_shown(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(bot_token="canary")
    notifier = Notifier(MattermostApi(mattermost.url, lambda: access, http))
    with pytest.raises(Denied, match="mattermost_bot_token") as caught:
        tell(notifier, place("a" * 26), REPLY, deadline())
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(access)


def test_an_unknown_incoming_webhook_is_named_but_its_address_is_not_shown(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(incoming_webhook=f"{mattermost.url}/hooks/canary")
    with pytest.raises(Denied, match="mattermost_incoming_webhook") as caught:
        tell(Notifier(MattermostApi(None, lambda: access, http)), place(None), REPLY, deadline())
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_is_cut_off_may_have_been_posted(
    mattermost: MattermostSimulator, bot: Notifier, done: bool
) -> None:
    root = mattermost.add_post(HELPDESK)
    mattermost.fault = MattermostFault(done=done, match="POST")
    with pytest.raises(Unreachable, match="mattermost-cut"):
        tell(bot, place(root), REPLY, deadline())
    mattermost.heal()
    tell(bot, place(root), REPLY, deadline())
    assert len(mattermost.said()) == 1


def test_a_server_that_is_down_is_waited_for(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    mattermost.refuse()
    with pytest.raises(Unreachable, match=r"mattermost-connect.*VPC"):
        tell(bot, place("a" * 26), REPLY, deadline())


def test_a_server_that_speaks_no_tls_is_waited_for(
    mattermost: MattermostSimulator, http: Http
) -> None:
    access = MattermostAccess(bot_token="b")
    url = mattermost.url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="mattermost-tls"):
        tell(Notifier(MattermostApi(url, lambda: access, http)), place("a" * 26), REPLY, deadline())


@pytest.mark.parametrize(
    ("headers", "wait"),
    [({"Retry-After": "17"}, 17.0), ({"Retry-After": "86400"}, RETRY_AFTER_SECONDS), ({}, 0.0)],
    ids=["short", "endless", "silent"],
)
def test_a_rate_limit_says_how_long_to_wait(
    mattermost: MattermostSimulator, bot: Notifier, headers: dict[str, str], wait: float
) -> None:
    mattermost.fault = MattermostFault(status=429, headers=headers)
    with pytest.raises(Unreachable, match="429") as caught:
        tell(bot, place("a" * 26), REPLY, deadline())
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
    mattermost: MattermostSimulator, bot: Notifier, body: str
) -> None:
    mattermost.fault = MattermostFault(status=200, body=body)
    with pytest.raises(Denied, match="mattermost-odd-answer"):
        tell(bot, place("a" * 26), REPLY, deadline())


def test_what_is_known_of_a_post_is_not_in_an_error(
    mattermost: MattermostSimulator, bot: Notifier
) -> None:
    mattermost.fault = MattermostFault(status=400, body='{"id": "x", "message": "canary"}')
    with pytest.raises(Denied) as caught:
        tell(bot, place("a" * 26), "canary", deadline())
    assert "canary" not in repr(caught.value)
