"""The guides cannot fall behind: every link leads somewhere, and what they name exists."""

import functools
import json
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import glpi
from bridge import telemetry
from bridge.config import timing
from bridge.config.credentials import parse_secret
from bridge.config.rules import Desk, Rules, read_rules
from bridge.config.settings import Settings
from bridge.config.timing import Timing
from bridge.mattermost import api
from bridge.words.texts import ANSWERS, TICKET
from tests.conftest import ROOT, SHIPPED
from tests.support.guides import (
    ALARMS,
    BLOCKS,
    CODE,
    DOCS,
    EVERYTHING,
    PAGES,
    RESOURCES,
    TEMPLATE,
    TEXTS,
    Block,
    code_spans,
    named,
    prose,
    rows,
    section,
)

MODULES = {
    path.stem: ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in SHIPPED
    if path.stem != "__init__"
}
"""The modules that ship, by the name that the guides use."""

ELSEWHERE = {
    # Mattermost's settings and fields
    *("AllowedUntrustedInternalConnections", "EnablePostUsernameOverride", "ShowEmailAddress"),
    *("EnablePostIconOverride", "file_ids", "trigger_word", "user_name", "channel_name"),
    *("team_domain", "first_line"),
    # GLPI's, PHP's and the web servers'
    *("initSession", "killSession", "document_max_size", "post_max_size", "client_max_body_size"),
    # Docker's
    "DOCKER_HOST",
    "url_base",
    # AWS's
    *("VersionId", "HTTPS_PROXY", "correlation_id", "ROLLBACK_COMPLETE", "ReadOnlyAccess"),
}
"""Words in code style that the bridge does not define."""


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


def environment() -> set[str]:
    """Every variable that the code, the template or `make run` knows."""
    run = "".join(
        (ROOT / "local" / f"{module}.py").read_text("utf-8")
        for module in ("__main__", "containers")
    )
    return {
        *(field.name.upper() for field in fields(Settings)),
        *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"],
        *re.findall(r'"((?:GLPI|MATTERMOST)_[A-Z_]+|PORT|BIND)"', run),
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
    for module in (glpi, api)
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, Exception)
}

KNOWN = {
    *environment(),
    *glpi.CODES,
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
    *re.findall(r"\bMATTERMOST_[A-Z_]+\b", (ROOT / "manage.py").read_text("utf-8")),
    *(word for path in PIPELINES for word in re.findall(r"\w+", path.read_text("utf-8"))),
    *ELSEWHERE,
}

_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|_?[a-z]+(_[a-z]+)+|[A-Z][a-z]+([A-Z][A-Za-z]*)+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_exists(page: Path) -> None:
    """A name is a word in code style that cannot be an ordinary one: with `_` or inner capitals."""
    for span in code_spans(page):
        word = re.split(r"[=\s.(]", span, maxsplit=1)[0]
        if _NAME.fullmatch(word) and word not in MODULES:
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
    source = (ROOT / "bridge" / "config" / "credentials.py").read_text("utf-8")
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
                assert said(span, [*ANSWERS["ru"].values(), *TICKET["ru"].values()]), span
    for key, quotation, _ in rows(section(DOCS / "guide.ru.md", "Что читают люди")):
        assert said(quotation, [ANSWERS["ru"][key.strip("`")]]), key


# ---- Tables that are to be complete


def test_every_panel_of_the_dashboard_is_named_in_its_place() -> None:
    body = str(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    titles = re.findall(r'"title": "([^"]+)"', body)
    table = rows(section(DOCS / "operations.md", "Dashboard and metrics"))[:4]
    told = [cell for row in table for cell in row if cell]
    assert len(told) == len(titles)
    for cell, title in zip(told, titles, strict=True):
        assert cell.startswith(f"**{title}")


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


def test_every_limit_in_seconds_has_its_place_in_timing() -> None:
    for module in SHIPPED:
        found = re.findall(r"^_?[A-Z]\w*SECONDS\b", module.read_text("utf-8"), re.MULTILINE)
        assert bool(found) == (module.stem == "timing"), module


DEADLINES = [
    (name, float(row[1]))
    for row in rows(section(DOCS / "architecture.md", "Deadlines"))
    for name in named(row[2])
]


@pytest.mark.usefixtures("shipped_limits")
@pytest.mark.parametrize(("name", "seconds"), DEADLINES)
def test_deadlines_are_the_codes(name: str, seconds: float) -> None:
    first, *rest = name.split(".")
    value: Any
    if first in RESOURCES:
        value = functools.reduce(
            lambda found, key: found[key], rest, RESOURCES[first]["Properties"]
        )
        value = value / 1000 if "Millis" in name else value
    elif rest[0] == "Timing":
        value = getattr(Timing(), rest[1])
    else:
        assert first == "timing"
        value = getattr(timing, rest[0])
    assert value == seconds


def test_no_deadline_is_left_out() -> None:
    told = {name for name, _ in DEADLINES}
    for name in vars(timing):
        if name.endswith("SECONDS"):
            assert f"timing.{name}" in told
    for field in fields(Timing):
        assert f"timing.Timing.{field.name}" in told
