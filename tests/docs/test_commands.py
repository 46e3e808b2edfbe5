"""The commands of the guides are spelled right, and those that are said to run do."""

import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from local import SAMPLE_TOKENS
from local.__main__ import DEFAULT_PORT
from local.ports import free_ports
from manage import cli
from tests.conftest import ROOT
from tests.support.guides import EVERYTHING, PAGES, SH, TEMPLATE, Block, code_spans
from tests.support.limits import PLENTY


def commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(group, click.Group):
        return {path: group}
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.commands.items():
        found |= commands(command, (*path, name))
    return found


AWS_OWN = {
    ("configure",): set[str](),
    ("sso", "login"): set[str](),
    ("logs", "tail"): {"--since", "--follow", "--filter-pattern", "--format"},
    ("cloudformation", "deploy"): {
        "--template-file",
        "--stack-name",
        "--capabilities",
        "--parameter-overrides",
    },
}
"""Commands that the AWS CLI adds to the services' own."""
AWS_ALWAYS = {"--region", "--profile", "--query", "--output"}

ids = [f"{block.page}-{n}" for n, block in enumerate(SH)]


@pytest.mark.parametrize("block", SH, ids=ids)
def test_every_command_is_one_for_the_shell(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", SH, ids=ids)
def test_every_command_is_spelled_as_its_program_wants_it(block: Block) -> None:
    targets = set(
        re.findall(r"^([\w/.$()-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    for words in block.commands:
        program, *arguments = [w for w in words if not re.fullmatch(r"[A-Z_]+=.*", w)] or [""]
        if program == "aws":
            check_aws(arguments)
        elif program == "sam":
            check_sam(arguments)
        elif program == "make":
            assert set(arguments) <= targets
        elif "manage.py" in words:
            check_manage(words[words.index("manage.py") + 1 :])


@functools.cache
def service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def check_aws(words: list[str]) -> None:
    options = {word.partition("=")[0] for word in words if word.startswith("--")} - AWS_ALWAYS
    for own, known in AWS_OWN.items():
        if tuple(words[: len(own)]) == own:
            assert options <= known, words
            return
    try:
        model = service(words[0])
    except UnknownServiceError:
        pytest.fail(f"aws {words[0]} is no service")
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert words[1] in operations, words
    shape = model.operation_model(operations[words[1]]).input_shape
    assert options <= {f"--{xform_name(member, '-')}" for member in shape.members}, words


def check_sam(words: list[str]) -> None:
    """Check what SAM does not: the template's parameters. What SAM takes is in test_sam.py."""
    if "--parameter-overrides" in words:
        for word in words[words.index("--parameter-overrides") + 1 :]:
            name, _, value = word.partition("=")
            assert name in TEMPLATE["Parameters"], word
            parameter = TEMPLATE["Parameters"][name]
            if not re.fullmatch("[A-Z-]+", value):  # such as ARN: to be filled in
                assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value), word
                assert value in parameter.get("AllowedValues", [value]), word


def check_manage(words: list[str]) -> tuple[str, ...]:
    """Check a call of manage.py; returns the command, as far as it is given."""
    while words and words[0] in ("--stack", "--env", "--region"):
        words = words[2:]
    path: list[str] = []
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, words
        command = command.commands[words[0]]
        path.append(words[0])
        words = words[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= {*options, "--help"}, words
    return tuple(path)


def test_every_command_of_manage_py_exists_and_is_named() -> None:
    calls = [
        b[b.index("manage.py") + 1 :] for block in SH for b in block.commands if "manage.py" in b
    ]
    for page in PAGES:
        calls += [s.split()[1:] for s in code_spans(page) if s.startswith("manage.py ")]
    told = {check_manage(call) for call in calls}
    assert set(commands()) <= told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """`make run`'s program; the folder in which it runs, and its port."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "manage.py").symlink_to(ROOT / "manage.py")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GLPI_", "MATTERMOST_"))}
    with (
        free_ports(5) as port,
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.limits"],
            cwd=folder,
            env={**env, "PORT": str(port), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        assert process.stdout
        greeting = ""
        while "Ctrl-C" not in greeting:
            line = process.stdout.readline()
            assert line, greeting
            greeting += line
        yield folder, port
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PLENTY)
        process.kill()


PRELUDE = f"""set -eu
curl() {{ command curl -sS --fail-with-body --noproxy '*' --max-time {PLENTY} "$@"; echo; }}
python() {{ "$PYTHON" "$@"; }}
"""


@pytest.mark.parametrize("block", [b for b in SH if b.expected is not None], ids=lambda b: b.page)
def test_what_is_said_to_run_runs(block: Block, running: tuple[Path, int]) -> None:
    folder, port = running
    script = block.text
    for n in range(5):
        script = re.sub(rf"\b{DEFAULT_PORT + n}\b", str(port + n), script)
    done = subprocess.run(
        ["bash"],
        input=PRELUDE + script,
        cwd=folder,
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=10 * PLENTY,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in block.expected or ():
        assert words in done.stdout


def test_samples_use_a_token_that_make_run_accepts() -> None:
    for token in re.findall(r"token=(\w{26})\b", EVERYTHING):
        assert token in SAMPLE_TOKENS.values()
