"""The guides cannot fall behind: what they name exists, what they show runs, and sums are right.

A marker before a block, `<!-- runs -->` or `<!-- runs: words, words -->`, says that it is run here,
beside `make run`, and that its output holds these words.
"""

import functools
import importlib
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import botocore.client
import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

import bench.growth
import glpi_errors
import handler
import mattermost_api
import telemetry
from credentials import parse_secret
from filing import Patience
from local import SAMPLE_TOKENS, sam
from local.gateway import Context
from manage import cli
from rules import Desk, Rules, read_rules
from settings import Settings
from tests.conftest import ROOT, Lab
from tests.test_run import free_ports
from texts import ANSWERS, TICKET

EXPECTED_SOON = {"doctor", "send", "desks"}
"""Commands of manage.py that the guides may name before they are there; empty it when they are."""

TEMPLATE = sam.read()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
ALARMS = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
PAGES = [ROOT / "README.md", ROOT / "README.ru.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page: page.read_text("utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXTS.values())
DOCS = ROOT / "docs"

ELSEWHERE = {
    # Mattermost's settings and fields
    *("AllowedUntrustedInternalConnections", "EnablePostUsernameOverride", "ShowEmailAddress"),
    *("EnablePostIconOverride", "file_ids", "trigger_word", "user_name", "channel_name"),
    *("team_domain", "first_line"),
    # GLPI's, PHP's and the web servers'
    *("initSession", "killSession", "document_max_size", "post_max_size", "client_max_body_size"),
    # AWS's
    *("VersionId", "HTTPS_PROXY", "correlation_id"),
}
"""Words in code style that the bridge does not define."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_RUNS = re.compile(r"<!-- runs(?::(.*?))? -->\n\Z")


@dataclass(frozen=True)
class Block:
    """A fenced block; `expected` is None unless it is marked to be run."""

    page: str
    language: str
    text: str
    expected: tuple[str, ...] | None

    @property
    def commands(self) -> Iterator[list[str]]:
        """Its commands in words, without comments."""
        for line in self.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for is_end, command in itertools.groupby(words, lambda w: w in ("&&", "|", ";")):
                if not is_end:
                    yield list(command)


def blocks(page: Path) -> Iterator[Block]:
    text = TEXTS[page]
    for found in _FENCE.finditer(text):
        marked = _RUNS.search(text[: found.start()])
        wanted = (
            tuple(w.strip() for w in (marked[1] or "").split(",") if w.strip()) if marked else None
        )
        yield Block(page.name, found[2], found[3], wanted)


BLOCKS = [block for page in PAGES for block in blocks(page)]
SH = [block for block in BLOCKS if block.language == "sh"]


def prose(page: Path) -> str:
    return _FENCE.sub("", TEXTS[page])


def code_spans(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))


CODE = "\n".join([*(s for page in PAGES for s in code_spans(page)), *(b.text for b in BLOCKS)])
"""Everything in code style; names are to be found there, since many are ordinary words."""


def section(page: Path, title: str) -> str:
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXTS[page], re.MULTILINE | re.DOTALL
    )
    assert found, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The tables' rows without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [n for n, row in enumerate(cells) if set("".join(row)) <= set("-:")]
    return [row for n, row in enumerate(cells) if n not in rules and n + 1 not in rules]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ---- Links


def slugs(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        words = re.sub(r"\]\([^)]*\)|[^\w\- ]", "", heading.lower())
        slug = words.strip().replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in slugs(target if target in TEXTS else page), link


def test_the_readme_leads_to_every_guide() -> None:
    for page in PAGES[1:]:
        assert f"]({page.relative_to(ROOT)})" in EVERYTHING.replace("](../", "]("), page.name


# ---- Names


def commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(group, click.Group):
        return {path: group}
    found: dict[tuple[str, ...], Any] = {}
    for name, command in group.commands.items():
        found |= commands(command, (*path, name))
    return found


def environment() -> set[str]:
    """Every variable that the code, the template or `make run` knows."""
    run = (ROOT / "local" / "__main__.py").read_text("utf-8")
    return {
        *(field.name.upper() for field in fields(Settings)),
        *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"],
        *re.findall(r'"((?:GLPI|MATTERMOST)_[A-Z_]+|PORT)"', run),
    }


def toml_keys() -> set[str]:
    otherwise = {"answers": "texts", "in_thread": "reply", "desks": "desk", "starts": "match"}
    names = [field.name for field in (*fields(Rules), *fields(Desk))]
    return {otherwise.get(name, name) for name in names} - {"ticket"}


SECRET_KEYS = {
    "glpi_app_token",
    "glpi_user_token",
    "mattermost_webhook_tokens",
    "mattermost_bot_token",
    "mattermost_incoming_webhook",
}

PIPELINES = [
    path
    for pattern in ("Makefile", ".gitlab-ci.yml", "deploy/*", ".github/workflows/*")
    for path in ROOT.glob(pattern)
    if path.is_file()
]
"""What is not the bridge, but brings it to AWS; the guide to it names what stands in them."""

ERRORS = {
    name
    for module in (glpi_errors, mattermost_api)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, Exception)
}

KNOWN = {
    *environment(),
    *glpi_errors.CODES,
    *toml_keys(),
    *SECRET_KEYS,
    *ANSWERS["ru"],
    *TICKET["ru"],
    *telemetry.METRICS,
    telemetry.NAMESPACE,
    "Throttled",
    *RESOURCES,
    *TEMPLATE["Parameters"],
    *TEMPLATE["Outputs"],
    *ERRORS,
    *(word for path in PIPELINES for word in re.findall(r"\w+", path.read_text("utf-8"))),
    *ELSEWHERE,
}

_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|_?[a-z]+(_[a-z]+)+|[A-Z][a-z]+([A-Z][A-Za-z]*)+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_exists(page: Path) -> None:
    """A name is a word in code style that cannot be an ordinary one: with `_` or inner capitals."""
    for span in code_spans(page):
        word = re.split(r"[=\s.(]", span, maxsplit=1)[0]
        if _NAME.fullmatch(word) and not (ROOT / f"{word}.py").exists():
            assert word in KNOWN, f"`{span}` is neither the bridge's nor in ELSEWHERE"


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *environment(),
            *toml_keys(),
            *SECRET_KEYS,
            *ANSWERS["ru"],
            *telemetry.METRICS,
            *ALARMS,
            *TEMPLATE["Parameters"],
            *TEMPLATE["Outputs"],
        }
    ),
)
def test_every_name_is_explained(name: str) -> None:
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", CODE), f"no guide names `{name}`"


def test_the_names_of_the_secret_are_those_that_are_read() -> None:
    source = (ROOT / "credentials.py").read_text("utf-8")
    assert set(re.findall(r'"((?:glpi|mattermost)_[a-z_]+)"', source)) == SECRET_KEYS


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "toml"], ids=lambda b: b.page)
def test_every_sample_of_bridge_toml_is_accepted(block: Block, tmp_path: Path) -> None:
    sample = tmp_path / "bridge.toml"
    sample.write_text(block.text)
    assert read_rules(sample).desks


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "json"], ids=lambda b: b.page)
def test_every_sample_of_the_secret_has_its_keys(block: Block) -> None:
    parsed = json.loads(block.text)
    assert parsed.keys() <= SECRET_KEYS
    tokens = {key: value for key, value in parsed.items() if isinstance(value, dict)}
    tokens = {key: dict.fromkeys(value, "x") for key, value in tokens.items()}
    urls = {k: v for k, v in parsed.items() if k == "mattermost_incoming_webhook"}
    assert parse_secret(json.dumps(dict.fromkeys(parsed, "x") | tokens | urls))


def test_answers_are_quoted_as_they_are_said() -> None:
    def said(quotation: str, answers: list[str]) -> bool:
        parts = [p.strip() for p in re.split(r"…|№ \d+", quotation) if p.strip()]
        return any(all(part in answer for part in parts) for answer in answers)

    for page in DOCS.glob("*.md"):
        for span in code_spans(page):
            if re.search("[А-я]", span) and span.lower() != "заявка":
                assert said(span, list(ANSWERS["ru"].values())), span
    for key, quotation, _ in rows(section(ROOT / "README.ru.md", "Что читают люди")):
        assert said(quotation, [ANSWERS["ru"][key.strip("`")]]), key


# ---- Tables that are to be complete


def test_every_alarm_has_its_row_and_every_row_its_alarm() -> None:
    table = rows(section(DOCS / "operations.md", "Alarms"))
    assert sorted(row[0].strip("`") for row in table) == sorted(ALARMS)


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    table = rows(section(DOCS / "operations.md", "Dashboard and metrics"))
    assert sorted(name for row in table for name in named(row[0])) == sorted(telemetry.METRICS)


def test_the_roles_may_what_the_security_page_says() -> None:
    told: dict[str, set[str]] = {}
    role = ""
    for row in rows(section(DOCS / "security.md", "What each role may")):
        role = row[0] or role
        told.setdefault(role, set()).update(named(row[1]))
    common = RESOURCES["CommonPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    optional = [s["Fn::If"][1] for s in common if "Fn::If" in s]
    allowed = {
        "webhook function": own_statements("WebhookRole"),
        "worker": own_statements("WorkerRole"),
        "both": [s for s in common if s.get("Effect") == "Allow"] + optional,
    }
    for role, statements in allowed.items():
        actions = {a for s in statements for a in [s["Action"]] if isinstance(a, str)}
        actions |= {a for s in statements if isinstance(s["Action"], list) for a in s["Action"]}
        assert told[role] == {a for a in actions if not a.startswith("ec2:")}, role


def own_statements(role: str) -> list[Any]:
    (policy,) = RESOURCES[role]["Properties"]["Policies"]
    statements: list[Any] = policy["PolicyDocument"]["Statement"]
    return statements


DEADLINES = [
    (name, float(row[1]))
    for row in rows(section(DOCS / "architecture.md", "Deadlines"))
    for name in named(row[2])
]


@pytest.mark.parametrize(("name", "seconds"), DEADLINES)
def test_deadlines_are_the_codes(name: str, seconds: float) -> None:
    first, *rest = name.split(".")
    value: Any
    if first in RESOURCES:
        value = functools.reduce(
            lambda found, key: found[key], rest, RESOURCES[first]["Properties"]
        )
        value = value / 1000 if "Millis" in name else value
    elif rest[0] == "Patience":
        value = getattr(Patience(), rest[1])
    else:
        value = getattr(importlib.import_module(first), rest[0])
    assert value == seconds


def test_no_deadline_is_left_out() -> None:
    told = {name for name, _ in DEADLINES}
    for module in set(ROOT.glob("*.py")) - {ROOT / "manage.py"}:
        text = module.read_text("utf-8")
        for name in re.findall(r"^([A-Z]\w*SECONDS) = ", text, re.MULTILINE):
            assert f"{module.stem}.{name}" in told
    for field in fields(Patience):
        assert f"filing.Patience.{field.name}" in told


# ---- Commands

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

SAM_OPTIONS = {
    "build": {"--use-container", "--parameter-overrides"},
    "deploy": {
        "--parameter-overrides",
        "--stack-name",
        "--region",
        "--guided",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
    },
    "delete": {"--stack-name", "--region", "--no-prompts"},
    "validate": {"--lint"},
    "local": {"--event", "--env-vars", "--docker-network", "--parameter-overrides"},
}

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
    if words[0] == "--version":
        return
    assert {w for w in words if w.startswith("--")} <= SAM_OPTIONS[words[0]], words
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
        if words[0] in EXPECTED_SOON - command.commands.keys():
            return (words[0],)
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
    folder, port = tmp_path_factory.mktemp("run"), free_ports()
    (folder / "manage.py").symlink_to(ROOT / "manage.py")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GLPI_", "MATTERMOST_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=folder,
        env={**env, "PORT": str(port), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        greeting = ""
        while "Ctrl-C" not in greeting:
            line = process.stdout.readline()
            assert line, greeting
            greeting += line
        yield folder, port
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


PRELUDE = """set -eu
curl() { command curl -sS --fail-with-body --noproxy '*' --max-time 30 "$@"; echo; }
python() { "$PYTHON" "$@"; }
"""


@pytest.mark.parametrize("block", [b for b in SH if b.expected is not None], ids=lambda b: b.page)
def test_what_is_said_to_run_runs(block: Block, running: tuple[Path, int]) -> None:
    folder, port = running
    script = re.sub(r"\b(811[2-5])\b", lambda found: str(port + int(found[1]) - 8112), block.text)
    done = subprocess.run(
        ["bash"],
        input=PRELUDE + script,
        cwd=folder,
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in block.expected or ():
        assert words in done.stdout


def test_samples_use_a_token_that_make_run_accepts() -> None:
    for token in re.findall(r"token=(\w{26})\b", EVERYTHING):
        assert token in SAMPLE_TOKENS.values()


# ---- Cost

COST = tomllib.loads((DOCS / "cost.toml").read_text("utf-8"))
PRICE, MESSAGE, MONTH = COST["price"], COST["message"], COST["month"]
AT = (1_000, 100_000, 10_000_000)
GB, MILLION = 1e9, 1e6


TABLES = ("Every month", "For messages", "What a VPC adds")


def every_month() -> list[float]:
    polls = MONTH["pollers"] * 3600 / MONTH["poll_seconds"] * MONTH["hours"]
    reads = MONTH["containers"] * 4 * MONTH["hours"]
    own_metrics = len(telemetry.METRICS)  # FailedByCause apart, and Throttled
    return [
        PRICE["dashboard"],
        len(ALARMS) * PRICE["alarm"],
        own_metrics * PRICE["metric"],
        PRICE["secret"] + reads * PRICE["secret_calls_per_million"] / MILLION,
        polls * PRICE["sqs_per_million"] / MILLION,
    ]


def for_messages(count: int) -> list[float]:
    memory = TEMPLATE["Globals"]["Function"]["MemorySize"] / 1024
    seconds = MESSAGE["webhook_seconds"] + MESSAGE["worker_seconds"]
    sqs = MESSAGE["send"] + MESSAGE["receive"] + MESSAGE["delete"]
    log = (MESSAGE["own_log_bytes"] + MESSAGE["other_log_bytes"]) / GB
    kept = MONTH["stored_months"] * MONTH["compressed"] * PRICE["log_gb_month"]
    first = min(count, MONTH["busy_seconds"] * MONTH["traces_a_second"])
    traces = MESSAGE["lambda"] * (first + (count - first) * MONTH["traces_beyond"])
    ledger = (
        MESSAGE["write"] * PRICE["write_per_million"] + MESSAGE["read"] * PRICE["read_per_million"]
    )
    return [
        count * MESSAGE["http_api"] * PRICE["http_api_per_million"] / MILLION,
        count * MESSAGE["lambda"] * PRICE["lambda_per_million"] / MILLION,
        count * seconds * memory * PRICE["gb_second"],
        count * sqs * PRICE["sqs_per_million"] / MILLION,
        count * ledger / MILLION,
        count * MESSAGE["item_bytes"] / GB * 40 / 30 * PRICE["table_gb_month"],
        count * log * (PRICE["log_gb"] + kept),
        traces * PRICE["trace_per_million"] / MILLION,
        count * MESSAGE["out_bytes"] / GB * PRICE["out_gb"],
    ]


def figures(title: str) -> list[list[str]]:
    return [[cell.strip("*") for cell in row[2:]] for row in rows(section(DOCS / "cost.md", title))]


def test_the_cost_is_reckoned_right() -> None:
    fixed = every_month()
    assert figures("Every month") == [[f"{value:.2f}"] for value in [*fixed, sum(fixed)]]
    columns = [for_messages(count) for count in AT]
    columns = [[*c, sum(c), sum(c) + sum(fixed)] for c in columns]
    assert figures("For messages") == [
        [f"{v:.2f}" for v in row] for row in zip(*columns, strict=True)
    ]
    per_hour = (3 * PRICE["endpoint_hour"], PRICE["nat_hour"], PRICE["address_hour"])
    assert figures("What a VPC adds") == [[f"{value * MONTH['hours']:.2f}"] for value in per_hour]


def test_the_arithmetic_uses_these_prices_and_counts() -> None:
    tables = [rows(section(DOCS / "cost.md", title)) for title in TABLES]
    arithmetic = " ".join(row[1] for table in tables for row in table)
    assert {float(price) for price in re.findall(r"\$([\d.]+\d)", arithmetic)} == set(
        PRICE.values()
    )
    assert f"{len(ALARMS)} × ${PRICE['alarm']:.2f}" in arithmetic
    assert f"{len(telemetry.METRICS)} × ${PRICE['metric']:.2f}" in arithmetic
    for name in ("webhook_seconds", "worker_seconds", "write", "read", "item_bytes"):
        assert re.search(rf"(?<!\d){MESSAGE[name]}(?!\d)", arithmetic)


def test_the_benchmark_reckons_with_the_same_prices() -> None:
    for name, dollars in bench.growth.PRICES.items():
        assert any(dollars == pytest.approx(p / MILLION) for p in PRICE.values()) or (
            dollars == pytest.approx(PRICE["gb_second"])
        ), name


def test_a_message_costs_the_calls_that_are_reckoned(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.say("112 the first message of a container")
    calls: list[tuple[str, dict[str, Any]]] = []
    real: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(self: object, operation: str, arguments: dict[str, Any]) -> Any:
        calls.append((operation, arguments))
        return real(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counting)
    lab.log_stream.truncate(0)
    lab.log_stream.seek(0)
    capsys.readouterr()
    lab.say("112 the printer is on fire")
    (body,) = [sent["MessageBody"] for name, sent in calls if name == "SendMessage"]
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1"}
    record = {"messageId": "m", "receiptHandle": "r", "body": body, "attributes": attributes}
    assert handler.queue_handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    assert Counter(name for name, _ in calls) == {
        "SendMessage": MESSAGE["send"],
        "PutItem": MESSAGE["write"],
        "GetItem": MESSAGE["read"],
    }
    items = [sent["Item"] for name, sent in calls if name == "PutItem"]
    assert max(len(json.dumps(item)) for item in items) <= MESSAGE["item_bytes"]
    logged = len((lab.log_stream.getvalue() + capsys.readouterr().out).encode())
    assert 0.5 * MESSAGE["own_log_bytes"] < logged <= MESSAGE["own_log_bytes"]
