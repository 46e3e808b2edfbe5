"""Who may speak to the ports that are opened on this machine: its programs and people, no web page.

A page that a browser here shows can send requests to 127.0.0.1 whatever its origin, and read the
answers once its own name is made to point here (DNS rebinding). Browsers tell the two apart:

- every request of a script to another origin, every form that is sent, every preflight and every
  WebSocket carries `Origin` (Fetch Standard, "append a request Origin header"); nothing that has
  business here sends one;
- a name that was made to point here stands in `Host` (the port there tells nothing: what relays
  and tunnels on this machine pass on has theirs);
- pictures, frames and other parts of a page carry neither, but `Sec-Fetch-Site` (Fetch Metadata
  Request Headers). A link that a person follows does so, too, and may.

Where only programs of one run have business, they show its key besides.
"""

import hmac
import re
import secrets
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

NAMES = ("127.0.0.1", "localhost", "[::1]", "host.docker.internal")
"""How programs call this machine; the last is how those in Docker Desktop's containers do."""

_OWN = re.compile(rf"(?:{'|'.join(map(re.escape, NAMES))})(?::\d{{1,5}})?", re.IGNORECASE)

MAX_UNREAD = 1024 * 1024
"""Bytes of a refused request that are read, so that whoever sends them gets to read the refusal."""

NO_NAME = f"only {', '.join(NAMES[:-1])} and {NAMES[-1]} are answered here, no other Host"
NO_PAGE = "only programs and people on this machine are answered here, no web page"
NO_KEY = (
    "this port asks for the key of the run: curl -H @.build/run.key; AWS clients find it in "
    ".build/run.env. `make run` writes both"
)

_KEY = re.compile(r"(?:Bearer |AWS4-HMAC-SHA256 Credential=)([^\s/,]+)")


def new_key() -> str:
    """Return a key that nobody can guess, and that can be an AWS access key id."""
    return secrets.token_hex(16)


def refusal(method: str, headers: Message, key: str | None = None) -> str | None:
    """Return why a request is refused, in one sentence; None when it may go on.

    Args:
        method: of the request.
        headers: of the request.
        key: is to be shown, as a bearer token or as AWS clients show their access key id.
    """
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1 or not _OWN.fullmatch(hosts[0]):
        return NO_NAME
    if method == "OPTIONS" or "Origin" in headers or _is_part_of_a_page(method, headers):
        return NO_PAGE
    return None if key is None or _shows(headers, key) else NO_KEY


def _is_part_of_a_page(method: str, headers: Message) -> bool:
    """Tell whether a foreign page asks for a part of its own, not a person who follows a link."""
    if headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return False
    to = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    return method not in ("GET", "HEAD") or to != ("navigate", "document")


def _shows(headers: Message, key: str) -> bool:
    found = _KEY.match(headers.get("Authorization", ""))
    return found is not None and hmac.compare_digest(found[1].encode(), key.encode())


class Guarded(BaseHTTPRequestHandler):
    """Serves one connection, and refuses before anything else looks at a request.

    Attributes:
        key: is to be shown on this port; None where the guarded port has no key.
    """

    key: str | None = None

    def parse_request(self) -> bool:
        """Read the request's head; returns whether it may go on, after a refusal if not."""
        if not super().parse_request():
            return False
        why = refusal(self.command, self.headers, self.key)
        if why is not None:
            self._refuse(f"{why}\n".encode())
        return why is None

    def _refuse(self, sentence: bytes) -> None:
        self.close_connection = True  # what is left unread would be taken for the next request
        length = self.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) <= MAX_UNREAD:
            self.rfile.read(int(length))
        self.send_response(HTTPStatus.FORBIDDEN)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(sentence)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(sentence)
