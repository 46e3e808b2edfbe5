"""A request of API Gateway's HTTP API (payload 2.0), and its answer. No I/O."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Protocol

Event = Mapping[str, Any]
Response = dict[str, Any]


class Context(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends this invocation."""


class Refusal(Exception):
    """A request that is not answered with what it asks for.

    Attributes:
        status: the HTTP status of the answer.
        reason: one sentence that quotes nothing of the request.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def header(event: Event, name: str) -> str:
    """Return a header's value, "" when it did not come.

    Args:
        event: the request.
        name: of the header, in lower case.
    """
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    return headers.get(name, "")


def body(event: Event) -> bytes:
    """Return a request's body.

    Raises:
        Refusal: it is not base64, though the event says so.
    """
    text = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return text.encode(errors="replace")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "the body is not base64, though the event says so") from None


def request_id(event: Event) -> str:
    """Return API Gateway's own id of a request, "" when it did not come."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def respond(status: int, fields: Mapping[str, object]) -> Response:
    """Return an answer in JSON."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(fields, ensure_ascii=False),
    }
