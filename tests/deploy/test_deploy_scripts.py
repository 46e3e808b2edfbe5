"""The scripts of deploy/, with tools that only write down how they were called."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import handler
from local.gateway import Context
from tests.conftest import ROOT

FAKE = """#!/usr/bin/env bash
name=$(basename "$0")
printf '%s %s [%s]\\n' "$name" "$*" "$(cat "$PWD/version" 2>/dev/null)" >>"$CALLS"
for arg; do last=$arg; done
case "$name $*" in
    *describe-stacks*) cat "$STACK_FILE" 2>/dev/null || { echo "$NO_STACK" >&2; exit 254; } ;;
    *invoke*webhook*) printf '%s' "$WEBHOOK_ANSWER" >"$last"; printf '%s' "$INVOKE_SAYS" >&2 ;;
    *invoke*worker*) printf '{"batchItemFailures": []}' >"$last" ;;
    *doctor*--json*) printf '%s' "$FOUND_BEFORE" ;;
    *doctor*--before*) cat "$last" >"$CALLS.before" 2>/dev/null ;;
esac
! grep -q '^sam deploy' "$CALLS" || FAILING+=$'\\n'$FAILING_LATER
while read -r code pattern; do
    [[ -z $code || "$name $*" != *"$pattern"* ]] || exit "$code"
done <<<"$FAILING"
"""


def fake(program: Path) -> None:
    program.write_text(FAKE)
    program.chmod(0o755)


class Workshop:
    """A small repository of two commits with the scripts, and fake tools."""

    def __init__(self, path: Path) -> None:
        self.repository = path / "a repository"
        self.calls_file, self.stack_file = path / "calls", path / "stack"
        (path / "bin").mkdir()
        for name in ("aws", "sam"):
            fake(path / "bin" / name)
        self.env = {
            "PATH": f"{path / 'bin'}:{os.environ['PATH']}",
            "HOME": str(path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com",
            "CALLS": str(self.calls_file),
            "STACK_FILE": str(self.stack_file),
            "NO_STACK": "ValidationError: Stack with id x does not exist",
            "WEBHOOK_ANSWER": '{"statusCode": 401}',
            "INVOKE_SAYS": "",
            "FOUND_BEFORE": '{"ok": true}',
            "FAILING": "",
            "FAILING_LATER": "",
            "ARTIFACTS_BUCKET": "artifacts",
            "PARAMETERS": "GlpiUrl=https://new.example LogLevel=DEBUG",
        }
        shutil.copytree(ROOT / "deploy", self.repository / "deploy")
        for name in ("template.yaml", "Makefile"):
            shutil.copy(ROOT / name, self.repository)
        fake(self.repository / "manage")
        (self.repository / ".gitignore").write_text(".build/\n")
        self.git("init", "--quiet")
        self.old, self.new = self.commit("old"), self.commit("new")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.repository), *arguments]
        done = subprocess.run(command, env=self.env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, version: str) -> str:
        (self.repository / "version").write_text(version)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", version)
        return self.git("rev-parse", "HEAD")

    def stack_has(self, **parameters: str) -> None:
        self.stack_file.write_text("".join(f"{k}\t{v}\n" for k, v in parameters.items()))

    def run(self, script: str, *arguments: str, **env: str) -> tuple[int, str]:
        done = subprocess.run(
            [self.repository / "deploy" / script, *arguments],
            env=self.env | env,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def compared_with(self) -> str:
        """Return what `doctor --before` was handed, "" if there was no file."""
        return Path(f"{self.calls_file}.before").read_text()

    def outline(self) -> list[str]:
        """Return the calls, shortened to what was done with which version."""
        kinds = {
            "describe-stacks": "look",
            "sam build": "build",
            "sam deploy": "deploy",
            "invoke": "call",
            "--help": "help",
            "doctor --json": "ask",
            "doctor --before": "doctor",
            "send": "send",
        }
        return [
            f"{next(kind for sign, kind in kinds.items() if sign in call)} {call[-4:-1]}"
            for call in self.calls()
        ]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


BEGIN = ["help new", "look new"]
BEFORE = ["ask new", "send new"]
PUT = ["build new", "deploy new"]
TRY = ["help new", "call new", "call new", "doctor new", "send new"]
FIRST = [*BEGIN, *PUT, *TRY]
GOOD = [*BEGIN, *BEFORE, *PUT, *TRY]


def test_a_deployment_looks_builds_deploys_and_tries(workshop: Workshop) -> None:
    code, said = workshop.run("deploy", "staging")
    assert (code, workshop.outline()) == (0, FIRST), said
    deploy = workshop.calls()[3]
    for part in (
        "--stack-name mattermost-glpi-bridge-staging ",
        "--no-confirm-changeset --no-fail-on-empty-changeset",
        "--no-resolve-s3 --s3-bucket artifacts --s3-prefix mattermost-glpi-bridge-staging ",
        '--parameter-overrides GlpiUrl="https://new.example" LogLevel="DEBUG" '
        f"Commit={workshop.new} ",
    ):
        assert part in deploy
    assert "manage --stack mattermost-glpi-bridge-staging send 112 [" in workshop.calls()[-1]


@pytest.mark.parametrize(
    ("failing", "answer"),
    [
        ("3 doctor --before", '{"statusCode": 401}'),
        ("", '{"statusCode": 500}'),
        ("", '{"errorType": "Runtime.ImportModuleError"}'),
    ],
)
def test_what_does_not_work_is_replaced_by_what_was_there_with_its_parameters(
    workshop: Workshop, failing: str, answer: str
) -> None:
    workshop.stack_has(GlpiUrl="https://old.example", VpcId="", Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING=failing, WEBHOOK_ANSWER=answer)
    assert code == 1
    assert workshop.outline()[-2:] == ["build old", "deploy old"]
    assert (
        f'--parameter-overrides GlpiUrl="https://old.example" VpcId="" Commit={workshop.old} ['
        in workshop.calls()[-1]
    )
    assert "is back at the commit before" in said
    assert (workshop.repository / "version").read_text() == "new"
    assert len(workshop.git("worktree", "list").splitlines()) == 1


@pytest.mark.parametrize("known", [{}, {"Commit": "unknown"}, {"LogLevel": "INFO"}])
def test_without_a_commit_before_there_is_no_way_back(
    workshop: Workshop, known: dict[str, str]
) -> None:
    if known:
        workshop.stack_has(**known)
    code, said = workshop.run("deploy", "production", FAILING="3 doctor --before")
    assert code == 1
    assert "knows no commit before it" in said
    assert workshop.outline() == (GOOD if known else FIRST)[:-1]


def test_what_cannot_be_asked_from_here_does_not_fail_a_deployment(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    failing = "2 doctor\n2 send"
    code, said = workshop.run("deploy", "staging", FAILING=failing, FOUND_BEFORE="")
    assert (code, workshop.outline()) == (0, GOOD)
    assert "nothing is known of before" in said
    assert said.count("could not ask everything") == 2
    assert workshop.compared_with() == ""


def test_a_deployment_is_compared_with_what_was_found_before_it(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING="1 doctor --json", FOUND_BEFORE="dead")
    assert (code, workshop.outline()) == (0, GOOD), said
    assert workshop.compared_with() == "dead"


def test_a_smoke_test_by_hand_knows_nothing_of_before(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    workshop.run("deploy", "staging")
    assert workshop.compared_with() == '{"ok": true}'
    assert workshop.run("smoke-test", "mattermost-glpi-bridge-staging")[0] == 0
    assert workshop.compared_with() == ""


def test_a_message_that_was_answered_before_and_is_not_now_takes_the_version_back(
    workshop: Workshop,
) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING_LATER="1 send")
    assert (code, workshop.outline()[-2:]) == (1, ["build old", "deploy old"]), said


def test_a_message_that_was_not_answered_before_either_only_warns(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING="1 send")
    assert (code, workshop.outline()) == (0, GOOD), said
    assert "warning: the message of the smoke test was not answered before, either" in said


@pytest.mark.parametrize(
    "said_by_aws",
    [
        "Could not connect to the endpoint URL",
        "An error occurred (TooManyRequestsException) when calling the Invoke operation: Rate",
        "An error occurred (ExpiredTokenException) when calling the Invoke operation: expired",
        "An error occurred (AccessDeniedException) when calling the Invoke operation: no",
    ],
)
def test_what_could_not_be_tried_is_not_brought_back(workshop: Workshop, said_by_aws: str) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run(
        "deploy", "staging", FAILING="255 lambda invoke", INVOKE_SAYS=said_by_aws
    )
    assert (code, workshop.outline()) == (1, GOOD[:8])
    assert said_by_aws in said
    assert "was not tried" in said
    assert "run this again" in said


@pytest.mark.parametrize("error", ["ResourceNotFound", "InvalidRuntime", "InvalidSubnetID"])
def test_a_function_that_lambda_cannot_start_is_replaced(workshop: Workshop, error: str) -> None:
    workshop.stack_has(Commit=workshop.old)
    said_by_aws = f"An error occurred ({error}Exception) when calling the Invoke operation: no"
    code, _ = workshop.run(
        "deploy", "staging", FAILING="255 lambda invoke", INVOKE_SAYS=said_by_aws
    )
    assert (code, workshop.outline()[-2:]) == (1, ["build old", "deploy old"])


def test_the_function_refuses_the_message_of_the_smoke_test_without_knowing_any_secret() -> None:
    script = (ROOT / "deploy/smoke-test").read_text("utf-8")
    (event, wanted) = re.findall(
        r"^calls webhook '(.+?)' '(.+?)'$", script, re.MULTILINE | re.DOTALL
    )[0]
    answer = handler.lambda_handler(json.loads(event), Context())
    assert wanted in json.dumps(answer)
    assert json.loads(event)["routeKey"] in handler.ROUTES


def test_a_doctor_that_breaks_down_is_no_verdict(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING="1 doctor", FOUND_BEFORE="")
    assert (code, workshop.outline()) == (0, GOOD)
    assert "./manage doctor broke down (exit code 1), which is no verdict" in said


def test_nothing_begins_where_manage_does_not_run(workshop: Workshop) -> None:
    code, said = workshop.run("deploy", "staging", FAILING="1 manage --help")
    assert (code, workshop.outline()) == (2, ["help new"])
    assert '"make manage" prepares what it needs' in said
    code, said = workshop.run("smoke-test", "bridge", FAILING="1 manage --help")
    assert (code, "make manage" in said) == (2, True)


@pytest.mark.parametrize("step", ["sam build", "sam deploy"])
def test_a_failed_step_ends_the_deployment_and_cloudformation_undoes_it(
    workshop: Workshop, step: str
) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING=f"1 {step}")
    assert code == 1
    assert workshop.outline() == GOOD[: 5 if step == "sam build" else 6]
    assert "not deployed" in said


def test_a_way_back_that_fails_calls_for_a_person(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    failing = f"3 doctor --before\n1 Commit={workshop.old}"
    code, said = workshop.run("deploy", "staging", FAILING=failing)
    assert code == 1
    assert "could not be brought back" in said


def test_nothing_begins_when_the_stack_cannot_be_asked(workshop: Workshop) -> None:
    code, said = workshop.run("deploy", "staging", NO_STACK="AccessDenied: no")
    assert (code, workshop.outline()) == (2, BEGIN)
    assert "AccessDenied" in said


def test_nothing_begins_without_a_stage_a_bucket_or_a_commit(workshop: Workshop) -> None:
    assert workshop.run("deploy")[0] == 2
    assert workshop.run("deploy", "elsewhere")[0] == 2
    assert workshop.run("deploy", "staging", ARTIFACTS_BUCKET="")[0] == 2
    (workshop.repository / "version").write_text("neither")
    code, said = workshop.run("deploy", "staging")
    assert (code, "version" in said) == (2, True)
    assert workshop.calls() == []


@pytest.mark.parametrize(
    "given",
    [
        "GlpiUrl=https://a.example\nAlarmEmail=it@a.example",
        "GlpiUrl=https://a.example\r\nAlarmEmail=it@a.example\r\n",
        "\n\n GlpiUrl=https://a.example\t \r\n\r\n\v\fAlarmEmail=it@a.example ",
        "GlpiUrl=https://a.example\u00a0AlarmEmail=it@a.example\r",
        "GlpiUrl=\"https://a.example\" AlarmEmail='it@a.example'",
    ],
)
def test_any_white_space_parts_parameters(workshop: Workshop, given: str) -> None:
    code, said = workshop.run("deploy", "staging", PARAMETERS=given)
    assert code == 0, said
    wanted = '--parameter-overrides GlpiUrl="https://a.example" AlarmEmail="it@a.example" Commit='
    assert wanted in workshop.calls()[3]


@pytest.mark.parametrize(
    ("given", "said_of_it"),
    [
        ("GlpiUrl=https://a.example oops", '"oops" is no NAME=VALUE'),
        ("GlpiUrl =https://a.example", '"GlpiUrl" is no NAME=VALUE'),
        ('AlarmEmail="it at a.example"', '"at" is no NAME=VALUE'),
        ("GLPI_URL=https://a.example", "template.yaml has no parameter GLPI_URL"),
        ("GlpiUrL=https://a.example", "template.yaml has no parameter GlpiUrL"),
        ("GlpiUrl=https://a.example GlpiUrl=https://b.example", "GlpiUrl stands there twice"),
        ("Commit=" + "0" * 40, "Commit is set by deploy/deploy"),
        ('GlpiUrl=https://a"b', "the value of GlpiUrl holds a quotation mark"),
        ('GlpiUrl="https://a', "the value of GlpiUrl holds a quotation mark"),
        ("AlarmEmail=o'neill@a.example", "the value of AlarmEmail holds a quotation mark"),
        ("VpcId=\\", "the value of VpcId holds a quotation mark or a backslash"),
    ],
)
def test_nothing_begins_with_a_parameter_that_would_be_dropped(
    workshop: Workshop, given: str, said_of_it: str
) -> None:
    code, said = workshop.run("deploy", "staging", PARAMETERS=given)
    assert code == 2
    assert "PARAMETERS: " in said
    assert said_of_it in said
    assert workshop.calls() == []


@pytest.mark.parametrize("name", ["STACK", "ARTIFACTS_BUCKET", "AWS_REGION"])
@pytest.mark.parametrize("more", ["\r", "\n", " x"])
def test_nothing_begins_with_white_space_in_a_name(
    workshop: Workshop, name: str, more: str
) -> None:
    code, said = workshop.run("deploy", "staging", **{name: f"value{more}"})
    assert code == 2
    assert f"{name} holds white space" in said
    assert workshop.calls() == []


@pytest.mark.parametrize("empty", ["VpcId=", 'VpcId=""'])
def test_an_empty_value_arrives_as_sam_takes_it(workshop: Workshop, empty: str) -> None:
    code, said = workshop.run("deploy", "staging", PARAMETERS=f"LogLevel=INFO {empty}")
    assert code == 0, said
    assert '--parameter-overrides LogLevel="INFO" VpcId="" Commit=' in workshop.calls()[3]


def test_a_shell_makes_nothing_of_a_value(workshop: Workshop) -> None:
    code, said = workshop.run(
        "deploy", "staging", PARAMETERS="GlpiUrl=$(touch${IFS}oops);* VpcId=*"
    )
    assert code == 0, said
    wanted = 'GlpiUrl="$(touch${IFS}oops);*" VpcId="*" Commit='
    assert wanted in workshop.calls()[3]
    assert not (workshop.repository / "oops").exists()


@pytest.mark.parametrize("stack", ["../..", "-x", "a/b", "1a", "*"])
def test_nothing_begins_with_what_is_no_name_of_a_stack(workshop: Workshop, stack: str) -> None:
    for code, said in (
        workshop.run("deploy", "staging", STACK=stack),
        workshop.run("smoke-test", stack),
        workshop.run("roll-back", stack, workshop.old),
    ):
        assert code == 2
        assert f'"{stack}" is no name of a stack' in said
    assert workshop.calls() == []


@pytest.mark.parametrize("missing", ["aws", "sam"])
def test_nothing_begins_without_its_tools(workshop: Workshop, tmp_path: Path, missing: str) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for name in ("bash", "dirname", "git", "sed", "grep"):
        (plain / name).symlink_to(str(shutil.which(name)))
    other = {"aws": "sam", "sam": "aws"}[missing]
    (plain / other).symlink_to(tmp_path / "bin" / other)
    scripts = [("deploy", "staging"), ("smoke-test", "bridge"), ("roll-back", "bridge", "HEAD")]
    without = {"sam": "smoke-test", "aws": "roll-back"}[missing]  # which does not need it
    for script, *arguments in scripts:
        if script != without:
            code, said = workshop.run(script, *arguments, PATH=str(plain))
            assert (code, f"there is no {missing} on the PATH" in said) == (2, True), said
            assert "make deploy-tools" in said
    assert workshop.calls() == []


def test_a_value_with_quotes_comes_back_as_it_was(workshop: Workshop) -> None:
    workshop.stack_has(GlpiUrl='https://a.example/"x"', Commit=workshop.old)
    workshop.run("deploy", "staging", FAILING="3 doctor --before")
    assert 'GlpiUrl="https://a.example/\\"x\\""' in workshop.calls()[-1]


def make(workshop: Workshop, *arguments: str, **env: str) -> tuple[int, str]:
    command = ["make", "-C", str(workshop.repository), *arguments]
    done = subprocess.run(command, env=workshop.env | env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "said_of_it"),
    [
        ([], {}, "usage: deploy/deploy staging|production"),
        (["STAGE=elsewhere"], {}, "usage: deploy/deploy staging|production"),
        (["STAGE=staging; touch oops"], {}, "usage: deploy/deploy staging|production"),
        (["STAGE=staging"], {"ARTIFACTS_BUCKET": ""}, "ARTIFACTS_BUCKET is not set"),
        (["STAGE=staging"], {"PARAMETERS": "oops"}, "is no NAME=VALUE"),
    ],
)
def test_what_make_deploy_lacks_is_said_before_anything_is_installed(
    workshop: Workshop, arguments: list[str], env: dict[str, str], said_of_it: str
) -> None:
    code, said = make(workshop, "deploy", *arguments, **env)
    assert (code, workshop.calls()) == (2, [])
    assert said_of_it in said
    assert not (workshop.repository / ".venv").exists()
    assert not (workshop.repository / "oops").exists()


def test_another_name_for_the_stack(workshop: Workshop) -> None:
    assert workshop.run("deploy", "production", STACK="bridge")[0] == 0
    assert all(" --stack-name bridge " in workshop.calls()[i] for i in (1, 3))


def test_going_back_by_hand_to_a_named_commit_keeps_the_parameters(workshop: Workshop) -> None:
    code, _ = workshop.run("roll-back", "bridge", workshop.old[:12])
    assert (code, workshop.outline()) == (0, ["build old", "deploy old"])
    assert f"--parameter-overrides Commit={workshop.old} [" in workshop.calls()[-1]


def test_going_back_wants_a_commit_that_is_there(workshop: Workshop) -> None:
    assert workshop.run("roll-back")[0] == 2
    assert workshop.run("roll-back", "bridge")[0] == 2
    assert workshop.run("roll-back", "bridge", "f" * 40)[0] == 2
    assert workshop.run("roll-back", "bridge", workshop.old, ARTIFACTS_BUCKET="")[0] == 2
    assert workshop.calls() == []


def test_a_clone_on_windows_holds_the_same_bytes(workshop: Workshop, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitattributes", workshop.repository)
    workshop.commit("attributes")
    clone = tmp_path / "clone"
    workshop.git("clone", "--quiet", "--config", "core.autocrlf=true", ".", str(clone))
    for path in (ROOT / "deploy").iterdir():
        assert (clone / "deploy" / path.name).read_bytes() == path.read_bytes()
