"""The commands of the guides are spelled right, and run as they are printed."""

import functools
import re
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

from local import SAMPLE_TOKENS
from manage import cli
from tests.conftest import ROOT
from tests.support.guides import EVERYTHING, PAGES, SH, TEMPLATE, Block, code_spans
from tests.support.walk import machine


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
    ("cloudformation", "deploy"): {
        "--template-file",
        "--stack-name",
        "--capabilities",
        "--parameter-overrides",
    },
}
"""Commands that the AWS CLI adds to the services' own."""
AWS_ALWAYS = {"--endpoint-url", "--region", "--profile", "--query", "--output"}

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
        elif program == "./manage":
            check_manage(arguments)


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
    """Check a call of ./manage; returns the command, as far as it is given."""
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


def test_every_command_of_manage_exists_and_is_named() -> None:
    calls = [words[1:] for block in SH for words in block.commands if words[0] == "./manage"]
    for page in PAGES:
        calls += [span.split()[1:] for span in code_spans(page) if span.startswith("./manage ")]
    told = {check_manage(call) for call in calls}
    assert set(commands()) <= told


# ---- Every command is run as it is printed, or stands here with its reason

NOT_RUN = {
    "make run": "runs beside all others, as a program and on other ports",
    "PORT=9000 make run": "the same",
    "GLPI_VERSION=10.0.14 make run": "the same",
    "BIND=172.18.0.1/16 make run": "needs Docker's bridge",
    "make test": "runs this test",
    "make lock": "renews the pinned versions from the network",
    "make manage": "installs from the network; the tests have installed what it installs",
    "make deploy-tools": "the same",
    "make deploy": "tests/deploy runs what it runs",
    "deploy/roll-back": "the same",
    "deploy/smoke-test": "the same",
    "make rehearse": "takes minutes: sam build, sam deploy, an update and back, on an emulator",
    "make rehearse-local": "needs Docker",
    "curl 127.0.0.1:3000/mattermost/webhook": "needs sam local start-api, and that Docker",
    "aws sqs delete-queue": "AWS CLI 1 asks Amazon, whatever it is told of another address",
    "sam build": "make rehearse runs it",
    "sam deploy": "make rehearse runs it; with a VPC or an authority of one's own it needs these",
    "sam local": "needs Docker; make rehearse-local runs it, tests/docs/test_sam.py up to there",
    "sam validate": "make gates runs it",
    "make bench": "takes a quarter of an hour; tests/deploy/test_budgets.py runs its parts",
    "make doctor-pages": "writes two pages, which tests hold to the code",
    "aws configure": "asks for keys; the tests leave what it leaves",
    "git pull": "changes the clone",
    "php bin/console": "is a command of GLPI's, on GLPI's machine",
    "ssh -R": "needs a machine of that name",
    "curl -F": "is an option, not a command",
    "curl -v WEBHOOK-URL -d token=x": "is refused on purpose, as the page says",
}
"""What is not run, by how it begins, and why."""

PROGRAMS = {
    "make",
    "sam",
    "aws",
    "curl",
    "./manage",
    "git",
    "ssh",
    "pip",
    "php",
    "python",
    "python3",
}


def is_command(line: str) -> bool:
    words = [word for word in line.split() if not re.fullmatch(r"[A-Z_]+=.*", word)]
    return len(words) > 1 and (words[0] in PROGRAMS or words[0].startswith("deploy/"))


def reasons(line: str) -> list[str]:
    """The entries of NOT_RUN that a line falls under."""
    return [begin for begin in NOT_RUN if f"{line.strip()} ".startswith(f"{begin} ")]


def is_name(span: str) -> bool:
    """Whether a span names what stands in a block or elsewhere, such as `./manage audit`."""
    words = span.split()
    if words[0] == "./manage" and (words[1] == "dlq" or len(words) == 2):
        return True
    if words[0] == "./manage" and not check_manage(words[1:]):
        return True
    return any(command[: len(words)] == words for block in SH for command in block.commands)


def spans(page: Path) -> list[str]:
    return list(dict.fromkeys(span for span in code_spans(page) if is_command(span)))


def typed(line: str) -> str:
    """Say yes to `sam delete`, and let doctor find something: the tests' stack has no alarms."""
    line = re.sub(r"^sam delete\b", "yes | sam delete", line)
    return re.sub(r"^(\./manage .*doctor\b[^#]*)", r"\1 || test $? = 1 ", line)


WALKED = [page for page in PAGES if any(b.page == page.name for b in SH) or spans(page)]


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.name)
def test_every_command_of_a_page_runs_as_printed(page: Path, tmp_path: Path) -> None:
    """From top to bottom, those of its sentences first: a page may end with removing everything."""
    sentences = [span for span in spans(page) if not reasons(span) and not is_name(span)]
    blocks = [block for block in SH if block.page == page.name]
    lines = [typed(n) for block in blocks for n in block.lines if not reasons(n)]
    if not any(map(is_command, [*sentences, *lines])):
        return
    with machine(tmp_path) as there:
        there.walk([typed(sentence) for sentence in sentences])
        said = there.walk(lines)
    for block in blocks:
        for words in block.expected:
            assert words in said


def test_nothing_on_the_list_is_there_in_vain() -> None:
    lines = [line for block in SH for line in block.lines]
    lines += [span for page in PAGES for span in spans(page)]
    assert {entry for line in lines for entry in reasons(line)} == set(NOT_RUN)


def test_no_page_asks_for_what_a_fresh_machine_refuses() -> None:
    """Debian has no `python` and refuses `pip install`; there is no environment to be active."""
    for page in PAGES:
        commands = [*spans(page), *(n for b in SH if b.page == page.name for n in b.lines)]
        assert [n for n in commands if n.split()[:1] in (["python"], ["pip"])] == []


def test_samples_use_a_token_that_make_run_accepts() -> None:
    for token in re.findall(r"token=(\w{26})\b", EVERYTHING):
        assert token in SAMPLE_TOKENS.values()
