"""manage.py send: a message as Mattermost sends it, and what people would read."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import boto3
import pytest

import handler
from bridge.endpoints.outgoing_webhook import PATH
from bridge.net.http import Http
from local import SAMPLE_TOKENS
from local.gateway import Gateway
from local.glpi_simulator import Fault
from operations.send import FORM, JSON, Request, message, recorded, send, shown
from tests.conftest import RECORDINGS, ROOT, Lab, kept_environment
from tests.support.gateway import in_process
from tests.support.operator import refusal, run
from tests.support.ports import refusing_port

TOKEN = SAMPLE_TOKENS["helpdesk"]
OUTGOING = [
    json.loads(line)
    for line in (RECORDINGS / "mattermost-5.37-outgoing.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture
def url(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The bridge behind its local gateway, known to manage.py."""
    gateway = Gateway(0, in_process(handler.lambda_handler), handler.ROUTES)
    with kept_environment(), gateway.serving():
        monkeypatch.delenv("MATTERMOST_TOKEN", raising=False)
        address = f"http://127.0.0.1:{gateway.server_port}{PATH}"
        monkeypatch.setenv("WEBHOOK_URL", address)
        monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")  # they go to standard output
        yield address
    gateway.server_close()


# --- The request


@pytest.mark.parametrize("kind", [FORM, JSON])
def test_a_message_has_the_fields_of_a_real_one(kind: str) -> None:
    real = next(r["request"] for r in OUTGOING if _kind(r).startswith(kind))
    made = message("112 <b> & c", TOKEN, as_json=kind == JSON, now=1795510800.5)
    fields, wanted = _fields(kind, made.body), _fields(kind, real["body"].encode())
    assert made.content_type == kind
    assert list(fields) == list(wanted)
    assert {n: type(v) for n, v in fields.items()} == {n: type(v) for n, v in wanted.items()}
    assert fields["text"] == "112 <b> & c"
    assert fields["trigger_word"] == "112"
    assert fields["timestamp"] == (1795510800500 if kind == JSON else "1795510800")
    assert len(str(fields["post_id"])) == 26


def _kind(record: Mapping[str, Any]) -> str:
    headers = dict(record["request"]["headers"]) if record["request"] else {}
    return str(headers.get("Content-Type", ""))


def _fields(kind: str, body: bytes) -> dict[str, object]:
    if kind == JSON:
        assert b"<" not in body
        fields: dict[str, object] = json.loads(body)
        return fields
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


@pytest.mark.parametrize("name", ["form", "form-file", "json", "json-special-characters"])
def test_a_recorded_event_is_sent_as_it_was_but_for_its_token(name: str) -> None:
    path = ROOT / "events" / f"{name}.json"
    as_it_was, other = recorded(path, ""), recorded(path, "another")
    kind = FORM if name.startswith("form") else JSON
    before, after = _fields(kind, as_it_was.body), _fields(kind, other.body)
    assert before["token"] == TOKEN
    assert after == before | {"token": "another"}


@pytest.mark.parametrize("content", ["{}", "[]", "x", '{"headers": {}, "body": ""}'])
def test_what_is_no_event_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(content)
    result = run("send", "--url", "http://127.0.0.1:9/x", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no recorded event" in result.stderr


# --- What Mattermost would show


@pytest.mark.parametrize(
    ("status", "kind", "body", "said", "where", "well"),
    [
        (200, JSON, {"text": "Hi", "response_type": "comment"}, "Hi", "a comment in the", True),
        (503, JSON, {"text": "Hi"}, "Hi", "a new post in the channel", True),
        (200, JSON, b"", "nothing (empty answer)", "", True),
        (502, "text/html", b"", "nothing (empty answer)", "", False),
        (200, JSON, {}, "nothing (no text in the answer)", "", True),
        (200, JSON, {"text": None}, "nothing (no text in the answer)", "", True),
        (401, JSON, {"error": "x"}, "the token is not accepted", "", False),
        (404, JSON, {"message": "Not Found"}, "nothing (no text in the answer)", "", False),
        (200, "text/html", b"<p>", "the answer is not JSON (status 200, text/html)", "", False),
        (200, "", b"{", "not JSON (status 200, no content type)", "", False),
        (200, JSON, {"text": 5}, "is not a text", "", False),
        (200, JSON, [1], "but not an object", "", False),
        (200, JSON, {"text": ""}, "(an empty post)", "a new post", False),
        (302, "text/html", b"<p>", "nothing: a redirect", "", False),
    ],
)
def test_an_answer_is_judged_as_mattermost_does(
    status: int, kind: str, body: object, said: str, where: str, well: bool
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    result = shown(status, kind, raw)
    assert said in result.text
    assert result.where.startswith(where)
    assert bool(result.where) == bool(where)
    assert result.well == well


# --- The command


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_message_becomes_a_ticket(lab: Lab, url: str, form: list[str]) -> None:
    result = run("send", "112 the printer is on fire", *form)
    assert (result.exit_code, result.stderr) == (0, "")
    text, status, *rest = result.stdout.splitlines()
    assert "заявка [№ 101]" in text
    assert status.startswith("status 200, ")
    assert status.endswith(" ms, a comment in the thread")
    assert rest == []
    assert len(lab.glpi.tickets) == 1


def test_a_message_is_of_whom_and_where_one_says(lab: Lab, url: str) -> None:
    run("send", "112 canary", "--user", "bob", "--channel", "elsewhere")
    assert "bob" in lab.glpi.tickets[0]["name"]
    assert "elsewhere" in lab.glpi.tickets[0]["content"]


def test_a_message_that_is_saved_is_shown_as_such(lab: Lab, url: str) -> None:
    lab.glpi.inject(Fault("maintenance"))
    result = run("send", "112 later")
    assert result.exit_code == 0
    assert "Сообщение сохранено" in result.stdout


def test_a_recorded_event_is_a_message(lab: Lab, url: str) -> None:
    assert "№ 101" in run("send", str(ROOT / "events" / "form.json")).stdout
    refused = run("send", str(ROOT / "events" / "wrong-token.json"))
    assert refused.exit_code == 1
    assert "the token is not accepted" in refused.stdout


def test_the_token_is_taken_from_where_one_says(
    lab: Lab, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("send", "--token", "canary", "112 x").exit_code == 1
    monkeypatch.setenv("MATTERMOST_TOKEN", "canary")
    assert run("send", "112 x").exit_code == 1
    good = tmp_path / "token"
    good.write_text(f"{TOKEN}\n")
    assert run("send", "--token-file", str(good), "112 x").exit_code == 0
    assert len(lab.glpi.tickets) == 1


def test_a_token_file_that_is_of_no_use_is_one_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "token"
    empty.write_text(" \n")
    for path, said in ((empty, "is empty"), (tmp_path / "none", "cannot be read")):
        result = run("send", "--url", "http://127.0.0.1:9/x", "--token-file", str(path), "112")
        assert result.exit_code == 2
        assert said in result.stderr


def test_nobody_there_is_one_sentence() -> None:
    with refusing_port() as port:
        where = f"http://127.0.0.1:{port}/canary"
        result = run("send", "--url", where, "--token", "canary", "112 x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"could not be sent to 127.0.0.1:{port} (connect: Connection refused)" in result.stderr
    assert "canary" not in result.stderr


def test_an_answer_that_is_cut_is_an_error_of_mattermosts(lab: Lab) -> None:
    lab.glpi.inject(Fault("cut_after"))
    request = Request(FORM, b"token=x")
    result = send(f"{lab.glpi.url}/apirest.php/x", request, Http())
    assert result.text == "nothing: no usable answer (cut)"
    assert not result.well


def test_what_is_not_known_is_asked_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEBHOOK_URL", "MATTERMOST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert "It is not known where to" in run("send", "112 x").stderr
    assert "--url is not a web address" in run("send", "--url", "x:y", "112 x").stderr
    monkeypatch.setenv("SECRET_ID", "none")
    told = run("send", "--url", "http://127.0.0.1:9/x", "112 x").stderr
    assert told.startswith("There is no token, say MATTERMOST_TOKEN or --token-file. AWS knows")
    monkeypatch.delenv("SECRET_ID")
    assert "There is no token: say" in run("send", "--url", "http://127.0.0.1:9/x", "112 x").stderr


def test_a_stack_is_asked_for_url_and_token(
    lab: Lab, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make: Any = boto3.client
    variables = {"SECRET_ID": os.environ["SECRET_ID"]}

    class Fake:
        def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
            return {"Environment": {"Variables": variables}}

        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
            if StackName != "bridge":
                raise refusal("ValidationError")
            outputs = [{"OutputKey": "WebhookUrl", "OutputValue": url}]
            return {"Stacks": [{"Outputs": outputs}]}

    def client(name: str, **how: Any) -> Any:
        return Fake() if name in ("lambda", "cloudformation") else make(name, **how)

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.delenv("WEBHOOK_URL")
    result = run("--stack", "bridge", "send", "112 the printer")
    assert result.exit_code == 0, result.output
    assert len(lab.glpi.tickets) == 1
    assert "refused a call to the stack other" in run("--stack", "other", "send", "112").stderr
