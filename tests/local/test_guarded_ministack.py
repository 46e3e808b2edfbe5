"""The AWS emulator of `make rehearse` answers who has the key of the run, and no web page."""

import asyncio
import subprocess
import sys
from collections.abc import MutableMapping
from typing import Any

import pytest

from bridge.endpoints.outgoing_webhook import PATH
from local.guarded_ministack import WEBHOOKS, Scope, guarded
from local.ministack import new_account
from tests.conftest import ROOT

KEY = "123456789012"
PORT = 4566
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/eu-central-1/lambda/aws4_request, Signature=0"
OWN = ("host", f"127.0.0.1:{PORT}")


def status(*headers: tuple[str, str], path: str = "/", method: str = "POST") -> int:
    """Return what a request is answered; 200 is the emulator's own answer."""
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    sent = answers(scope)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return int(sent[0]["status"])


def answers(scope: Scope) -> list[MutableMapping[str, Any]]:
    sent: list[MutableMapping[str, Any]] = []

    async def emulator(_: Scope, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {}

    asyncio.run(guarded(emulator, KEY)(scope, receive, send))
    return sent


def test_who_has_the_key_is_answered() -> None:
    assert status(OWN, ("authorization", SIGNED)) == 200


@pytest.mark.parametrize(
    "headers",
    [
        [OWN],
        [OWN, ("authorization", SIGNED.replace(KEY, "000000000000"))],
        [OWN, ("authorization", SIGNED), ("origin", "https://evil.example")],
        [OWN, ("authorization", SIGNED), ("origin", "null")],
        [OWN, ("authorization", SIGNED), ("sec-fetch-site", "cross-site")],
        [("host", f"evil.example:{PORT}"), ("authorization", SIGNED)],
        [OWN, ("host", "evil.example"), ("authorization", SIGNED)],
        [("authorization", SIGNED)],
    ],
)
def test_who_has_no_key_or_is_a_page_is_not(headers: list[tuple[str, str]]) -> None:
    assert status(*headers) == 403


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/_ministack/reset", "/_aws/sqs/messages", "/restapis/x/"),
        *(WEBHOOKS, f"{WEBHOOKS}x", f"{WEBHOOKS}/$default/mattermost/webhook"),
        *(f"{WEBHOOKS}abc/$default/", f"{WEBHOOKS}abc/$default/mattermost/webhook/x"),
        f"{WEBHOOKS}abc/../$default/mattermost/webhook",
    ],
)
def test_nothing_but_the_http_apis_does_without_the_key(path: str) -> None:
    assert status(OWN, path=path) == 403


def test_it_runs_in_an_environment_that_has_ministack_alone() -> None:
    bare = [sys.executable, "-S", "-c", "import local.guarded_ministack"]
    subprocess.run(bare, cwd=ROOT, check=True)


def test_the_http_api_is_called_as_by_mattermost_and_by_no_page() -> None:
    path = f"{WEBHOOKS}abc/$default{PATH}"
    assert status(OWN, path=path) == 200
    assert status(OWN, ("origin", "https://evil.example"), path=path) == 403
    assert status(("host", "evil.example"), path=path) == 403
    assert status(OWN, path=path, method="OPTIONS") == 403
    assert status(OWN, path=path, method="GET") == 403


def test_a_websocket_is_closed_and_starting_is_not_hindered() -> None:
    assert answers({"type": "websocket", "path": "/", "headers": []}) == [
        {"type": "websocket.close"}
    ]
    assert len(answers({"type": "lifespan"})) == 2


def test_an_account_is_a_number_that_nobody_knows() -> None:
    accounts = {new_account() for _ in range(9)}
    assert len(accounts) == 9
    assert all(len(account) == 12 and account.isdecimal() for account in accounts)
