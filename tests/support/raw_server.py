"""A server of bytes: for answers that no server should give, and some do."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection whatever `serve` does."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def serve_and_close(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            serve(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threads.append(threading.Thread(target=serve_and_close, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            with suppress(OSError):  # its client may be waiting for the rest of an answer
                connection.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join()


@dataclass(frozen=True)
class Asked:
    """A request, read whole."""

    method: str
    path: str
    body: bytes


def requests_of(connection: socket.socket) -> Iterator[Asked]:
    """Read the requests of a connection, each to its end, until the client has gone."""
    with connection.makefile("rb") as stream:
        while line := stream.readline():
            method, path, _ = line.decode().split()
            length = 0
            while (header := stream.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = stream.read(length)
            if len(body) == length:
                yield Asked(method, path, body)


@dataclass
class Script:
    """Answers requests, the first of them with other bytes than it should.

    Attributes:
        answer: what each request is to be answered.
        spoiled: makes the pieces that are sent instead of the first answer; None spoils nothing.
        is_spoiled: which requests count; logins are always answered properly.
        asked: what has been asked, with the number of the connection.
    """

    answer: Callable[[Asked], bytes]
    spoiled: Callable[[bytes], list[bytes]] | None = None
    is_spoiled: Callable[[Asked], bool] = lambda _: True
    asked: list[tuple[int, Asked]] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    def __call__(self, connection: socket.socket) -> None:
        """Serve a connection."""
        self.open.append(connection)
        number = len(self.open)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for asked in requests_of(connection):
            spoils = self.spoiled if self.is_spoiled(asked) else None
            if spoils is not None:
                self.spoiled = None
            self.asked.append((number, asked))
            answer = self.answer(asked)
            for piece in spoils(answer) if spoils else [answer]:
                connection.sendall(piece)

    @property
    def connections(self) -> int:
        """How many connections there were."""
        return len(self.open)
