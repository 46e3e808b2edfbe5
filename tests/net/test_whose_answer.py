"""An answer belongs to the request that it was given to, whatever else a server says."""

import io
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
import trustme

from bridge.config.credentials import GlpiTokens, MattermostAccess
from bridge.mattermost.api import MattermostApi
from bridge.net.deadline import Deadline
from bridge.net.errors import ServerError
from bridge.net.http import Http
from glpi import Glpi, OutcomeUnknown, TooLarge
from tests.support.limits import PLENTY
from tests.support.raw_server import Asked, Script, raw_server

Spoiled = Callable[[bytes], list[bytes]]

STRANGERS = "666"
"""What an answer holds that is nobody's."""


def standing() -> float:
    """A wall clock by which no connection is idle for long."""
    return 1_000_000.0


def plain(status: int, value: object, *headers: str) -> bytes:
    """Return an answer as it should be."""
    body = json.dumps(value).encode()
    lines = (
        f"HTTP/1.1 {status} X",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def interim(status: int = 103) -> bytes:
    return f"HTTP/1.1 {status} X\r\nLink: </style.css>; rel=preload\r\n\r\n".encode()


# --- Two servers that answer each request with what is in it


class ThroughGlpi:
    """People's messages become tickets; each holds the number that its ticket gets."""

    def __init__(self, url: str) -> None:
        self.http = Http(wall_clock=standing)
        self._tokens = GlpiTokens("a" * 40, "u" * 40)
        self._glpi = Glpi(url.rstrip("/"), self, self.http)

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        return self._tokens

    def ask(self, number: str) -> str:
        fields = {"name": number, "content": "x" * 20_000}
        return str(self._glpi.create_ticket(fields, Deadline(PLENTY)))

    def upload(self, body: bytes) -> None:
        session = self._glpi.session
        session.upload("Document", "x.bin", "application/octet-stream", body, Deadline(PLENTY))

    @staticmethod
    def answer(asked: Asked) -> bytes:
        if asked.path.endswith("initSession"):
            return plain(200, {"session_token": "s" * 26})
        found = json.loads(asked.body)["input"]["name"]
        return plain(201, {"id": int(found), "message": ""})

    @staticmethod
    def stranger() -> bytes:
        return plain(201, {"id": int(STRANGERS), "message": ""})


class ThroughMattermost:
    """Somebody's address is asked for, by the id that is in it."""

    def __init__(self, url: str) -> None:
        self.http = Http(wall_clock=standing)
        access = MattermostAccess(bot_token="b" * 26)
        self.api = MattermostApi(url.rstrip("/"), lambda: access, self.http)

    def ask(self, number: str) -> str:
        address = self.api.email(number, Deadline(PLENTY))
        return address.partition("@")[0]

    @staticmethod
    def answer(asked: Asked) -> bytes:
        return plain(200, {"email": f"{asked.path.rpartition('/')[2]}@example.com"})

    @staticmethod
    def stranger() -> bytes:
        return plain(200, {"email": f"{STRANGERS}@example.com"})


Client = type[ThroughGlpi] | type[ThroughMattermost]
through = pytest.mark.parametrize("client", [ThroughGlpi, ThroughMattermost])


@dataclass
class Asking:
    """A client and the server that it asks."""

    client: ThroughGlpi | ThroughMattermost
    script: Script

    def ask(self, number: str) -> str:
        return self.client.ask(number)

    def connections(self) -> list[int]:
        """Return which connection each request came by, logins left out."""
        return [number for number, asked in self.script.asked if _counts(asked)]


def _counts(asked: Asked) -> bool:
    return not asked.path.endswith("initSession")


@pytest.fixture
def asking(request: pytest.FixtureRequest, client: Client) -> Iterator[Asking]:
    script = Script(client.answer, None, _counts)
    with raw_server(script) as url:
        asking = Asking(client(url), script)
        yield asking
        asking.client.http.close()


# --- What comes before an answer


READ_PAST: dict[str, Spoiled] = {
    "100": lambda answer: [interim(100), answer],
    "102": lambda answer: [interim(102), answer],
    "103": lambda answer: [interim(103), answer],
    "an unknown one": lambda answer: [interim(199), answer],
    "in one piece": lambda answer: [interim() + answer],
    "several": lambda answer: [interim(100), interim(102), interim() + interim(), answer],
    "many": lambda answer: [interim()] * 50 + [answer],
    "with a length of its own": lambda answer: [
        interim().replace(b"Link:", b"Content-Length: 5\r\nLink:"),
        answer,
    ],
    "byte by byte": lambda answer: [bytes([byte]) for byte in interim() + answer],
}


@through
@pytest.mark.parametrize("spoiled", READ_PAST.values(), ids=READ_PAST)
def test_an_interim_answer_is_read_past_and_the_next_message_reads_its_own(
    asking: Asking, spoiled: Spoiled
) -> None:
    asking.script.spoiled = spoiled
    assert [asking.ask(number) for number in ("101", "102", "103")] == ["101", "102", "103"]
    assert asking.connections() == [1, 1, 1], "nothing is wrong with the connection"


NO_ANSWER: dict[str, Spoiled] = {
    "switching protocols": lambda answer: [interim(101), answer],
    "switching after another": lambda answer: [interim(103), interim(101), answer],
    "endless": lambda answer: [interim()] * 1000 + [answer],
    "with a body": lambda answer: [interim() + b"hello\r\n\r\n", answer],
    "lengths that differ": lambda answer: [
        answer.replace(b"Content-Type", b"Content-Length: 5\r\nContent-Type")
    ],
}


@through
@pytest.mark.parametrize("spoiled", NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_is_no_answer_is_not_taken_for_one_and_the_next_message_reads_its_own(
    asking: Asking, spoiled: Spoiled
) -> None:
    asking.script.spoiled = spoiled
    with pytest.raises(ServerError) as caught:
        asking.ask("101")
    assert caught.value.code.removeprefix("mattermost-") == "cut"
    assert isinstance(caught.value, OutcomeUnknown) == isinstance(asking.client, ThroughGlpi)
    assert asking.ask("102") == "102"
    assert asking.connections() == [1, 2]


# --- What comes after an answer


def chunked(answer: bytes, *headers: bytes, length: bool = False) -> bytes:
    """Return an answer in one chunk, with its length all the same if that is wished for."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if length or b"Content-Length" not in line]
    head = b"\r\n".join([*lines, *(headers or (b"Transfer-Encoding: chunked",))])
    return head + b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def twice(answer: bytes) -> bytes:
    """Return the answer, and another of the same kind that is nobody's."""
    head = answer.partition(b"\r\n\r\n")[0]
    other = b'{"id": 666, "message": "", "email": "666@example.com"}'
    lines = [line for line in head.split(b"\r\n") if b"Content-Length" not in line]
    stranger = b"\r\n".join([*lines, b"Content-Length: %d" % len(other)]) + b"\r\n\r\n" + other
    return answer + stranger


def in_halves(answer: bytes) -> list[bytes]:
    both = twice(answer)
    cut = len(answer) + 9
    return [both[:cut], both[cut:]]


LEFT_OVER: dict[str, Spoiled] = {
    "a second answer": lambda answer: [twice(answer)],
    "a second answer in halves": in_halves,
    "a byte": lambda answer: [answer + b"x"],
    "a line": lambda answer: [answer + b"\r\n"],
    "an interim answer": lambda answer: [answer + interim()],
    "after chunks": lambda answer: [chunked(answer) + interim()],
    "length and chunks": lambda answer: [chunked(answer, length=True)],
    "two codings": lambda answer: [chunked(answer, b"Transfer-Encoding: x, chunked")],
    "two lines of codings": lambda answer: [
        chunked(answer, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")
    ],
    "the length twice": lambda answer: [
        answer.replace(b"\r\nContent-Type", b"\r\n%s\r\nContent-Type" % length_of(answer))
    ],
    "a length with a sign": lambda answer: [
        answer.replace(b"Content-Length: ", b"Content-Length: +")
    ],
    "a header that is none": lambda answer: [
        answer.replace(b"\r\n\r\n", b"\r\nX Y: z\r\nX-More: z\r\n\r\n")
    ],
}
"""After each of these nobody knows where the next answer begins."""


def length_of(answer: bytes) -> bytes:
    return next(line for line in answer.split(b"\r\n") if b"Content-Length" in line)


@through
@pytest.mark.parametrize("spoiled", LEFT_OVER.values(), ids=LEFT_OVER)
def test_a_connection_with_anything_unread_or_in_doubt_is_never_used_again(
    asking: Asking, spoiled: Spoiled
) -> None:
    asking.script.spoiled = spoiled
    assert [asking.ask(number) for number in ("101", "102", "103")] == ["101", "102", "103"]
    assert asking.connections() == [1, 2, 2]


MORE_MAY_FOLLOW = {
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 40\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 40\r\n\r\n",
    **{
        f"{status}": f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()
        for status in (408, 500, 502, 503, 504)
    },
}
"""A body that must not be, and what a proxy hands on after it had given up, come later."""


@pytest.mark.parametrize("answer", MORE_MAY_FOLLOW.values(), ids=MORE_MAY_FOLLOW)
def test_a_connection_is_left_when_more_may_follow(answer: bytes) -> None:
    script = Script(lambda _: plain(200, {}), lambda _: [answer])
    assert connections_of(script, requests=2) == 2


def test_answers_of_a_clear_length_share_a_connection() -> None:
    answers = iter([plain(200, {}), chunked(plain(200, {})), plain(404, {}), plain(201, {})])
    assert connections_of(Script(lambda _: next(answers)), requests=4) == 1


def connections_of(script: Script, *, requests: int) -> int:
    """Return how many connections so many requests take."""
    http = Http(wall_clock=standing)
    with raw_server(script) as url:
        for _ in range(requests):
            http.request("GET", url, deadline=Deadline(PLENTY), headers={})
        http.close()
    return script.connections


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_what_tls_has_decrypted_already_is_not_left_for_the_next_message(
    authority: trustme.CA, tmp_path: object
) -> None:
    """A record holds more than is read at once, and then nothing shows that more has come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def padded(answer: bytes) -> list[bytes]:
        """Let the first answer fill the reader's buffer to its last byte."""
        missing = io.DEFAULT_BUFFER_SIZE - len(answer) - len(b"X: \r\n")
        head, _, body = answer.partition(b"\r\n")
        filled = head + b"\r\nX: " + b"y" * missing + b"\r\n" + body
        assert len(filled) == io.DEFAULT_BUFFER_SIZE
        return [filled + ThroughMattermost.stranger()]

    script = Script(ThroughMattermost.answer, padded)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            script(encrypted)

    with authority.cert_pem.tempfile() as bundle, raw_server(serve) as url:
        client = ThroughMattermost(url.replace("http:", "https:"))
        client.http.close()
        client.http = Http(ca_bundle=bundle, wall_clock=standing)
        client.api._http = client.http
        assert [client.ask(number) for number in ("101", "102")] == ["101", "102"]
        client.http.close()
    assert script.connections == 2


# --- What comes unasked


UNASKED = {
    "an answer": ThroughGlpi.stranger(),
    "a refusal": plain(400, ["ERROR_GLPI_ADD", ""]),
    "408": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "400": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "an interim answer": interim(),
    "rubbish": b"hello\r\n",
}


@pytest.mark.parametrize("closes", [True, False], ids=["and closes", "and stays"])
@pytest.mark.parametrize("said", UNASKED.values(), ids=UNASKED)
@through
def test_what_a_server_says_on_an_idle_connection_answers_nobody(
    asking: Asking, said: bytes, closes: bool
) -> None:
    assert asking.ask("101") == "101"
    speak(asking.script, said, closes=closes)
    assert asking.ask("102") == "102"
    assert asking.connections() == [1, 2]


def speak(script: Script, said: bytes, *, closes: bool = False) -> None:
    """Let the server say something on the newest connection."""
    script.open[-1].sendall(said)
    if closes:
        with suppress(OSError):
            script.open[-1].shutdown(socket.SHUT_RDWR)


def test_an_upload_that_is_refused_early_on_a_used_connection_is_refused() -> None:
    refused = plain(413, "")

    def serve(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while line := stream.readline():
                while stream.readline() not in (b"\r\n", b""):
                    pass
                login = b"initSession" in line
                connection.sendall(plain(200, {"session_token": "s" * 26}) if login else refused)
                if not login:
                    return

    with raw_server(serve) as url:
        client = ThroughGlpi(url)
        with pytest.raises(TooLarge):
            client.upload(b"x" * 100_000)
        client.http.close()
