"""HTTP to API Gateway events and back: the real handler behind a port of this machine.

Events have the shape of an HTTP API with payload format 2.0 (AWS documentation, "Working with
AWS Lambda proxy integrations for HTTP APIs"): header names in lower case, bodies in base64 unless
their content type is text.
"""

import base64
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from local.guard import Guarded

FUNCTION_SECONDS = 26.0
"""The function's time limit in template.yaml."""

MAX_BODY = 10 * 1024 * 1024
"""Bytes. API Gateway's limit for a payload."""

INVOKE = "/2015-03-31/functions/function/invocations"
"""Where Lambda's runtime interface emulator takes an event, and so does the gateway."""

_TEXT = ("text/", "application/json", "application/javascript", "application/xml")

Invoke = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Hands an event to the function, and returns its response; called by several threads at once."""


class NoResponse(Exception):
    """The function ended without a response to an event."""


def to_event(
    method: str, path: str, headers: Mapping[str, str], body: bytes, route: str | None = None
) -> dict[str, Any]:
    """Return the event that API Gateway would make of a request."""
    raw_path, _, query = path.partition("?")
    lower = {name.lower(): value for name, value in headers.items()}
    is_text = lower.get("content-type", "text/plain").strip().lower().startswith(_TEXT)
    now = time.time()
    return {
        "version": "2.0",
        "routeKey": route or f"{method} {raw_path}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": lower,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": lower.get("host", "localhost"),
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": lower.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route or f"{method} {raw_path}",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


class Context:
    """Lambda's context, as far as the handler looks at it."""

    def __init__(self, seconds: float = FUNCTION_SECONDS) -> None:
        self._end = time.monotonic() + seconds
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's time limit."""
        return max(0, int((self._end - time.monotonic()) * 1000))


class Gateway(ThreadingHTTPServer):
    """A server on 127.0.0.1 that hands requests to the function, side by side, as they come.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, invoke: Invoke, routes: Container[str]) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self._invoke = invoke
        self.routes = routes

    def invoke(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand an event to the function; returns its response.

        Raises:
            NoResponse: the function gave none.
        """
        return self._invoke(event)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's
        """Say nothing of a client that went away: Mattermost gives up after 30 s."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve on a thread until the block ends."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()


class _Request(Guarded, BaseHTTPRequestHandler):
    server: Gateway
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/health":
            self._answer(200, '{"status": "ok"}')
        else:
            self._not_found()

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        if path != INVOKE and f"POST {path}" not in self.server.routes:
            self._not_found()
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._message(411, "Length Required")
            return
        if int(length) > MAX_BODY:
            self._message(413, "Request Entity Too Large")
            return
        body = self.rfile.read(int(length))
        try:
            self._invoke(path, body)
        except ValueError:  # neither UTF-8 nor JSON
            self._message(400, "Bad Request")
        except NoResponse:
            self._message(500, "Internal Server Error")

    def _invoke(self, path: str, body: bytes) -> None:
        """Answer as the function does.

        Raises:
            ValueError: the body cannot be made an event.
            NoResponse: the function gave none.
        """
        if path == INVOKE:
            self._answer(200, json.dumps(self.server.invoke(json.loads(body))))
            return
        response = self.server.invoke(to_event("POST", self.path, dict(self.headers), body))
        self._answer(response["statusCode"], response["body"], response["headers"])

    def _not_found(self) -> None:
        self._message(404, "Not Found")

    def _message(self, status: int, text: str) -> None:
        """Answer as API Gateway itself does; what was not read makes the connection useless."""
        self.close_connection = True
        self._answer(status, json.dumps({"message": text}))

    def _answer(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        payload = body.encode()
        self.send_response(status)
        for name, value in (headers or {"content-type": "application/json"}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Stay silent: the handler logs what matters, and query strings are not for logs."""
