"""Every mistake in the settings is a sentence that names key, value and remedy."""

import re
from pathlib import Path

import pytest
import trustme

from bridge.config.rules import Desk, read_rules
from bridge.config.settings import Settings, SettingsError
from bridge.container import BRIDGE_TOML
from tests.conftest import ROOT

ENV = {
    "GLPI_URL": "https://glpi.example",
    "SECRET_ID": "bridge",
    "QUEUE_URL": "https://sqs.example/queue",
    "DEAD_LETTER_URL": "https://sqs.example/dead",
    "LEDGER_TABLE": "ledger",
}


def problem(env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    return str(caught.value)


def test_url_and_secret_are_all_that_is_needed() -> None:
    assert Settings.from_env(ENV) == Settings(
        glpi_url="https://glpi.example",
        secret_id="bridge",
        queue_url="https://sqs.example/queue",
        look_queue_url="",
        alert_queue_url="",
        dead_letter_url="https://sqs.example/dead",
        ledger_table="ledger",
        mattermost_url=None,
        glpi_ca_bundle=None,
        mattermost_ca_bundle=None,
        log_level="INFO",
        pauses="normal",
    )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://glpi.example/", "https://glpi.example"),
        ("https://example.com/glpi/", "https://example.com/glpi"),
        (" http://10.0.0.5:8080/glpi ", "http://10.0.0.5:8080/glpi"),
        ("https://glpi.example/apirest.php/", "https://glpi.example"),
        ("https://example.com/glpi/api.php/v1", "https://example.com/glpi"),
        ("https://[::1]/glpi", "https://[::1]/glpi"),
        ("https://заявки.рф", "https://xn--80aengj8j.xn--p1ai"),
    ],
)
def test_the_base_url_is_found_in_what_people_paste(given: str, used: str) -> None:
    assert Settings.from_env({**ENV, "GLPI_URL": given}).glpi_url == used


def test_people_may_have_another_address_of_glpi() -> None:
    given = " https://helpdesk.example/glpi/apirest.php/ "
    assert Settings.from_env({**ENV, "GLPI_PUBLIC_URL": given}).glpi_public_url == (
        "https://helpdesk.example/glpi"
    )
    assert Settings.from_env({**ENV, "GLPI_PUBLIC_URL": " "}).glpi_public_url is None


@pytest.mark.parametrize("key", ["GLPI_URL", "MATTERMOST_URL", "GLPI_PUBLIC_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "glpi.example",
        "ftp://glpi.example",
        "https://",
        "https://a b",
        "https://x:99999",
        "https://x/?q=1",
        "https://x/#f",
        "https://user:pw@x",
        "http://[::1",
    ],
)
def test_what_is_no_base_url_is_refused_with_an_example(key: str, value: str) -> None:
    said = problem({**ENV, key: value})
    assert said.startswith(f"{key}: ")
    assert "https://helpdesk.example.com" in said


@pytest.mark.parametrize("key", ENV)
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_missing_setting_is_named(key: str, empty: str | None) -> None:
    env = {name: value for name, value in ENV.items() if name != key}
    said = problem(env if empty is None else {**env, key: empty})
    assert said.startswith(f"{key}: is not set")


@pytest.mark.parametrize("value", ["https://user:canary@x", "https://user:canary@h ost/"])
def test_a_password_in_an_address_is_not_repeated(value: str) -> None:
    said = problem({**ENV, "GLPI_URL": value})
    assert said.startswith("GLPI_URL: holds a user name or password")
    assert "canary" not in said


def test_names_of_accounts_are_taken_as_people_write_them(tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, f'ignore_users = ["@GLPI-bot"]\n{DESK}'))
    assert rules.ignore_users == {"glpi-bot"}


def test_a_log_level_is_one_of_four() -> None:
    assert Settings.from_env({**ENV, "LOG_LEVEL": "debug"}).log_level == "DEBUG"
    assert problem({**ENV, "LOG_LEVEL": "LOUD"}) == (
        "LOG_LEVEL: is 'LOUD'; use info or debug or warning or error"
    )


def test_a_ca_bundle_has_to_hold_certificates(tmp_path: Path) -> None:
    good, bad = tmp_path / "ca.pem", tmp_path / "bad.pem"
    trustme.CA().cert_pem.write_to_path(str(good))
    bad.write_text("not a certificate")
    assert Settings.from_env({**ENV, "GLPI_CA_BUNDLE": str(good)}).glpi_ca_bundle == str(good)
    for path in (bad, tmp_path / "none.pem"):
        assert str(path) in problem({**ENV, "GLPI_CA_BUNDLE": str(path)})


def write(tmp_path: Path, toml: str) -> Path:
    path = tmp_path / "bridge.toml"
    path.write_text(toml, "utf-8")
    return path


DESK = '[[desk]]\ntriggers = ["112"]\n'


def test_the_shipped_file_works_as_it_is() -> None:
    rules = read_rules(BRIDGE_TOML)
    assert rules.desks == (Desk(("112", "заявка")),)
    assert rules.in_thread
    assert rules.reply_username is None
    assert rules.answers["accepted"] == ":white_check_mark: Принято: заявка {t}."


def test_every_setting_that_the_shipped_file_explains_exists(tmp_path: Path) -> None:
    shipped = (ROOT / "bridge.toml").read_text("utf-8")
    uncommented = re.sub(r"(?m)^# (?=\[\w+\]|\w+ = )", "", shipped)
    rules = read_rules(write(tmp_path, uncommented))
    assert rules.reply_username == "Служба поддержки"
    assert rules.answers["accepted"] == ":white_check_mark: Записали: {t}."
    assert rules.ignore_users == {"glpi-bot"}
    assert rules.desks[0] == Desk(
        ("112", "заявка"),
        source=7,
        category=3,
        entity=0,
        group=1,
        urgency=3,
        impact=3,
        channels=("helpdesk",),
        webhooks=("helpdesk",),
        language="en",
        name="helpdesk",
    )
    assert rules.requesters == {"alice": 42}
    assert rules.requester_by_login


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "bridge.toml, [[desk]]: is missing"),
        ("language = ", "bridge.toml: is not valid TOML"),
        (f'language = "de"\n{DESK}', 'language: is \'de\'; use "ru" or "en"'),
        (f"reply = 1\n{DESK}", 'reply: is 1; use "thread" or "channel"'),
        (f'langauge = "ru"\n{DESK}', "langauge: is not a setting; did you mean 'language'?"),
        (f"zzz = 1\n{DESK}", "zzz: is not a setting; known are ["),
        (f'title = "{{usr_name}}"\n{DESK}', "title: is '{usr_name}'; use only these placeholders"),
        (f'title = "{{user_name.x}}"\n{DESK}', "title: is '{user_name.x}'; use only these"),
        (f'title = "{{user_name!r:>9}}"\n{DESK}', "use only these placeholders: {channel_name}"),
        (f'footer = "{{"\n{DESK}', "footer: is '{'; use only these placeholders"),
        (f"title = 3\n{DESK}", "title: is 3; use text in quotes"),
        (f'ignore_users = "bot"\n{DESK}', "ignore_users: is 'bot'; use a list of texts"),
        (f'{DESK}[texts]\nacepted = "x"', "acepted: is not a setting; did you mean 'accepted'?"),
        (f'{DESK}[texts]\naccepted = "{{ref}}"', "accepted: is '{ref}'; use only these"),
        (f'{DESK}[texts]\naccepted = "112 {{t}}"', "does not begin with a trigger word"),
        (f'{DESK}[texts]\naccepted = ""', "accepted: is ''; use a sentence"),
        (
            f'reply_icon_url = "icon.png"\n{DESK}',
            "reply_icon_url: is 'icon.png'; use a web address",
        ),
        ('[[desk]]\ntriggers = ["a`b"]', "triggers: is 'a`b'; use one word without blanks or"),
        (f"texts = 1\n{DESK}", "texts: is 1; use a table: [texts]"),
        ("desk = 1", "desk: is 1; use tables: [[desk]]"),
        ("[[desk]]", '[[desk]] 1, triggers: is []; use a list of words, such as ["112"]'),
        ('[[desk]]\ntriggers = ["a b"]', "triggers: is 'a b'; use one word without blanks or"),
        ('[[desk]]\ntriggers = "112"', "triggers: is '112'; use a list of texts"),
        ("[[desk]]\ntriggers = [112]", "triggers: is [112]; use a list of texts"),
        (f'{DESK}match = "regex"', 'match: is \'regex\'; use "equals" or "starts"'),
        (f"{DESK}type = 1", 'type: is 1; use "incident" or "request"'),
        (f'{DESK}source = "Chat"', "source: is 'Chat'; use a whole number from 1"),
        (f"{DESK}source = true", "source: is True; use a whole number from 1"),
        (f"{DESK}urgency = 6", "urgency: is 6; use a whole number from 1 to 5"),
        (f"{DESK}entity = -1", "entity: is -1; use a whole number from 0"),
        (f'{DESK}language = "de"', "language: is 'de'; use"),
        (f'{DESK}title = "{{x}}"', "[[desk]] 1, title: is '{x}'; use only these"),
        (f'{DESK}nane = "x"', "[[desk]] 1, nane: is not a setting; did you mean 'name'?"),
        (f"{DESK}name = 1", "[[desk]] 1, name: is 1; use text of 1 to 64 characters, without"),
        (f'{DESK}name = ""', "[[desk]] 1, name: is ''; use text of 1 to 64 characters, without"),
        (f'{DESK}name = " a"', "name: is ' a'; use text of 1 to 64 characters, without blanks at"),
        (f'{DESK}name = "a\\u00a0"', "without blanks at its ends, line breaks and invisible"),
        (f'{DESK}name = "a\\nb"', "name: is 'a\\nb'; use text of 1 to 64 characters"),
        (f'{DESK}name = "a\\u0007b"', "name: is 'a\\x07b'; use text of 1 to 64 characters"),
        (f'{DESK}name = "a\\u202eb"', "name: is 'a\\u202eb'; use text of 1 to 64 characters"),
        (f'{DESK}name = "a\\u2028b"', "name: is 'a\\u2028b'; use text of 1 to 64 characters"),
        (f'{DESK}name = "{"x" * 65}"', f"name: is '{'x' * 65}'; use text of 1 to 64 characters"),
        (f"requester_by_login = 1\n{DESK}", "requester_by_login: is 1; use true or false"),
        (f"{DESK}[requesters]\nalice = 0", "alice: is 0; use a user's id in GLPI"),
        (f"{DESK}[requesters]\nalice = true", "alice: is True; use a user's id in GLPI"),
        (f'{DESK}[requesters]\nalice = "a"', "[requesters], alice: is 'a'; use a user's id"),
        (f"{DESK}{DESK}sourse = 1", "[[desk]] 2, sourse: is not a setting; did you mean 'source'?"),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(
    tmp_path: Path, toml: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_rules(write(tmp_path, toml))
    assert said in str(caught.value)
    assert str(caught.value).startswith("bridge.toml")


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"bridge.toml: cannot be read"):
        read_rules(tmp_path / "bridge.toml")
    (tmp_path / "bridge.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(SettingsError, match=r"bridge.toml: is not valid TOML"):
        read_rules(tmp_path / "bridge.toml")


def test_a_desk_may_speak_another_language_and_have_its_own_title(tmp_path: Path) -> None:
    toml = f"""{DESK}
[[desk]]
triggers = ["help"]
language = "en"
[[desk]]
triggers = ["it"]
title = "IT: {{first_line}}"
[texts]
accepted = ":tada: {{t}}"
"""
    rules = read_rules(write(tmp_path, toml))
    russian, english, titled = (rules.at(desk) for desk in rules.desks)
    assert russian == rules
    assert english.answers["accepted"] == ":white_check_mark: Got it: ticket {t}."
    assert english.title == "Request from {user_name}: {first_line}"
    assert (titled.title, titled.answers) == ("IT: {first_line}", rules.answers)


def test_names_of_requesters_are_matched_without_case_and_at_sign(tmp_path: Path) -> None:
    toml = f'{DESK}[requesters]\n"@Alice" = "a@corp.example"'
    assert read_rules(write(tmp_path, toml)).requesters == {"alice": "a@corp.example"}


def called(tmp_path: Path, *desks: tuple[str, str | None]) -> list[str]:
    """Return the names of desks that have these first triggers and given names."""
    toml = "".join(
        f'[[desk]]\ntriggers = ["{trigger}", "x"]\n' + (f'name = "{name}"\n' if name else "")
        for trigger, name in desks
    )
    return [desk.name for desk in read_rules(write(tmp_path, toml)).desks]


def test_a_desk_is_called_by_its_name_else_by_its_first_trigger(tmp_path: Path) -> None:
    assert called(tmp_path, ("112", None), ("it", "Helpdesk, 2nd floor")) == [
        "112",
        "Helpdesk, 2nd floor",
    ]
    assert called(tmp_path, ("it", "Ж" * 64)) == ["Ж" * 64]
    assert Desk(("112", "x")).name == "112"


def test_desks_that_share_their_first_trigger_need_no_names(tmp_path: Path) -> None:
    assert called(tmp_path, ("112", None), ("112", None)) == ["112", "112"]
    assert called(tmp_path, ("vpn", None), ("VPN", None), ("vpn", "far")) == ["vpn", "VPN", "far"]
    assert called(tmp_path, ("112", "112"), ("it", None)) == ["112", "it"]


@pytest.mark.parametrize(
    ("desks", "said"),
    [
        (
            [("112", "Helpdesk"), ("it", None), ("vpn", "helpdesk")],
            "[[desk]] 3, name: is 'helpdesk'; use a name that no other desk has: [[desk]] 1 is "
            "called 'Helpdesk'",
        ),
        (
            [("112", "IT"), ("it", None)],
            "[[desk]] 1, name: is 'IT'; use a name that no other desk has: [[desk]] 2 is called "
            "'it', by its first trigger",
        ),
        (
            [("заявка", None), ("it", "ЗАЯВКА")],
            "[[desk]] 2, name: is 'ЗАЯВКА'; use a name that no other desk has: [[desk]] 1 is "
            "called 'заявка', by its first trigger",
        ),
        (
            [("112", None), ("112", "112")],
            "[[desk]] 2, name: is '112'; use a name that no other desk has: [[desk]] 1 is called "
            "'112', by its first trigger",
        ),
    ],
)
def test_a_name_that_another_desk_has_is_a_mistake(
    tmp_path: Path, desks: list[tuple[str, str | None]], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        called(tmp_path, *desks)
    assert str(caught.value) == f"bridge.toml, {said}"
