"""manage.py doctor: settings, the screen, time, and what one check means for others."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from bridge.net.deadline import Deadline
from local.glpi_simulator import Fault, GlpiSimulator
from local.mattermost_simulator import MattermostSimulator
from operations.doctor import document
from operations.doctor.check import Check, Group, Ok, Result, Skipped, Wrong, run, together
from operations.doctor.diagnosis import SUBJECTS
from operations.doctor.document import PATH
from tests.conftest import Lab, kept_environment
from tests.support.deadlines import SHORT
from tests.support.doctor import CHECKS, doctor, toml
from tests.support.limits import PLENTY
from tests.support.operator import Faulty, refusal
from tests.support.operator import run as manage


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    with kept_environment():
        os.environ.pop("MATTERMOST_ADMIN_TOKEN", None)
        yield


# --- Settings


def test_a_healthy_bridge_is_well(lab: Lab) -> None:
    results = doctor()
    assert results.wrong == []
    assert results.well("settings.desks") == "1 desk: 112, заявка"
    assert "2 webhook tokens, no bot" in results.well("settings.secret")


def test_every_mistake_in_the_environment_is_named_and_the_others_are_checked_all_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.delenv("QUEUE_URL")
    monkeypatch.setenv("MATTERMOST_CA_BUNDLE", "/nowhere.pem")
    results = doctor()
    found = results.found("settings.environment")
    assert "LOG_LEVEL is 'loud'. → Use info or debug or warning or error." in found
    assert "QUEUE_URL is not set. → Set it to the URL of the SQS queue." in found
    assert "MATTERMOST_CA_BUNDLE is '/nowhere.pem', which is not a readable file" in found
    assert results.wrong == ["settings.environment"]
    assert results.well("glpi.session")


def test_an_unusable_address_keeps_only_its_own_server_from_being_asked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLPI_URL", "https://alice:canary@glpi.example")
    results = doctor(canaries=("canary",))
    assert "GLPI_URL holds a user name or password" in results.found("settings.environment")
    assert results.skipped("glpi.version") == "GLPI_URL or GLPI_CA_BUNDLE is not usable"
    assert results.wrong == ["settings.environment"]


def test_a_mistake_in_bridge_toml_is_named(lab: Lab, tmp_path: Path) -> None:
    results = doctor(bridge_toml=toml(tmp_path, 'mach = "equals"\n'))
    found = results.found("settings.desks")
    assert "[[desk]] 1, mach is not a setting. → Did you mean 'match'?" in found
    assert results.well("glpi.version") == "11.0.6"
    assert results.skipped("glpi.entities") == "bridge.toml is not usable"


def test_a_secret_that_is_not_there_is_one_finding(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_ID", "none")
    results = doctor()
    assert "There is no secret none, or it has no value yet." in results.found("settings.secret")
    assert results.wrong == ["settings.secret"]
    assert results.well("glpi.client")
    assert results.skipped("glpi.app-token") == "the secret holds no usable tokens of GLPI"


def test_a_binary_secret_is_named(lab: Lab) -> None:
    lab.secrets.put_secret_value(SecretId="bridge", SecretBinary=b"{}")
    assert "is binary" in doctor().found("settings.secret")


def test_an_incomplete_secret_names_all_that_is_missing_and_nothing_that_is_there(lab: Lab) -> None:
    lab.store(
        glpi_user_token="can ary",
        mattermost_webhook_tokens={},
        mattermost_incoming_webhook="canary/hooks",
    )
    results = doctor(canaries=("can ary", "canary/hooks"))
    found = results.found("settings.secret")
    assert "glpi_user_token holds blanks" in found
    assert "mattermost_webhook_tokens is not an object that names" in found
    assert "mattermost_incoming_webhook is not a web address" in found
    assert results.skipped("glpi.user-token")
    assert results.well("glpi.api") == "yes"


def test_a_secret_that_is_no_json_is_named(lab: Lab) -> None:
    lab.secrets.put_secret_value(SecretId="bridge", SecretString="canary")
    results = doctor(canaries=("canary",))
    assert "the secret's value is not a JSON object" in results.found("settings.secret")


def test_who_may_not_read_the_secret_has_found_nothing_wrong_with_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = Faulty("get_secret_value", lambda _: refusal("AccessDeniedException"))
    monkeypatch.setattr(boto3, "client", fails)
    results = doctor()
    assert results.wrong == []
    assert "may not ask AWS for it (AccessDeniedException)" in results.skipped("settings.secret")
    monkeypatch.setattr(
        boto3, "client", Faulty("get_secret_value", lambda _: refusal("ExpiredTokenException"))
    )
    assert "AWS does not accept the credentials" in doctor().found("settings.secret")


def test_a_webhook_that_only_bridge_toml_knows_is_named(lab: Lab, tmp_path: Path) -> None:
    results = doctor(bridge_toml=toml(tmp_path, 'webhooks = ["helpdesk", "nope"]\n'))
    assert "the secret lacks: nope." in results.found("settings.webhooks")
    good = doctor(bridge_toml=toml(tmp_path, 'webhooks = ["helpdesk"]\n'))
    assert good.well("settings.webhooks") == "helpdesk"


# --- The screen


def test_the_screen_fits_and_ends_with_what_matters(lab: Lab) -> None:
    result = manage("doctor")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert all(len(line.rstrip()) <= 80 for line in lines)
    assert lines[-1].startswith("No fault found: ")
    assert "✓ version                11.0.6" in result.stdout
    assert "– 14 not made            only with --stack NAME" in result.stdout


def test_what_is_wrong_stands_on_the_screen_with_cause_and_remedy(lab: Lab) -> None:
    lab.glpi.inject(Fault("maintenance"))
    result = manage("doctor")
    assert result.exit_code == 1
    assert "✗ in service             GLPI is in maintenance mode.\n" in _stripped(result.stdout)
    assert "→ Switch it off when the work on it is done.\n" in _stripped(result.stdout)
    assert "first mend “in service”" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Wrong: GLPI “in service”. ")


def _stripped(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def test_programs_get_every_check_by_its_id(lab: Lab) -> None:
    lab.glpi.inject(Fault("api_disabled"))
    result = manage("doctor", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"]) == (1, False)
    by_id = {check["id"]: check for check in told["checks"]}
    assert by_id.keys() == CHECKS.keys()
    assert by_id["glpi.api"]["status"] == "wrong"
    assert by_id["glpi.api"]["found"] == [
        {
            "cause": "GLPI's REST API is switched off.",
            "remedy": "Enable it in Setup > General > API.",
            "code": "ERROR",
        }
    ]
    assert by_id["glpi.address"]["status"] == "ok"
    assert by_id["glpi.create"]["why"] == "first mend “REST API enabled”"


def test_a_file_that_cannot_be_read_is_no_diagnosis(lab: Lab, tmp_path: Path) -> None:
    result = manage("--env", str(tmp_path / "none"), "doctor")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be read" in result.stderr


def test_titles_fit_their_column_and_ids_are_unique() -> None:
    ids = [check.id for checks in SUBJECTS.values() for check in checks]
    assert len(ids) == len(set(ids))
    assert all(len(check.title) <= 22 for check in CHECKS.values())
    for check in CHECKS.values():
        assert set(check.needs) <= CHECKS.keys()


def test_the_document_says_what_the_checks_say() -> None:
    told = "run make doctor-pages"
    assert PATH.read_text("utf-8") == document.document(), told


# --- Time, and what one check means for others


def test_a_server_that_hangs_is_found_and_costs_no_more_than_the_time_there_is(
    lab: Lab, mattermost: MattermostSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERMOST_URL", mattermost.url)
    lab.glpi.inject(Fault("delay_before", seconds=PLENTY))
    started = time.monotonic()
    results = doctor(seconds=5)  # so long the others may take on a busy machine
    assert time.monotonic() - started < PLENTY
    assert results["glpi.connection"] != Ok()
    assert results.wrong == ["glpi.connection"]
    assert results.well("mattermost.reachable")
    assert isinstance(results["glpi.version"], Skipped)


def check(name: str, result: Result | Exception, *needs: str) -> Check[object]:
    def ask(_: object) -> Result:
        if isinstance(result, Exception):
            raise result
        return result

    return Check(name, name.upper(), ask, needs)


def test_a_check_names_the_first_cause_and_the_others_go_on() -> None:
    checks = [
        check("a", Wrong("Broken.", "Mend it.")),
        check("b", Ok(), "a"),
        check("c", Ok(), "b"),
        check("d", KeyError("canary")),
        check("e", Ok("fine")),
    ]
    lines = run([Group("G", object(), checks)], Deadline(PLENTY), {})
    assert lines["b"].result == lines["c"].result == Skipped("first mend “A”")
    assert isinstance(lines["d"].result, Wrong)
    assert lines["d"].result.cause == "The check itself failed (KeyError)."
    assert lines["e"].result == Ok("fine")


def test_what_is_not_known_when_time_is_up_is_told_once(glpi: GlpiSimulator) -> None:
    begun, release = threading.Event(), threading.Event()

    def hang(_: object) -> Result:
        begun.set()
        release.wait(PLENTY)
        return Ok()

    class UntilItHangs(Deadline):
        def remaining(self) -> float:
            assert begun.wait(PLENTY)
            return SHORT

    checks = [check("a", Ok()), Check("b", "B", hang), check("c", Ok())]
    try:
        lines = run([Group[object]("G", object(), checks)], UntilItHangs(PLENTY), {})
    finally:
        release.set()
    assert lines["a"].result == Ok()
    assert isinstance(lines["b"].result, Wrong)
    assert lines["c"].result == Skipped("the time for all checks is over")


def test_several_findings_are_one_result() -> None:
    first, second = Wrong("a.", "b."), Wrong("c.", "d.")
    assert together(None, first, None, second) == Wrong("a.", "b.", also=(second,))
    assert together(None) is None
