"""The README names every setting, answer and error, so that it cannot fall behind the code."""

import re
from dataclasses import fields

import pytest

import glpi_errors
from rules import Desk, Rules
from settings import Settings
from tests.conftest import ROOT
from texts import ANSWERS, FOOTER
from transport import Cause

README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_of_the_environment_is_explained(field: object) -> None:
    name = getattr(field, "name", "")
    assert f"| `{name.upper()}` |" in README


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
        assert f"`{named_otherwise.get(field.name, field.name)}`" in README
    assert f"`{FOOTER}`" in README


def test_every_answer_is_explained() -> None:
    for key in ANSWERS["ru"]:
        assert f"| `{key}` |" in README


def test_every_code_in_the_table_of_errors_exists_and_the_important_ones_are_there() -> None:
    for cause in Cause:
        assert f"`{cause.value}`" in README
    table = README.partition("## What the log says")[2].partition("## The code")[0]
    for code in re.findall(r"`(ERROR\w*)`", table):
        assert code in glpi_errors.CODES
    for code, (kind, _) in glpi_errors.CODES.items():
        if kind is not glpi_errors.Refused:
            assert f"`{code}`" in table


def test_every_file_that_the_readme_links_to_exists() -> None:
    targets = re.findall(r"\]\((?!https:)([^)#]+)\)", README)
    assert "bridge.toml" in targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_the_top_level_has_no_module_that_the_readme_does_not_place() -> None:
    for module in ROOT.glob("*.py"):
        assert f"`{module.name}`" in README or f"({module.name})" in README
