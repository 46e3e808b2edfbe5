"""`make rehearse-local`: `sam local` for real, in containers of the engine that DOCKER_HOST names.

Every request of `events/` goes to the gateway of `make run` and, in another run, to
`sam local invoke` and `sam local start-api`, by the commands of docs/sam-local.md. What people read
must be the same to the byte, and so must the tickets. A queued post goes to the worker.

No image is built here: SAM takes Lambda's own, or what the engine has under its name. Only the
ports differ from the page's, so that a `make run` beside it is not disturbed.
"""

import json
import os
import platform
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from dotenv import dotenv_values

from bridge.endpoints import outgoing_webhook
from local.__main__ import DEFAULT_PORT, RUN_ENV, RUN_KEY
from local.engine import NoEngine, engine
from local.gateway import INVOKE
from local.ministack import VENV
from local.ports import free_ports
from local.steps import ROOT, Failed, rehearsed, run, step

ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"
OVERRIDES = f"--parameter-overrides Architecture={ARCHITECTURE}"
INVOCATION = "sam local invoke {function} --event {event}"
START_API = "sam local start-api"
"""As docs/sam-local.md prints them; more options follow."""

EVENTS = sorted(p for p in (ROOT / "events").glob("*.json") if p.stem != "env")
QUEUED_POST = ROOT / "events" / "worker" / "queued-post.json"
OVER_HTTP = ("form-plain", "json", "wrong-token")
"""Events whose requests `start-api` gets: both content types, and a stranger."""

GREETING_SECONDS = 60.0
API_SECONDS = 120.0
TICKET_SECONDS = 60.0
ANSWER_SECONDS = 600.0
"""A container takes seconds, or half a minute where the engine copies the image for each. SAM gives
up by itself when the engine takes more than a minute for one answer (1.170)."""

Answers = dict[str, Any]
Told = tuple[Answers, list[str]]
"""What was answered, by its name, and the titles of the tickets."""


@dataclass(frozen=True)
class Run:
    """A `make run` of this rehearsal, in a folder of its own."""

    folder: Path
    port: int

    def settings(self) -> dict[str, str]:
        """Return what it tells AWS clients and `manage.py`."""
        return {k: v for k, v in dotenv_values(self.folder / RUN_ENV).items() if v is not None}

    def sam(self, command: str, more: Sequence[str]) -> "subprocess.Popen[str]":
        """Start one of SAM's commands beside it, as the page says."""
        options = ["--env-vars", str(self.folder / "env.json"), *more]
        line = f"{command} {OVERRIDES} {shlex.join(options)}"
        script = f"set -a && . {shlex.quote(str(self.folder / RUN_ENV))} && exec {line}"
        path = f"{VENV / 'deploy' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            ["/bin/sh", "-c", script],
            cwd=ROOT,
            env={**_clean(os.environ), "PATH": path, "SAM_CLI_TELEMETRY": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def post(self, port: int, path: str, event: Mapping[str, Any], body: str) -> Any:  # noqa: ANN401
        """Send a body with the headers of an event to a port; returns status and answer."""
        connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        try:
            kept = ("content-type", "user-agent", "accept")
            headers = {name: event["headers"][name] for name in kept}
            connection.request("POST", path, body.encode(), headers)
            response = connection.getresponse()
            return [response.status, response.read().decode()]
        finally:
            connection.close()

    def tickets(self) -> list[str]:
        """Return the titles of all tickets, in the order of their numbers."""
        connection = HTTPConnection("127.0.0.1", self.port + 2, timeout=ANSWER_SECONDS)
        name, _, key = (self.folder / RUN_KEY).read_text("utf-8").strip().partition(": ")
        try:
            connection.request("GET", "/tickets", headers={name: key})
            return [ticket["name"] for ticket in json.load(connection.getresponse())]
        finally:
            connection.close()


def main() -> int:
    """Rehearse; returns 0, 1 when something is missing or a step failed, 130 after Ctrl-C."""
    return rehearsed(_rehearse)


def _rehearse() -> None:
    """Ask the gateway and SAM, and compare.

    Raises:
        Failed: something is missing, a step failed, or answers differ.
    """
    version, skip = _engine()
    started = time.monotonic()
    sam = subprocess.run(
        [VENV / "deploy" / "bin" / "sam", "--version"], capture_output=True, text=True
    ).stdout.strip()
    print(f"{sam}; Docker {version}; {IMAGE}", flush=True)
    with step("sam build"):
        run(str(VENV / "deploy" / "bin" / "sam"), "build")
    with free_ports(6) as port:
        with _running(port) as beside:
            wanted = _ask_the_gateway(beside)
        with _running(port) as beside:
            got = _ask_sam(beside, skip)
    _compare(wanted, got)
    alike = f"{len(got[0])} of {len(wanted[0])} answers and {len(got[1])} tickets"
    print(f"{alike} are those of the gateway ({time.monotonic() - started:.0f} s).")


def _engine() -> tuple[str, Sequence[str]]:
    """Return the engine's version, and the options of SAM that keep it from fetching the image.

    Raises:
        Failed: there is no engine that answers; says what is missing.
    """
    try:
        found = engine(os.environ)
        return found.version(), ["--skip-pull-image"] if found.has_image(IMAGE) else []
    except NoEngine as error:
        raise Failed(
            f"sam local needs a Docker engine on this machine ({error}). Start Docker, let your "
            "user use it (on Linux those of the group docker may), or name its socket: export "
            "DOCKER_HOST=unix:///path/to/docker.sock. Without Docker, `make run` runs the same "
            "functions, and `make rehearse` deploys them."
        ) from None


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a developer's own servers and accounts are not named."""
    return {k: v for k, v in env.items() if not k.startswith(("GLPI_", "MATTERMOST_", "AWS_"))}


@contextmanager
def _running(port: int) -> Iterator[Run]:
    """Run `make run` in a new folder until the block ends."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        env = (ROOT / "events" / "env.json").read_text("utf-8")
        moved = re.sub(r":(811\d)\b", lambda m: f":{int(m[1]) - DEFAULT_PORT + port}", env)
        (folder / "env.json").write_text(moved, "utf-8")
        log = folder / "log"
        with (
            log.open("w") as output,
            subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=folder,
                env={**_clean(os.environ), "PORT": str(port), "PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                _wait_for_greeting(log, process)
                yield Run(folder, port)
            finally:
                process.send_signal(signal.SIGINT)


def _wait_for_greeting(log: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + GREETING_SECONDS
    while "Ctrl-C stops" not in log.read_text("utf-8"):
        if process.poll() is not None or time.monotonic() > end:
            raise Failed(f"make run did not start:\n{log.read_text('utf-8')}")
        time.sleep(0.1)


def _ask_the_gateway(beside: Run) -> Told:
    """Invoke the function behind the gateway with everything, and queue a post for the worker."""
    answers: Answers = {}
    with step("ask the gateway of make run"):
        for path in EVENTS:
            event = json.loads(path.read_text("utf-8"))
            body = path.read_text("utf-8")
            status, answer = beside.post(beside.port, INVOKE, event, body)
            if status != 200:
                raise Failed(f"{path.name}: {status}: {answer}")
            answers[path.name] = json.loads(answer)
        answers |= _over_http(beside, beside.port)
    record = json.loads(QUEUED_POST.read_text("utf-8"))["Records"][0]
    with step("the worker of make run files a queued post"):
        before = len(beside.tickets())
        settings = beside.settings()
        sqs = boto3.client(
            "sqs",
            endpoint_url=settings["AWS_ENDPOINT_URL"],
            region_name=settings["AWS_DEFAULT_REGION"],
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        )
        sqs.send_message(QueueUrl=settings["QUEUE_URL"], MessageBody=record["body"])
        _wait_for_tickets(beside, before + 1)
    answers[QUEUED_POST.name] = {"batchItemFailures": []}  # or the queue would have kept it
    return answers, beside.tickets()


def _ask_sam(beside: Run, skip: Sequence[str]) -> Told:
    """Do the same in containers."""
    answers: Answers = {}
    for path in EVENTS:
        with step(f"sam local invoke WebhookFunction, {path.name}"):
            answers[path.name] = _invoked(beside, "WebhookFunction", path, skip)
    with _api(beside, beside.port + 5, skip) as port:
        answers |= _over_http(beside, port)
    with step(f"sam local invoke WorkerFunction, {QUEUED_POST.name}"):
        answers[QUEUED_POST.name] = _invoked(beside, "WorkerFunction", QUEUED_POST, skip)
    return answers, beside.tickets()


def _invoked(beside: Run, function: str, event: Path, skip: Sequence[str]) -> Any:  # noqa: ANN401
    command = INVOCATION.format(function=function, event=event.relative_to(ROOT))
    with beside.sam(command, skip) as process:
        try:
            answer, log = process.communicate(timeout=ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"{command} took more than {ANSWER_SECONDS:.0f} s") from None
    try:
        return json.loads(answer)
    except ValueError:
        raise Failed(f"{command} answered {answer!r}:\n{log}") from None


def _over_http(beside: Run, port: int) -> Answers:
    """Send what Mattermost sends, as new posts, to a gateway."""
    answers: Answers = {}
    for number, name in enumerate(OVER_HTTP):
        event = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
        body = re.sub(r"(post_id\W+)\w{26}", rf"\g<1>{'overhttp':0<25}{number}", event["body"])
        answers[f"{name} over HTTP"] = beside.post(port, outgoing_webhook.PATH, event, body)
    return answers


@contextmanager
def _api(beside: Run, port: int, skip: Sequence[str]) -> Iterator[int]:
    """Run `sam local start-api` until the block ends; yields its port."""
    with beside.sam(START_API, ["--port", str(port), *skip]) as process:
        try:
            with step("sam local start-api listens"):
                _wait_for_api(port, process)
            with step("sam local start-api answers what Mattermost sends"):
                yield port
        finally:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=ANSWER_SECONDS)
            process.kill()


def _wait_for_api(port: int, process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + API_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    process.kill()
    raise Failed(f"sam local start-api did not start:\n{process.communicate()[1]}")


def _wait_for_tickets(beside: Run, number: int) -> None:
    end = time.monotonic() + TICKET_SECONDS
    while len(beside.tickets()) < number:
        if time.monotonic() > end:
            raise Failed(f"GLPI has {len(beside.tickets())} tickets instead of {number}")
        time.sleep(0.2)


def _compare(wanted: Told, got: Told) -> None:
    """Hold SAM's answers and tickets against the gateway's.

    Raises:
        Failed: some differ; says which and how.
    """
    others = [name for name, answer in wanted[0].items() if got[0].get(name) != answer]
    said = [
        f"{name}: the gateway {wanted[0][name]}, sam local {got[0].get(name)}" for name in others
    ]
    if wanted[1] != got[1]:
        said.append(f"tickets: {wanted[1]} beside the gateway, {got[1]} beside sam local")
    if said:
        alike = len(wanted[0]) - len(others)
        raise Failed("\n".join([f"{alike} of {len(wanted[0])} answers are alike", *said]))


if __name__ == "__main__":
    sys.exit(main())
