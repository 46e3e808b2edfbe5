"""Connections whose every step ends by a deadline, from name resolution to the last byte.

Every socket operation gets what is left of the deadline as its timeout, and names are resolved on a
thread that is left behind when time is up. An exchange also knows whether any byte of its request
left this machine: that is what tells "surely not executed" from "may have been executed", whatever
the exception was.

A connection carries one more request only if it is open and nothing is unread on it: `answers` says
why.
"""

import io
import socket
import ssl
from contextvars import ContextVar
from enum import Enum
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from bridge.net.answers import FinalAnswer
from bridge.net.deadline import Deadline, within

_SEND_CHUNK = 16 * 1024
_SocketOptions = list[tuple[int, int, int | bytes]]


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


class Exchange:
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


under_way: ContextVar[Exchange] = ContextVar("exchange")


class _BoundedConnection(HTTPConnection):
    """A connection whose every step ends by the deadline of the exchange under way.

    `_new_conn` is where urllib3 2.x itself puts another way of connecting (its SOCKS support).
    """

    response_class = FinalAnswer

    def _new_conn(self) -> socket.socket:
        exchange = under_way.get()
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
            under_way.get().failure = error
            raise
        self.sock = cast(socket.socket, _BoundedSocket(cast(socket.socket, self.sock)))

    @property
    def is_connected(self) -> bool:
        """Whether it can carry one more request; urllib3 asks before each."""
        bounded = cast(_BoundedSocket | None, self.sock)
        return bounded is not None and not bounded.has_unread and super().is_connected


class _BoundedTlsConnection(_BoundedConnection, HTTPSConnection):
    """The same over TLS."""


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


class BoundedAdapter(HTTPAdapter):
    """An adapter of `requests` whose connections end by the deadline of the exchange under way.

    Args:
        context: for TLS.
        authorities: path of the PEM file with those that are trusted.
    """

    def __init__(self, context: ssl.SSLContext, authorities: str) -> None:
        self._context = context
        self._authorities = authorities
        self._trusted = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on
        """Make the pools; `requests` calls it, when it is unpickled, too."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _BoundedPool, "https": _BoundedTlsPool}

    def cert_verify(self, _: object, url: str, *__: object) -> None:
        """Read the authorities once; `requests` has them read for every connection (2.34)."""
        self.trust(url)

    def trust(self, url: str) -> None:
        """Read the authorities, if they are needed for an address and not read yet."""
        if not self._trusted and url.startswith("https:"):
            self._context.load_verify_locations(self._authorities)
            self._trusted = True


class _BoundedSocket:
    """A connected socket that gets the time left as its timeout before every operation."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._answer: _AnswerReader | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for a whole socket
        return getattr(self._sock, name)

    @property
    def has_unread(self) -> bool:
        """Whether something came behind the last answer that the operating system shows no more.

        It was read along with that, or TLS has decrypted it along with that.
        """
        decrypted = isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0
        return decrypted or (self._answer is not None and self._answer.was_followed)

    def sendall(self, data: bytes) -> None:
        exchange = under_way.get()
        view = memoryview(data)
        for start in range(0, len(view), _SEND_CHUNK):
            self._sock.settimeout(exchange.deadline.remaining())
            exchange.stage = Cause.CUT
            self._sock.sendall(view[start : start + _SEND_CHUNK])

    def makefile(self, mode: str, *_: object) -> io.BufferedReader:
        """Return what reads one answer."""
        if mode != "rb":
            raise ValueError(mode)
        self._answer = _AnswerReader(_BoundedReader(self._sock))
        return self._answer


class _AnswerReader(io.BufferedReader):
    """Reads one answer.

    Attributes:
        was_followed: whether more had been read from the connection when it was closed.
    """

    was_followed = False

    def __init__(self, raw: "_BoundedReader") -> None:
        super().__init__(raw)
        self._connection = raw

    def close(self) -> None:
        """Close the reader; the connection stays."""
        if not self.closed:
            self._connection.is_at_its_end = True
            self.was_followed = bool(self.peek(1))
        super().close()


class _BoundedReader(io.RawIOBase):
    """Reads from a connection, up to the end of one answer.

    Attributes:
        is_at_its_end: whether nothing more is to be read, nor waited for.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self.is_at_its_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - typeshed's WriteableBuffer
        if self.is_at_its_end:
            return 0
        self._sock.settimeout(under_way.get().deadline.remaining())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


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
