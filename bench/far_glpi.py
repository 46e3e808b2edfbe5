"""A GLPI that is some milliseconds away and takes its time, in a process of its own.

    python -m bench.far_glpi --delay 0.005 [--tls FOLDER] [--at-once]

Prints a line of JSON: its address, its tokens, and the authorities to trust. The service times are
those of a real GLPI 11.0.6 on loopback (median of 20); the network's delay is put upon every
connection (a TCP handshake) and upon every answer.
"""

import argparse
import contextlib
import json
import queue
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

import trustme
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from local.glpi_simulator import Fault, GlpiSimulator

SERVICE_SECONDS = {"POST Ticket": 0.0159, "initSession": 0.0050, "killSession": 0.0050}
"""The create was measured alone, and all three calls on three connections with 43.4 ms; the
simulator and new connections take their own share of it."""


class Far:
    """A relay that adds a round trip to every connection and to every answer."""

    def __init__(self, port: int, delay: float) -> None:
        self._target = port
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            threading.Thread(target=self._relay, args=(near,), daemon=True).start()

    def _relay(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._target))
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _pump(far, near, delay=0.0)
        _pump(near, far, delay=self._delay, opening=self._delay)


def _pump(source: socket.socket, sink: socket.socket, delay: float, opening: float = 0.0) -> None:
    """Pass on what comes, so many seconds later; the first of it later still.

    What comes in pieces is under way at the same time, as on a wire.
    """
    line: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def take() -> None:
        opened = time.monotonic() + opening
        data = b"x"
        while data:
            with contextlib.suppress(OSError):
                data = source.recv(65536)
            line.put((max(time.monotonic(), opened) + delay, data))

    def give() -> None:
        data = b"x"
        while data:
            due, data = line.get()
            time.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(OSError):
                sink.sendall(data) if data else sink.shutdown(socket.SHUT_WR)

    for work in (take, give):
        threading.Thread(target=work, daemon=True).start()


def _tls(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return the server's context, and a file with all public authorities and its own."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = folder / "ca.pem"
    bundle.write_bytes(Path(DEFAULT_CA_BUNDLE_PATH).read_bytes() + authority.cert_pem.bytes())
    return context, str(bundle)


def main() -> None:
    """Serve until standard input is closed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0, help="seconds of a round trip")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="where its authority goes")
    parser.add_argument("--at-once", action="store_true", help="leave out GLPI's own times")
    arguments = parser.parse_args()
    context, ca_bundle = _tls(arguments.tls) if arguments.tls else (None, "")
    with GlpiSimulator(ssl_context=context) as glpi:
        for match, seconds in ({} if arguments.at_once else SERVICE_SECONDS).items():
            glpi.inject(Fault("delay_before", match=match, seconds=seconds))
        relay = Far(int(glpi.url.rpartition(":")[2]), arguments.delay)
        tokens = {"app": glpi.app_token, "user": glpi.user_tokens["mm-bot"]}
        url = f"{'https' if context else 'http'}://127.0.0.1:{relay.port}"
        print(json.dumps({"url": url, **tokens, "ca_bundle": ca_bundle}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
