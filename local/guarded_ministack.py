"""MiniStack behind the guard of all ports here; run by MiniStack's own Python.

Who may speak to it may create a function and so run programs: it asks for the key of the run, which
is its account's number, too, since MiniStack takes an access key id of 12 digits as that (1.4.21).
"""

import os
import re
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from email.message import Message
from importlib import import_module
from typing import Any

from local.guard import refusal

WEBHOOKS = "/_aws/execute-api/"
"""Below it MiniStack serves the HTTP APIs, whose callers have no key."""

_WEBHOOK = re.compile(re.escape(WEBHOOKS) + r"[0-9a-z]+/\$default/mattermost/webhook")
"""What Mattermost calls, letter by letter: of other paths there MiniStack takes some for requests
to any service of AWS (1.4.21)."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]


def guarded(app: App, key: str) -> App:
    """Return an ASGI application that refuses before `app` gets to know of a request."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        why = _refusal(scope, key)
        if why is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            body = f"{why}\n".encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return guard


def _refusal(scope: Scope, key: str) -> str | None:
    """Return why a request is refused; MiniStack's WebSockets are for nobody here."""
    if scope["type"] != "http":
        return None if scope["type"] == "lifespan" else "there are no WebSockets here"
    headers = Message()
    for name, value in scope["headers"]:
        headers[name.decode("latin-1")] = value.decode("latin-1")
    is_webhook = scope["method"] == "POST" and _WEBHOOK.fullmatch(scope["path"])
    needed = None if is_webhook else key
    return refusal(scope["method"], headers, needed)


def main() -> None:
    """Run MiniStack until it is told to stop."""
    ministack: Any = import_module("ministack.app")
    ministack.app = guarded(ministack.app, os.environ["AWS_ACCESS_KEY_ID"])
    ministack.main()


if __name__ == "__main__":
    main()
