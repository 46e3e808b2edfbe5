"""HTTP under one deadline that covers everything, from name resolution to the last byte.

`requests` bounds a single socket operation, so a server that drips one byte a second, or a
resolver that never answers, holds a caller for as long as it likes (measured with requests 2.32:
timeout 0.5 s took 3 s). Here every socket operation gets what is left of the deadline as its
timeout, and names are resolved on a thread that is left behind when time is up.

A request that fails also says whether any byte of it left this machine: that is what tells
"surely not executed" from "may have been executed", whatever the exception was.
"""

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any, BinaryIO, Protocol, TypeVar, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

T = TypeVar("T")


class Streamed(Protocol):
    """A body that is too large to be held; it can be read more than once."""

    def __len__(self) -> int:
        """Return the bytes there are."""

    def __iter__(self) -> Iterator[bytes]:
        """Return them from the beginning."""


Body = bytes | Streamed

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes. GLPI's largest page seen (11.0.6, an error) has 200 kB; more is not an answer."""

MAX_IDLE = 4.0
"""Seconds. Below Apache's default KeepAliveTimeout of 5 s: a frozen Lambda container misses the
server's FIN, and a POST written to such a connection would be a needless unknown outcome."""

_SEND_CHUNK = 16 * 1024
_HEADERS = {"User-Agent": "mattermost-glpi-bridge", "Accept-Encoding": "identity"}
_NO_ANSWER = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # of http.client, for a chunk of negative size
)
_SocketOptions = list[tuple[int, int, int | bytes]]


class ServerError(Exception):
    """A call to a server that did not succeed. The type says what to do next.

    Attributes:
        code: the server's error code in capitals, or ours in lower case.
        remedy: one sentence for the operator: what happened, why, what to do.
        status: the HTTP status, None when there was no answer.
    """

    def __init__(self, code: str, remedy: str, status: int | None = None) -> None:
        super().__init__(code, remedy, status)
        self.code = code
        self.remedy = remedy
        self.status = status

    def __str__(self) -> str:
        where = f" (HTTP {self.status})" if self.status else ""
        return f"{self.code}{where}: {self.remedy}"


class Deadline:
    """The moment by which all of a piece of work has to be over.

    Args:
        seconds: from now.
        clock: a monotonic clock in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds left, always more than 0.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    def within(self, seconds: float) -> "Deadline":
        """Return an earlier deadline, if so many seconds are less than what is left."""
        return Deadline(min(seconds, self._end - self._clock()), self._clock)

    @property
    def passed(self) -> bool:
        """Whether nothing is left."""
        return self._clock() >= self._end


class Cause(Enum):
    """Why there is no answer."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    CUT = "cut"
    TOO_LARGE = "too-large"


class NoAnswer(Exception):
    """The server gave no complete answer.

    Attributes:
        cause: at which step it ended.
        sent: False when surely no byte of the request left this machine.
        detail: what the operating system or TLS said; never holds headers, body or query.
    """

    def __init__(self, cause: Cause, *, sent: bool, detail: str = "") -> None:
        super().__init__(f"{cause.value}: {detail}" if detail else cause.value)
        self.cause = cause
        self.sent = sent
        self.detail = detail


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


class _Exchange:
    """One request under way: its deadline, how far it got, and why it could not connect."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.stage = Cause.TIMEOUT  # until something is tried, only time can be short
        self.failure: OSError | None = None

    @property
    def sent(self) -> bool:
        """Whether a byte of the request may have left this machine."""
        return self.stage is Cause.CUT

    def no_answer(self) -> NoAnswer:
        """Name the end of this exchange by the step it was in."""
        if self.sent:
            return NoAnswer(Cause.TIMEOUT if self.deadline.passed else Cause.CUT, sent=True)
        if isinstance(self.failure, ssl.SSLCertVerificationError):
            return NoAnswer(Cause.CERTIFICATE, sent=False, detail=self.failure.verify_message)
        if isinstance(self.failure, ssl.SSLError):
            return NoAnswer(self.stage, sent=False, detail=self.failure.reason or "")
        said = self.failure.strerror if self.failure else None
        return NoAnswer(self.stage, sent=False, detail=said or "no answer in time")


_exchange: ContextVar[_Exchange] = ContextVar("exchange")


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
        self._verify = ca_bundle or True
        self._adapter = _BoundedAdapter(_tls_context(private=ca_bundle is not None))

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
        if not 0 <= self._wall_clock() - self._last_used <= MAX_IDLE:
            self.close()
        exchange = _Exchange(deadline)
        token = _exchange.set(exchange)
        try:
            prepared = requests.Request(method, url, {**_HEADERS, **headers}, data=body).prepare()
            timeout = deadline.remaining()
            with self._adapter.send(
                prepared, stream=True, timeout=timeout, verify=self._verify
            ) as response:
                held = io.BytesIO()
                _read(response, into if into and response.ok else held, limit)
                return Answer(response.status_code, response.headers, held.getvalue())
        except _NO_ANSWER:
            raise exchange.no_answer() from None
        finally:
            _exchange.reset(token)
            self._last_used = self._wall_clock()

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


class _BoundedConnection(HTTPConnection):
    """A connection whose every step ends by the deadline of the exchange under way.

    `_new_conn` is where urllib3 2.x itself puts another way of connecting (its SOCKS support).
    """

    def _new_conn(self) -> socket.socket:
        exchange = _exchange.get()
        exchange.stage = Cause.DNS
        addresses = _resolve(self._dns_host, exchange.deadline.remaining())
        exchange.stage = Cause.CONNECT
        sock = _connect(addresses, self.port, exchange.deadline, list(self.socket_options or ()))
        exchange.stage = Cause.TLS
        sock.settimeout(exchange.deadline.remaining())
        return sock

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            _exchange.get().failure = error
            raise
        self.sock = cast(socket.socket, _BoundedSocket(cast(socket.socket, self.sock)))


class _BoundedTlsConnection(_BoundedConnection, HTTPSConnection):
    """The same over TLS."""


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _BoundedPool, "https": _BoundedTlsPool}


class _BoundedSocket:
    """A connected socket that gets the time left as its timeout before every operation."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for a whole socket
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        exchange = _exchange.get()
        view = memoryview(data)
        for start in range(0, len(view), _SEND_CHUNK):
            self._sock.settimeout(exchange.deadline.remaining())
            exchange.stage = Cause.CUT
            self._sock.sendall(view[start : start + _SEND_CHUNK])

    def makefile(self, mode: str, *_: object) -> io.BufferedReader:
        if mode != "rb":
            raise ValueError(mode)
        return io.BufferedReader(_BoundedReader(self._sock))


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - typeshed's WriteableBuffer
        self._sock.settimeout(_exchange.get().deadline.remaining())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns; a call that takes longer is left behind on its thread.

    Raises:
        TimeoutError: there is no result after `seconds`.
        Exception: whatever the call raises.
    """
    results: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:  # noqa: BLE001 - raised again where it can be handled
            results.put((None, error))

    threading.Thread(target=run, name="bounded call", daemon=True).start()
    try:
        value, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return cast(T, value)


def _resolve(host: str, timeout: float) -> list[str]:
    """Return the addresses of a name, in the resolver's order.

    Raises:
        OSError: the name is unknown, or there is no answer within `timeout` seconds.
    """
    try:
        found = within(timeout, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except TimeoutError:
        raise TimeoutError(0, "the name server did not answer in time") from None
    except UnicodeError:
        raise OSError(0, "not a host name") from None
    return [str(address[0]) for *_, address in found]


def _connect(
    addresses: list[str], port: int, deadline: Deadline, options: _SocketOptions
) -> socket.socket:
    """Connect to the first address that accepts, sharing the time left among those untried.

    Raises:
        OSError: none accepted in time.
    """
    failure = OSError(0, "the name has no address")
    for tried, address in enumerate(addresses):
        share = deadline.remaining() / (len(addresses) - tried)
        try:
            return create_connection((address, port), share, socket_options=options)
        except OSError as error:
            failure = error
    raise failure
