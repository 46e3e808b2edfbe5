"""A Docker engine as far as it is asked before a container runs; it creates none."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from tempfile import TemporaryDirectory
from typing import Any

API = "1.41"
BRIDGE = {
    "IPAM": {"Config": [{"Subnet": "fd00::/64"}, {"Subnet": "127.0.0.0/8", "Gateway": "127.0.0.2"}]}
}


class DockerEngine(ThreadingUnixStreamServer):
    """The engine at a socket.

    Attributes:
        host: its DOCKER_HOST.
        created: what containers it was asked for, as the Engine API has them.
    """

    daemon_threads = True

    def __init__(self, path: Path, bridge: Mapping[str, Any] | None = BRIDGE) -> None:
        super().__init__(str(path), _Request)
        self.host = f"unix://{path}"
        self.created: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {
            "/_ping": "OK",
            "/version": {"Version": "20.10.24", "ApiVersion": API},
            "/images/json": [],
            **({"/networks/bridge": bridge} if bridge is not None else {}),
        }

    def answer(self, path: str) -> Any:
        """Return what is at a path, None where there is nothing."""
        plain = re.sub(r"^/v[\d.]+(?=/)", "", path).partition("?")[0]
        image = re.fullmatch(r"/images/(.+python.+)/json", plain)
        return {"Id": "sha256:0", "RepoTags": [image[1]]} if image else self.answers.get(plain)


class _Request(BaseHTTPRequestHandler):
    server: DockerEngine

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        self._say(404 if answer is None else 200, answer or {"message": "there is no such thing"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if "/containers/create" in self.path:
            self.server.created.append(body)
        self._say(500, {"message": "no container runs here"})

    def _say(self, status: int, answer: Any) -> None:
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Api-Version", API)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def docker_engine(bridge: Mapping[str, Any] | None = BRIDGE) -> Iterator[DockerEngine]:
    """Run an engine until the block ends, at a path that is short enough for a socket."""
    with TemporaryDirectory() as folder, DockerEngine(Path(folder, "sock"), bridge) as engine:
        thread = threading.Thread(target=engine.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield engine
        finally:
            engine.shutdown()
            thread.join()
