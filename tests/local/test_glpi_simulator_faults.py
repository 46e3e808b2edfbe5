"""Each way of the GLPI simulator to fail, seen from the other end of the wire."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from local.glpi_simulator import Fault, GlpiSimulator
from tests.support.deadlines import SHORT
from tests.support.limits import PLENTY

TICKET = {"input": {"name": "Printer", "content": "<p>It burns</p>"}}


class Client:
    """A small GLPI client on one kept connection."""

    def __init__(self, glpi: GlpiSimulator) -> None:
        self.glpi = glpi
        self.address = urlsplit(glpi.url)
        self.connection = http.client.HTTPConnection(self.address.netloc, timeout=PLENTY)
        self.session = ""

    def call(
        self, method: str, resource: str, body: object = None, **headers: str
    ) -> tuple[int, str, Any]:
        """Send a call; return status, content type and the body, parsed if it is JSON."""
        response = self.begin(method, resource, body, **headers)
        text = response.read().decode()
        kind = response.headers["Content-Type"]
        return response.status, kind, json.loads(text) if "json" in kind else text

    def begin(
        self, method: str, resource: str, body: object = None, **headers: str
    ) -> http.client.HTTPResponse:
        self.send(method, resource, body, **headers)
        return self.connection.getresponse()

    def send(self, method: str, resource: str, body: object = None, **headers: str) -> None:
        sent = {"App-Token": self.glpi.app_token, "Content-Type": "application/json"}
        if self.session:
            sent["Session-Token"] = self.session
        data = None if body is None else json.dumps(body).encode()
        path = f"{self.address.path}/apirest.php/{resource}"
        self.connection.request(method, path, data, sent | headers)

    def log_in(self, login: str = "mm-bot") -> tuple[int, str, Any]:
        token = f"user_token {self.glpi.user_tokens[login]}"
        answered = self.call("GET", "initSession", Authorization=token)
        if answered[0] == 200 and isinstance(answered[2], dict):
            self.session = answered[2]["session_token"]
        return answered

    def create(self) -> tuple[int, str, Any]:
        return self.call("POST", "Ticket", TICKET)


@pytest.fixture(params=["10.0.14", "11.0.6"])
def glpi(request: pytest.FixtureRequest) -> Iterator[GlpiSimulator]:
    with GlpiSimulator(version=request.param) as simulator:
        yield simulator


@pytest.fixture
def client(glpi: GlpiSimulator) -> Iterator[Client]:
    client = Client(glpi)
    client.log_in()
    yield client
    client.connection.close()


def test_refuse_cuts_connections_and_closes_the_port_until_healed(client: Client) -> None:
    client.glpi.inject(Fault("refuse"))
    with pytest.raises(ConnectionError):
        client.create()
    client.connection.close()
    with pytest.raises(ConnectionRefusedError):
        client.create()
    client.connection.close()
    client.glpi.heal()
    assert client.create()[0] == 201


def test_a_port_that_refuses_goes_to_nobody_else(glpi: GlpiSimulator) -> None:
    glpi.inject(Fault("refuse"))
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", urlsplit(glpi.url).port))


def test_delay_before_waits_and_then_processes(client: Client) -> None:
    client.glpi.inject(Fault("delay_before", "POST Ticket", seconds=0.05))
    began = time.monotonic()
    assert client.create()[0] == 201
    assert time.monotonic() - began >= 0.05


def test_delay_after_has_processed_before_it_answers(client: Client) -> None:
    client.glpi.inject(Fault("delay_after", "POST Ticket", seconds=PLENTY))
    client.send("POST", "Ticket", TICKET)
    assert client.glpi.delays.acquire(timeout=PLENTY)
    assert len(client.glpi.tickets) == 1
    assert client.glpi.log[-1].status is None
    client.connection.sock.settimeout(SHORT)
    with pytest.raises(TimeoutError):
        client.connection.getresponse()


@pytest.mark.parametrize("body", ["", "reset"])
def test_cut_before_closes_without_processing(client: Client, body: str) -> None:
    client.glpi.inject(Fault("cut_before", "POST Ticket", times=1, body=body))
    with pytest.raises(ConnectionResetError):  # RemoteDisconnected, on FIN, is one too
        client.create()
    assert client.glpi.tickets == []
    assert client.create()[0] == 201


@pytest.mark.parametrize("body", ["", "reset"])
def test_cut_after_closes_but_the_ticket_exists(client: Client, body: str) -> None:
    client.glpi.inject(Fault("cut_after", "POST Ticket", body=body))
    with pytest.raises(ConnectionResetError):
        client.create()
    assert len(client.glpi.tickets) == 1
    assert client.glpi.log[-1].status is None


def test_cut_midbody_sends_headers_and_half_of_the_body(client: Client) -> None:
    client.glpi.inject(Fault("cut_midbody", "POST Ticket"))
    response = client.begin("POST", "Ticket", TICKET)
    assert response.status == 201
    with pytest.raises(http.client.IncompleteRead) as broken:
        response.read()
    assert broken.value.partial.startswith(b'{"id":')
    assert len(client.glpi.tickets) == 1


@pytest.mark.parametrize(("kind", "stored"), [("status_before", 0), ("status_after", 1)])
@pytest.mark.parametrize("status", [413, 429, 500, 502, 504])
def test_a_proxy_answers_before_or_after_glpi_worked(
    client: Client, kind: str, stored: int, status: int
) -> None:
    client.glpi.inject(Fault(kind, "POST Ticket", status=status))
    response = client.begin("POST", "Ticket", TICKET)
    assert (response.status, response.headers["Content-Type"]) == (status, "text/html")
    assert response.headers["Retry-After"] == ("1" if status == 429 else None)
    assert str(status) in response.read().decode()
    assert len(client.glpi.tickets) == stored


def test_html_is_a_login_page_unless_a_body_is_given(client: Client) -> None:
    client.glpi.inject(Fault("html", times=1))
    status, kind, page = client.create()
    assert (status, kind.partition(";")[0]) == (200, "text/html")
    assert "Sign in" in page
    client.glpi.inject(Fault("html", body="<p>blocked</p>"))
    assert client.create()[2] == "<p>blocked</p>"
    assert client.glpi.tickets == []


def test_empty_is_200_and_nothing(client: Client) -> None:
    client.glpi.inject(Fault("empty"))
    status, kind, page = client.create()
    assert (status, kind.partition(";")[0], page) == (200, "text/html", "")
    assert client.glpi.tickets == []


def test_maintenance_is_a_page_with_status_200(client: Client) -> None:
    client.glpi.inject(Fault("maintenance"))
    status, _, page = client.create()
    assert status == 200
    assert "<title>MAINTENANCE MODE - GLPI</title>" in page
    client.glpi.heal()
    assert client.create()[0] == 201


def test_a_dead_database_is_200_on_10_and_500_on_11(client: Client) -> None:
    client.glpi.inject(Fault("database_down"))
    status, _, page = client.create()
    title = page.partition("<title>")[2].partition("</title>")[0]
    expected = {"10.0.14": (200, "Mysql Error - GLPI"), "11.0.6": (500, "Error - GLPI")}
    assert (status, title) == expected[client.glpi.version]


def test_php_down_is_502_from_nginx(client: Client) -> None:
    client.glpi.inject(Fault("php_down"))
    status, kind, page = client.create()
    assert (status, kind) == (502, "text/html")
    assert "nginx" in page


def test_invalid_json_comes_after_the_ticket_was_stored(client: Client) -> None:
    client.glpi.inject(Fault("invalid_json", "POST Ticket"))
    with pytest.raises(json.JSONDecodeError):
        client.create()
    assert len(client.glpi.tickets) == 1


def test_wrong_shape_is_201_with_another_body(client: Client) -> None:
    client.glpi.inject(Fault("wrong_shape", "POST Ticket", times=1))
    assert client.create()[2] == {"id": "12"}
    client.glpi.inject(Fault("wrong_shape", "POST Ticket", body="[true]"))
    assert client.create()[2] == [True]
    assert len(client.glpi.tickets) == 2


def test_drip_sends_the_headers_at_once_and_the_body_byte_by_byte(client: Client) -> None:
    client.glpi.inject(Fault("drip", "POST Ticket", seconds=0.0005))
    response = client.begin("POST", "Ticket", TICKET)
    assert (response.status, json.loads(response.read())["id"]) == (
        201,
        client.glpi.tickets[0]["id"],
    )


def test_a_drip_outlasts_a_timeout_for_silence(client: Client) -> None:
    client.glpi.inject(Fault("drip", "POST Ticket", seconds=PLENTY))
    response = client.begin("POST", "Ticket", TICKET)
    assert response.read(1) == b"{"
    assert len(client.glpi.tickets) == 1


def test_drip_headers_begins_with_a_part_of_the_status_line(client: Client) -> None:
    client.glpi.inject(Fault("drip_headers", seconds=PLENTY))
    with socket.create_connection((client.address.hostname, client.address.port), PLENTY) as raw:
        raw.sendall(b"GET /apirest.php/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert raw.recv(100) == b"H"


def test_oversized_goes_on_after_a_valid_beginning(client: Client) -> None:
    client.glpi.inject(Fault("oversized", "POST Ticket"))
    response = client.begin("POST", "Ticket", TICKET)
    assert response.status == 201
    begun = response.read(1_000_000)
    assert begun.startswith(b'{"id": 12, "message": "aaaa')
    assert len(begun) == 1_000_000
    response.close()


def test_redirect_does_nothing_but_point_elsewhere(client: Client) -> None:
    client.glpi.inject(Fault("redirect", location="https://glpi.example/"))
    response = client.begin("POST", "Ticket", TICKET)
    response.read()
    assert (response.status, response.headers["Location"]) == (301, "https://glpi.example/")
    assert client.glpi.tickets == []


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("reject_tokens", 401, "ERROR_GLPI_LOGIN_USER_TOKEN"),
        ("reject_app_token", 400, "ERROR_WRONG_APP_TOKEN_PARAMETER"),
        ("api_disabled", 400, "ERROR"),
        ("ip_not_allowed", 400, "ERROR_NOT_ALLOWED_IP"),
        ("authorization_stripped", 400, "ERROR_LOGIN_PARAMETERS_MISSING"),
    ],
)
def test_logging_in_is_refused(client: Client, kind: str, status: int, code: str) -> None:
    client.glpi.inject(Fault(kind))
    answered = client.log_in()
    assert (answered[0], answered[2][0]) == (status, code)
    client.glpi.heal()
    assert client.log_in()[0] == 200


def test_rejected_user_tokens_leave_open_sessions_alone(client: Client) -> None:
    client.glpi.inject(Fault("reject_tokens"))
    assert client.create()[0] == 201


def test_forgotten_sessions_are_refused_though_logging_in_works(client: Client) -> None:
    client.glpi.inject(Fault("forget_sessions"))
    assert client.log_in()[0] == 200
    status, _, body = client.create()
    assert (status, body[0]) == (401, "ERROR_SESSION_TOKEN_INVALID")


def test_a_missing_right_is_a_400_without_a_code_of_its_own(client: Client) -> None:
    client.glpi.inject(Fault("right_missing"))
    refused = [400, ["ERROR_GLPI_ADD", "You don't have permission to perform this action."]]
    assert [client.create()[0], client.create()[2]] == refused
    client.log_in()
    assert client.create()[0] == 400
    assert client.call("GET", "getMyEntities")[0] == 200


def test_stale_rights_end_with_a_new_login(client: Client) -> None:
    client.glpi.inject(Fault("stale_rights"))
    assert client.create()[2][0] == "ERROR_GLPI_ADD"
    client.log_in()
    assert client.create()[0] == 201


def test_expired_sessions_need_a_new_login(client: Client) -> None:
    client.glpi.expire_sessions()
    assert client.create()[2][0] == "ERROR_SESSION_TOKEN_INVALID"
    client.log_in()
    assert client.create()[0] == 201


def test_a_fault_strikes_where_it_matches_and_as_often_as_said(client: Client) -> None:
    client.glpi.inject(Fault("status_before", "POST Ticket", times=2, status=500))
    assert client.call("GET", "getMyEntities")[0] == 200
    assert [client.create()[0] for _ in range(3)] == [500, 500, 201]
    assert client.glpi.faults == []


def test_a_delay_and_another_fault_strike_together(client: Client) -> None:
    client.glpi.inject(Fault("delay_before", seconds=0.05))
    client.glpi.inject(Fault("php_down"))
    began = time.monotonic()
    assert client.create()[0] == 502
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize("kind", ["delay_before", "delay_after", "drip", "drip_headers"])
def test_stopping_ends_every_wait_at_once(kind: str) -> None:
    glpi = GlpiSimulator()
    glpi.start()
    address = urlsplit(glpi.url)
    glpi.inject(Fault(kind, seconds=PLENTY))
    with socket.create_connection((address.hostname, address.port), PLENTY) as raw:
        raw.sendall(b"GET /apirest.php/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if kind.startswith("drip"):
            assert raw.recv(1)
        began = time.monotonic()
        glpi.stop()
        assert time.monotonic() - began < PLENTY
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"accept", "connection"}


def test_a_taken_control_port_leaves_nothing_running() -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        glpi = GlpiSimulator(control_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            glpi.start()
    assert set(threading.enumerate()) <= before


def test_the_log_tells_connections_sessions_and_statuses(client: Client) -> None:
    client.create()
    client.connection.close()
    client.create()
    told = [(e.method, e.path, e.connection, e.status) for e in client.glpi.log]
    assert told == [
        ("GET", "/apirest.php/initSession", 1, 200),
        ("POST", "/apirest.php/Ticket", 1, 201),
        ("POST", "/apirest.php/Ticket", 2, 201),
    ]
    assert [e.session for e in client.glpi.log] == [None, client.session, client.session]
    assert client.glpi.connections == 2


def test_reset_forgets_tickets_log_sessions_and_faults(client: Client) -> None:
    client.create()
    client.glpi.inject(Fault("maintenance"))
    client.glpi.reset()
    assert (client.glpi.tickets, client.glpi.log, client.glpi.faults) == ([], [], [])
    assert client.create()[2][0] == "ERROR_SESSION_TOKEN_INVALID"


Control = Callable[..., tuple[int, Any]]


@pytest.fixture
def control(glpi: GlpiSimulator) -> Iterator[Control]:
    connection = http.client.HTTPConnection(urlsplit(glpi.control_url).netloc, timeout=PLENTY)

    def call(method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {glpi.control_key}"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    yield call
    connection.close()


def test_the_control_listener_shows_and_breaks_and_heals(client: Client, control: Control) -> None:
    fault = {"kind": "status_before", "match": "POST Ticket", "times": 1, "status": 503}
    assert control("POST", "/faults", fault)[0] == 201
    assert control("GET", "/faults")[1][0]["kind"] == "status_before"
    assert client.create()[0] == 503
    client.create()
    assert control("GET", "/tickets")[1][0]["content"] == "<p>It burns</p>"
    assert [entry["status"] for entry in control("GET", "/log")[1]] == [200, 503, 201]
    assert control("POST", "/sessions/expire")[0] == 200
    assert client.create()[0] == 401
    assert control("DELETE", "/faults")[0] == 200
    assert control("POST", "/reset")[0] == 200
    assert control("GET", "/tickets") == (200, [])
    assert control("GET", "/health")[1]["version"] == client.glpi.version


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "explode"}, "kind 'explode' is unknown; allowed are refuse, delay_before"),
        ({"kind": "empty", "time": 1}, "key 'time' is unknown; allowed are body, kind"),
        ({"kind": "empty", "times": "1"}, "key 'times' must be int or null"),
        ({"match": "x"}, "key 'kind' is missing; allowed kinds are refuse"),
        ({"kind": "redirect"}, "location must say where"),
        ({"kind": "status_after", "status": 200}, "status 200 must be an error status"),
        ([], "a fault is a JSON object"),
    ],
)
def test_the_control_listener_names_the_bad_key(control: Control, fault: object, told: str) -> None:
    status, body = control("POST", "/faults", fault)
    assert status == 400
    assert body["error"].startswith(told)


def test_parallel_creates_on_one_session_make_a_ticket_each(client: Client) -> None:
    def create() -> None:
        other = Client(client.glpi)
        other.session = client.session
        other.create()
        other.connection.close()

    threads = [threading.Thread(target=create) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ticket["id"] for ticket in client.glpi.tickets}) == 5


def test_glpi_speaks_https_and_survives_a_client_that_does_not_trust_it() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with GlpiSimulator(ssl_context=server) as glpi:
        address = urlsplit(glpi.url)
        assert address.scheme == "https"
        untrusting = ssl.create_default_context()
        connection = http.client.HTTPSConnection(address.netloc, timeout=PLENTY, context=untrusting)
        with pytest.raises(ssl.SSLCertVerificationError):
            connection.request("GET", "/apirest.php/")
        connection.close()
        connection = http.client.HTTPSConnection(address.netloc, timeout=PLENTY, context=trusting)
        connection.request("GET", "/apirest.php/")
        assert connection.getresponse().read()
        glpi.inject(Fault("refuse"))
        connection.close()


def test_glpi_in_a_sub_folder_shows_tickets_to_people() -> None:
    with GlpiSimulator(prefix="/glpi") as glpi:
        client = Client(glpi)
        client.log_in()
        given = {"name": "<i>Printer</i>", "content": "<p>hot <script>alert(1)</script></p>"}
        number = client.call("POST", "Ticket", {"input": given})[2]["id"]
        client.connection.request("GET", f"/glpi/front/ticket.form.php?id={number}")
        page = client.connection.getresponse().read().decode()
        assert "&lt;i&gt;Printer&lt;/i&gt;" in page
        assert "<p>hot" in page
        assert "<script" not in page
        client.connection.request("GET", "/glpi/")
        listed = client.connection.getresponse().read().decode()
        assert f"/glpi/front/ticket.form.php?id={number}" in listed
        client.connection.request("GET", "/glpi/front/ticket.form.php?id=999999")
        missing = client.connection.getresponse()
        missing.read()
        assert missing.status == 404
        client.connection.request("GET", "/apirest.php/initSession")
        wrong_base = client.connection.getresponse()
        assert (wrong_base.status, wrong_base.read()[:2]) == (404, b"\n\n")
        client.connection.close()
