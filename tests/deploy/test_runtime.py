"""The packaged function answers under Lambda's real runtime client."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import SAMPLE_TOKENS, sam
from local.__main__ import DEFAULT_PORT
from local.glpi_simulator import Fault, GlpiSimulator
from local.runtime import EMULATOR, RUNTIME_PYTHON, Function, packaged, sample_environment
from tests.conftest import kept_environment, load_event
from tests.journeys.test_handler import ANSWERS
from tests.support.limits import WIDE_RUNTIME

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


class Container:
    """A container of the packaged function, and what stands around it."""

    def __init__(self, function: Function, log: Path, glpi: GlpiSimulator) -> None:
        self.invoke = function.invoke
        self._log = log
        self.glpi = glpi

    def written(self) -> str:
        """Return all that the function and its runtime have written so far."""
        return self._log.read_text("utf-8", "replace")


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    log = tmp_path_factory.mktemp("runtime") / "log"
    loud = {"LOG_LEVEL": "DEBUG", "POWERTOOLS_LOGGER_LOG_EVENT": "true"}
    with (
        kept_environment(),
        GlpiSimulator() as glpi,
        log.open("w") as output,
        packaged(glpi, output, client=("-c", WIDE_RUNTIME), **loud) as function,
    ):
        yield Container(function, log, glpi)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_package_answers_every_sample_event_in_the_real_runtime(
    function: Container, name: str
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


def test_a_failing_glpi_is_answered_in_the_real_runtime(function: Container) -> None:
    forget(load_event("json"))
    function.glpi.inject(Fault("cut_after", match="POST Ticket"))
    response = function.invoke(load_event("json"))
    function.glpi.heal()
    assert "Сообщение сохранено" in json.loads(response["body"])["text"]


def test_nothing_that_the_runtime_wrote_holds_tokens_or_words(function: Container) -> None:
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
