"""The people's side of the Mattermost simulator: whoever sits at the machine can write and read."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from bridge.endpoints.outgoing_webhook import PATH
from local.glpi_simulator.listener import Listener
from local.mattermost_simulator import MattermostSimulator, OutgoingWebhook
from tests.support.limits import PLENTY
from tests.support.people import File, ask, multipart


class Bridge:
    """What the outgoing webhook calls: keeps what it is told, and answers what it should."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        self.status = 200
        self.calls: list[dict[str, str]] = []
        self.headers: dict[str, str] = {}
        bridge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                bridge.calls.append(dict(parse_qsl(body, keep_blank_values=True)))
                bridge.headers = dict(self.headers)
                self.send_response(bridge.status)
                self.end_headers()
                self.wfile.write(json.dumps(bridge.answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.listener = Listener(0, Handler)


@pytest.fixture
def bridge(mattermost: MattermostSimulator) -> Iterator[Bridge]:
    bridge = Bridge()
    bridge.listener.open()
    url = f"http://127.0.0.1:{bridge.listener.port}{PATH}"
    mattermost.outgoing = OutgoingWebhook(url, "token-of-the-hook", ("112",))
    yield bridge
    bridge.listener.close()


def say(chat: MattermostSimulator, *files: File, **fields: str) -> tuple[int, str]:
    body, headers = multipart(fields, files)
    return ask(f"{chat.url}/say", body, headers)


def roots(chat: MattermostSimulator) -> list[str]:
    return [post["id"] for post in chat.posts.values() if not post["root_id"]]


def test_a_message_sets_the_webhook_off_and_the_thread_shows_its_answer(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    bridge.answer = {"text": "Got it: #101.\nThanks", "response_type": "comment"}
    status, thread = say(mattermost, ("a.txt", b"x" * 2500), user="alice", text="112 fire")
    (root,) = roots(mattermost)
    assert status == 200
    assert thread.startswith(
        f"~helpdesk, thread {root}\nalice: 112 fire\n  [file] a.txt (2.5 kB)\n"
        "bridge: Got it: #101.\n  Thanks\n"
    )
    assert f"-F root={root}" in thread
    (told,) = bridge.calls
    (file,) = mattermost.files
    assert told["token"] == "token-of-the-hook"
    assert (told["post_id"], told["file_ids"]) == (root, file)
    assert (told["user_name"], told["trigger_word"], told["text"]) == ("alice", "112", "112 fire")
    assert bridge.headers["User-Agent"] == "Mattermost-Bot/1.1"


def test_a_plain_form_will_do_and_alice_is_the_default(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    status, thread = ask(f"{mattermost.url}/say", urlencode({"text": "112 пожар"}).encode())
    assert (status, bridge.calls[0]["text"]) == (200, "112 пожар")
    assert "alice: 112 пожар\n" in thread


def test_a_status_counts_for_nothing_and_other_answers_go_into_the_channel(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    bridge.status, bridge.answer = 503, {"text": "hello", "username": "helpdesk"}
    say(mattermost, text="112 fire")
    assert mattermost.said() == [("", "hello")]
    assert "helpdesk" in ask(mattermost.url)[1]


def test_a_comment_on_a_reply_is_dropped(mattermost: MattermostSimulator, bridge: Bridge) -> None:
    say(mattermost, text="112 fire")
    (root,) = roots(mattermost)
    bridge.answer = {"text": "lost", "response_type": "comment"}
    status, thread = say(mattermost, user="bob", text="112 more", root=root)
    assert status == 200
    assert "bob: 112 more" in thread
    assert "answer was dropped" in thread
    assert mattermost.said() == []
    assert len(bridge.calls) == 2


@pytest.mark.parametrize("answer", [{}, {"text": None}, {"error": "x"}])
def test_an_answer_without_text_posts_nothing(
    mattermost: MattermostSimulator, bridge: Bridge, answer: dict[str, Any]
) -> None:
    bridge.answer = answer
    say(mattermost, text="112 fire")
    assert mattermost.said() == []


@pytest.mark.parametrize("text", ["hello", "", "Заявка x"])
def test_without_a_trigger_nobody_is_told_and_the_thread_says_so(
    mattermost: MattermostSimulator, bridge: Bridge, text: str
) -> None:
    _, thread = say(mattermost, ("a.txt", b"x"), text=text)
    assert "Nobody was told: the first word is none of the webhook's (112)." in thread
    assert bridge.calls == []


def test_a_bridge_that_is_not_there_is_a_sentence(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    bridge.listener.refuse()
    status, thread = say(mattermost, text="112 fire")
    assert status == 200
    assert "The webhook did not answer (ConnectionRefusedError)" in thread


def test_alice_has_an_address_that_glpi_knows_others_have_not_and_one_can_be_chosen(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    say(mattermost, user="alice", text="112 x")
    say(mattermost, user="mallory", text="112 x")
    say(mattermost, user="carl", text="112 x", email="bob@example.com")
    say(mattermost, user="carl", text="112 x")
    say(mattermost, user="dora", text="112 x", email="")
    assert {user.username: user.email for user in mattermost.users.values()} == {
        "alice": "alice@example.com",
        "mallory": "mallory@elsewhere.example",
        "carl": "bob@example.com",
        "dora": "",
    }


def test_a_channel_is_made_when_it_is_named(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    say(mattermost, text="112 x", channel="~town")
    say(mattermost, text="112 x", channel="town")
    assert [call["channel_name"] for call in bridge.calls] == ["town", "town"]
    assert len(mattermost.channels) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "there is nothing to say; use -F text='WORDS', a trigger word first"),
        ({"text": "  "}, "there is nothing to say"),
        ({"txt": "112 x"}, "there is no field 'txt'; there are user, text, file, root"),
        ({"text": "112 x", "user": "Bob X"}, "user 'Bob X' is no name"),
        ({"text": "112 x", "channel": "a b"}, "channel 'a b' is no name"),
        ({"text": "112 x", "file": "a.txt"}, "file holds text, not a file; use -F file=@NAME"),
        ({"text": "112 x", "root": "nothing"}, "there is no post 'nothing'"),
        ({"text": "x" * 16_384}, "the text has 16384 characters; 16383 is the limit"),
    ],
)
def test_what_mattermost_would_not_take_is_one_sentence_and_posts_nothing(
    mattermost: MattermostSimulator, bridge: Bridge, fields: dict[str, str], said: str
) -> None:
    status, text = say(mattermost, **fields)
    assert status == 400
    assert text.startswith(f"not said: {said}")
    assert text.count("\n") == 1
    assert (mattermost.posts, bridge.calls) == ({}, [])


def test_eleven_files_are_too_many(mattermost: MattermostSimulator, bridge: Bridge) -> None:
    status, text = say(mattermost, *[(f"{n}.txt", b"x") for n in range(11)], text="112 x")
    assert (status, text) == (400, "not said: there are 11 files; a message has 10 at most\n")


def test_a_reply_belongs_to_a_root_and_to_its_channel(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    say(mattermost, text="112 x")
    (root,) = roots(mattermost)
    say(mattermost, text="112 y", root=root)
    (reply,) = [post["id"] for post in mattermost.posts.values() if post["root_id"]]
    assert say(mattermost, text="112 z", root=reply) == (
        400,
        f"not said: {reply} is a reply itself; use root={root}\n",
    )
    status, text = say(mattermost, text="112 z", root=root, channel="town")
    assert (status, text) == (400, "not said: the thread is in 'helpdesk', not in 'town'\n")


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=a"])
def test_a_form_that_cannot_be_read_is_one_sentence(
    mattermost: MattermostSimulator, kind: str
) -> None:
    status, text = ask(f"{mattermost.url}/say", b"--b\r\nrubbish", {"Content-Type": kind})
    assert (status, text) == (400, "not said: the form cannot be read; use curl -F NAME=VALUE\n")


def test_a_request_without_a_length_or_beyond_all_limits_is_not_read(
    mattermost: MattermostSimulator,
) -> None:
    for header, said in (("X: y", b"has no length"), (f"Content-Length: {10**12}", b"larger than")):
        address = ("127.0.0.1", int(mattermost.url.rpartition(":")[2]))
        with socket.create_connection(address, PLENTY) as client:
            client.sendall(f"POST /say HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
            assert said in client.makefile("rb").read()


def test_a_web_page_can_neither_write_nor_read(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    body, headers = multipart({"text": "112 x"}, ())
    for odd, why in (
        (
            {"Origin": "https://evil.example"},
            "only programs and people on this machine are answered here, no web page",
        ),
        (
            {"Host": "evil.example"},
            "only 127.0.0.1, localhost, [::1] and host.docker.internal are answered here, "
            "no other Host",
        ),
    ):
        status, text = ask(f"{mattermost.url}/say", body, {**headers, **odd})
        assert (status, text) == (403, f"{why}\n")
    assert ask(mattermost.url, None, {"Host": "evil.example"})[0] == 403
    assert mattermost.posts == {}


def test_the_page_shows_what_was_said_and_nothing_of_it_is_markup(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) **bold** <b onclick=x>"
    bridge.answer = {"text": "[#101](http://127.0.0.1/101)", "response_type": "comment"}
    say(mattermost, ("<i>.txt", b"x"), text=f"112 {evil}")
    status, page = ask(mattermost.url)
    assert status == 200
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "<b onclick" not in page
    assert "<strong>bold</strong>" in page
    assert "&lt;i&gt;.txt (1 bytes)" in page
    assert '<a href="http://127.0.0.1/101">#101</a>' in page
    with urllib.request.urlopen(mattermost.url) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_terminal_is_not_steered_by_what_is_said(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    bridge.answer = {"text": "№\u00a0101 @\u200ball", "response_type": "comment"}
    _, thread = say(mattermost, text="112 \x1b[2J")
    assert "\x1b" not in thread
    assert "112 \\x1b[2J" in thread
    assert "bridge: № 101 @all" in thread


def test_a_thread_and_a_permalink_lead_to_the_post(
    mattermost: MattermostSimulator, bridge: Bridge
) -> None:
    say(mattermost, text="112 x")
    (root,) = roots(mattermost)
    say(mattermost, text="112 y", root=root)
    reply = list(mattermost.posts)[-1]
    thread = f"~helpdesk, thread {root}\nalice: 112 x\nalice: 112 y\n"
    for number in (root, reply):
        assert ask(f"{mattermost.url}/threads/{number}") == (200, thread)
        with urllib.request.urlopen(f"{mattermost.url}/_redirect/pl/{number}") as page:
            assert page.url == f"{mattermost.url}/#{root}"
    status, text = ask(f"{mattermost.url}/threads/nothing/wait")
    assert (status, text) == (404, f"there is no post nothing; {mattermost.url}/ shows all\n")


def test_other_paths_are_told_which_there_are(mattermost: MattermostSimulator) -> None:
    known = "unknown path; there are GET / and /threads/ID[/wait], and POST /say (curl -F)\n"
    assert ask(f"{mattermost.url}/say") == (404, known)
    assert ask(f"{mattermost.url}/", b"x=y") == (404, known)
