"""The gateway of the laptop makes the events that API Gateway makes."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from bridge.endpoints.outgoing_webhook import PATH, ROUTE
from local.gateway import INVOKE, MAX_BODY, Gateway, NoResponse, to_event
from tests.conftest import load_event
from tests.support.gateway import in_process
from tests.support.limits import PLENTY


class Recorder:
    """A handler that keeps its events."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self._made = time.monotonic()

    def __call__(self, event: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
        left = context.get_remaining_time_in_millis() / 1000
        assert 26 - (time.monotonic() - self._made) - 0.001 <= left <= 26
        self.events.append(event)
        headers = {"content-type": "application/json"}
        return {"statusCode": 401, "headers": headers, "body": '{"error": "нет"}'}


@pytest.fixture
def handler() -> Recorder:
    return Recorder()


@pytest.fixture
def client(handler: Recorder) -> Iterator[http.client.HTTPConnection]:
    invoke = in_process(handler)
    with Gateway(0, invoke, {f"POST {PATH}"}) as gateway, gateway.serving():
        connection = http.client.HTTPConnection("127.0.0.1", gateway.server_port, timeout=PLENTY)
        yield connection
        connection.close()


def ask(
    client: http.client.HTTPConnection,
    method: str,
    path: str = PATH,
    body: bytes | None = None,
    content_type: str = "application/json",
) -> tuple[int, Any]:
    client.request(method, path, body, {"Content-Type": content_type})
    response = client.getresponse()
    return response.status, json.loads(response.read())


def test_health_says_that_it_is_ready(client: http.client.HTTPConnection) -> None:
    assert ask(client, "GET", "/health") == (200, {"status": "ok"})


def test_the_handlers_answer_is_passed_on(
    client: http.client.HTTPConnection, handler: Recorder
) -> None:
    assert ask(client, "POST", body="{ё}".encode()) == (401, {"error": "нет"})
    (event,) = handler.events
    assert (event["body"], event["isBase64Encoded"]) == ("{ё}", False)
    assert event["routeKey"] == ROUTE


def test_a_form_travels_in_base64_as_in_aws(
    client: http.client.HTTPConnection, handler: Recorder
) -> None:
    ask(client, "POST", body=b"a=\xff", content_type="application/x-www-form-urlencoded")
    (event,) = handler.events
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == b"a=\xff"


def test_the_function_can_be_called_with_an_event_as_in_lambda(
    client: http.client.HTTPConnection, handler: Recorder
) -> None:
    event = load_event("form")
    status, response = ask(client, "POST", INVOKE, json.dumps(event).encode())
    assert (status, response["statusCode"]) == (200, 401)
    assert handler.events == [event]
    assert ask(client, "POST", INVOKE, b"{")[0] == 400


def test_events_have_the_fields_of_the_samples() -> None:
    sample = load_event("json")
    made = to_event("POST", PATH, {"Content-Type": "application/json"}, b"{}")
    assert made.keys() == sample.keys()
    assert made["requestContext"].keys() == sample["requestContext"].keys()
    assert made["requestContext"]["http"].keys() == sample["requestContext"]["http"].keys()


def test_each_request_has_an_id_of_its_own() -> None:
    made = [to_event("POST", PATH, {}, b"a=b")["requestContext"]["requestId"] for _ in range(2)]
    assert made[0] != made[1]


def test_the_query_is_not_part_of_the_route() -> None:
    event = to_event("POST", f"{PATH}?a=b", {}, b"")
    assert (event["routeKey"], event["rawQueryString"]) == (f"POST {PATH}", "a=b")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", PATH), ("POST", "/health"), ("GET", "/")]
)
def test_other_routes_do_not_exist(
    client: http.client.HTTPConnection, handler: Recorder, method: str, path: str
) -> None:
    assert ask(client, method, path) == (404, {"message": "Not Found"})
    assert handler.events == []


def test_the_limits_of_api_gateway_hold(
    client: http.client.HTTPConnection, handler: Recorder
) -> None:
    client.putrequest("POST", PATH)
    client.putheader("Content-Length", str(MAX_BODY + 1))
    client.endheaders()
    assert client.getresponse().status == 413
    client.close()
    client.putrequest("POST", PATH)
    client.putheader("Transfer-Encoding", "chunked")
    client.endheaders()
    assert client.getresponse().status == 411
    client.close()
    assert ask(client, "POST", body=b"\xff") == (400, {"message": "Bad Request"})
    assert handler.events == []


def test_requests_are_handed_on_side_by_side() -> None:
    both = threading.Barrier(2)

    def invoke(event: Mapping[str, Any]) -> Mapping[str, Any]:
        both.wait(PLENTY)
        return {"statusCode": 200, "headers": {}, "body": json.dumps(event["body"])}

    def post(text: str) -> tuple[int, Any]:
        client = http.client.HTTPConnection("127.0.0.1", gateway.server_port, timeout=PLENTY)
        with closing(client):
            return ask(client, "POST", body=text.encode())

    with (
        Gateway(0, invoke, {f"POST {PATH}"}) as gateway,
        gateway.serving(),
        ThreadPoolExecutor(2) as pool,
    ):
        assert list(pool.map(post, "ab")) == [(200, "a"), (200, "b")]


def test_without_a_response_of_the_function_the_gateway_answers_as_api_gateway_does() -> None:
    def invoke(_: object) -> Mapping[str, Any]:
        raise NoResponse

    with Gateway(0, invoke, {f"POST {PATH}"}) as gateway, gateway.serving():
        for path in (PATH, INVOKE):
            client = http.client.HTTPConnection("127.0.0.1", gateway.server_port, timeout=PLENTY)
            with closing(client):
                answer = ask(client, "POST", path, b"{}")
            assert answer == (500, {"message": "Internal Server Error"})
