"""The packaged function under Lambda's real runtime client, without Docker and without an account.

The runtime client is `awslambdaric`; the emulator in front of it is the one that ships inside
aws-sam-cli. Overlapping invocations crash the emulator, so they go one by one.
"""

import json
import os
import platform
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from local import SAMPLE_TOKENS
from local.aws import EmbeddedAws, create_queue_and_ledger
from local.gateway import INVOKE
from local.glpi_simulator import GlpiSimulator
from local.ports import free_ports

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / ".build" / "package"
RUNTIME_PYTHON = ROOT / ".venv" / "runtime" / "bin" / "python"
START_SECONDS = 120.0
CLIENT = ("-m", "awslambdaric")

_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
EMULATOR = next(
    (ROOT / ".venv" / "deploy").glob(f"lib/*/site-packages/samcli/local/rapid/*-{_ARCHITECTURE}"),
    None,
)
"""None where there is none for this machine."""


class Function:
    """A container of the packaged function.

    Attributes:
        started_at: when, by `time.perf_counter`.
    """

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", started_at: float) -> None:
        self.started_at = started_at
        self._url = f"http://127.0.0.1:{port}{INVOKE}"
        self._process = process

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Invoke once; an exception of the function comes back as `errorMessage`."""
        body = json.dumps(event).encode()
        with urllib.request.urlopen(self._url, body) as response:  # noqa: S310 - ours
            result: dict[str, Any] = json.load(response)
            return result

    def pid(self) -> int:
        """Look up the process of the runtime client, once it has been invoked (Linux)."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/children")
        (child,) = (int(pid) for thread in threads for pid in thread.read_text().split())
        return child


def sample_environment() -> dict[str, str]:
    """Return what `sam local` gives the functions, as samconfig.toml tells it."""
    environment: dict[str, dict[str, str]] = json.loads(
        (ROOT / "events" / "env.json").read_text("utf-8")
    )
    return environment["Parameters"]


@contextmanager
def packaged(
    glpi: GlpiSimulator, output: IO[Any], *, client: Sequence[str] = CLIENT, **more: str
) -> Iterator[Function]:
    """Run the package beside an embedded AWS until the block ends.

    Args:
        glpi: where its tickets go.
        output: gets what it writes.
        client: the runtime client, in Python's arguments.
        more: of its environment.
    """
    aws = EmbeddedAws()
    aws.start()
    aws.store_secret(
        {
            "glpi_app_token": glpi.app_token,
            "glpi_user_token": glpi.user_tokens["mm-bot"],
            "mattermost_webhook_tokens": SAMPLE_TOKENS,
        }
    )
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    sample = sample_environment()
    os.environ |= {
        **sample,
        "GLPI_URL": glpi.url,
        "GLPI_PUBLIC_URL": "",
        "MATTERMOST_URL": "",  # there is none beside it
        **{name: endpoint for name in sample if name.startswith("AWS_ENDPOINT_URL")},
        **create_queue_and_ledger(),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "26",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "LAMBDA_TASK_ROOT": str(PACKAGE),
        "PYTHONPATH": str(PACKAGE),
        "PYTHONDONTWRITEBYTECODE": "1",  # in Lambda, too, the package cannot be written to
        **more,
    }
    try:
        with _started(output, client) as function:
            yield function
    finally:
        aws.stop()


@contextmanager
def _started(output: IO[Any], client: Sequence[str]) -> Iterator[Function]:
    started_at = time.perf_counter()
    with (
        free_ports(2) as port,
        subprocess.Popen(
            [
                str(EMULATOR),
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{port}",
                "--runtime-api-address",
                f"127.0.0.1:{port + 1}",
                str(RUNTIME_PYTHON),
                *client,
                "handler.lambda_handler",
            ],
            cwd=PACKAGE,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait_for(port, process)
            yield Function(port, process, started_at)
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the runtime interface emulator did not start")
