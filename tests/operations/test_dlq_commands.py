"""manage.py dlq: looking leaves the queue as it was, replaying loses nothing, words stay hidden."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations import dead_letter_queue
from operations.aws import asking
from tests.conftest import Lab
from tests.support.operator import CANARY, Faulty, body, bury, ref, refusal, run, visible

UNREADABLE = f'{{"v":2,"secret":"{CANARY}"}}'


@pytest.fixture(autouse=True)
def no_waiting(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter_queue, "WAIT_SECONDS", 0)


def message_id(output: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith("?  ")]
    return line.split()[1]


# --- Looking


def test_more_dead_letters_than_sqs_hands_out_at_once_are_listed() -> None:
    for n in range(25):
        bury(body(n))
    result = run("dlq", "list")
    assert result.exit_code == 0, result.output
    shown = [line.split()[0] for line in result.stdout.splitlines()[1:26]]
    assert shown == [ref(n) for n in range(25)], "oldest first"
    assert "25 in all; SQS deletes the first of them on 20" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("words", [[], ["--words"]], ids=["", "words"])
@pytest.mark.parametrize("command", ["list", "show", "export", "replay"])
def test_looking_leaves_the_queue_as_it_was(command: str, words: list[str], tmp_path: Path) -> None:
    bodies = [*(body(n) for n in range(12)), UNREADABLE]
    for text in bodies:
        bury(text)
    arguments = {
        "list": words,
        "show": [ref(3), *words],
        "export": [str(tmp_path / "out"), *words],
        "replay": ["--all", "--dry-run"],
    }[command]
    assert run("dlq", command, *arguments).exit_code == 0
    assert visible("DEAD_LETTER_URL") == sorted(bodies)
    assert visible("QUEUE_URL") == []


def test_an_interrupted_look_leaves_the_queue_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = sorted(body(n) for n in range(12))
    for text in bodies:
        bury(text)
    calls: list[Any] = []

    def third(arguments: dict[str, Any]) -> BaseException | None:
        calls.append(arguments)
        return refusal("ServiceUnavailable") if len(calls) == 2 else None

    with monkeypatch.context() as faulty:
        faulty.setattr(boto3, "client", Faulty("receive_message", third))
        result = run("dlq", "list")
    assert result.exit_code == 2
    assert result.stderr.startswith("AWS refused a call to the dead letter queue ")
    assert visible("DEAD_LETTER_URL") == bodies


def test_people_are_seen_only_when_asked_for(tmp_path: Path) -> None:
    bury(body(1))
    bury(UNREADABLE)
    out = tmp_path / "out"
    listed = run("dlq", "list")
    commands = [["list"], ["show", ref(1)], ["show", message_id(listed.stdout)]]
    for command in (*commands, ["export", str(out)], ["replay", "--all", "--dry-run"]):
        result = run("dlq", *command)
        assert result.exit_code == 0, result.output
        assert CANARY not in result.output, command
    assert CANARY not in out.read_text("utf-8")
    for command in (*commands, ["export", "--force", str(out)]):
        result = run("dlq", *command, "--words")
        assert CANARY in result.output or command[0] == "export", command
    assert out.read_text("utf-8").count(CANARY) == 5, "name and words, twice; and the unreadable"


def test_a_field_of_a_later_version_counts_as_words() -> None:
    queued = json.loads(body(1))
    queued["post"]["display_name"] = CANARY
    bury(json.dumps(queued))
    assert CANARY not in run("dlq", "show", ref(1)).output


def test_what_a_message_holds_cannot_steer_the_terminal() -> None:
    bury(body(1, text="112 \x1b[2J\u202eabc\nnext", channel_name="\x1b]0;x\x07[red]"))
    for command in (["list"], ["show", ref(1)]):
        shown = run("dlq", *command, "--words").output
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\x07" not in shown
        assert "112 \\x1b[2J\\u202eabc\nnext" in shown
        assert "[red]" in shown


def test_a_dead_letter_is_shown_with_what_its_reason_means() -> None:
    bury(body(1, file_ids=f"{ref(7)},{ref(8)}"), "too old; last: ERROR_GLPI_LOGIN_USER_TOKEN")
    shown = run("dlq", "show", ref(1)).stdout
    assert f"file_ids      {ref(7)}, {ref(8)}" in shown
    assert "channel_name  helpdesk" in shown
    assert "remote access key" in " ".join(shown.split())
    assert run("dlq", "list").stdout.splitlines()[1].split()[2:4] == ["2", "helpdesk"]


def test_a_message_that_sqs_itself_has_buried_says_so() -> None:
    bury(body(1), reason=None)
    assert "tried 1000 times" in run("dlq", "show", ref(1)).stdout


def test_an_unknown_reference_is_one_sentence() -> None:
    result = run("dlq", "show", "nothing")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "There is no dead letter nothing; see dlq list.\n"


def test_no_dead_letters_is_said() -> None:
    assert run("dlq", "list").stdout == "There are no dead letters.\n"
    assert run("dlq", "replay", "--all").stdout == "Nothing to send again.\n"


def test_what_somebody_else_holds_is_not_passed_over_in_silence(lab: Lab) -> None:
    for n in range(3):
        bury(body(n))
    sqs = boto3.client("sqs")
    sqs.receive_message(QueueUrl=dead_letter_url(), VisibilityTimeout=60)
    said = " ".join(run("dlq", "list").stdout.split())
    assert "2 in all" in said
    assert "Hidden for some minutes, since somebody else reads: 1." in said


def dead_letter_url() -> str:
    return boto3.client("sqs").get_queue_url(QueueName="dead-letters")["QueueUrl"]


# --- Replaying


def test_more_than_ten_are_sent_again_byte_for_byte() -> None:
    odd = UNREADABLE + " \n"
    bodies = [*(body(n) for n in range(23)), odd]
    for text in bodies:
        bury(text)
    result = run("dlq", "replay", "--all")
    assert result.exit_code == 0, result.output
    assert "24 of 24 sent again" in result.stdout
    assert visible("QUEUE_URL") == sorted(bodies)
    assert visible("DEAD_LETTER_URL") == []


def test_only_what_is_named_is_sent_again() -> None:
    for text in (body(1), body(2), body(3), UNREADABLE):
        bury(text)
    name = message_id(run("dlq", "list").stdout)
    assert run("dlq", "replay", ref(2), name).exit_code == 0
    assert visible("QUEUE_URL") == sorted([body(2), UNREADABLE])
    assert visible("DEAD_LETTER_URL") == sorted([body(1), body(3)])


def test_a_question_mark_names_nothing() -> None:
    bury(UNREADABLE)
    assert run("dlq", "replay", "?").exit_code == 1
    assert visible("DEAD_LETTER_URL") == [UNREADABLE]


def test_a_dry_run_says_what_it_would_do() -> None:
    bury(body(1))
    bury(body(2))
    assert run("dlq", "replay", ref(2), "--dry-run").stdout == f"would send again: {ref(2)}\n"


def test_an_unknown_name_does_not_keep_the_others() -> None:
    bury(body(1))
    result = run("dlq", "replay", "nothing", ref(1))
    assert result.exit_code == 1
    assert result.stderr == "There is no dead letter nothing; see dlq list.\n"
    assert visible("QUEUE_URL") == [body(1)]


def test_what_cannot_be_sent_stays_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        bury(body(n))

    def fails(arguments: dict[str, Any]) -> BaseException | None:
        return refusal("AccessDenied") if arguments["MessageBody"] == body(1) else None

    with monkeypatch.context() as faulty:
        faulty.setattr(boto3, "client", Faulty("send_message", fails))
        result = run("dlq", "replay", "--all")
    assert result.exit_code == 1
    assert "2 of 3 sent again" in result.stdout
    (complaint,) = result.stderr.splitlines()
    said = f"{ref(1)} was not sent, as far as is known, and is still a dead letter: AWS does not"
    assert complaint.startswith(said)
    assert visible("QUEUE_URL") == [body(0), body(2)]
    assert visible("DEAD_LETTER_URL") == [body(1)]


def test_what_cannot_be_deleted_was_sent_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(2):
        bury(body(n))
    deletes: list[Any] = []

    def fails(arguments: dict[str, Any]) -> BaseException | None:
        deletes.append(arguments)
        return refusal("AccessDenied") if len(deletes) == 1 else None

    with monkeypatch.context() as faulty:
        faulty.setattr(boto3, "client", Faulty("delete_message", fails))
        result = run("dlq", "replay", "--all")
    assert result.exit_code == 1
    assert f"{ref(0)} was sent, but may still be a dead letter" in result.stderr
    assert visible("QUEUE_URL") == [body(0), body(1)]
    assert visible("DEAD_LETTER_URL") == [body(0)]


@pytest.mark.parametrize("sent", [False, True], ids=["before sending", "before deleting"])
def test_a_crash_at_any_moment_loses_nothing(sent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(12):
        bury(body(n))

    def crash(what: str, call: Callable[[], Any]) -> Any:
        if what.startswith("the queue "):
            if sent:
                asking(what, call)
            raise KeyboardInterrupt
        return asking(what, call)

    with monkeypatch.context() as patched:
        patched.setattr(dead_letter_queue, "asking", crash)
        assert run("dlq", "replay", "--all").exit_code != 0
    assert visible("QUEUE_URL") == ([body(0)] if sent else [])
    assert visible("DEAD_LETTER_URL") == sorted(body(n) for n in range(12))


@pytest.mark.parametrize("arguments", [[], ["--all", ref(1)]], ids=["nothing", "both"])
def test_what_to_send_again_must_be_clear(arguments: list[str]) -> None:
    bury(body(1))
    result = run("dlq", "replay", *arguments)
    assert result.exit_code == 2
    assert "Name the dead letters to send again, or --all." in result.stderr
    assert visible("DEAD_LETTER_URL") == [body(1)]


# --- Exporting


def test_an_export_is_one_json_object_a_line(tmp_path: Path) -> None:
    bury(body(1))
    bury(UNREADABLE, "version 2 is not known here")
    out = tmp_path / "out"
    assert run("dlq", "export", "--words", str(out)).exit_code == 0
    readable, other = sorted(
        map(json.loads, out.read_text("utf-8").splitlines()), key=lambda record: record["ref"]
    )
    assert readable["ref"] == ref(1)
    assert readable["text"] == f"112 {CANARY}"
    assert readable["received_at"] == "2027-01-15T08:00:01+00:00"
    assert readable["reason"] == "too old; last: maintenance"
    assert readable["body"] == body(1)
    assert (other["ref"], other["problem"], other["body"]) == (
        "?",
        "post of version 2 is not known here",
        UNREADABLE,
    )


def test_an_export_is_for_its_owner_only_and_replaces_nothing_unasked(tmp_path: Path) -> None:
    bury(body(1))
    out = tmp_path / "out"
    out.write_text("precious")
    out.chmod(0o644)
    refused = run("dlq", "export", str(out))
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"{out} exists already: name another, or overwrite it with --force.\n"
    )
    assert out.read_text() == "precious"
    assert run("dlq", "export", "--force", str(out)).exit_code == 0
    assert json.loads(out.read_text())["ref"] == ref(1)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_an_export_never_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    assert run("dlq", "export", str(tmp_path / "out")).exit_code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    result = run("dlq", "export", str(tmp_path / "none" / "out"))
    assert result.exit_code == 2
    assert "cannot be written (No such file or directory)" in result.stderr


def test_a_replay_goes_to_the_queue_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = boto3.client("sqs")
    looks = os.environ["LOOK_QUEUE_URL"]
    monkeypatch.delenv("ALERT_QUEUE_URL")
    look, alert = '{"v":2,"kind":"look","ticket":1}', '{"v":2,"kind":"alert","event":1}'
    for letter in (body(1), look, alert):
        bury(letter, "unknown kind")
    assert "3 of 3 sent again" in run("dlq", "replay", "--all").stdout
    (message,) = sqs.receive_message(QueueUrl=looks, MaxNumberOfMessages=10)["Messages"]
    assert message["Body"] == look
    url = os.environ["QUEUE_URL"]  # an alert, too, while the stack has no queue for it
    others = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {other["Body"] for other in others} == {body(1), alert}
