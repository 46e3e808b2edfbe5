"""Mattermost as a bot sees it: users, posts, files."""

import io
from collections.abc import Iterator

import pytest

from bridge.config.credentials import MattermostAccess
from bridge.config.timing import OUTSIDE_AGE_SECONDS
from bridge.mattermost.api import Denied, FileInfo, Gone, MattermostApi, Unreachable
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from tests.support.limits import PLENTY
from tests.support.safe_path import Clock

HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"


@pytest.fixture
def api(mattermost: MattermostSimulator) -> Iterator[MattermostApi]:
    http = Http()
    access = MattermostAccess(bot_token=mattermost.bot_token)
    yield MattermostApi(mattermost.url, lambda: access, http)
    http.close()


def deadline() -> Deadline:
    return Deadline(PLENTY)


def test_a_post_stands_in_a_channel_and_perhaps_in_a_thread(
    mattermost: MattermostSimulator, api: MattermostApi
) -> None:
    root = mattermost.add_post(HELPDESK)
    reply = mattermost.add_post(HELPDESK, root)
    first, second = api.position(root, deadline()), api.position(reply, deadline())
    assert (first.channel, first.root) == (HELPDESK, None)
    assert (second.channel, second.root) == (HELPDESK, root)
    assert first.written_at == mattermost.posts[root]["create_at"] / 1000


def test_a_users_address_is_told_or_hidden(
    mattermost: MattermostSimulator, api: MattermostApi
) -> None:
    alice = mattermost.add_user("alice", "alice@acme.test")
    hidden = mattermost.add_user("bob")
    assert api.email(alice.id, deadline()) == "alice@acme.test"
    assert api.email(hidden.id, deadline()) == ""


def test_a_file_is_described_and_handed_out(
    mattermost: MattermostSimulator, api: MattermostApi
) -> None:
    file = mattermost.add_file(mattermost.add_post(HELPDESK), "a b.txt", b"x" * 100_000)
    known = FileInfo("a b.txt", 100_000, "text/plain; charset=utf-8")
    assert api.file_info(file, deadline()) == known
    into = io.BytesIO()
    api.download(file, into, 100_000, deadline())
    assert into.getvalue() == b"x" * 100_000


def test_a_file_larger_than_it_said_is_not_read_to_the_end(
    mattermost: MattermostSimulator, api: MattermostApi
) -> None:
    file = mattermost.add_file(mattermost.add_post(HELPDESK), "a.txt", b"x" * 1_000_000)
    into = io.BytesIO()
    with pytest.raises(Unreachable, match="too-large"):
        api.download(file, into, 100_000, deadline())
    assert len(into.getvalue()) <= 100_000


def test_a_deleted_file_is_gone(mattermost: MattermostSimulator, api: MattermostApi) -> None:
    with pytest.raises(Gone, match="file was deleted"):
        api.file_info("a" * 26, deadline())
    with pytest.raises(Gone):
        api.download("a" * 26, io.BytesIO(), 100, deadline())


def test_a_file_outside_the_bots_channels_is_denied(
    mattermost: MattermostSimulator, api: MattermostApi
) -> None:
    channel = mattermost.add_channel("elsewhere", with_bot=False)
    file = mattermost.add_file(mattermost.add_post(channel.id), "a.txt", b"x")
    for ask in (
        lambda: api.file_info(file, deadline()),
        lambda: api.download(file, io.BytesIO(), 100, deadline()),
    ):
        with pytest.raises(Denied, match="permissions"):
            ask()


@pytest.mark.parametrize("body", ["{}", '{"email": null}', '{"email": 5}', "[]", '"x"'])
def test_what_is_no_user_is_no_answer_of_mattermosts(
    mattermost: MattermostSimulator, api: MattermostApi, body: str
) -> None:
    mattermost.fault = MattermostFault(status=200, body=body)
    with pytest.raises(Denied, match="odd-answer"):
        api.email("a" * 26, deadline())


@pytest.mark.parametrize("body", ['{"name": "x", "mime_type": "y"}', '{"name": "x", "size": "1"}'])
def test_what_is_no_file_is_no_answer_of_mattermosts(
    mattermost: MattermostSimulator, api: MattermostApi, body: str
) -> None:
    mattermost.fault = MattermostFault(status=200, body=body)
    with pytest.raises(Denied, match="odd-answer"):
        api.file_info("a" * 26, deadline())


def test_a_partial_file_is_not_a_file(mattermost: MattermostSimulator, api: MattermostApi) -> None:
    mattermost.fault = MattermostFault(status=206, body="ab")
    with pytest.raises(Denied, match="odd-answer"):
        api.download("a" * 26, io.BytesIO(), 100, deadline())


@pytest.mark.parametrize(
    ("url", "token", "there"),
    [("https://m", "b", True), (None, "b", False), ("https://m", "", False)],
)
def test_a_bot_needs_a_token_and_an_address(url: str | None, token: str, there: bool) -> None:
    access = MattermostAccess(bot_token=token)
    assert MattermostApi(url, lambda: access, Http()).has_bot() is there


def test_a_token_that_mattermost_refuses_is_not_sent_again_for_a_while_and_another_is(
    mattermost: MattermostSimulator, clock: Clock
) -> None:
    known = ["wrong"]
    http = Http()
    api = MattermostApi(mattermost.url, lambda: MattermostAccess(known[0]), http, clock)
    for _ in range(2):
        with pytest.raises(Denied, match="mattermost-token"):
            api.position("a" * 26, deadline())
    with pytest.raises(Denied, match="mattermost-token"):
        api.download("b" * 26, io.BytesIO(), 9, deadline())
    assert len(mattermost.log) == 1
    clock.now += OUTSIDE_AGE_SECONDS
    with pytest.raises(Denied, match="mattermost-token"):
        api.position("a" * 26, deadline())
    known[0] = mattermost.bot_token
    with pytest.raises(Gone):
        api.position("a" * 26, deadline())
    assert len(mattermost.log) == 3
    http.close()
