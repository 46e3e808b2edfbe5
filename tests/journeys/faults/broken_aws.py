"""AWS out of order: down, slow, throttled, denied, one HTTP request at a time.

The faults strike below the SDK's own second try, so what that makes of them is proven, too. A slow
call may have been executed, or not, or is executed when nobody waits for it any longer.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

Response = tuple[Any, Exception | None]
"""What botocore's endpoint makes of one HTTP request: the answer, or why there is none."""

Execute = Callable[[], Response]

MODES = ("down", "denied", "throttled", "slow, not executed", "slow, executed", "slow, late")

THROTTLED = {"sqs": "RequestThrottled"}
"""AWS's error code, by service, where it is not ThrottlingException."""


@dataclass
class Strike:
    """Which requests are hit, and how.

    Attributes:
        mode: one of MODES.
        operation: of the API; every one when empty.
        spare: so many requests of it get through before.
    """

    mode: str
    operation: str = ""
    spare: int = 0

    def hits(self, operation: str) -> bool:
        if self.operation not in ("", operation):
            return False
        self.spare -= 1
        return self.spare < 0


class BrokenAws:
    """AWS, with services that can be broken until they are healed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._strikes: dict[str, Strike] = {}
        self._late: list[Execute] = []
        self.struck: list[str] = []
        """The operations that were hit."""
        real = Endpoint._do_get_response  # type: ignore[attr-defined]  # to inject faults

        def respond(endpoint: object, request: object, operation: Any, context: object) -> Response:
            def execute() -> Response:
                response: Response = real(endpoint, request, operation, context)
                return response

            service, name = operation.service_model.service_name, operation.name
            strike = self._strikes.get(service)
            if strike is None or not strike.hits(name):
                return execute()
            self.struck.append(name)
            return self._fail(strike.mode, service, execute)

        monkeypatch.setattr(Endpoint, "_do_get_response", respond)
        awake = SimpleNamespace(sleep=lambda _: None)  # before the SDK's second try
        monkeypatch.setattr("botocore.endpoint.time", awake)

    def break_down(self, service: str, strike: Strike) -> None:
        """Let a service fail from now on."""
        self._strikes[service] = strike

    def heal(self) -> None:
        """Let everything work again, and what was slow come to its end."""
        self._strikes.clear()
        while self._late:
            self._late.pop(0)()

    def _fail(self, mode: str, service: str, execute: Execute) -> Response:
        endpoint = {"endpoint_url": f"https://{service}.example"}
        if mode == "down":
            return None, ConnectTimeoutError(**endpoint)
        if mode == "denied":
            return _refusal("AccessDeniedException"), None
        if mode == "throttled":
            return _refusal(THROTTLED.get(service, "ThrottlingException")), None
        if mode == "slow, executed":
            execute()
        if mode == "slow, late":
            self._late.append(execute)
        return None, ReadTimeoutError(**endpoint)


class _NoBody(io.BytesIO):
    """A body for botocore to read."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield b""


def _refusal(code: str) -> tuple[AWSResponse, dict[str, Any]]:
    metadata = {"HTTPStatusCode": 400, "HTTPHeaders": {}}
    parsed = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": metadata}
    return AWSResponse("https://aws.example", 400, HTTPHeaders(), _NoBody()), parsed
