"""Putting an answer on the wire, properly or in one of the ways a network spoils it."""

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

from .answers import JSON_TYPE, Answer
from .faults import Fault

OVERSIZED_BYTES = 50 * 1024 * 1024
_BLOCK = b"a" * 65536


class ConnectionCutError(Exception):
    """The connection is to be closed at this point, by RST if `reset`."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("cut")
        self.reset = reset


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """Return the answer that takes the place of GLPI's own after it did its work."""
    if fault is None:
        return answer
    if fault.kind == "invalid_json":
        return Answer(201, b'{"id": 12, "message": "Item succ', JSON_TYPE)
    if fault.kind == "wrong_shape":
        return Answer(201, (fault.body or '{"id": "12"}').encode(), JSON_TYPE)
    return answer


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Send an answer whole: in chunks as PHP behind nginx, or with a length."""
    body = b"" if handler.command == "HEAD" else answer.body
    chunked = answer.chunked and handler.request_version == "HTTP/1.1"
    _begin(handler, answer, None if chunked else len(answer.body))
    if not chunked:
        _write(handler, body)
    elif handler.command != "HEAD":
        _write(handler, (_chunk(body) if body else b"") + b"0\r\n\r\n")


def send_half(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Send the headers and half of the body, then raise to close the connection."""
    _begin(handler, answer, len(answer.body))
    _write(handler, answer.body[: len(answer.body) // 2])
    raise ConnectionCutError


def send_dripping(
    handler: BaseHTTPRequestHandler,
    answer: Answer,
    seconds: float,
    stopping: threading.Event,
    *,
    headers_too: bool,
) -> None:
    """Send one byte every `seconds`, the headers at once or dripping as well."""
    answer = dataclasses.replace(answer, chunked=False)
    _prepare(handler, answer, len(answer.body))
    head = b"".join(_taken_headers(handler))
    if headers_too:
        slow = head + answer.body
    else:
        handler.wfile.write(head)
        slow = answer.body
    for index in range(len(slow)):
        _write(handler, slow[index : index + 1])
        if stopping.wait(seconds):
            raise ConnectionCutError


def send_oversized(
    handler: BaseHTTPRequestHandler, answer: Answer, stopping: threading.Event
) -> None:
    """Send a valid beginning and a JSON string that goes on for 50 MB."""
    _begin(handler, dataclasses.replace(answer, content_type=JSON_TYPE), None)
    _write(handler, _chunk(b'{"id": 12, "message": "'))
    for _ in range(OVERSIZED_BYTES // len(_BLOCK)):
        if stopping.is_set():
            raise ConnectionCutError
        _write(handler, _chunk(_BLOCK))
    _write(handler, _chunk(b'"}') + b"0\r\n\r\n")


def _begin(handler: BaseHTTPRequestHandler, answer: Answer, length: int | None) -> None:
    _prepare(handler, answer, length)
    _write(handler, b"".join(_taken_headers(handler)))


def _prepare(handler: BaseHTTPRequestHandler, answer: Answer, length: int | None) -> None:
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.content_type)
    if length is None:
        handler.send_header("Transfer-Encoding", "chunked")
    else:
        handler.send_header("Content-Length", str(length))
    handler.send_header("Connection", "close" if handler.close_connection else "keep-alive")
    for name, value in answer.headers:
        handler.send_header(name, value)


def _taken_headers(handler: BaseHTTPRequestHandler) -> Iterator[bytes]:
    """Take the status line and headers out of the handler's buffer."""
    buffered: list[bytes] = getattr(handler, "_headers_buffer", [])
    yield from buffered
    yield b"\r\n"
    buffered.clear()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _write(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)
