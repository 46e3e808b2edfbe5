"""HTTP under one deadline that covers everything, from name resolution to the last byte.

`requests` bounds a single socket operation, so a server that drips one byte a second, or a
resolver that never answers, holds a caller for as long as it likes (measured with requests 2.32:
timeout 0.5 s took 3 s). `connections` bounds them all.
"""

import http.client
import io
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import requests
import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from bridge.config import timing
from bridge.net.connections import BoundedAdapter, Cause, Exchange, NoAnswer, under_way
from bridge.net.deadline import Deadline

__all__ = [
    "MAX_ANSWER",
    "Answer",
    "Body",
    "Cause",
    "Http",
    "NoAnswer",
]


class Streamed(Protocol):
    """A body that is too large to be held; it can be read more than once."""

    def __len__(self) -> int:
        """Return the bytes there are."""

    def __iter__(self) -> Iterator[bytes]:
        """Return them from the beginning."""


Body = bytes | Streamed

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes. GLPI's largest page seen (11.0.6, an error) has 200 kB; more is not an answer."""

_HEADERS = {"User-Agent": "mattermost-glpi-bridge", "Accept-Encoding": "identity"}
_NO_ANSWER = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # of http.client, for a chunk of negative size
)


@dataclass(frozen=True)
class Answer:
    """What a server answered, read completely. Header names are matched without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class Http:
    """A client for one server: keep-alive, no retries, no redirects, no cookies, no environment.

    Requests go to the adapter directly: a session of `requests` would read the whole body of a
    redirect, and take proxies and, from `.netrc`, another Authorization from the environment.
    Not for use by several threads at once.

    Args:
        ca_bundle: path of a PEM file to trust instead of the public authorities.
        wall_clock: seconds since the epoch; a frozen container's monotonic clock may stand still.
    """

    def __init__(
        self, *, ca_bundle: str | None = None, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._wall_clock = wall_clock
        self._last_used = 0.0
        context = _tls_context(private=ca_bundle is not None)
        self._adapter = BoundedAdapter(context, ca_bundle or DEFAULT_CA_BUNDLE_PATH)

    def request(
        self,
        method: str,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: Body | None = None,
        into: BinaryIO | None = None,
        limit: int = MAX_ANSWER,
    ) -> Answer:
        """Send one request and read its whole answer, whatever its status.

        Args:
            method: in capitals.
            url: the whole address.
            deadline: for everything.
            headers: of the request.
            body: of the request.
            into: where the body of a success goes instead of into the answer.
            limit: bytes of the answer's body at most.

        Raises:
            NoAnswer: there is none, or none by the deadline.
        """
        if not 0 <= self._wall_clock() - self._last_used <= timing.IDLE_SECONDS:
            self.close()
        exchange = Exchange(deadline)
        token = under_way.set(exchange)
        try:
            prepared = requests.Request(method, url, {**_HEADERS, **headers}, data=body).prepare()
            timeout = deadline.remaining()
            with self._adapter.send(
                prepared, stream=True, timeout=timeout, verify=True
            ) as response:
                held = io.BytesIO()
                _read(response, into if into and response.ok else held, limit)
                return Answer(response.status_code, response.headers, held.getvalue())
        except _NO_ANSWER:
            raise exchange.no_answer() from None
        finally:
            under_way.reset(token)
            self._last_used = self._wall_clock()

    def prepare(self, url: str) -> None:
        """Read the authorities now, if an address needs them; connects to nobody."""
        self._adapter.trust(url)

    def close(self) -> None:
        """Close the connection, if one is open."""
        self._adapter.close()


def _tls_context(*, private: bool) -> ssl.SSLContext:
    """Return the context for all connections; certificates are always verified.

    Python 3.13 also demands key identifiers that many companies' own authorities leave out.
    """
    context = create_urllib3_context()
    if private:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _read(response: requests.Response, sink: BinaryIO, limit: int) -> None:
    size = 0
    for chunk in response.iter_content(64 * 1024):
        size += len(chunk)
        if size > limit:
            raise NoAnswer(Cause.TOO_LARGE, sent=True)
        sink.write(chunk)
