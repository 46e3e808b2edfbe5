"""How containers reach the ports of `make run`: a second address, on Docker's bridge.

A container does not see this machine's 127.0.0.1. Docker Desktop brings what a container sends to
`host.docker.internal` there by itself. On Linux `host-gateway` leads to the bridge's address, so
the ports are opened there, too, and bytes passed on as they are to the same port of 127.0.0.1: its
guard refuses foreign names and web pages, and asks for the key, whichever way a request comes.

Linux takes packets for any of its addresses at any of its network cards. So only those are let in
whose own address is in the network that belongs to the address.
"""

import errno
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from bridge.config.settings import SettingsError
from local.engine import NoEngine, engine

LOOPBACK = "127.0.0.1"
EVERYBODY = IPv4Network("0.0.0.0/0")
CHUNK = 64 * 1024
"""Bytes that are passed on at once."""


@dataclass(frozen=True)
class Door:
    """An address of this machine.

    Attributes:
        network: whose members are let in.
        is_given: a person has named it, and it was not found.
    """

    address: str
    network: IPv4Network
    is_given: bool


def door(env: Mapping[str, str]) -> Door | None:
    """Return the second address: the one of BIND, else Docker's; None where there is none.

    Raises:
        SettingsError: BIND is none.
    """
    given = env.get("BIND", "").strip()
    if given == LOOPBACK:
        return None
    if given:
        return Door(str(_interface(given).ip), _network(given), is_given=True)
    if not sys.platform.startswith("linux"):
        return None  # Docker Desktop, whose bridge is in a virtual machine
    try:
        found = engine(env).bridge()
    except NoEngine:
        return None
    return Door(str(found.ip), found.network, is_given=False) if found else None


def _interface(given: str) -> IPv4Interface:
    try:
        interface = IPv4Interface(given)
    except ValueError:
        interface = IPv4Interface(0)
    if interface.ip.is_unspecified or interface.ip.is_multicast:
        raise SettingsError(
            "BIND",
            f"is {given!r}; use one address of this machine, best with the network that is let in, "
            "such as 172.17.0.1/16, or 127.0.0.1 for none besides",
        )
    return interface


def _network(given: str) -> IPv4Network:
    return _interface(given).network if "/" in given else EVERYBODY


@contextmanager
def reachable(env: Mapping[str, str], ports: Sequence[int]) -> Iterator[str]:
    """Let containers reach ports of 127.0.0.1 until the block ends.

    Yields:
        The address, "" if there is none.

    Raises:
        SettingsError: BIND is no address of this machine.
        OSError: a port is taken there.
    """
    second = door(env)
    with ExitStack() as stack:
        is_open = second is not None and _open(stack, second, ports)
        yield second.address if second and is_open else ""


def _open(stack: ExitStack, second: Door, ports: Sequence[int]) -> bool:
    """Open the ports; returns False where the engine's bridge is in a virtual machine, say."""
    try:
        for port in ports:
            stack.enter_context(_relay(second, port))
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        if second.is_given:
            said = f"is {second.address!r}, which is no address of this machine"
            raise SettingsError("BIND", said) from None
        return False
    return True


@contextmanager
def _relay(second: Door, port: int) -> Iterator[None]:
    with _Relay(second, port) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            relay.shutdown()
            thread.join()
            relay.cut()


class _Relay(socketserver.ThreadingTCPServer):
    """A port of the second address; closing it waits for the threads of its connections."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, second: Door, port: int) -> None:
        self._network = second.network
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        super().__init__((second.address, port), _Passing)

    def verify_request(self, request: object, client_address: tuple[str, int]) -> bool:  # noqa: ARG002 - socketserver's
        """Let nobody in from another network."""
        return IPv4Address(client_address[0]) in self._network

    @contextmanager
    def known(self, *sockets: socket.socket) -> Iterator[None]:
        """Let `cut` end connections until the block ends."""
        with self._lock:
            self._open.update(sockets)
            if self._is_cut:
                _shut(*sockets)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(sockets)

    def cut(self) -> None:
        """End all connections, those to come included."""
        with self._lock:
            self._is_cut = True
            _shut(*self._open)


class _Passing(socketserver.BaseRequestHandler):
    """Serves one connection."""

    server: _Relay
    request: socket.socket

    def handle(self) -> None:
        """Pass on in both directions; a port that refuses closes the connection."""
        with (
            suppress(OSError),
            socket.create_connection((LOOPBACK, self._port)) as inner,
            self.server.known(self.request, inner),
        ):
            back = threading.Thread(target=_pass_on, args=(inner, self.request))
            back.start()
            _pass_on(self.request, inner)
            back.join()

    @property
    def _port(self) -> int:
        return int(self.server.server_address[1])


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _shut(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
