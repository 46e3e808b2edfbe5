"""The SAM CLI takes every command of the guides, and those of `sam local` reach `make run`."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local import rehearse, rehearse_local
from local.aws import PRETENDED
from local.containers import LOOPBACK
from local.engine import NoEngine, engine
from local.ports import free_ports
from local.runtime import sample_environment
from local.steps import Failed
from tests.conftest import EVENTS, ROOT
from tests.support.docker import DockerEngine, docker_engine
from tests.support.guides import PAGES, SH, TEMPLATE, Block, code_spans
from tests.support.limits import PLENTY

BIN = ROOT / ".venv" / "deploy" / "bin"
KEY = "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.skipif(not BIN.exists(), reason="the SAM CLI is not installed")


def test_sam_takes_every_command_of_the_guides() -> None:
    said = [command[1:] for b in SH for command in b.commands if command[:1] == ["sam"]]
    said += [s.split()[1:] for page in PAGES for s in code_spans(page) if s.startswith("sam ")]
    said = [words for words in said if words != ["local"]]  # a group of commands, named in prose
    assert len(said) > 10
    against = against_by_sam(said)
    assert [(words, why) for words, why in zip(said, against, strict=True) if why] == []


WRONG = [
    ["local", "invoke", "--evnt", "events/form.json"],
    ["local", "invoke", "--env-vars", "events/nothing.json"],
    ["local", "invoke", "--add-host", "host.docker.internal"],
    ["local", "start"],
    ["deploy", "--parameter-overrides", "GlpiUrl"],
    ["rehearse"],
]


def test_commands_that_sam_does_not_take_are_found() -> None:
    assert [why for why in against_by_sam(WRONG) if not why] == []


def against_by_sam(said: list[list[str]]) -> list[str]:
    """Return what SAM has against each command, "" where it takes it."""
    done = subprocess.run(
        [BIN / "python", "-m", "tests.support.sam_takes"],
        input=json.dumps(said),
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    against: list[str] = json.loads(done.stdout)
    return against


# --- As printed, up to the container that SAM asks the engine for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone beside which `make run` runs."""
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "events", tmp_path / "events")
    (tmp_path / ".build").mkdir()
    told = {**PRETENDED, "AWS_ACCESS_KEY_ID": KEY, "GLPI_URL": "http://127.0.0.1:1"}
    lines = "".join(f"{name}='{value}'\n" for name, value in told.items())
    (tmp_path / ".build" / "run.env").write_text(lines)
    return tmp_path


@contextmanager
def typed(script: str, folder: Path, docker: DockerEngine, more: str = "") -> Iterator[Any]:
    """Type a block of a guide into a shell, `sam build` having been done already."""
    prelude = f'sam() {{ [ "$1" = build ] || exec {BIN}/sam "$@" {more}; }}\n'
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SAM_"))}
    with subprocess.Popen(
        ["bash", "-c", prelude + script],
        cwd=folder,
        env={
            **env,
            "DOCKER_HOST": docker.host,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_SKIP_PULL_IMAGE": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def check(container: dict[str, Any], function: str) -> None:
    """A container has what it needs to reach `make run`, and what the function has in AWS."""
    env = dict(entry.partition("=")[::2] for entry in container["Env"])
    properties = TEMPLATE["Resources"][function]["Properties"]
    assert env["AWS_LAMBDA_FUNCTION_HANDLER"] == properties["Handler"]
    assert env["AWS_REGION"] == PRETENDED["AWS_DEFAULT_REGION"]
    assert env["AWS_ACCESS_KEY_ID"] == KEY
    assert env.items() >= sample_environment().items()
    lost = [n for n, v in env.items() if LOOPBACK in v and n != "GLPI_PUBLIC_URL"]
    assert lost == []  # for in a container that is the container
    host = container["HostConfig"]
    assert host["ExtraHosts"] == ["host.docker.internal:host-gateway"]
    assert host.get("NetworkMode", "default") in ("default", "bridge")
    assert re.search(r"python:3\.13-rapid-x86_64$", container["Image"])


def blocks(command: str) -> list[Block]:
    return [block for block in SH if f"sam local {command}" in block.text]


def test_the_guides_show_both_functions_and_both_commands() -> None:
    shown = "\n".join(block.text for block in blocks(""))
    for command in ("invoke WebhookFunction", "invoke WorkerFunction", "start-api"):
        assert f"sam local {command}" in shown


@pytest.mark.parametrize("block", blocks("invoke"), ids=lambda block: block.page)
def test_sam_local_invoke_as_printed_starts_the_function_that_it_names(
    block: Block, folder: Path
) -> None:
    with docker_engine() as docker:
        with typed(block.text, folder, docker) as process:
            said = process.communicate(timeout=PLENTY)[0]
        (container,) = docker.created or pytest.fail(said)
    check(container, re.findall(r"sam local invoke (\w+)", block.text)[0])


@pytest.mark.parametrize("block", blocks("start-api"), ids=lambda block: block.page)
def test_sam_local_start_api_as_printed_answers_at_the_webhooks_path(
    block: Block, folder: Path
) -> None:
    with free_ports() as port, docker_engine() as docker:
        with typed(block.text, folder, docker, f"--port {port}") as process:
            status = posted(port, process)
        (container,) = docker.created or pytest.fail(process.stdout.read())
    assert status >= 500  # this engine runs no container
    check(container, "WebhookFunction")


def posted(port: int, process: Any) -> int:
    """Post to the webhook's path as soon as somebody listens; returns the status."""
    end = time.monotonic() + PLENTY
    while True:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/mattermost/webhook", b"x"
            ) as done:
                return int(done.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except urllib.error.URLError:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("line", "demand"),
    [
        ("sam local invoke --event events/form.json", "function logical ID"),
        ("sam local invoke QueueFunction --event events/form.json", "QueueFunction"),
        ("sam local invoke WebhookFunction --event events/none.json", "events/none.json"),
    ],
)
def test_what_sam_demands_is_missed(line: str, demand: str, folder: Path) -> None:
    with docker_engine() as docker:
        with typed(line, folder, docker) as process:
            said = process.communicate(timeout=PLENTY)[0]
        assert docker.created == []
    assert process.returncode != 0
    assert demand in said


# --- The rehearsal


def test_the_rehearsal_types_what_the_guide_prints() -> None:
    printed = [" ".join(words) for b in blocks("") for words in b.commands if words[0] == "sam"]
    printed = [line for line in printed if line.startswith("sam local")]
    forms = [
        rehearse_local.INVOCATION.format(function=r"(\w+)Function", event=r"events/[\w/-]+\.json"),
        rehearse_local.START_API,
    ]
    pattern = f"(?:{'|'.join(forms)}) --parameter-overrides Architecture=x86_64"
    assert [line for line in printed if not re.fullmatch(pattern, line)] == []
    assert rehearse_local.OVERRIDES.startswith("--parameter-overrides Architecture=")
    assert rehearse_local.EVENTS == EVENTS


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://192.0.2.1:2375"])
def test_without_an_engine_the_rehearsal_says_what_is_missing(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr("local.engine.Engine.version", nothing_there)
    assert rehearse_local.main() == 1
    said = capsys.readouterr().err
    assert said.startswith("✗ sam local needs a Docker engine on this machine (")
    assert host.partition("://")[2] in said
    assert "export DOCKER_HOST=unix:///path/to/docker.sock" in said
    assert said.count("\n") == 1


def nothing_there(engine: Any) -> str:
    raise NoEngine(f"{engine.path}: No such file or directory")


@pytest.mark.enable_socket
@pytest.mark.parametrize("version", [None, {"version": "1"}, ["1"]])
def test_what_is_no_engine_is_said_to_be_none(
    version: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with docker_engine() as other:
        other.answers["/version"] = version
        monkeypatch.setattr(rehearse_local, "engine", lambda _: engine({"DOCKER_HOST": other.host}))
        assert rehearse_local.main() == 1
    assert "is no Docker engine). Start Docker, let your user use it" in capsys.readouterr().err


@pytest.mark.parametrize("rehearsal", [rehearse_local, rehearse])
def test_ctrl_c_ends_a_rehearsal_with_a_sentence(
    rehearsal: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rehearsal, "_rehearse", lambda: signal.raise_signal(signal.SIGINT))
    assert rehearsal.main() == 130
    assert capsys.readouterr().err == "\nStopped before its end: nothing is proved.\n"


def test_an_answer_or_a_ticket_that_differs_is_shown_beside_the_gateways() -> None:
    wanted = {"form.json": "done", "json.json": "{}"}
    rehearse_local._compare((wanted, ["fire"]), (dict(wanted), ["fire"]))
    with pytest.raises(Failed) as failed:
        rehearse_local._compare((wanted, ["fire"]), ({"form.json": "no"}, []))
    said = str(failed.value).splitlines()
    assert said[0] == "0 of 2 answers are alike"
    assert said[1] == "form.json: the gateway done, sam local no"
    assert said[-1] == "tickets: ['fire'] beside the gateway, [] beside sam local"
