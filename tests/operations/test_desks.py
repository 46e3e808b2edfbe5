"""manage.py desks: where a message goes and why, and what GLPI calls the ids."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import manage
from bridge.config.credentials import parse_secret
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from glpi import Glpi
from local.glpi_simulator import Fault
from tests.conftest import Lab, both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY
from tests.support.operator import run

TOML = """
[[desk]]
triggers = ["112", "заявка"]
source = 7
category = 1
entity = 0
group = 1

[[desk]]
triggers = ["it"]
match = "starts"
type = "request"
urgency = 5
language = "en"

[[desk]]
triggers = ["112", "it-sales"]
channels = ["sales", "market"]
teams = ["acme"]
title = "{user_name}, {trigger}, {first_line}"
"""
Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes bridge.toml anew."""

    def write(toml: str) -> None:
        path = tmp_path / "bridge.toml"
        path.write_text(toml, "utf-8")
        monkeypatch.setattr(manage, "BRIDGE_TOML", path)

    write(TOML)
    monkeypatch.delenv("GLPI_URL", raising=False)
    return write


def said(*args: str, code: int = 0) -> str:
    result = run("desks", *args)
    assert (result.exit_code, result.stderr) == (code, "")
    return " ".join(result.stdout.split())


# --- Where a message goes; GLPI need not be there


def test_a_message_reaches_a_desk_with_its_words_and_title(write: Write) -> None:
    out = said("112 the **printer**")
    assert out.startswith("Desk 1 gets it: the first word is its trigger “112”. ")
    assert "words the **printer**" in out
    assert "title Заявка от alice: the printer" in out
    assert "type incident" in out
    assert "Names of ids are left out, since nothing says where GLPI is" in out


def test_every_other_desk_says_why_it_does_not_get_it(write: Write) -> None:
    out = said("112 x", "--channel", "~helpdesk")
    assert "Desk 2 does not: the first word is none of its triggers (it)." in out
    assert (
        "Desk 3 does not: it serves only channel sales or market; team acme. This is channel "
        "helpdesk, no team (--team names one)." in out
    )
    out = said("112 x", "--channel", "sales", "--team", "acme", "--user", "bob")
    assert "Desk 1 gets it" in out
    assert "Desk 3 does not: its trigger fits as well, but it stands further down" in out


def test_a_longer_trigger_wins_and_fills_its_own_title(write: Write) -> None:
    out = said("it-sales x", "--channel", "market", "--team", "acme", "--user", "bob")
    assert out.startswith("Desk 3 gets it: the first word is its trigger “it-sales”.")
    assert "title bob, it-sales, x" in out
    assert "Desk 2 does not: its trigger “it” is shorter." in out


def test_an_exact_match_goes_before_one_in_another_case(write: Write) -> None:
    write('[[desk]]\ntriggers = ["VPN"]\n[[desk]]\ntriggers = ["vpn"]\n')
    out = said("vpn x")
    assert out.startswith("Desk 2 gets it")
    assert "Desk 1 does not: its trigger “VPN” fits only in another case." in out


def test_what_mattermost_would_not_send_by_itself_is_said(write: Write) -> None:
    out = said("Заявка x")
    assert out.startswith(
        "Desk 1 gets it: the first word “Заявка” is its trigger “заявка” in another case."
    )
    assert "give the webhook “Заявка” as a trigger word, too." in out
    out = said("itprinter x")
    assert "the first word “itprinter” begins with its trigger “it”." in out
    assert "words printer x" in out
    assert "the webhook has to trigger when the first word starts with a word." in out


def test_a_message_that_no_desk_gets_is_a_finding(write: Write) -> None:
    out = said("hello", code=1)
    assert out.startswith("No desk gets it: “hello” is no trigger here.")
    assert all(f"Desk {number} does not: " in out for number in (1, 2, 3))
    assert said("it-sales x", code=0).startswith("Desk 2 gets it")


def test_a_trigger_without_words_and_an_ignored_author_file_nothing(write: Write) -> None:
    assert "none: the person is asked for some, nothing is filed" in said("112")
    write('ignore_users = ["glpi"]\n' + TOML)
    out = said("112 x", "--user", "glpi", code=1)
    assert out.startswith("Nothing happens: glpi is one of ignore_users.")


def test_what_is_shown_cannot_steer_the_terminal(write: Write) -> None:
    assert "\x1b" not in said("112 \x1b[2J")
    assert "\x1b" not in said("\x1b[2J", code=1)


def test_all_desks_are_shown_with_what_they_do(write: Write) -> None:
    out = said()
    one, two, three = re.split(r"(?= Desk \d:)", out)
    assert one == (
        "Desk 1: 112, заявка match the first word is one serves everywhere language ru "
        "type incident source 7 category 1 entity 0 group 1"
    )
    assert "match the first word begins with a trigger" in two
    assert "language en type request urgency 5" in two
    assert "serves channel sales or market; team acme" in three


def test_a_name_is_shown_where_it_is_not_the_first_trigger(write: Write) -> None:
    write('[[desk]]\ntriggers = ["112"]\nname = "Help desk"\n[[desk]]\ntriggers = ["it"]\n')
    one, two = re.split(r"(?= Desk \d:)", said())
    assert "serves everywhere name Help desk language ru" in one
    assert "name" not in two.partition("Names of ids")[0]
    assert "name Help desk" in said("112 x")
    assert " name " not in said("it x").partition("Names of ids")[0]


def test_nothing_is_wider_than_the_terminal(write: Write) -> None:
    for args in ([], ["112 " + "long " * 50, "--channel", "sales"]):
        assert max(map(len, run("desks", *args).stdout.splitlines())) <= 80


# --- Names


class Asked:
    """A GLPI that `manage.py desks` asks, as this or that user."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.glpi = lab.glpi

    def as_user(self, login: str) -> None:
        self.lab.store(glpi_user_token=self.glpi.user_tokens[login])

    def file(self, **fields: int) -> None:
        """File a ticket as the user that is asked as, too."""
        tokens = parse_secret(json.dumps(self.lab.secret)).glpi
        client = Glpi(self.glpi.url, Tokens(tokens, tokens), Http())
        client.create_ticket({"name": "n", "content": "<p>c</p>", **fields}, Deadline(PLENTY))
        client.close(Deadline(1))


@pytest.fixture
def asked(lab: Lab, write: Write, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setenv("GLPI_URL", lab.glpi.url)
    return Asked(lab)


@both_versions
@pytest.mark.parametrize("user", ["mm-bot", "mm-tech"])
def test_ids_have_the_names_that_glpi_has_for_them(asked: Asked, user: str) -> None:
    asked.as_user(user)
    asked.file(requesttypes_id=7, itilcategories_id=1)
    named = "source 7 Mattermost category 1 Hardware entity 0 Root entity group 1 Service desk"
    assert named in said("112 x")
    assert named in said()


@both_versions
def test_who_may_read_nothing_still_finds_names_in_own_tickets(asked: Asked) -> None:
    asked.as_user("mm-self")
    asked.file(requesttypes_id=7)
    out = said()
    assert "source 7 Mattermost" in out
    assert "category 1 (no name: the API user may not read it)" in out


@both_versions
@pytest.mark.parametrize("user", ["mm-bot", "mm-tech"])
def test_an_id_that_glpi_has_not_is_a_finding(asked: Asked, write: Write, user: str) -> None:
    write('[[desk]]\ntriggers = ["112"]\nsource = 99\ngroup = 98\n')
    asked.as_user(user)
    asked.file(requesttypes_id=99)
    out = said("112 x", code=1)
    blank = "GLPI has no such id; it takes the ticket and shows this blank"
    assert f"source 99 {blank} group 98 {blank}" in out


def test_each_id_is_asked_for_once_and_the_session_ends(asked: Asked, write: Write) -> None:
    write('[[desk]]\ntriggers = ["112"]\nsource = 7\n[[desk]]\ntriggers = ["it"]\nsource = 7\n')
    said()
    paths = [exchange.path.rpartition("apirest.php/")[2] for exchange in asked.glpi.log]
    assert paths == ["initSession", "RequestType/7", "killSession"]


def test_without_ids_there_is_nothing_to_leave_out_or_to_ask(asked: Asked, write: Write) -> None:
    write('[[desk]]\ntriggers = ["112"]\n')
    asked.glpi.inject(Fault("refuse"))
    assert "left out" not in said()


def test_where_a_message_goes_is_said_even_if_glpi_cannot_be_asked(asked: Asked) -> None:
    asked.glpi.inject(Fault("maintenance"))
    result = run("desks", "112 x")
    assert result.exit_code == 2
    assert result.stdout.startswith("Desk 1 gets it")
    assert "source    7" in result.stdout
    assert "left out" not in result.stdout
    assert result.stderr == (
        "GLPI cannot be asked from this machine: GLPI is in maintenance mode: switch it off when "
        "the work on it is done. (maintenance)\n"
    )


def test_a_named_file_is_used_and_missed(write: Write, tmp_path: Path) -> None:
    result = run("--env", str(tmp_path / "none"), "desks", "112 x")
    assert result.exit_code == 2
    assert result.stdout.startswith("Desk 1 gets it")
    assert "cannot be read" in result.stderr


def test_a_stack_has_a_bridge_toml_of_its_own(asked: Asked, write: Write) -> None:
    write('[[desk]]\ntriggers = ["112"]\n')
    result = run("--stack", "bridge", "desks", "112 x")
    assert result.exit_code == 0
    assert "this folder's bridge.toml; the stack has a copy of its own" in result.stdout


def test_a_mistake_in_bridge_toml_is_one_sentence(write: Write) -> None:
    write('[[desk]]\ntriggers = ["112"]\nsorce = 7\n')
    result = run("desks")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("bridge.toml, [[desk]] 1, sorce: is not a setting; did you ")
