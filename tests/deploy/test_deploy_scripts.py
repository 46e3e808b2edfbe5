"""The scripts of deploy/, with tools that only write down how they were called."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

FAKE = """#!/usr/bin/env bash
name=$(basename "$0")
printf '%s %s [%s]\\n' "$name" "$*" "$(cat "$PWD/version" 2>/dev/null)" >>"$CALLS"
for arg; do last=$arg; done
case "$name $*" in
    *describe-stacks*) cat "$STACK_FILE" 2>/dev/null || { echo "$NO_STACK" >&2; exit 254; } ;;
    *invoke*webhook*) printf '%s' "$WEBHOOK_ANSWER" >"$last" ;;
    *invoke*worker*) printf '{"batchItemFailures": []}' >"$last" ;;
esac
while read -r code pattern; do
    [[ -z $code || "$name $*" != *"$pattern"* ]] || exit "$code"
done <<<"$FAILING"
"""


class Workshop:
    """A small repository of two commits with the scripts, and fake tools."""

    def __init__(self, path: Path) -> None:
        self.repository = path / "a repository"
        self.calls_file, self.stack_file = path / "calls", path / "stack"
        (path / "bin").mkdir()
        for name in ("aws", "sam", "python"):
            (path / "bin" / name).write_text(FAKE)
            (path / "bin" / name).chmod(0o755)
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
            "WEBHOOK_ANSWER": '{"statusCode": 404}',
            "FAILING": "",
            "ARTIFACTS_BUCKET": "artifacts",
            "PARAMETERS": "GlpiUrl=https://new.example LogLevel=DEBUG",
        }
        shutil.copytree(ROOT / "deploy", self.repository / "deploy")
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

    def outline(self) -> list[str]:
        """Return the calls, shortened to what was done with which version."""
        kinds = {
            "describe-stacks": "look",
            "sam build": "build",
            "sam deploy": "deploy",
            "invoke": "call",
            "doctor": "doctor",
            "send": "send",
        }
        return [
            f"{next(kind for sign, kind in kinds.items() if sign in call)} {call[-4:-1]}"
            for call in self.calls()
        ]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


GOOD = ["look new", "build new", "deploy new", "call new", "call new", "doctor new", "send new"]


def test_a_deployment_looks_builds_deploys_and_tries(workshop: Workshop) -> None:
    code, said = workshop.run("deploy", "staging")
    assert (code, workshop.outline()) == (0, GOOD), said
    deploy = workshop.calls()[2]
    for part in (
        "--stack-name mattermost-glpi-bridge-staging ",
        "--no-confirm-changeset --no-fail-on-empty-changeset",
        "--no-resolve-s3 --s3-bucket artifacts --s3-prefix mattermost-glpi-bridge-staging ",
        f"--parameter-overrides GlpiUrl=https://new.example LogLevel=DEBUG Commit={workshop.new} ",
    ):
        assert part in deploy
    assert "manage.py --stack mattermost-glpi-bridge-staging send 112 [" in workshop.calls()[-1]


@pytest.mark.parametrize(
    ("failing", "answer"),
    [
        ("1 doctor", '{"statusCode": 404}'),
        ("1 send", '{"statusCode": 404}'),
        ("255 lambda invoke", '{"statusCode": 404}'),
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
    code, said = workshop.run("deploy", "production", FAILING="1 doctor")
    assert code == 1
    assert "knows no commit before it" in said
    assert workshop.outline() == GOOD[:-1]


def test_what_cannot_be_asked_from_here_does_not_fail_a_deployment(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING="2 manage.py")
    assert (code, workshop.outline()) == (0, GOOD)
    assert "could not ask everything" in said


@pytest.mark.parametrize("step", ["sam build", "sam deploy"])
def test_a_failed_step_ends_the_deployment_and_cloudformation_undoes_it(
    workshop: Workshop, step: str
) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING=f"1 {step}")
    assert code == 1
    assert workshop.outline() == GOOD[: 2 if step == "sam build" else 3]
    assert "not deployed" in said


def test_a_way_back_that_fails_calls_for_a_person(workshop: Workshop) -> None:
    workshop.stack_has(Commit=workshop.old)
    code, said = workshop.run("deploy", "staging", FAILING=f"1 doctor\n1 Commit={workshop.old}")
    assert code == 1
    assert "could not be brought back" in said


def test_nothing_begins_when_the_stack_cannot_be_asked(workshop: Workshop) -> None:
    code, said = workshop.run("deploy", "staging", NO_STACK="AccessDenied: no")
    assert (code, workshop.outline()) == (2, ["look new"])
    assert "AccessDenied" in said


def test_nothing_begins_without_a_stage_a_bucket_or_a_commit(workshop: Workshop) -> None:
    assert workshop.run("deploy")[0] == 2
    assert workshop.run("deploy", "elsewhere")[0] == 2
    assert workshop.run("deploy", "staging", ARTIFACTS_BUCKET="")[0] == 2
    (workshop.repository / "version").write_text("neither")
    code, said = workshop.run("deploy", "staging")
    assert (code, "version" in said) == (2, True)
    assert workshop.calls() == []


def test_another_name_for_the_stack(workshop: Workshop) -> None:
    assert workshop.run("deploy", "production", STACK="bridge")[0] == 0
    assert all(" --stack-name bridge " in workshop.calls()[i] for i in (0, 2))


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
