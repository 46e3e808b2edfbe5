"""A loopback TCP listener that can be cut off and opened again on the same port.

It counts connections, can close every open one from outside, and joins its threads when stopped.
"""

import contextlib
import select
import socket
import ssl
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Server(ThreadingHTTPServer):
    """One listening socket and the connections accepted from it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, bound: socket.socket, handler: type[BaseHTTPRequestHandler], owner: "Listener"
    ) -> None:
        super().__init__(bound.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_name, self.server_port = bound.getsockname()
        try:
            self.server_activate()
        except OSError:
            self.server_close()
            raise
        self.owner = owner
        self.socket.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name="accept", daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            ready, _, _ = select.select([self.socket, self._woken], [], [])
            if self._woken in ready:
                return
            self.handle_request()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; a TLS handshake is left to the connection's own thread."""
        connection, address = super().get_request()
        connection.setblocking(True)
        context = self.owner.ssl_context
        if context is not None:
            connection = context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Serve a connection in a thread of its own."""
        self.owner.serve(self, request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Close a connection; one marked for a reset must not send FIN first."""
        if self.owner.is_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Pass over a peer that went away; show every other error."""
        if not self.owner.is_cut(request):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop accepting connections; those that are open stay."""
        self._wake.send(b"x")
        self._accepting.join()
        self.server_close()
        self._wake.close()
        self._woken.close()


class Listener:
    """A port on 127.0.0.1; `connections` counts what was accepted since the start."""

    def __init__(
        self,
        port: int,
        handler: type[BaseHTTPRequestHandler],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.ssl_context = ssl_context
        self.port = port
        self.connections = 0
        self._handler = handler
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._kept: socket.socket | None = None
        self._open: dict[int, tuple[socket.socket, threading.Thread]] = {}
        self._numbers: dict[int, int] = {}
        self._cut: set[int] = set()
        self._reset: set[int] = set()

    def open(self) -> None:
        """Begin or resume to listen, on the same port as before."""
        if self._server is None:
            bound, self._kept = self._kept or _bound(self.port), None
            self._server = _Server(bound, self._handler, self)
            self.port = self._server.server_port

    def close(self) -> None:
        """Stop listening, cut every open connection and wait for its thread."""
        self.refuse()
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()
        with self._lock:
            threads = [thread for _, thread in self._open.values()]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

    def refuse(self) -> None:
        """Stop listening and cut every open connection; the port stays ours."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self._kept = _bound(self.port)
        with self._lock:
            for key, (connection, _) in self._open.items():
                self._cut.add(key)
                _shut(connection)

    def serve(self, server: _Server, request: socket.socket, address: object) -> None:
        """Start the thread that serves an accepted connection."""
        key = id(request)
        thread = threading.Thread(
            target=self._serve, args=(server, request, address), name="connection", daemon=True
        )
        with self._lock:
            self.connections += 1
            self._numbers[key] = self.connections
            self._open[key] = (request, thread)
        thread.start()

    def number_of(self, request: socket.socket) -> int:
        """Return the number of an open connection, counted from 1."""
        return self._numbers[id(request)]

    def cut(self, request: socket.socket, *, reset: bool = False) -> None:
        """Mark a connection to be closed without a further word, by RST or FIN."""
        self._cut.add(id(request))
        if reset:
            self._reset.add(id(request))
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def is_cut(self, request: socket.socket) -> bool:
        """Tell whether the connection was cut on purpose, from either side."""
        return id(request) in self._cut

    def is_reset(self, request: socket.socket) -> bool:
        """Tell whether the connection is to end with a RST."""
        return id(request) in self._reset

    def _serve(self, server: _Server, request: socket.socket, address: object) -> None:
        try:
            server.process_request_thread(request, address)
        finally:
            with self._lock:
                key = id(request)
                self._open.pop(key, None)
                self._numbers.pop(key, None)
                self._cut.discard(key)
                self._reset.discard(key)


def _bound(port: int) -> socket.socket:
    """Return a socket that has a port, but does not listen yet."""
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def _shut(connection: socket.socket) -> None:
    # The plain socket's method: an SSL socket's own would pull the ground from under its reader.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
