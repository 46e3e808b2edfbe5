"""The packaged function under Lambda's real runtime client, without an account.

The runtime client is `awslambdaric`; the emulator in front of it is the one that ships inside
aws-sam-cli. Overlapping invocations crash the emulator, so they go one by one.
"""

import base64
import json
import os
import platform
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import SAMPLE_TOKENS, sam
from local.__main__ import DEFAULT_PORT
from local.aws import EmbeddedAws, create_queue_and_ledger
from local.gateway import INVOKE
from local.glpi_simulator import Fault, GlpiSimulator
from tests.conftest import ROOT, kept_environment, load_event
from tests.test_handler import ANSWERS
from tests.test_package import PACKAGE, RUNTIME_PYTHON

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
EMULATOR = next(
    (ROOT / ".venv" / "deploy").glob(f"lib/*/site-packages/samcli/local/rapid/*-{ARCHITECTURE}"),
    None,
)
pytestmark = pytest.mark.skipif(
    EMULATOR is None or not RUNTIME_PYTHON.exists(),
    reason="no runtime interface emulator for this machine, or no runtime client",
)


def forget(event: dict[str, Any]) -> None:
    """Let the ledger forget the post of an event: some samples are of one post."""
    body = event["body"]
    text = base64.b64decode(body).decode() if event["isBase64Encoded"] else body
    found = re.search(r"post_id\W+(\w{26})", text)
    assert found
    client = boto3.client("dynamodb")
    client.delete_item(TableName="ledger", Key={"post": {"S": found[1]}})


class Function:
    """A container of the packaged function."""

    def __init__(self, port: int, log: Path, glpi: GlpiSimulator) -> None:
        self._url = f"http://127.0.0.1:{port}{INVOKE}"
        self._log = log
        self.glpi = glpi

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke once; an exception of the function comes back as `errorMessage`."""
        with urllib.request.urlopen(self._url, json.dumps(event).encode()) as response:
            result: dict[str, Any] = json.load(response)
            return result

    def written(self) -> str:
        """Return all that the function and its runtime have written so far."""
        return self._log.read_text("utf-8", "replace")


def sample_environment() -> dict[str, str]:
    """Return what `sam local invoke --env-vars events/env.json` gives the function."""
    environment: dict[str, dict[str, str]] = json.loads(
        (ROOT / "events" / "env.json").read_text("utf-8")
    )
    return environment["WebhookFunction"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    log = tmp_path_factory.mktemp("runtime") / "log"
    port = free_port()
    with kept_environment():
        aws = EmbeddedAws()
        aws.start()
        with GlpiSimulator() as glpi, log.open("w") as output:
            aws.store_secret(
                {
                    "glpi_app_token": glpi.app_token,
                    "glpi_user_token": glpi.user_tokens["mm-bot"],
                    "mattermost_webhook_tokens": SAMPLE_TOKENS,
                }
            )
            os.environ |= {
                **sample_environment(),
                "GLPI_URL": glpi.url,
                **{
                    name: os.environ["AWS_ENDPOINT_URL"]
                    for name in sample_environment()
                    if name.startswith("AWS_ENDPOINT_URL")
                },
                **create_queue_and_ledger(),
                "LOG_LEVEL": "DEBUG",
                "POWERTOOLS_LOGGER_LOG_EVENT": "true",
                "AWS_LAMBDA_FUNCTION_TIMEOUT": "26",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "LAMBDA_TASK_ROOT": str(PACKAGE),
                "PYTHONPATH": str(PACKAGE),
            }
            with started(port, output):
                yield Function(port, log, glpi)
        aws.stop()


class started:  # noqa: N801 - reads as a statement
    """The emulator with the function inside, until the block ends."""

    def __init__(self, port: int, output: Any) -> None:
        assert EMULATOR
        self._port = port
        self._process = subprocess.Popen(
            [
                EMULATOR,
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{port}",
                "--runtime-api-address",
                f"127.0.0.1:{free_port()}",
                RUNTIME_PYTHON,
                "-m",
                "awslambdaric",
                "handler.lambda_handler",
            ],
            cwd=PACKAGE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except ConnectionRefusedError:
                assert self._process.poll() is None
            else:
                return
        raise AssertionError("the runtime interface emulator did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_package_answers_every_sample_event_in_the_real_runtime(
    function: Function, name: str
) -> None:
    status, text = ANSWERS[name]
    forget(load_event(name))
    before = len(function.glpi.tickets)
    response = function.invoke(load_event(name))
    body = json.loads(response["body"])
    assert response["statusCode"] == status
    assert (text or "") in body.get("text", "")
    assert ("text" in body) == (text is not None)
    filed = len(function.glpi.tickets) - before
    assert filed == (text in ("Принято", "Файлы остались в чате"))


def test_a_failing_glpi_is_answered_in_the_real_runtime(function: Function) -> None:
    forget(load_event("json"))
    function.glpi.inject(Fault("cut_after", match="POST Ticket"))
    response = function.invoke(load_event("json"))
    function.glpi.heal()
    assert "Сообщение сохранено" in json.loads(response["body"])["text"]


def test_nothing_that_the_runtime_wrote_holds_tokens_or_words(function: Function) -> None:
    forget(load_event("json-special-characters"))
    function.invoke(load_event("json-special-characters"))
    function.invoke(load_event("wrong-token"))
    written = function.written()
    assert '"message":"filed"' in written
    hidden = [function.glpi.app_token, *function.glpi.user_tokens.values(), *SAMPLE_TOKENS.values()]
    for secret in [*hidden, "not-the-token-of-this-hook", "принтер", "сканер", "alice", "пожар"]:
        assert secret not in written


def test_the_sample_environment_fits_the_template_and_the_ports_of_make_run() -> None:
    variables = sam.read()["Globals"]["Function"]["Environment"]["Variables"]
    environment = sample_environment()
    assert environment.keys() == variables.keys()  # sam ignores what the template does not name
    assert environment["GLPI_URL"].endswith(f":{DEFAULT_PORT + 1}")
    aws = f"http://127.0.0.1:{DEFAULT_PORT + 3}"
    assert environment["AWS_ENDPOINT_URL_SQS"] == aws
    assert environment["QUEUE_URL"].startswith(f"{aws}/")
