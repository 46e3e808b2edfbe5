"""manage.py doctor --before: what a deployment can have caused, and what only happens beside it."""

import json
from pathlib import Path

import pytest

from local.glpi_simulator import Fault as GlpiFault
from operations.doctor import alarms, aws, network, settings
from operations.doctor.check import Check, Fault, Line, Result, Wrong, together
from operations.doctor.comparison import Comparison, compare, read
from operations.doctor.diagnosis import Diagnosis
from tests.conftest import Lab
from tests.support.doctor import CHECKS
from tests.support.operator import run as manage

CAUSED_BY_A_DEPLOYMENT = {
    aws.MISSING,
    aws.SILENT_GATEWAY,
    aws.ODD_GATEWAY,
    aws.SPEAKS,
    aws.INACTIVE,
    aws.OTHER_CODE,
    aws.NO_REDRIVE,
    aws.NO_TABLE,
    aws.NO_TTL,
    aws.NO_MAPPING,
    alarms.ALARM_GONE,
    alarms.ALARM_MUTE,
    alarms.NO_RETENTION,
    network.NO_WAY_OUT,
    settings.MISTAKE,
}


def line(name: str, result: Result) -> Line:
    group = {"settings": "Settings", "glpi": "GLPI", "aws": "AWS", "mattermost": "Mattermost"}
    return Line(group[name.partition(".")[0]], name, CHECKS[name].title, result)


def compared(name: str, now: Result, before: dict[str, str] | None = None) -> Comparison:
    known = {check: frozenset({cause} if cause else ()) for check, cause in (before or {}).items()}
    return compare(Diagnosis((line(name, now),), frozenset()), known)


def test_what_a_deployment_can_cause_is_said_of_every_fault() -> None:
    declared = {fault for check in CHECKS.values() for fault in check.faults}
    assert {fault for fault in declared if fault.by_deployment} == CAUSED_BY_A_DEPLOYMENT


def outside() -> list[tuple[Check[object], Fault]]:
    return [
        (check, fault)
        for check in CHECKS.values()
        for fault in check.faults
        if check.id.startswith(("glpi.", "mattermost."))
    ]


@pytest.mark.parametrize("before", [None, {"glpi.service": ""}])
def test_nothing_of_glpi_or_mattermost_is_put_on_a_deployment(
    before: dict[str, str] | None,
) -> None:
    assert outside()
    for check, fault in outside():
        found = compared(check.id, Wrong(fault.cause, fault.remedy, fault=fault), before)
        assert not found.caused
        assert len(found.new) == 1
    refused = compared("glpi.user-token", Wrong("It was refused.", "Look.", "ERROR_GLPI_LOGIN"))
    assert not refused.caused


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("aws.ringing", alarms.RINGING.found(name="FailedAlarm", what="Look.")),
        ("aws.topic", alarms.NOBODY.found()),
        ("aws.dead-letters", aws.DEAD.found(count=2)),
        ("aws.gateway", aws.NO_GATEWAY.found(cause="connect")),
        ("aws.clock", aws.CLOCK.found(seconds=90, direction="behind")),
        ("aws.ledger", Wrong("AWS does not answer.", "Look.", "ConnectTimeoutError")),
        ("settings.secret", settings.NO_VALUE.found(id="secret")),
        ("settings.secret", settings.SECRET_MISTAKE.found(key="k", what="is odd", remedy="x")),
        ("settings.webhooks", settings.UNKNOWN_WEBHOOK.found(names="helpdesk")),
    ],
)
def test_what_rings_waits_or_cannot_be_reached_from_here_only_warns(
    name: str, fault: Wrong
) -> None:
    assert [one.id for one in compared(name, fault, {name: ""}).new] == [name]
    assert [one.id for one in compared(name, fault, {name: "Something else."}).old] == [name]
    assert not compared(name, fault).caused


def test_a_fault_of_the_stack_is_put_on_the_deployment_unless_it_was_there_before() -> None:
    broken = aws.ODD_GATEWAY.found(status=500)
    assert compared("aws.gateway", broken).caused
    assert compared("aws.gateway", broken, {"aws.gateway": ""}).caused
    assert compared("aws.gateway", broken, {"aws.gateway": "Another."}).caused
    again = compared("aws.gateway", broken, {"aws.gateway": broken.cause})
    assert (len(again.caused), len(again.old)) == (0, 1)


def test_what_is_new_beside_what_was_there_before_is_put_on_the_deployment() -> None:
    gone, mute = alarms.ALARM_GONE.found(names="A"), alarms.ALARM_MUTE.found(names="B")
    both = together(mute, gone)
    assert both
    assert compared("aws.alarms", both, {"aws.alarms": mute.cause}).caused


def test_a_resource_that_aws_does_not_know_is_put_on_the_deployment() -> None:
    assert compared("aws.ledger", Wrong("Gone.", "Look.", "ResourceNotFoundException")).caused


@pytest.mark.parametrize(
    ("name", "key"), [("settings.desks", "bridge.toml"), ("settings.environment", "GLPI_CA_BUNDLE")]
)
def test_a_file_that_the_version_brings_along_is_its_fault_though_it_was_found_before(
    name: str, key: str
) -> None:
    mistake = settings.MISTAKE.found(key=key, what="cannot be used", remedy="Correct it.")
    assert compared(name, mistake, {name: mistake.cause}).caused


def test_a_setting_that_was_wrong_before_is_not_put_on_the_deployment() -> None:
    mistake = settings.MISTAKE.found(key="GLPI_URL", what="is odd", remedy="Correct it.")
    name = "settings.environment"
    assert compared(name, mistake, {name: mistake.cause}).old
    assert compared(name, mistake, {name: ""}).caused


def test_a_glpi_that_dies_during_a_deployment_warns_and_one_that_was_dead_warns_otherwise(
    lab: Lab, tmp_path: Path
) -> None:
    before = tmp_path / "before.json"
    before.write_text(manage("doctor", "--json").stdout, "utf-8")
    lab.glpi.inject(GlpiFault("maintenance"))
    result = manage("doctor", "--before", str(before))
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "Warning: wrong now, and not known before: GLPI “in service”." in said
    assert said.endswith("Nothing is wrong that the deployment can have caused.")
    before.write_text(manage("doctor", "--json").stdout, "utf-8")
    result = manage("doctor", "--before", str(before))
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "Warning: wrong before the deployment, too: GLPI “in service”." in said


def test_a_setting_that_came_with_the_deployment_fails_it(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "before.json"
    before.write_text(manage("doctor", "--json").stdout, "utf-8")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    result = manage("doctor", "--before", str(before))
    assert result.exit_code == 3
    said = " ".join(result.stdout.split())
    assert said.endswith("The deployment can have caused: Settings “environment”.")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"checks": [1]}', '{"checks": [{}]}'])
def test_of_a_file_that_says_nothing_nothing_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "before").write_text(text, "utf-8")
    assert read(tmp_path / "before") == read(tmp_path / "none") == {}


def test_what_was_not_asked_before_is_not_known(tmp_path: Path) -> None:
    told = {"checks": [{"id": "glpi.service", "status": "skipped", "why": "no time"}]}
    (tmp_path / "before").write_text(json.dumps(told), "utf-8")
    assert read(tmp_path / "before") == {}


def test_before_and_json_exclude_each_other(lab: Lab, tmp_path: Path) -> None:
    result = manage("doctor", "--json", "--before", str(tmp_path))
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
