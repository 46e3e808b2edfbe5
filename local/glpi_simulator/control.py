"""The control listener: look at the simulator and break it, in JSON over HTTP, with a key."""

import json
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from local.guard import Guarded

from .answers import json_answer
from .call import Row
from .delivery import ConnectionCutError, send
from .faults import Fault
from .glpi_port import Exchange


class Controlled(Protocol):
    """What the control listener asks of a simulator."""

    @property
    def tickets(self) -> list[Row]: ...  # noqa: D102
    @property
    def log(self) -> list[Exchange]: ...  # noqa: D102
    @property
    def faults(self) -> list[Fault]: ...  # noqa: D102
    @property
    def url(self) -> str: ...  # noqa: D102

    version: str

    def inject(self, fault: Fault) -> None: ...  # noqa: D102
    def heal(self) -> None: ...  # noqa: D102
    def expire_sessions(self) -> None: ...  # noqa: D102
    def reset(self) -> None: ...  # noqa: D102


class ControlHandler(Guarded, BaseHTTPRequestHandler):
    """Serves one connection; a subclass carries the `simulator` it controls, and the `key`."""

    simulator: Controlled
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
        """Write nothing; http.server would write a line for each request."""

    def handle(self) -> None:
        """Serve requests until either side has had enough."""
        try:
            super().handle()
        except (OSError, ConnectionCutError):
            self.close_connection = True

    def do_GET(self) -> None:
        """Show tickets, log, faults or health."""
        simulator = self.simulator
        path = self.path.partition("?")[0]
        if path == "/tickets":
            self._send(200, simulator.tickets)
        elif path == "/log":
            self._send(200, [asdict(exchange) for exchange in simulator.log])
        elif path == "/faults":
            self._send(200, [asdict(fault) for fault in simulator.faults])
        elif path == "/health":
            self._send(200, {"status": "ok", "version": simulator.version, "url": simulator.url})
        else:
            self._unknown()

    def do_POST(self) -> None:
        """Inject a fault, let sessions expire, or begin anew."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/faults":
            self._inject(body)
        elif path == "/sessions/expire":
            self.simulator.expire_sessions()
            self._send(200, {"status": "ok"})
        elif path == "/reset":
            self.simulator.reset()
            self._send(200, {"status": "ok"})
        else:
            self._unknown()

    def do_DELETE(self) -> None:
        """Remove every fault at /faults."""
        if self.path.partition("?")[0] == "/faults":
            self.simulator.heal()
            self._send(200, {"status": "ok"})
        else:
            self._unknown()

    def _inject(self, body: bytes) -> None:
        try:
            fault = Fault.from_json(json.loads(body))
        except ValueError as error:
            self._send(400, {"error": str(error)})
            return
        self.simulator.inject(fault)
        self._send(201, asdict(fault))

    def _unknown(self) -> None:
        paths = "GET /tickets /log /faults /health, POST /faults /sessions/expire /reset, "
        self._send(404, {"error": f"unknown path; there are {paths}DELETE /faults"})

    def _send(self, status: int, value: object) -> None:
        """Answer with JSON that can be read in a terminal, too."""
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        send(self, replace(json_answer(status, value), body=text.encode()))
