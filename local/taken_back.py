"""A part of `make rehearse`: what deploy/deploy takes back, and what it does not.

The scripts run as in CI, in a clone of this repository's last commit; only `sam build` fits the
template to the emulator behind them.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

from local.ministack import VENV
from local.steps import ROOT, Failed, run, step

BUCKET = "rehearsed-packages"
AUTHOR = ("-c", "user.name=rehearsal", "-c", "user.email=rehearsal@example.com")

SAM = """#!/bin/sh
{sam} "$@" || exit $?
[ "$1" != build ] || PYTHONPATH={root} {python} -m local.emulated_template "$PWD"
"""


@dataclass(frozen=True)
class Workshop:
    """A clone, and the tools that its scripts find.

    Attributes:
        clone: of this repository.
        tools: a folder that comes first in PATH.
        stack: is deployed to.
        commit: that this release is.
    """

    clone: Path
    tools: Path
    stack: str
    commit: str

    def brings_a_good_version_to_a_dead_glpi(self) -> None:
        """Deploy this release while GLPI does not answer: it stays, and there is a warning."""
        with step("deploy/deploy brings this release to a dead GLPI: it warns, and stays"):
            code, said = self._deploy()
            if code or "Warning: wrong before the deployment, too: GLPI" not in said:
                raise Failed(f"exit code {code}:\n{said}")
            self._holds_this_release()

    def takes_a_broken_version_back(self) -> None:
        """Deploy a version whose functions do not load: this release comes back."""
        with (self.clone / "handler.py").open("a", encoding="utf-8") as module:
            module.write('\nraise RuntimeError("broken")\n')
        run("git", *AUTHOR, "commit", "--quiet", "--all", "--message", "Break", folder=self.clone)
        with step("deploy/deploy takes a broken version back"):
            code, said = self._deploy()
            if code != 1 or "is back at the commit before" not in " ".join(said.split()):
                raise Failed(f"exit code {code}:\n{said}")
            self._holds_this_release()

    def _deploy(self) -> tuple[int, str]:
        """Run deploy/deploy on the clone; returns its exit code and what it says."""
        done = subprocess.run(
            [self.clone / "deploy" / "deploy", "staging"],
            cwd=self.clone,
            env={
                **os.environ,
                "PATH": f"{self.tools}:{os.environ['PATH']}",
                "STACK": self.stack,
                "ARTIFACTS_BUCKET": BUCKET,
                "PARAMETERS": "LogLevel=INFO\r\nLogRetentionDays=30\n",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def _holds_this_release(self) -> None:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        found = {p["ParameterKey"]: p["ParameterValue"] for p in stacks[0]["Parameters"]}
        wanted = {"Commit": self.commit, "LogRetentionDays": "30"}
        if not wanted.items() <= found.items():
            raise Failed(f"the stack has the parameters {found}")


@contextmanager
def workshop(stack: str) -> Iterator[Workshop]:
    """Clone this repository's last commit until the block ends; yields what deploys it."""
    boto3.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    with TemporaryDirectory() as folder:
        clone, tools = Path(folder, "clone"), Path(folder, "tools")
        run("git", "clone", "--quiet", "--shared", str(ROOT), str(clone))
        tools.mkdir()
        script = SAM.format(
            sam=shlex.quote(str(VENV / "deploy" / "bin" / "sam")),
            root=shlex.quote(str(ROOT)),
            python=shlex.quote(sys.executable),
        )
        (tools / "sam").write_text(script)
        (tools / "sam").chmod(0o755)
        (tools / "aws").symlink_to(VENV / "deploy" / "bin" / "aws")
        (clone / ".venv").symlink_to(VENV)
        command = ["git", "rev-parse", "HEAD"]
        head = subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True)
        yield Workshop(clone, tools, stack, head.stdout.strip())
