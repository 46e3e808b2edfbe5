"""No token and nobody's words are ever written: canaries go every way there is."""

import itertools
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from bridge import container, telemetry
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from local.memory import MemoryOutbox
from tests.conftest import Lab, both_versions, form_event, json_event
from tests.support.safe_path import work

WORDS = "canary-words & <b>canary</b>"
FIELDS = {
    "user_name": "canary-name",
    "channel_name": "canary-channel",
    "team_domain": "canary-team",
}
HOOK_TOKEN = "canary-hook-token"

POSTS = itertools.count(1)

FAULTS = [
    Fault("refuse"),
    Fault("cut_before"),
    Fault("cut_after", match="POST Ticket"),
    Fault("cut_midbody", match="POST Ticket"),
    Fault("status_before", status=502),
    Fault("status_after", match="POST Ticket", status=500),
    Fault("html", body="<title>canary-words</title>canary-words"),
    Fault("empty"),
    Fault("maintenance"),
    Fault("database_down"),
    Fault("invalid_json", match="POST Ticket"),
    Fault("wrong_shape", match="POST Ticket", body='{"id": "canary-words"}'),
    Fault("redirect", location="https://canary-user:canary-words@x.example/?canary-words"),
    Fault("redirect", location="http://[canary-words"),
    Fault("reject_tokens"),
    Fault("reject_app_token"),
    Fault("api_disabled"),
    Fault("ip_not_allowed"),
    Fault("authorization_stripped"),
    Fault("forget_sessions"),
    Fault("right_missing"),
]


class Written:
    """Everything the function writes, at DEBUG, the libraries below it included."""

    def __init__(
        self,
        lab: Lab,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self._lab = lab
        self._capsys = capsys
        self._caplog = caplog

    def holds_no_canary(self) -> str:
        """Search it all; returns it."""
        output = self._capsys.readouterr()
        everything = "".join(
            (output.out, output.err, self._lab.log_stream.getvalue(), self._caplog.text)
        )
        secrets = [
            "canary",
            self._lab.secret["glpi_app_token"],
            self._lab.secret["glpi_user_token"],
            *(exchange.session for exchange in self._lab.glpi.log if exchange.session),
        ]
        for secret in secrets:
            assert secret not in everything
        return everything


@pytest.fixture
def written(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Written:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    lab.store(mattermost_webhook_tokens={"helpdesk": HOOK_TOKEN})
    lab.cold_start()
    for name in ("", "boto3", "botocore", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    return Written(lab, capsys, caplog)


def say(lab: Lab, **fields: Any) -> dict[str, Any]:
    values = {"text": f"112 {WORDS}", "post_id": f"{next(POSTS):026}", **FIELDS, **fields}
    return lab.invoke(json_event(token=HOOK_TOKEN, **values))[1]


@both_versions
def test_a_filed_message_leaves_no_trace_but_ids(lab: Lab, written: Written) -> None:
    assert "Принято" in say(lab)["text"]
    lab.invoke(form_event(token=HOOK_TOKEN, text=f"112 {WORDS}"))
    assert len(lab.glpi.tickets) == 2
    everything = written.holds_no_canary()
    assert '"message":"filed"' in everything
    assert '"Filed"' in everything


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind} {fault.match}")
def test_no_failure_of_glpi_brings_words_or_tokens_into_the_log(
    lab: Lab, written: Written, fault: Fault
) -> None:
    lab.glpi.inject(fault)
    assert "Код" in say(lab)["text"]
    assert '"level":"ERROR"' in written.holds_no_canary()


@both_versions
def test_glpis_error_text_with_the_sql_statement_stays_out(
    lab: Lab, written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules = tmp_path / "bridge.toml"
    rules.write_text('title = "{first_line}"\n[[desk]]\ntriggers = ["112"]\nentity = 999')
    monkeypatch.setattr(container, "BRIDGE_TOML", rules)
    lab.cold_start()
    assert "пока не принимает" in say(lab)["text"]
    assert "ERROR_GLPI_ADD" in written.holds_no_canary()


@pytest.mark.parametrize(
    "event",
    [
        json_event(token="canary-wrong", text=WORDS),
        json_event(token=["canary-wrong"], text=WORDS),
        json_event(token=HOOK_TOKEN, text=[WORDS]),
        json_event(text=WORDS) | {"body": '{"token": "canary'},
        form_event(token=HOOK_TOKEN) | {"body": "canary not base64"},
        json_event(token=HOOK_TOKEN, text="canary", trigger_word="canary"),
        json_event(token=HOOK_TOKEN, text="112"),
        json_event(token=HOOK_TOKEN, text="112 x", post_id="canary", timestamp="canary"),
        json_event(token=HOOK_TOKEN, text="112 x") | {"requestContext": None},
    ],
    ids=lambda _: "",
)
def test_no_request_brings_its_content_into_the_log(
    lab: Lab, written: Written, event: dict[str, Any]
) -> None:
    lab.invoke(event)
    written.holds_no_canary()


@pytest.mark.parametrize(
    "place",
    [
        "bridge.mattermost.outgoing_webhook.to_post",
        "bridge.filing.planning.compose",
        "bridge.filing.first_attempt.Outcome",
    ],
)
def test_an_unforeseen_error_keeps_its_words_to_itself(
    lab: Lab, written: Written, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError(f"canary-words {arguments}")

    monkeypatch.setattr(place, broken)
    say(lab)
    assert "unforeseen error" in written.holds_no_canary()


@pytest.mark.parametrize(
    "secret", ["canary", '{"glpi_app_token": "canary x"}', '{"mattermost_webhook_tokens": {}}']
)
def test_a_mistake_in_the_secret_does_not_show_it(
    lab: Lab, written: Written, caplog: pytest.LogCaptureFixture, secret: str
) -> None:
    lab.secrets.put_secret_value(SecretId="bridge", SecretString=secret)
    caplog.clear()  # of what this test's own client wrote
    lab.cold_start()
    assert "не сохранено" in say(lab)["text"]
    assert "a setting is at fault" in written.holds_no_canary()


@both_versions
@pytest.mark.parametrize(
    "trouble",
    [None, MattermostFault(status=500, body="canary", match="POST"), MattermostFault(match="POST")],
)
def test_a_notice_leaves_no_trace_but_ids(
    lab: Lab,
    worker: MemoryOutbox,
    written: Written,
    mattermost: MattermostSimulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: MattermostFault | None,
) -> None:
    monkeypatch.setenv("MATTERMOST_URL", mattermost.url)
    mattermost.bot_token = "canary-bot-token"
    lab.store(mattermost_bot_token=mattermost.bot_token)
    caplog.clear()  # of what this test's own client wrote
    lab.cold_start()
    root = mattermost.add_post("745i3akya3d9ierbsg6gsqmkfr")
    lab.glpi.inject(Fault("maintenance", times=1))
    assert "номер придёт сюда" in say(lab, post_id=root)["text"]
    worker.pause(worker.queue[0].receipt, 0)
    mattermost.fault = trouble
    work(worker)
    assert mattermost.log
    assert '"worker: filed"' in written.holds_no_canary()


EMAIL = "canary-mail@example.com"
FILE = "canary-file"

CHAT_TROUBLES: dict[str, MattermostFault | Fault | None] = {
    "none": None,
    "Mattermost 500": MattermostFault(status=500, body="canary"),
    "users 500": MattermostFault(status=500, body="canary", match="/users/"),
    "users odd": MattermostFault(status=200, body='{"email": ["canary"]}', match="/users/"),
    "users cut": MattermostFault(match="/users/"),
    "files 500": MattermostFault(status=500, body="canary", match="/files/"),
    "files denied": MattermostFault(status=403, body='{"id": "canary"}', match="/files/"),
    "files odd": MattermostFault(
        status=200, body='{"name": "canary", "size": "canary"}', match="/info"
    ),
    "files cut": MattermostFault(match="/files/"),
    "posts cut": MattermostFault(match="POST"),
    "GLPI's users": Fault("html", match="search/User", body="<title>canary</title>"),
    "GLPI's users cut": Fault("cut_after", match="search/User"),
    "GLPI's requester": Fault("cut_after", match="POST Ticket_User"),
    "GLPI's upload": Fault("status_after", match="POST Document", status=500),
    "GLPI's upload cut": Fault("cut_before", match="POST Document"),
    "GLPI's followup": Fault("cut_after", match="POST ITILFollowup"),
    "GLPI's followup odd": Fault("wrong_shape", match="POST ITILFollowup", body='{"id": "canary"}'),
}


@pytest.mark.parametrize("user", ["mm-bot", "mm-self"])
@pytest.mark.parametrize("name", CHAT_TROUBLES)
def test_requesters_files_and_replies_leave_no_trace_but_ids(
    lab: Lab,
    bot: MattermostSimulator,
    worker: MemoryOutbox,
    written: Written,
    caplog: pytest.LogCaptureFixture,
    name: str,
    user: str,
) -> None:
    lab.store(glpi_user_token=lab.glpi.user_tokens[user])
    caplog.clear()  # of what this test's own client wrote
    lab.cold_start()
    trouble = CHAT_TROUBLES[name]
    author = bot.add_user("canary-name", EMAIL)
    root = bot.add_post("745i3akya3d9ierbsg6gsqmkfr")
    reply = bot.add_post("745i3akya3d9ierbsg6gsqmkfr", root)
    attached = [
        bot.add_file(root, f"{FILE}.{kind}", f"canary {kind}".encode())
        for kind in ("txt", "exe", "none")
    ]
    if isinstance(trouble, Fault):
        lab.glpi.inject(trouble)
    bot.fault = trouble if isinstance(trouble, MattermostFault) else None
    say(lab, post_id=root, user_id=author.id, file_ids=",".join(attached))
    say(lab, post_id=reply, user_id=author.id)
    for queued in worker.queue:
        worker.pause(queued.receipt, 0)
        work(worker)
    everything = written.holds_no_canary()
    assert '"level":"ERROR"' in everything or "worker: " in everything
    assert [t for t in lab.glpi.tickets if "canary" in t["content"]] or name == "Mattermost 500"


@pytest.mark.parametrize(
    "place",
    [
        "bridge.glpi_api.people._is_address",
        "bridge.tickets.files._sha1",
        "bridge.glpi_api.documents._Upload",
        "bridge.tickets.files.files_marker",
    ],
)
def test_an_unforeseen_error_about_a_file_or_a_person_keeps_their_names_to_itself(
    lab: Lab,
    bot: MattermostSimulator,
    worker: MemoryOutbox,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError(f"canary {arguments}")

    author = bot.add_user("canary-name", EMAIL)
    root = bot.add_post("745i3akya3d9ierbsg6gsqmkfr")
    attached = [
        bot.add_file(root, f"{FILE}.{kind}", f"canary {kind}".encode()) for kind in ("txt", "exe")
    ]
    monkeypatch.setattr(place, broken)
    say(lab, post_id=root, user_id=author.id, file_ids=",".join(attached))
    for queued in worker.queue:
        worker.pause(queued.receipt, 0)
        work(worker)
    assert "unforeseen error" in written.holds_no_canary()


# --- Metrics


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what the embedded metrics written so far count, and their dimensions."""
    found: dict[str, Any] = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == telemetry.NAMESPACE
        for metric in directive["Metrics"]:
            assert metric["Name"] in telemetry.METRICS
            found[metric["Name"]] = sum(document[metric["Name"]])
        (dimensions,) = directive["Dimensions"]
        assert sorted(dimensions) in (["service"], ["cause", "service"])
        assert document["service"] == telemetry.SERVICE
        found |= {"cause": document["cause"]} if "cause" in document else {}
    return found


@pytest.fixture
def warm(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Lab:
    lab.say("112 first")
    assert metrics(capsys)["ColdStart"] == 1
    return lab


def test_a_filed_message_is_counted_with_glpis_time(
    warm: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    warm.say("112 x")
    counted = metrics(capsys)
    assert 0 < counted.pop("GlpiLatency") < 10_000
    assert counted == {"Filed": 1}


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (json_event(text="112"), {"Empty": 1}),
        (json_event(text="x", trigger_word=""), {"Ignored": 1}),
        (json_event(text="x", trigger_word="x"), {"UnknownDesk": 1}),
        (json_event(token="wrong"), {"RefusedToken": 1}),
        (json_event(token=""), {"Malformed": 1}),
        (json_event(text=5), {"Malformed": 1}),
    ],
    ids=["empty", "ignored", "unknown desk", "wrong token", "no token", "malformed"],
)
def test_what_is_not_filed_is_counted_by_why(
    warm: Lab,
    capsys: pytest.CaptureFixture[str],
    event: dict[str, Any],
    counted: dict[str, int],
) -> None:
    warm.invoke(event)
    assert metrics(capsys) == counted


@pytest.mark.parametrize(
    ("fault", "name", "cause"),
    [
        (Fault("maintenance"), "Queued", "maintenance"),
        (Fault("right_missing"), "Refused", "ERROR_GLPI_ADD"),
        (Fault("cut_after"), "Queued", "cut"),
    ],
    ids=["maintenance", "refused", "cut"],
)
def test_a_failure_is_counted_in_all_and_by_its_cause(
    warm: Lab, capsys: pytest.CaptureFixture[str], fault: Fault, name: str, cause: str
) -> None:
    warm.glpi.inject(fault)
    warm.say("112 x")
    counted = metrics(capsys)
    del counted["GlpiLatency"]
    at_fault = {"SettingAtFault": 1} if name == "Refused" else {}
    assert counted == {name: 1, "Failed": 1, "FailedByCause": 1, "cause": cause, **at_fault}


def test_a_setting_at_fault_is_counted(
    warm: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLPI_URL", "")
    warm.cold_start()
    warm.invoke(json_event())
    assert metrics(capsys) == {
        "ColdStart": 1,
        "SettingAtFault": 1,
        "Failed": 1,
        "FailedByCause": 1,
        "cause": "setting",
    }


def test_the_correlation_id_is_the_posts(lab: Lab) -> None:
    lab.say("112 x")
    assert lab.logged()[-1]["correlation_id"] == lab.post_id
