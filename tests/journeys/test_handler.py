"""The whole function: an API Gateway event in, a ticket in GLPI, an answer for Mattermost."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge import container, telemetry
from bridge.config import timing
from bridge.endpoints import outgoing_webhook
from local import SAMPLE_TOKENS
from local.glpi_simulator import Fault
from tests.conftest import EVENTS, Lab, both_versions, form_event, json_event, load_event
from tests.mattermost.test_outgoing_webhook import RECORDED

SAMPLE_TOKEN = SAMPLE_TOKENS["helpdesk"]
POST_ID = "mii9sqkmfp8btqx7sk43tk3xpy"


def creates(lab: Lab) -> int:
    return sum(exchange.path.endswith("/Ticket") for exchange in lab.glpi.log)


@both_versions
def test_a_message_becomes_a_ticket_and_the_thread_reads_its_number(lab: Lab) -> None:
    status, answer = lab.invoke(json_event(text="112 принтер\nне печатает <b>", timestamp=None))
    (ticket,) = lab.glpi.tickets
    number = ticket["id"]
    assert status == 200
    assert answer == {
        "text": (
            f":white_check_mark: Принято: заявка [№\u00a0{number}]"
            f"({lab.glpi.url}/front/ticket.form.php?id={number})."
        ),
        "response_type": "comment",
    }
    assert ticket["name"] == "Заявка от alice: принтер"
    assert ticket["content"] == (
        "<p>принтер<br />\nне печатает &lt;b&gt;</p>\n<p>alice · ~helpdesk</p>\n"
        f"<p>mattermost:{POST_ID}</p>"
    )
    assert ticket["type"] == 1
    assert ticket["requesttypes_id"] == 1  # GLPI's default: none was sent
    if lab.glpi.version.startswith("11"):
        assert ticket["externalid"] == f"mattermost:{POST_ID}"


FILES_TOO = "Файлы остались в чате"
ANSWERS = {
    "form": (200, "Принято"),
    "form-code-block": (200, "Принято"),
    "form-file": (200, FILES_TOO),
    "form-plain": (200, "Принято"),
    "json": (200, "Принято"),
    "json-code-block": (200, "Принято"),
    "json-file-only": (200, None),
    "json-files": (200, FILES_TOO),
    "json-no-trigger-words": (200, None),
    "json-special-characters": (200, "Принято"),
    "json-thread-reply": (200, "Принято"),
    "json-trigger-alone": (200, "Заявка пока не создана"),
    "wrong-token": (401, None),
}


def test_every_sample_event_has_its_answer_here() -> None:
    assert {path.stem for path in EVENTS} == ANSWERS.keys()


@both_versions
@pytest.mark.parametrize("name", ANSWERS)
def test_a_sample_event_gets_its_answer(lab: Lab, name: str) -> None:
    status, text = ANSWERS[name]
    got_status, answer = lab.invoke(load_event(name))
    assert got_status == status
    if text is None:
        assert "text" not in answer
    else:
        assert text in answer["text"]
    filed = text in ("Принято", FILES_TOO)
    assert len(lab.glpi.tickets) == filed
    assert creates(lab) == filed


def test_every_sample_event_is_a_recorded_request_of_a_real_mattermost() -> None:
    bodies = {recorded["request"]["body"] for recorded in RECORDED}
    for path in EVENTS:
        event = load_event(path.stem)
        body = event["body"]
        if event["isBase64Encoded"]:
            body = base64.b64decode(body).decode()
        assert body.replace("not-the-token-of-this-hook", SAMPLE_TOKEN) in bodies


@both_versions
def test_a_hundred_messages_cost_one_login_one_look_at_settings_and_one_connection(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = container.container().glpi.session._http
    monkeypatch.setattr(http, "_wall_clock", lambda: 1_000_000.0)  # no time to be idle
    for number in range(100):
        assert "Принято" in lab.say(f"112 message {number}")
    assert [exchange.path.rpartition("/")[2] for exchange in lab.glpi.log] == (
        ["initSession", "Ticket", "getGlpiConfig"] + ["Ticket"] * 99
    )
    assert lab.glpi.connections == 1
    assert len(lab.glpi.tickets) == 100


def test_header_names_count_in_any_case(lab: Lab) -> None:
    event = load_event("json")
    event["headers"] = {name.upper(): value for name, value in event["headers"].items()}
    assert lab.invoke(event)[0] == 200
    assert len(lab.glpi.tickets) == 1


def test_a_form_in_utf8_that_nobody_encoded_is_understood(lab: Lab) -> None:
    body = f"token={SAMPLE_TOKEN}&text=112 принтер".encode()
    event = load_event("form") | {"body": base64.b64encode(body).decode()}
    lab.invoke(event)
    assert lab.glpi.tickets[0]["content"].startswith("<p>принтер</p>")


def test_token_and_text_are_all_that_is_needed(lab: Lab) -> None:
    event = load_event("json") | {"body": json.dumps({"token": SAMPLE_TOKEN, "text": "112 x"})}
    assert "Принято" in lab.invoke(event)[1]["text"]
    assert lab.glpi.tickets[0]["name"] == "Заявка от неизвестного: x"


def test_fields_of_the_wrong_type_cost_nothing_and_are_logged(lab: Lab) -> None:
    assert "Принято" in lab.say("112 x", user_name=5, post_id={}, timestamp="?", file_ids=1)
    assert lab.logged()[-1]["odd_fields"] == ["post_id", "user_name", "timestamp", "file_ids"]


@pytest.mark.parametrize(
    "words", ["\u200b", " \u2060\ufeff", "\u202e\u202c", "\x07", "\u3164 \u2800", "\ufe0f"]
)
def test_a_message_of_which_nothing_is_seen_is_empty(lab: Lab, words: str) -> None:
    assert "Заявка пока не создана" in lab.say(f"112 {words}")
    assert lab.glpi.tickets == []
    assert "Принято" in lab.say(f"112 {words}", file_ids=POST_ID)
    assert lab.glpi.tickets[0]["name"] == "Заявка от alice: файлы без текста"


def test_a_trigger_with_a_file_but_no_words_is_a_request(lab: Lab) -> None:
    answer = lab.say("112", file_ids=POST_ID)
    assert "Принято" in answer
    assert FILES_TOO in answer
    (ticket,) = lab.glpi.tickets
    assert ticket["name"] == "Заявка от alice: файлы без текста"
    assert "Файлы (1) остались в чате." in ticket["content"]


def test_a_trigger_alone_tells_how_to_write(lab: Lab) -> None:
    assert "`112 не печатает принтер, кабинет 305`" in lab.say("112")
    assert creates(lab) == 0


def test_an_unknown_trigger_of_a_hook_is_told_what_works(lab: Lab) -> None:
    answer = lab.say("@all<!channel>помощь x", trigger_word="@all")
    assert "`112`, `заявка`" in answer
    assert "помощь" in answer
    assert "@all" not in answer
    assert "<!channel>" not in answer
    assert creates(lab) == 0


def test_a_hook_without_trigger_words_is_not_answered(lab: Lab) -> None:
    assert lab.invoke(json_event(text="hello", trigger_word="")) == (200, {})
    assert lab.glpi.log == []


def write_rules(lab: Lab, monkeypatch: pytest.MonkeyPatch, path: Path, toml: str) -> None:
    path.write_text(toml, "utf-8")
    monkeypatch.setattr(container, "BRIDGE_TOML", path)
    lab.cold_start()


def test_posts_of_ignored_accounts_are_dropped(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toml = 'ignore_users = ["glpi-bot"]\n[[desk]]\ntriggers = ["112"]'
    write_rules(lab, monkeypatch, tmp_path / "bridge.toml", toml)
    assert lab.invoke(json_event(text="112 x", user_name="glpi-bot")) == (200, {})
    assert lab.glpi.log == []


def test_answers_follow_bridge_toml(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toml = """
        language = "en"
        reply = "channel"
        reply_username = "Desk"
        reply_icon_url = "https://i.example/i.png"
        texts.accepted = ":ok: {t}"
        [[desk]]
        triggers = ["112"]
        type = "request"
        source = 7
    """
    write_rules(lab, monkeypatch, tmp_path / "bridge.toml", toml)
    _, answer = lab.invoke(json_event(text="112 x"))
    (ticket,) = lab.glpi.tickets
    url = f"{lab.glpi.url}/front/ticket.form.php?id={ticket['id']}"
    assert answer == {
        "text": f":ok: [#{ticket['id']}]({url})",
        "response_type": "post",
        "username": "Desk",
        "icon_url": "https://i.example/i.png",
    }
    assert (ticket["type"], ticket["requesttypes_id"]) == (2, 7)
    assert ticket["name"] == "Request from alice: x"


def test_the_ticket_links_to_the_post_when_mattermost_is_known(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERMOST_URL", "https://chat.example/")
    lab.cold_start()
    lab.say("112 x")
    link = f"https://chat.example/_redirect/pl/{lab.post_id}"
    assert f'<a href="{link}">{link}</a>' in lab.glpi.tickets[0]["content"]


# --- Who may come in


@pytest.mark.parametrize(
    "token", ["wrong", SAMPLE_TOKEN[:-1], SAMPLE_TOKEN.upper(), SAMPLE_TOKEN + " ", " "]
)
def test_a_wrong_token_gets_401_without_text_and_glpi_is_not_asked(lab: Lab, token: object) -> None:
    status, answer = lab.invoke(json_event(token=token))
    assert status == 401
    assert answer == {"error": "the token is not accepted"}
    assert lab.glpi.log == []


@pytest.mark.parametrize("token", ["", None, [SAMPLE_TOKEN], 5])
def test_without_a_token_it_is_the_same(lab: Lab, token: object) -> None:
    assert lab.invoke(json_event(token=token)) == (401, {"error": "there is no token"})
    assert lab.glpi.log == []


def test_several_tokens_are_accepted_for_rotation(lab: Lab) -> None:
    lab.store(mattermost_webhook_tokens={"old": SAMPLE_TOKEN, "new": "b" * 26})
    for token in (SAMPLE_TOKEN, "b" * 26):
        assert lab.invoke(json_event(token=token))[0] == 200


def test_a_token_added_to_the_secret_works_at_once(lab: Lab) -> None:
    lab.say("112 x")
    lab.store(mattermost_webhook_tokens={"old": SAMPLE_TOKEN, "new": "b" * 26})
    assert lab.invoke(json_event(token="b" * 26))[0] == 200


def test_glpi_tokens_renewed_in_the_secret_work_at_once(lab: Lab) -> None:
    good = lab.secret["glpi_user_token"]
    lab.store(glpi_user_token="old")
    assert "пока не принимает" in lab.say("112 x")
    lab.store(glpi_user_token=good)
    assert "Принято" in lab.say("112 x")


@pytest.mark.parametrize(
    "event",
    [
        json_event() | {"body": "{"},
        json_event() | {"body": None},
        json_event() | {"headers": None},
        form_event() | {"body": "not base64!"},
        json_event(text=None),
        json_event(text=5),
    ],
    ids=["json", "empty", "no headers", "base64", "no text", "text is no text"],
)
def test_rubbish_gets_an_error_without_text(lab: Lab, event: dict[str, Any]) -> None:
    status, answer = lab.invoke(event)
    assert status in (400, 401)
    assert answer.keys() == {"error"}
    assert lab.glpi.log == []


@pytest.mark.parametrize("route", ["GET /mattermost/webhook", "POST /", "$default", None])
def test_other_routes_do_not_exist(lab: Lab, route: str | None) -> None:
    status, _ = lab.invoke(json_event() | {"routeKey": route})
    assert status == 404


# --- When something fails


@both_versions
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("refuse"), "сохранено. GLPI сейчас не отвечает"),
        (Fault("maintenance"), "сохранено. GLPI сейчас не отвечает"),
        (Fault("reject_tokens"), "GLPI пока не принимает"),
        (Fault("right_missing"), "GLPI пока не принимает"),
        (Fault("cut_after", match="POST Ticket"), "сохранено. GLPI сейчас не отвечает"),
        (Fault("cut_before", match="POST Ticket"), "сохранено. GLPI сейчас не отвечает"),
        (Fault("status_after", match="POST Ticket", status=504), "GLPI сейчас не отвечает"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_the_person_reads_what_is_true_and_the_operator_finds_the_reference(
    lab: Lab, fault: Fault, said: str
) -> None:
    lab.glpi.inject(fault)
    answer = lab.say("112 canary-words")
    assert said in answer
    assert f"Код: {lab.post_id}" in answer
    entry = lab.logged()[-1]
    assert entry["level"] == "ERROR"
    assert entry["correlation_id"] == lab.post_id
    assert entry["remedy"]
    assert "canary" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("refuse"), "не сохранено"),
        (Fault("right_missing"), "не сохранено"),
        (Fault("cut_after", match="POST Ticket"), "не подтвердил"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_without_the_queue_the_person_reads_that_too(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, fault: Fault, said: str
) -> None:
    monkeypatch.setenv("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/000000000000/none")
    lab.cold_start()
    assert "Принято" in lab.say("112 x")
    lab.glpi.inject(fault)
    answer = lab.say("112 x")
    assert said in answer
    assert f"Код: {lab.post_id}" in answer


def test_without_the_ledger_a_message_is_safe_and_glpi_is_not_asked(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "none")
    lab.cold_start()
    assert "сохранено, заявка появится немного позже" in lab.say("112 x")
    assert lab.glpi.log == []
    monkeypatch.setenv("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/000000000000/none")
    lab.cold_start()
    assert "не сохранено" in lab.say("112 x")
    assert lab.glpi.log == []


def test_a_second_delivery_of_a_post_is_silent_and_files_nothing(lab: Lab) -> None:
    assert "Принято" in lab.invoke(json_event())[1]["text"]
    assert lab.invoke(json_event()) == (200, {})
    assert len(lab.glpi.tickets) == 1


def test_an_answer_is_still_given_when_the_function_runs_out_of_time(lab: Lab) -> None:
    lab.glpi.inject(Fault("delay_before", match="POST Ticket", seconds=30))
    status, answer = lab.invoke(json_event(), seconds=timing.RESERVE_SECONDS + 0.3)
    assert status == 200
    assert "Сообщение сохранено" in answer["text"]


def test_without_time_nothing_is_begun(lab: Lab) -> None:
    _, answer = lab.invoke(json_event(), seconds=timing.RESERVE_SECONDS - 1)
    assert "Сообщение сохранено" in answer["text"]
    assert lab.glpi.log == []


@pytest.mark.parametrize(
    ("key", "value"), [("GLPI_URL", "glpi.example"), ("SECRET_ID", ""), ("LOG_LEVEL", "LOUD")]
)
def test_a_bad_setting_is_logged_by_its_key_and_the_person_is_told(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    value: str,
) -> None:
    monkeypatch.setenv(key, value)
    status, answer = lab.invoke(json_event())
    assert status == 503
    assert "не сохранено" in answer["text"]
    (entry,) = lab.logged()
    assert entry["key"] == key
    assert entry["correlation_id"] in answer["text"]


def test_a_mended_setting_works_without_a_new_container(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLPI_URL", "")
    assert lab.invoke(json_event())[0] == 503
    monkeypatch.setenv("GLPI_URL", lab.glpi.url)
    assert lab.invoke(json_event())[0] == 200


def test_a_secret_out_of_reach_is_told_to_the_person(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_ID", "nowhere")
    status, answer = lab.invoke(json_event())
    assert status == 503
    assert "не сохранено" in answer["text"]


def test_a_broken_bridge_toml_is_told_in_russian(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_rules(lab, monkeypatch, tmp_path / "bridge.toml", "language =")
    status, answer = lab.invoke(json_event())
    assert status == 503
    assert answer["response_type"] == "comment"
    assert "не сохранено" in answer["text"]


def test_an_unforeseen_error_is_answered_and_its_message_is_not_logged(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("bridge.mattermost.outgoing_webhook.to_post", broken)
    status, answer = lab.invoke(json_event())
    assert status == 500
    assert "не сохранено" in answer["text"]
    entry = lab.logged()[-1]
    assert entry["error"] == "RuntimeError"
    assert "broken:" in entry["at"]
    assert entry["correlation_id"] in answer["text"]
    assert "canary" not in json.dumps(entry)


def test_an_unforeseen_error_after_glpi_was_asked_leaves_the_outcome_open(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.filing.first_attempt.Outcome", lambda *_, **__: 1 / 0)
    status, answer = lab.invoke(json_event())
    assert status == 500
    assert f"Код: {POST_ID}" in answer["text"]
    assert "не подтвердил" in answer["text"]
    assert len(lab.glpi.tickets) == 1


@pytest.mark.parametrize("broken", ["count", "count_cold_start", "measure_glpi", "flush"])
def test_telemetry_that_fails_changes_no_answer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(f"bridge.telemetry.{broken}", cache(lambda *_: 1 / 0))
    assert "Принято" in lab.say("112 x")
    entries = {entry["message"]: entry for entry in lab.logged()}
    assert entries["unforeseen error"]["error"] == "ZeroDivisionError"
    assert entries["filed"]["ticket"] == lab.glpi.tickets[0]["id"]


def test_a_log_that_cannot_be_written_changes_no_answer(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.endpoints.outgoing_webhook.error_fields", lambda _: 1 / 0)
    monkeypatch.setattr("bridge.endpoints.guard.log_unforeseen", lambda _: 1 / 0)
    lab.glpi.inject(Fault("maintenance"))
    assert "сохранено" in lab.say("112 x")


def test_an_event_without_a_request_context_is_answered(lab: Lab) -> None:
    assert lab.invoke(json_event() | {"requestContext": None})[0] == 200


def test_strangers_cannot_drive_secrets_manager_while_the_secret_is_unusable(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def fetch() -> str:
        reads.append(1)
        return "not the secret"

    monkeypatch.setattr(container, "secrets_manager", lambda _: fetch)
    lab.cold_start()
    for _ in range(20):
        assert lab.invoke(json_event(token="stranger"))[0] == 503
    assert len(reads) == 1


def test_without_a_token_nothing_is_asked_of_anybody(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_ID", "nowhere")
    assert lab.invoke(json_event(token=""))[0] == 401


def test_a_desk_bound_to_a_token_that_the_secret_lacks_is_warned_about(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toml = '[[desk]]\ntriggers = ["112"]\nwebhooks = ["helpdsk"]'
    write_rules(lab, monkeypatch, tmp_path / "bridge.toml", toml)
    assert lab.say("112 x") == ":grey_question: «112» здесь не настроено, заявка не создана."
    levels = [(entry["level"], entry["message"]) for entry in lab.logged()]
    assert ("WARNING", "bridge.toml names webhooks that the secret lacks") in levels
    assert ("WARNING", "unknown_desk") in levels


def test_a_broken_new_secret_is_logged_and_the_old_one_used(lab: Lab) -> None:
    lab.say("112 x")
    lab.store(glpi_app_token="")
    lab.invoke(json_event(token="b" * 26))
    assert lab.logged()[-2]["key"] == "secret key glpi_app_token"
    assert "Принято" in lab.say("112 x")


def test_files_are_said_to_be_linked_only_where_they_are(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab.say("112 x", file_ids=POST_ID).endswith("\nФайлы остались в чате.")
    monkeypatch.setenv("MATTERMOST_URL", "https://chat.example")
    lab.cold_start()
    assert lab.say("112 x", file_ids=POST_ID).endswith("в заявке есть ссылка на них.")


def test_plain_http_is_warned_about_once(lab: Lab) -> None:
    lab.say("112 x")
    lab.say("112 x")
    warnings = [entry for entry in lab.logged() if entry["level"] == "WARNING"]
    assert len(warnings) == 1
    assert "unencrypted" in warnings[0]["message"]


def test_every_outcome_is_counted_by_a_metric_that_is_known() -> None:
    """Alarms, dashboard, guide and costs go by the list of telemetry."""
    assert set(outgoing_webhook.METRICS.values()) <= set(telemetry.METRICS)
