"""One deadline bounds everything, and a failure says whether anything was sent."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from bridge.config.timing import IDLE_SECONDS
from bridge.net import http as http_module
from bridge.net.deadline import Deadline
from bridge.net.http import Cause, Http, NoAnswer
from local.glpi_simulator import Fault, GlpiSimulator
from tests.support.deadlines import SHORT, ShortFrom
from tests.support.limits import PLENTY
from tests.support.ports import refusing_port
from tests.support.raw_server import raw_server


def standing() -> float:
    """A wall clock by which no connection is idle for long."""
    return 1_000_000.0


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(wall_clock=standing)
    yield client
    client.close()


@pytest.fixture
def server() -> Iterator[GlpiSimulator]:
    with GlpiSimulator(version="11.0.6") as simulator:
        yield simulator


def ask(http: Http, url: str, deadline: Deadline | None = None) -> http_module.Answer:
    return http.request(
        "POST",
        url,
        deadline=deadline or Deadline(PLENTY),
        headers={"Content-Type": "application/json"},
        body=b'{"input": {"name": "n"}}',
    )


def failure(http: Http, url: str, deadline: Deadline | None = None) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        ask(http, url, deadline)
    return caught.value


def ticket_url(server: GlpiSimulator) -> str:
    return f"{server.url}/apirest.php/Ticket"


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that accepts connections, and does nothing with them."""
    over = threading.Event()

    def hold(_: socket.socket) -> None:
        over.wait(PLENTY)

    with raw_server(hold) as url:
        try:
            yield url
        finally:
            over.set()


def test_an_answer_is_read_whole_whatever_its_status(http: Http, server: GlpiSimulator) -> None:
    answer = ask(http, ticket_url(server))
    assert answer.status == 400
    assert answer.content_type == "application/json"
    assert answer.body.startswith(b'["ERROR_')


def test_connections_are_reused(http: Http, server: GlpiSimulator) -> None:
    for _ in range(5):
        ask(http, ticket_url(server))
    assert server.connections == 1


@pytest.mark.parametrize(
    ("pause", "connections"), [(IDLE_SECONDS, 1), (IDLE_SECONDS + 0.1, 2), (-1, 2)]
)
def test_an_idle_connection_is_left_before_the_server_leaves_it(
    server: GlpiSimulator, pause: float, connections: int
) -> None:
    now = 1_000_000.0
    http = Http(wall_clock=lambda: now)
    ask(http, ticket_url(server))
    now += pause
    ask(http, ticket_url(server))
    http.close()
    assert server.connections == connections


def test_a_connection_closed_by_the_server_is_not_written_to(http: Http) -> None:
    closed = threading.Semaphore(0)

    def answer_once(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()
        closed.release()

    with raw_server(answer_once) as url:
        for _ in range(3):
            assert ask(http, url).body == b"ok"
            assert closed.acquire(timeout=PLENTY)


def test_redirects_are_not_followed(http: Http, server: GlpiSimulator) -> None:
    server.inject(Fault("redirect", location="https://elsewhere.example/"))
    assert ask(http, ticket_url(server)).status == 301
    assert len(server.log) == 1


def test_netrc_and_proxies_of_the_environment_are_ignored(
    http: Http, server: GlpiSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    headers = {
        "App-Token": server.app_token,
        "Authorization": f"user_token {server.user_tokens['mm-bot']}",
    }
    url = f"{server.url}/apirest.php/initSession"
    answer = http.request("GET", url, deadline=Deadline(PLENTY), headers=headers)
    assert answer.status == 200


# --- Nothing was sent


def test_a_refused_connection_sent_nothing(http: Http) -> None:
    with refusing_port() as port:
        problem = failure(http, f"http://127.0.0.1:{port}/")
    assert (problem.cause, problem.sent) == (Cause.CONNECT, False)
    assert problem.detail == "Connection refused"


def test_an_unknown_name_sent_nothing(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    problem = failure(http, "http://glpi.example/")
    assert (problem.cause, problem.sent) == (Cause.DNS, False)
    assert problem.detail == "Name or service not known"


def test_a_slow_name_server_is_bounded(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        answered.wait(PLENTY)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    problem = failure(http, "http://glpi.example/", ShortFrom(Cause.DNS))
    answered.set()
    assert (problem.cause, problem.sent) == (Cause.DNS, False)
    assert "in time" in problem.detail


def test_every_address_of_a_name_is_tried(
    http: Http, server: GlpiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def two(host: str, *args: object, **kwargs: object) -> object:
        if host != "localhost":
            return real(host, *args, **kwargs)  # type: ignore[arg-type]  # passed through
        return [(0, 0, 0, "", ("::1", 0)), (0, 0, 0, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    port = server.url.rpartition(":")[2]
    assert ask(http, f"http://localhost:{port}/apirest.php/Ticket").status == 400


def test_a_server_that_never_accepts_is_bounded(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        full = [socket.socket() for _ in range(3)]  # fills the queue of the kernel
        for waiting in full:
            waiting.setblocking(False)
            waiting.connect_ex(address)
        problem = failure(http, f"http://127.0.0.1:{address[1]}/", ShortFrom(Cause.CONNECT))
        for waiting in full:
            waiting.close()
    assert (problem.cause, problem.sent) == (Cause.CONNECT, False)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def tls_server(ca: trustme.CA, name: str) -> GlpiSimulator:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    return GlpiSimulator(version="11.0.6", ssl_context=context)


@pytest.fixture
def trusting(ca: trustme.CA, tmp_path: Path) -> Iterator[Http]:
    bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    client = Http(ca_bundle=str(bundle), wall_clock=standing)
    yield client
    client.close()


def test_a_ca_bundle_is_trusted_and_its_connection_reused(ca: trustme.CA, trusting: Http) -> None:
    with tls_server(ca, "127.0.0.1") as server:
        for _ in range(3):
            assert ask(trusting, ticket_url(server)).status == 400
        assert server.connections == 1


@pytest.mark.parametrize("authorities", ["public", "private"])
def test_authorities_are_read_once_and_only_for_tls(
    ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authorities: str
) -> None:
    read: list[str] = []

    class Context(ssl.SSLContext):
        def load_verify_locations(self, cafile: Any = None, *_: Any, **__: Any) -> None:
            read.append(cafile)
            super().load_verify_locations(cafile)

    monkeypatch.setattr("urllib3.util.ssl_.SSLContext", Context)
    bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    http = Http(ca_bundle=str(bundle) if authorities == "private" else None)
    with GlpiSimulator(version="11.0.6") as server:
        ask(http, ticket_url(server))
    assert read == []
    with tls_server(ca, "127.0.0.1") as server:
        for _ in range(3):
            with contextlib.suppress(NoAnswer):
                ask(http, ticket_url(server))
            http.close()
    assert read == [str(bundle) if authorities == "private" else DEFAULT_CA_BUNDLE_PATH]


def test_a_certificate_of_another_authority_is_refused(ca: trustme.CA, http: Http) -> None:
    with tls_server(ca, "127.0.0.1") as server:
        problem = failure(http, ticket_url(server))
    assert (problem.cause, problem.sent) == (Cause.CERTIFICATE, False)
    assert "certificate" in problem.detail


def test_a_certificate_for_another_name_is_refused(ca: trustme.CA, trusting: Http) -> None:
    with tls_server(ca, "other.example") as server:
        problem = failure(trusting, ticket_url(server))
    assert (problem.cause, problem.sent) == (Cause.CERTIFICATE, False)


def authority_without_key_identifiers(folder: Path) -> tuple[Path, Path]:
    """Make a CA and a certificate for 127.0.0.1 as many companies do; returns CA and server PEM."""
    now = datetime.now(UTC)

    def certificate(
        name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Company CA")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = certificate("Company CA", ca_key, ca_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    server = certificate("GLPI", key, ca_key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    )
    ca_pem, server_pem = folder / "company.pem", folder / "server.pem"
    ca_pem.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    server_pem.write_bytes(
        server.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return ca_pem, server_pem


def test_a_companys_own_authority_may_leave_key_identifiers_out(tmp_path: Path) -> None:
    bundle, pem = authority_without_key_identifiers(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    http = Http(ca_bundle=str(bundle))
    with GlpiSimulator(version="11.0.6", ssl_context=context) as server:
        assert ask(http, ticket_url(server)).status == 400
        http.close()


def test_a_port_that_speaks_no_tls_sent_nothing(http: Http, server: GlpiSimulator) -> None:
    problem = failure(http, ticket_url(server).replace("http:", "https:"))
    assert (problem.cause, problem.sent) == (Cause.TLS, False)


def test_a_tls_handshake_that_hangs_is_bounded(http: Http) -> None:
    with silent_server() as url:
        problem = failure(http, url.replace("http:", "https:"), ShortFrom(Cause.TLS))
    assert (problem.cause, problem.sent) == (Cause.TLS, False)


def test_a_deadline_that_has_passed_sends_nothing(http: Http, server: GlpiSimulator) -> None:
    problem = failure(http, ticket_url(server), Deadline(-1))
    assert (problem.cause, problem.sent) == (Cause.TIMEOUT, False)
    assert server.log == []


# --- Something was sent


@pytest.mark.parametrize(
    "fault",
    [
        Fault("delay_before", seconds=PLENTY),
        Fault("delay_after", seconds=PLENTY),
        Fault("drip", seconds=SHORT / 2),
        Fault("drip_headers", seconds=SHORT / 2),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_slow_or_dripping_answer_is_bounded(
    http: Http, server: GlpiSimulator, fault: Fault
) -> None:
    server.inject(fault)
    started = time.monotonic()
    problem = failure(http, ticket_url(server), ShortFrom(Cause.CUT))
    assert (problem.cause, problem.sent) == (Cause.TIMEOUT, True)
    assert time.monotonic() - started < PLENTY


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "cut_midbody"])
def test_a_connection_cut_after_sending_says_so(
    http: Http, server: GlpiSimulator, kind: str
) -> None:
    server.inject(Fault(kind))
    problem = failure(http, ticket_url(server))
    assert (problem.cause, problem.sent) == (Cause.CUT, True)


def test_an_oversized_answer_is_not_read_to_its_end(http: Http, server: GlpiSimulator) -> None:
    server.inject(Fault("oversized"))
    problem = failure(http, ticket_url(server))
    assert (problem.cause, problem.sent) == (Cause.TOO_LARGE, True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://x/\xff\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_impossible_location_is_still_an_answer(http: Http, head: bytes) -> None:
    def redirect(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)

    with raw_server(redirect) as url:
        assert ask(http, url).status == 302


@pytest.mark.parametrize(
    "answer",
    [
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
    ids=["no HTTP", "negative chunk", "endless header"],
)
def test_what_is_no_http_is_no_answer(http: Http, answer: bytes) -> None:
    def mislead(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with raw_server(mislead) as url:
        problem = failure(http, url)
    assert (problem.cause, problem.sent) == (Cause.CUT, True)


def test_a_redirect_with_an_endless_body_is_not_read_to_its_end(http: Http) -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x" * 65536)

    with raw_server(flood) as url:
        assert failure(http, url).cause is Cause.TOO_LARGE


def test_a_server_that_does_not_read_is_bounded(http: Http) -> None:
    deadline = ShortFrom(Cause.CUT)
    with silent_server() as url, pytest.raises(NoAnswer) as caught:
        http.request("POST", url, deadline=deadline, headers={}, body=b"x" * 50_000_000)
    assert (caught.value.cause, caught.value.sent) == (Cause.TIMEOUT, True)


def test_after_a_failure_the_next_request_is_sound(http: Http, server: GlpiSimulator) -> None:
    server.inject(Fault("drip", seconds=SHORT / 2, times=1))
    failure(http, ticket_url(server), ShortFrom(Cause.CUT))
    assert ask(http, ticket_url(server)).status == 400


def test_an_error_holds_nothing_of_the_request(http: Http, server: GlpiSimulator) -> None:
    server.inject(Fault("cut_after"))
    with pytest.raises(NoAnswer) as caught:
        http.request(
            "POST",
            f"{server.url}/apirest.php/Ticket?secret-query",
            deadline=Deadline(PLENTY),
            headers={"App-Token": "secret-header"},
            body=b"secret-body",
        )
    assert "secret" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
