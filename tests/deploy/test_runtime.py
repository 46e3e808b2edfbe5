"""The packaged function answers under Lambda's real runtime client."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from bridge.jobs.post_job import POST_VERSION, dumps, loads
from bridge.storage.kinds import POST, Kind, kind_of
from local import SAMPLE_TOKENS, sam
from local.__main__ import DEFAULT_PORT
from local.glpi_simulator import Fault, GlpiSimulator
from local.runtime import EMULATOR, RUNTIME_PYTHON, Function, packaged, sample_environment
from tests.conftest import ROOT, kept_environment, load_event
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
    here = "http://host.docker.internal"  # in a container, 127.0.0.1 is the container
    glpi, aws, chat = (f"{here}:{DEFAULT_PORT + n}" for n in (1, 3, 4))
    assert environment["GLPI_URL"] == glpi
    assert environment["MATTERMOST_URL"] == chat  # with the bot that make run's secret has
    assert {v for k, v in environment.items() if k.startswith("AWS_ENDPOINT_URL")} == {aws}
    queues = [v for k, v in environment.items() if k.endswith("QUEUE_URL")]
    assert [url for url in queues if not url.startswith(f"{aws}/")] == []
    public = f"http://127.0.0.1:{DEFAULT_PORT + 1}"
    assert environment["GLPI_PUBLIC_URL"] == public  # links are opened in a browser, out here


def test_the_sample_of_the_worker_is_what_the_queue_has() -> None:
    sample = ROOT / "events" / "worker" / "queued-post.json"
    (record,) = json.loads(sample.read_text("utf-8"))["Records"]
    assert kind_of(record["body"]) == Kind(POST, POST_VERSION)
    job = loads(record["body"])
    assert dumps(job) == record["body"]
    assert job.post.text.startswith("112 ")
    assert record["attributes"].keys() == {"ApproximateReceiveCount", "SentTimestamp"}
