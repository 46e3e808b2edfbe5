"""Pages that list everything of a kind cannot fall behind the code."""

import re
from dataclasses import fields

import pytest

import glpi
from bridge.config.rules import Desk, Rules
from bridge.config.settings import Settings
from bridge.net.http import Cause
from bridge.words.texts import ANSWERS, FOOTER
from tests.conftest import ROOT
from tests.support.guides import DOCS, TEXTS

SETTINGS, ANSWER_PAGE, CODE = (
    TEXTS[DOCS / name] for name in ("settings.md", "answers.md", "code.md")
)


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_of_the_environment_is_explained(field: object) -> None:
    name = getattr(field, "name", "")
    assert f"| `{name.upper()}` |" in SETTINGS


def test_every_setting_of_bridge_toml_is_explained() -> None:
    named_otherwise = {
        "answers": "[texts]",
        "ticket": "title",
        "in_thread": "reply",
        "requesters": "[requesters]",
    } | {
        "desks": "[[desk]]",
        "starts": "match",
    }
    for field in (*fields(Rules), *fields(Desk)):
        assert f"`{named_otherwise.get(field.name, field.name)}`" in SETTINGS
    assert f"`{FOOTER}`" in SETTINGS


def test_every_answer_is_explained() -> None:
    for key in ANSWERS["ru"]:
        assert f"| `{key}` |" in ANSWER_PAGE


def test_every_code_in_the_table_of_errors_exists_and_the_important_ones_are_there() -> None:
    for cause in Cause:
        assert f"`{cause.value}`" in ANSWER_PAGE
    table = ANSWER_PAGE.partition("## What the log says")[2]
    for code in re.findall(r"`(ERROR\w*)`", table):
        assert code in glpi.CODES
    for code, (kind, _) in glpi.CODES.items():
        if kind is not glpi.Refused:
            assert f"`{code}`" in table


def test_every_room_of_the_house_has_its_row() -> None:
    rooms = {path.parent for path in (ROOT / "bridge").glob("*/__init__.py")}
    assert rooms
    for room in rooms:
        assert f"`bridge/{room.name}/`" in CODE
    for module in [*ROOT.glob("*.py"), *(ROOT / "bridge").glob("[!_]*.py")]:
        path = module.relative_to(ROOT)
        assert f"`{path}`" in CODE or f"](../{path})" in CODE
