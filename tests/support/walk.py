"""Where the guides' commands are run as printed: a fresh login, `make run`, and a stack in its AWS.

The shell knows nothing but a plain PATH and a home whose AWS configuration is what `aws configure`
leaves, with the embedded AWS of `make run` in the place of Amazon. There is a stack, too: what the
commands of the guides ask for has the names that are printed in capitals there.
"""

import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
from dotenv import dotenv_values

from local import SAMPLE_TOKENS
from local.__main__ import DEFAULT_PORT, RUN_ENV
from local.ports import free_ports
from tests.conftest import ROOT
from tests.support.limits import PLENTY
from tests.support.operator import body, ref
from tests.support.people import ask, multipart

STACK = "bridge"

CURLRC = f"silent\nshow-error\nfail-with-body\nmax-time = {PLENTY}\n"
"""A curl that fails when the bridge refuses; that is not printed, since people see the answer."""

PATH = "/usr/bin:/bin"


class Machine:
    """A clone of the repository with `make run` in one terminal, and a home of its own.

    Attributes:
        fill: what is typed where a guide has a word in capitals, or a sample.
    """

    def __init__(self, folder: Path, home: Path, port: int) -> None:
        self._folder = folder
        self._home = home
        self._port = port
        self.fill: Mapping[str, str] = {}

    def walk(self, lines: Sequence[str]) -> str:
        """Type lines into one shell; returns what it printed.

        Raises:
            AssertionError: one of them failed.
        """
        script = self._home / "script"
        output = self._home / "output"
        script.write_text("\n".join(["set -eu", *map(self._typed, lines)]) + "\n")
        with output.open("w") as printed:
            done = subprocess.run(
                ["bash", str(script)],
                cwd=self._folder,
                env={
                    "HOME": str(self._home),
                    "PATH": f"{PATH}:{self._folder}/.venv/deploy/bin",
                    "LANG": "C.UTF-8",
                    "SAM_CLI_TELEMETRY": "0",  # no test reaches the network
                },
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=10 * PLENTY,
            )
        said = output.read_text("utf-8", "replace")
        assert done.returncode == 0, f"{script.read_text()}\n{said[-4000:]}"
        return said

    def _typed(self, line: str) -> str:
        """Return a line with this machine's names and ports in it."""
        for n in range(5):
            line = re.sub(rf"\b{DEFAULT_PORT + n}\b", str(self._port + n), line)
        for word, value in self.fill.items():
            line = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", value, line)
        last = f"$(grep -o 'thread [a-z0-9]*' {self._home}/output | tail -1 | cut -d' ' -f2)"
        return line.replace("ID-OF-THE-THREAD", last)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Prepare a machine in an empty folder, until the block ends."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    clone.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".build", ".env", ".git", ".aws-sam"):
            (clone / path.name).symlink_to(path)
    with free_ports(5) as port, _make_run(clone, home, port):
        there = Machine(clone, home, port)
        told = {k: v or "" for k, v in dotenv_values(clone / RUN_ENV, interpolate=False).items()}
        _configure(home, told)
        (clone / "secret.json").write_text(json.dumps(_secret(told)))
        there.fill = _stack(told, port)
        yield there


@contextmanager
def _make_run(clone: Path, home: Path, port: int) -> Iterator[None]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GLPI_", "MATTERMOST_"))}
    env |= {"PORT": str(port), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    log = home / "make-run"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.limits"],
            cwd=clone,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            while "Ctrl-C" not in log.read_text("utf-8"):
                assert process.poll() is None, log.read_text("utf-8")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PLENTY)
            process.kill()


def _configure(home: Path, told: Mapping[str, str]) -> None:
    """Leave what `aws configure` leaves, and an address in the place of Amazon's."""
    (home / ".curlrc").write_text(CURLRC)
    (home / ".aws").mkdir()
    region, url = told["AWS_DEFAULT_REGION"], told["AWS_ENDPOINT_URL"]
    (home / ".aws" / "config").write_text(f"[default]\nregion = {region}\nendpoint_url = {url}\n")
    (home / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = {told['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = x\n"
    )


def _client(told: Mapping[str, str], service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]  # whichever
        endpoint_url=told["AWS_ENDPOINT_URL"],
        region_name=told["AWS_DEFAULT_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="x",
    )


def _secret(told: Mapping[str, str]) -> dict[str, Any]:
    held = _client(told, "secretsmanager").get_secret_value(SecretId=told["SECRET_ID"])
    found: dict[str, Any] = json.loads(held["SecretString"])
    return found


def _stack(told: Mapping[str, str], port: int) -> Mapping[str, str]:
    """Deploy what the commands ask for; returns what is typed in the place of its names."""
    webhook = told["WEBHOOK_URL"]
    groups = {"FunctionLogGroup": "function-log", "ApiLogGroup": "access-log"}
    _client(told, "cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(
            {
                "Resources": {
                    name: {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": group}}
                    for name, group in groups.items()
                },
                "Outputs": {"WebhookUrl": {"Value": webhook}},
            }
        ),
    )
    _worker(told)
    of_ci = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    _client(told, "cloudformation").create_stack(
        StackName="mattermost-glpi-bridge-staging", TemplateBody=json.dumps(of_ci)
    )
    provider = _client(told, "iam").create_open_id_connect_provider(Url="https://ci.example.com")
    _client(told, "s3").create_bucket(
        Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    _client(told, "sqs").send_message(
        QueueUrl=told["DEAD_LETTER_URL"],
        MessageBody=body(7),
        MessageAttributes={"reason": {"DataType": "String", "StringValue": "too old; last: cut"}},
    )
    secret = _client(told, "secretsmanager").describe_secret(SecretId=told["SECRET_ID"])["ARN"]
    root, ticket = _thread(told, port)
    return {
        "https://chat.example.com/helpdesk/pl/mii9sqkmfp8btqx7sk43tk3xpy": root,
        "PERMALINK": root,
        "4711": ticket,
        "N": ticket,
        "NAME": STACK,
        "ARN": secret,
        "PROVIDER-ARN": provider["OpenIDConnectProviderArn"],
        "WEBHOOK-URL": webhook,
        "TOKEN-OF-THE-WEBHOOK": SAMPLE_TOKENS["helpdesk"],
        "TOKEN": SAMPLE_TOKENS["helpdesk"],
        "LOG-GROUP": groups["FunctionLogGroup"],
        "ACCESS-LOG-GROUP": groups["ApiLogGroup"],
        "TABLE": told["LEDGER_TABLE"],
        "URL": told["LOOK_QUEUE_URL"],
        "ARTIFACTS_BUCKET": "artifacts",
        "REF": ref(7),
        "FILE": "$(mktemp --dry-run)",
        "TEXT": "112",
        "CHANNEL": "helpdesk",
        "TEAM": "acme",
    }


def _worker(told: Mapping[str, str]) -> None:
    """Create the worker as far as `./manage --stack` asks for it: its configuration."""
    role = _client(told, "iam").create_role(RoleName="worker", AssumeRolePolicyDocument="{}")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "")
    _client(told, "lambda").create_function(
        FunctionName=f"{STACK}-worker",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="handler.queue_handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {k: v for k, v in told.items() if not k.startswith("AWS_")}},
    )


def _thread(told: Mapping[str, str], port: int) -> tuple[str, str]:
    """Let somebody write; returns the thread and its ticket, once both know of each other."""
    form, headers = multipart({"user": "alice", "text": "112 the door is stuck"}, [])
    said = ask(f"http://127.0.0.1:{port + 4}/say", form, headers)[1]
    root = re.findall(r"thread (\w+)", said)[0]
    table = _client(told, "dynamodb")
    key = {"post": {"S": f"thread:{root}"}}
    end = time.monotonic() + PLENTY
    while "Item" not in table.get_item(TableName=told["LEDGER_TABLE"], Key=key):
        assert time.monotonic() < end, said
        time.sleep(0.1)
    return root, re.findall(r"№ ?(\d+)", said.replace("\xa0", " "))[0]
