"""manage.py: where the settings come from, what waits, and one sentence for every failure."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from click import testing

from bridge.config.timing import LEDGER_AGE_SECONDS
from bridge.mattermost.outgoing_webhook import to_post
from bridge.storage.entries import Filed, Kind, Open, Result, Tried, buried
from bridge.tickets.content import marker
from local.glpi_simulator import Fault
from operations.audit import PREFIX
from operations.installation import ROOT
from tests.conftest import Lab, kept_environment
from tests.storage import release_before
from tests.support.operator import CANARY, Faulty, body, bury, ref, refusal, remember, run
from tests.support.ports import refusing_port


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What a command takes over from a file or a stack is put back."""
    with kept_environment():
        yield


def squeezed(result: testing.Result) -> str:
    return " ".join(result.stdout.split())


# --- What waits


def test_nothing_waits(lab: Lab) -> None:
    lab.say("112 fine")
    boto3.client("sqs").purge_queue(QueueUrl=os.environ["QUEUE_URL"])
    result = run("queue")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "queue         0 ready, 0 paused or being worked on, 0 delayed\n" in result.stdout
    assert "dead letters  0\n" in result.stdout
    assert "Nothing waits." in result.stdout


def test_what_waits_is_listed_with_its_reason_oldest_first(lab: Lab) -> None:
    now = time.time()
    remember(ref(1), Open("maintenance", received_at=now - 60))
    remember(ref(2), Tried(0.0, 2, last_error="ERROR_GLPI_ADD", received_at=now - 3 * 3600 - 60))
    remember(ref(3), Tried(0.0, received_at=now - 5))
    remember(ref(4), Filed(Result(Kind.TICKET, 7), received_at=now - 99))
    lines = run("queue").stdout.splitlines()
    rows = [line.split() for line in lines if re.match(r"\d{26} ", line)]
    assert rows[0] == [ref(2), "3h", "tried", "2", "ERROR_GLPI_ADD"]
    assert rows[1] == [ref(1), "1m", "open", "0", "maintenance"]
    assert rows[2][0] == ref(3)
    assert rows[2][2:] == ["tried", "1", "-"]
    assert len(rows) == 3
    assert all(len(line) <= 80 for line in lines)
    said = squeezed(run("queue"))
    assert "ERROR_GLPI_ADD: Give the API user's default profile the right" in said
    assert "maintenance: GLPI is in maintenance mode" in said


def test_every_code_but_the_longest_stays_on_its_line(lab: Lab) -> None:
    remember(ref(1), Open("ERROR_GLPI_LOGIN_USER_TOKEN"))
    assert any(
        line.startswith(ref(1)) and line.rstrip().endswith("ERROR_GLPI_LOGIN_USER_TOKEN")
        for line in run("queue").stdout.splitlines()
    )


def test_a_message_that_nobody_has_tried_yet_is_told(lab: Lab) -> None:
    lab.glpi.inject(Fault("maintenance"))
    lab.say(f"112 {CANARY}")
    remember(ref(9), Open("maintenance"))
    sqs = boto3.client("sqs")
    for _ in range(3):
        sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=body(5))
    result = run("queue")
    assert "3 ready, 0 paused or being worked on, 1 delayed" in result.stdout
    assert "The queue holds 2 more than the ledger knows waiting" in squeezed(result)
    assert CANARY not in result.output


def test_what_has_not_been_tried_for_long_is_marked(lab: Lab) -> None:
    long_ago = time.time() - 9 * 24 * 3600
    remember(ref(1), Open("dns", received_at=long_ago), written=7 * 24 * 3600)
    bury(body(1))
    result = run("queue")
    assert f"{ref(1)}    9d*" in result.stdout
    said = squeezed(result)
    assert "*: not tried for an hour: it is a dead letter" in said
    assert "A post that waits above may be one of them." in said
    assert "dead letters  1\n" in result.stdout


def test_a_ledger_of_more_than_a_page_is_read_to_its_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(7):
        remember(ref(n), Open("dns"))

    class Small(Faulty):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            client = super().__call__(*args, **kwargs)
            if hasattr(client, "scan"):
                scan = client.scan
                client.scan = lambda **arguments: scan(Limit=2, **arguments)
            return client

    monkeypatch.setattr(boto3, "client", Small("nothing", lambda _: None))
    assert len(re.findall(r"^\d{26}", run("queue").stdout, re.MULTILINE)) == 7


def test_what_the_first_version_wrote_and_what_a_later_one_writes_is_listed(lab: Lab) -> None:
    table = os.environ["LEDGER_TABLE"]
    expires = {"N": str(int(time.time()) + 40 * 24 * 3600 - 120)}
    old: dict[str, Any] = {
        "post": {"S": ref(1)},
        "state": {"S": "tried"},
        "until": {"N": "0"},
        "tries": {"N": "1"},
        "version": {"N": "1"},
        "expires": expires,
    }
    later: dict[str, Any] = {"post": {"S": ref(2)}, "state": {"S": "odd"}, "expires": expires}
    for item in (old, later):
        boto3.client("dynamodb").put_item(TableName=table, Item=item)
    said = squeezed(run("queue"))
    assert f"{ref(1)} 2m tried 1 -" in said
    assert f"{ref(2)} 2m ? ? of a later version" in said


def test_what_the_release_before_wrote_is_listed(lab: Lab) -> None:
    table, now = os.environ["LEDGER_TABLE"], time.time()
    before = release_before.Entry(release_before.State.OPEN, since=now - 60, version=1)
    entries = (
        replace(before, reason="dns"),
        replace(before, reason="buried", tries=2),
        replace(before, state=release_before.State.TRIED, tries=1),
        replace(before, state=release_before.State.FILED, ticket=7, reason="mattermost-token"),
        replace(before, state=release_before.State.FILED, ticket=8),
    )
    for number, entry in enumerate(entries):
        item = release_before.write_item(ref(number), entry, now + LEDGER_AGE_SECONDS)
        boto3.client("dynamodb").put_item(TableName=table, Item=item)
    lines = run("queue").stdout.splitlines()
    assert [line.split()[1:] for line in lines if re.match(r"\d{26} ", line)] == [
        ["1m", "open", "0", "dns"],
        ["1m", "open", "2", "buried"],
        ["1m", "tried", "1", "-"],
        ["1m", "filed", "-", "mattermost-token"],
    ]


def test_a_buried_post_says_so_and_what_its_reason_means(lab: Lab) -> None:
    remember(ref(1), buried(Tried(0.0, 2), "too old; last: maintenance"))
    remember(ref(2), buried(Open("dns"), "blind"))
    remember(ref(3), buried(Open("dns"), "bridge.toml has no desk for it any more"))
    remember(ref(4), buried(Open("dns"), ""))
    result = run("queue")
    said = squeezed(result)
    assert f"{ref(1)} 0s tried 2 buried" in said
    assert f"{ref(2)} 0s open 0 buried" in said
    assert said.count("buried: It lies in the dead letter queue: see `dlq list`.") == 1
    assert "too old; last: maintenance: GLPI is in maintenance mode" in said
    assert "blind: GLPI took it several times without an answer" in said
    assert "bridge.toml has no desk for it any more" not in said
    assert "dns" not in said
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("key", ["ticket:main:7", f"thread:{ref(7)}", "approval:main:7"])
def test_what_is_no_post_is_nothing_that_waits(lab: Lab, key: str) -> None:
    item: dict[str, Any] = {"post": {"S": key}, "state": {"S": "odd"}, "ticket": {"N": "7"}}
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    assert "Nothing waits." in run("queue").stdout


# --- Where the settings come from


class FakeLambda:
    """A deployed function."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.asked: list[str] = []

    def get_function_configuration(self, **arguments: str) -> dict[str, Any]:
        self.asked.append(arguments["FunctionName"])
        if not arguments["FunctionName"].startswith("bridge-"):
            raise refusal("ResourceNotFoundException")
        return {"Environment": {"Variables": self.variables}}


@pytest.fixture
def deployed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    names = ("GLPI_URL", "SECRET_ID", "QUEUE_URL", "DEAD_LETTER_URL", "LEDGER_TABLE")
    function = FakeLambda(
        {name: os.environ[name] for name in names}
        | {
            "GLPI_CA_BUNDLE": "certs/none.pem",
            "MATTERMOST_CA_BUNDLE": "certs/none.pem",
            "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9",
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/x",
        }
    )
    for name in names:
        monkeypatch.delenv(name)
    make = boto3.client
    monkeypatch.setattr(
        boto3, "client", lambda name, **kw: function if name == "lambda" else make(name, **kw)
    )
    return function


def test_a_stack_is_asked_for_its_settings(deployed: FakeLambda) -> None:
    result = run("--stack", "bridge", "queue")
    assert result.exit_code == 0, result.output
    assert "Nothing waits." in result.stdout
    assert deployed.asked == ["bridge-worker"]
    assert "AWS_ENDPOINT_URL_SQS" not in os.environ


def test_the_stacks_certificates_are_those_of_this_folder(deployed: FakeLambda) -> None:
    result = run("--stack", "bridge", "audit")
    assert result.exit_code == 2
    assert str(ROOT / "certs" / "none.pem") in result.stderr
    assert "a setting of the stack bridge" in result.stderr


def test_a_stack_that_is_not_there_is_one_sentence(deployed: FakeLambda) -> None:
    result = run("--stack", "other", "--region", "eu-west-1", "queue")
    assert result.exit_code == 2
    assert result.stderr == (
        "AWS knows nothing of the function other-worker: check --stack, --region and the account "
        "('aws sts get-caller-identity').\n"
    )
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_a_file_replaces_all_that_the_environment_says_of_aws(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = tmp_path / "run.env"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://production.example")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with refusing_port() as port:
        env.write_text(
            f"AWS_ENDPOINT_URL='http://127.0.0.1:{port}'\nAWS_DEFAULT_REGION=eu-central-1\n"
            "AWS_ACCESS_KEY_ID=x\nAWS_SECRET_ACCESS_KEY=x\nLEDGER_TABLE='${HOME}'\n"
        )
        result = run("--env", str(env), "queue")
    assert "AWS_PROFILE" not in os.environ
    assert "AWS_ENDPOINT_URL_SQS" not in os.environ
    assert os.environ["LEDGER_TABLE"] == "${HOME}"
    assert result.exit_code == 2
    assert result.stderr.startswith("AWS does not answer for the queue https://")
    assert "(EndpointConnectionError)" in result.stderr


@pytest.mark.parametrize("content", [None, b"\xff"], ids=["missing", "no text"])
def test_a_file_that_cannot_be_read_is_one_sentence(
    lab: Lab, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "run.env"
    if content:
        path.write_bytes(content)
    result = run("--env", str(path), "queue")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path} cannot be read (")
    assert result.stderr.count("\n") == 1


def test_stack_and_file_exclude_each_other(lab: Lab) -> None:
    result = run("--stack", "bridge", "--env", "x", "queue")
    assert result.exit_code == 2
    assert "--stack and --env exclude each other" in result.stderr


# --- One sentence for every failure


def test_a_missing_setting_is_one_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUEUE_URL")
    result = run("queue")
    assert result.exit_code == 2
    assert result.stderr == (
        "QUEUE_URL: is not set; it is the URL of the SQS queue. Settings were taken from the "
        "environment; --stack NAME takes those of a stack.\n"
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/none", "nothing of the queue "),
        ("DEAD_LETTER_URL", "https://sqs.eu-central-1.amazonaws.com/1/none", "nothing of the "),
        ("LEDGER_TABLE", "none", "nothing of the table none: check"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, key: str, value: str, said: str
) -> None:
    monkeypatch.setenv(key, value)
    result = run("queue")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("AWS knows ")
    assert said in result.stderr


@pytest.mark.parametrize(
    "command", [["queue"], ["dlq", "list"], ["audit"], ["thread", "7"], ["thread", ref(7)]], ids=str
)
def test_no_credentials_is_one_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there are no usable credentials here (NoCredentialsError); run 'aws" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_audit_looks_for_what_tickets_end_with() -> None:
    submission = to_post({"text": "x", "post_id": ref(1)}, "hook", "request", "token").submission()
    assert marker(submission.ref) == PREFIX + ref(1)


def test_every_queue_that_the_stack_has_is_counted(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = '{"v":2,"kind":"look"}'
    boto3.client("sqs").send_message(QueueUrl=os.environ["LOOK_QUEUE_URL"], MessageBody=job)
    shown = run("queue").stdout.splitlines()
    assert "hints         1 ready, 0 paused or being worked on, 0 delayed" in shown
    assert "alerts        0 ready, 0 paused or being worked on, 0 delayed" in shown
    assert "Nothing waits." not in shown
    monkeypatch.delenv("ALERT_QUEUE_URL")  # a stack of the release before
    assert "alerts" not in run("queue").stdout
