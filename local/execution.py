"""Execution environments as Lambda has them: processes, each with one event at a time.

What the bridge keeps between two events is its process's: clients and their connections, GLPI's
session, the circuit, the correlation id of the log, the metrics that are not written yet. Of two
events in one process each would find the other's. So whatever comes while all environments are busy
gets one of its own; it is kept, and has the next event that comes.

As a program (`python -m local.execution`) this is one of them.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bridge import container
from local.gateway import Context, NoResponse

ROOT = Path(__file__).parent.parent

PROGRAM = ("-m", "local.execution")
"""What an environment runs, in Python's arguments."""

ACCOUNT_CONCURRENCY = 10
"""Environments that a new AWS account has at once (AWS documentation, "Lambda quotas": accounts
begin below the default of 1,000). In AWS a further event is refused; here it waits."""


class _Environment:
    """One process with the function's code, and the environment variables of this moment."""

    def __init__(self, handler: str, seconds: float) -> None:
        self._connection, theirs = Pipe()
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *PROGRAM, handler, str(seconds), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is not for it: what is under way gets done
            )

    def invoke(self, event: object) -> Any:  # noqa: ANN401 - whatever the function answers
        try:
            self._connection.send_bytes(json.dumps(event).encode())
            return json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            raise NoResponse from None

    def end(self) -> None:
        """Let it end."""
        self._connection.close()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._process.wait()


class Environments:
    """The environments of one function, started when they are needed.

    Args:
        handler: of the function, such as `handler.lambda_handler`.
        seconds: the function's time limit, as it is told to the function.
        most: so many at once; further events wait until one is free.
    """

    def __init__(self, handler: str, seconds: float, most: int = ACCOUNT_CONCURRENCY) -> None:
        self._handler = handler
        self._seconds = seconds
        self._most = most
        self._free = threading.Semaphore(most)
        self._idle: list[_Environment] = []

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever it answers
        """Let an environment have an event; returns the function's response.

        Raises:
            NoResponse: the function raised, or its process ended otherwise; standard error has why.
        """
        with self._free:
            environment = self._take()
            try:
                response = environment.invoke(event)
            except NoResponse:
                environment.end()
                environment.wait()
                raise
            self._idle.append(environment)
            return response

    def _take(self) -> _Environment:
        try:
            return self._idle.pop()
        except IndexError:
            return _Environment(self._handler, self._seconds)

    def close(self) -> None:
        """Wait for what is under way, and end all environments; later events wait for ever."""
        for _ in range(self._most):
            self._free.acquire()
        for environment in self._idle:
            environment.end()
        for environment in self._idle:
            environment.wait()
        self._idle.clear()


def main() -> None:
    """Serve one environment until the other side closes the connection."""
    name, seconds, handle = sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # text on a terminal
    module, _, function = name.rpartition(".")
    handler = getattr(import_module(module), function)
    with Connection(int(handle)) as connection, suppress(EOFError, ConnectionError):
        while True:
            event = json.loads(connection.recv_bytes())
            response = handler(event, Context(float(seconds)))
            connection.send_bytes(json.dumps(response).encode())
    container.close()


if __name__ == "__main__":
    main()
