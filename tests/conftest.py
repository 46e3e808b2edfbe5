"""The one way to build each thing that tests need."""

import base64
import io
import itertools
import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

import handler
from bridge import container, logs, telemetry
from bridge.storage.ledger import Ledger
from local import SAMPLE_TOKENS
from local.aws import PRETENDED, create_queue_and_ledger
from local.engine import Engine, NoEngine, engine
from local.gateway import Context
from local.glpi_simulator import GlpiSimulator
from local.mattermost_simulator import MattermostSimulator
from local.memory import MemoryOutbox
from tests.support import limits
from tests.support.safe_path import Clock

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

ROOT = Path(__file__).parent.parent
SHIPPED = [ROOT / "handler.py", ROOT / "glpi.py", *sorted((ROOT / "bridge").rglob("*.py"))]
"""Every module that goes into the functions; whoever guards what ships goes through this list."""

EVENTS = sorted(p for p in (ROOT / "events").glob("*.json") if p.stem != "env")
RECORDINGS = Path(__file__).parent / "recordings"

Event = dict[str, Any]


def load_event(name: str) -> Event:
    """Return a sample event, such as `form-file`."""
    event: Event = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    return event


def json_event(**fields: object) -> Event:
    """Return the JSON sample event with other fields; None removes one."""
    event = load_event("json")
    body = json.loads(event["body"]) | fields
    kept = {name: value for name, value in body.items() if value is not None}
    return event | {"body": json.dumps(kept)}


def form_event(**fields: str) -> Event:
    """Return the form sample event, in base64 as API Gateway has it, with other fields."""
    event = load_event("form")
    body = dict(parse_qsl(base64.b64decode(event["body"]).decode(), keep_blank_values=True))
    encoded = urlencode(body | fields).encode()
    return event | {"body": base64.b64encode(encoded).decode()}


class Lab:
    """The bridge in its container, with GLPI and AWS around it."""

    def __init__(self, glpi: GlpiSimulator, secrets: SecretsManagerClient) -> None:
        self.glpi = glpi
        self.secrets = secrets
        self.secret: dict[str, Any] = {
            "glpi_app_token": glpi.app_token,
            "glpi_user_token": glpi.user_tokens["mm-bot"],
            "mattermost_webhook_tokens": dict(SAMPLE_TOKENS),
        }
        self.secrets.create_secret(Name="bridge", SecretString=json.dumps(self.secret))
        self.log_stream = io.StringIO()
        self.post_id = ""
        self._posts = itertools.count(1)

    def logged(self) -> list[dict[str, Any]]:
        """Return what the function has logged so far."""
        return [json.loads(line) for line in self.log_stream.getvalue().splitlines()]

    def store(self, **changes: object) -> None:
        """Store a new version of the secret."""
        self.secret |= changes
        self.secrets.put_secret_value(SecretId="bridge", SecretString=json.dumps(self.secret))

    def invoke(self, event: Event, seconds: float = 26.0) -> tuple[int, dict[str, Any]]:
        """Invoke the function; returns status and JSON body of its response."""
        response = handler.lambda_handler(event, Context(seconds))
        assert response["headers"] == {"content-type": "application/json"}
        return response["statusCode"], json.loads(response["body"])

    def say(self, text: str, **fields: object) -> str:
        """Write a new message in the channel; returns what the thread answers, "" for silence."""
        self.post_id = f"{next(self._posts):026}"
        status, answer = self.invoke(json_event(text=text, **{"post_id": self.post_id, **fields}))
        assert status == 200
        return str(answer.get("text", ""))

    def cold_start(self) -> None:
        """Forget everything a container keeps."""
        container.close()
        telemetry.count_cold_start.cache_clear()
        telemetry._metrics.clear_metrics()  # what an earlier container had not sent


def ledger() -> Ledger:
    """Return the ledger of the bridge in its container."""
    found: Ledger = container.container().worker._claims._ledger
    return found


@contextmanager
def kept_environment() -> Iterator[None]:
    """Put the environment variables back as they were, whatever happens to them inside."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


both_versions = pytest.mark.parametrize("glpi", ["10.0.14", "11.0.6"], indirect=True)
"""Runs a test against GLPI 10 and against GLPI 11."""


@pytest.fixture
def glpi(request: pytest.FixtureRequest) -> Iterator[GlpiSimulator]:
    """GLPI 11, or the versions that `both_versions` asks for."""
    with GlpiSimulator(version=getattr(request, "param", "11.0.6")) as simulator:
        yield simulator


@pytest.fixture(autouse=True, scope="session")
def aws_environment() -> Iterator[None]:
    """No test can reach a real account."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in PRETENDED.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(autouse=True, scope="session")
def docker_of_nobody() -> Iterator[None]:
    """No test asks a Docker engine that it has not named."""

    def named(env: Mapping[str, str]) -> Engine:
        if "DOCKER_HOST" not in env:
            raise NoEngine("none is named")
        return engine(env)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("local.containers.engine", named)
        yield


@pytest.fixture(autouse=True, scope="session")
def wide_limits() -> Iterator[None]:
    """A busy machine may be slow."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        limits.widen(monkeypatch.setattr)
        yield


@pytest.fixture
def shipped_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits as they ship, for tests that are about them."""
    limits.put(monkeypatch.setattr, limits.shipped())


@pytest.fixture(scope="session")
def secrets_client(aws_environment: None) -> SecretsManagerClient:
    """A client, made once: it takes longer to make than most tests to run."""
    return boto3.client("secretsmanager")


@pytest.fixture
def aws(secrets_client: SecretsManagerClient) -> Iterator[SecretsManagerClient]:
    """Secrets Manager of an account with nothing in it."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}):  # a new one costs 60 ms
        yield secrets_client


@pytest.fixture
def lab(
    glpi: GlpiSimulator, aws: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lab]:
    """The bridge, healthy."""
    monkeypatch.setenv("GLPI_URL", glpi.url)
    monkeypatch.setenv("SECRET_ID", "bridge")
    for name in ("MATTERMOST_URL", "GLPI_PUBLIC_URL", "GLPI_CA_BUNDLE", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in create_queue_and_ledger().items():
        monkeypatch.setenv(name, value)
    lab = Lab(glpi, aws)
    monkeypatch.setattr(logs.logger.registered_handler, "stream", lab.log_stream)
    lab.cold_start()
    yield lab
    lab.cold_start()


@pytest.fixture
def mattermost() -> Iterator[MattermostSimulator]:
    """Mattermost, to be told something later."""
    with MattermostSimulator() as simulator:
        yield simulator


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until it is moved."""
    return Clock()


@pytest.fixture
def worker(lab: Lab, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> MemoryOutbox:
    """The worker over an outbox in memory, with the lab's GLPI and ledger."""
    out = MemoryOutbox(clock)
    monkeypatch.setattr(container, "SqsOutbox", lambda *_: out)
    monkeypatch.setattr("bridge.container.time.time", clock)
    monkeypatch.setattr(random, "uniform", lambda _, highest: highest)
    lab.cold_start()
    return out


@pytest.fixture
def bot(
    lab: Lab,
    worker: MemoryOutbox,
    mattermost: MattermostSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> MattermostSimulator:
    """A Mattermost in which the bridge has a bot."""
    monkeypatch.setenv("MATTERMOST_URL", mattermost.url)
    lab.store(mattermost_bot_token=mattermost.bot_token)
    lab.cold_start()
    return mattermost


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make faults`, and one that writes `tests/words/golden/` anew."""
    parser.addoption("--matrix", action="store_true", help="print what each fault leads to")
    parser.addoption("--rewrite-golden", action="store_true", help="write tests/words/golden")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests have found out: how many recordings agree, sizes, times."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(str(value))
    cells = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "cell"
    ]
    if cells and terminalreporter.config.getoption("matrix"):
        for fault, moment, outcome in sorted(cells):
            terminalreporter.write_line(f"{fault:32} {moment:10} {outcome}")
