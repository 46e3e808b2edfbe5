"""`make run`: one command, and one clear sentence when it cannot start."""

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from bridge.config.settings import SettingsError
from bridge.endpoints.outgoing_webhook import PATH
from glpi import GlpiError
from local import SAMPLE_TOKENS
from local.__main__ import RUN_ENV, RUN_KEY, _run_env, main, start
from local.aws import EmbeddedAws
from local.glpi_simulator import Fault, GlpiSimulator
from local.glpi_simulator.answers import Answer
from local.glpi_simulator.call import Call
from local.glpi_simulator.glpi_port import GlpiHandler
from local.mattermost_simulator import MattermostFault, MattermostSimulator
from local.ports import free_ports
from tests.conftest import ROOT, kept_environment
from tests.support import limits
from tests.support.limits import PLENTY
from tests.support.people import File, ask, multipart


@pytest.fixture
def port() -> Iterator[int]:
    """The first of the five that `make run` takes."""
    with free_ports(5) as port:
        yield port


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What starting changes in the environment is put back."""
    with kept_environment():
        yield


def refusal(**env: str) -> str:
    with (
        free_ports(5) as port,
        ExitStack() as stack,
        pytest.raises((SettingsError, GlpiError)) as caught,
    ):
        start(stack, {"PORT": str(port), **env})
    return str(caught.value)


IGNORING_SIGINT = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""What `nohup` and a script's `&` make of a program."""


@contextmanager
def started(
    port: int, folder: Path, *under: str, module: str = "local"
) -> Iterator[subprocess.Popen[str]]:
    """`python -m local` in an empty folder: a developer's .env and engine are not for tests."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GLPI_", "MATTERMOST_"))}
    with subprocess.Popen(
        [*under, sys.executable, "-m", module],
        cwd=folder,
        env={
            **env,
            "PORT": str(port),
            "BIND": "127.0.0.1",
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "ascii",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def greeting_of(process: subprocess.Popen[str]) -> str:
    """Return what a start says, as soon as all of it is said."""
    assert process.stdout
    greeting = ""
    while "Ctrl-C" not in greeting:
        line = process.stdout.readline()
        assert line, greeting
        greeting += line
    return greeting


def test_ctrl_c_ends_it_even_if_it_was_started_in_the_background(port: int, tmp_path: Path) -> None:
    with started(port, tmp_path, *IGNORING_SIGINT) as process:
        greeting_of(process)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PLENTY)[0].strip() == "Stopped."
        assert process.returncode == 0


def test_ctrl_c_while_it_is_still_loading_ends_it_without_a_traceback(
    port: int, tmp_path: Path
) -> None:
    pressed = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "dotenv.py").write_text(pressed)  # in the place of what is imported
    with started(port, tmp_path) as process:
        assert process.communicate(timeout=PLENTY)[0] == ""
        assert process.returncode == -signal.SIGINT


@pytest.fixture
def running(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with started(port, tmp_path, module="tests.support.limits") as process:
        yield process


def test_one_command_starts_everything_and_ctrl_c_ends_it(
    running: subprocess.Popen[str], port: int, tmp_path: Path
) -> None:
    greeting = greeting_of(running)
    assert "production needs AWS" in greeting
    assert "secret" not in greeting, "its tokens are the run's own"
    assert f"curl http://127.0.0.1:{port + 4}/say -F user=alice" in greeting
    curl = re.search(r"curl (\S+) -d token=(\S+) \\\n    -d user_name=alice", greeting)
    assert curl

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as health:
        assert health.status == 200
    form = f"token={curl[2]}&user_name=alice&text=112+the+printer+is+on+fire".encode()
    with urllib.request.urlopen(curl[1], form) as response:
        answer = response.read().decode()
    assert "Принято" in answer
    link = re.search(r"\((http[^)]*)\)", answer)
    assert link
    with urllib.request.urlopen(link[1]) as page:
        assert "the printer is on fire" in page.read().decode()

    command = re.search(r"^  (.*manage.* --env \S+ queue)$", greeting, re.MULTILINE)
    assert command
    env_file = tmp_path / ".build" / "run.env"
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert "outgoingwebhooktoken" not in env_file.read_text()
    waits = subprocess.run(
        shlex.split(command[1]), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "dead letters  0\n" in waits.stdout

    running.send_signal(signal.SIGINT)
    assert running.wait(PLENTY) == 0
    assert not env_file.exists()
    for taken in range(port, port + 5):
        with socket.create_server(("127.0.0.1", taken)):
            pass


def test_what_is_to_be_typed_can_be_typed_in_a_path_with_blanks(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path.parent / "a folder's own"
    monkeypatch.setattr("local.__main__.ROOT", folder)
    toml = tmp_path / "bridge.toml"
    toml.write_text('[[desk]]\ntriggers = ["it\'s"]\n')
    monkeypatch.setattr("local.__main__.BRIDGE_TOML", toml)
    with ExitStack() as stack:
        lines = start(stack, {"PORT": str(port)}).splitlines()

    def lines_with(part: str) -> list[str]:
        found = (line.removesuffix("\\") for line in lines if part in line and "  -" in line)
        return [word for line in found for word in shlex.split(line)]

    (say,), (manage,) = ([n for n in lines if text in n] for text in ("file=@", "/manage"))
    assert lines_with("**") == ["--form-string", "text=it's **the printer** is on fire"]
    assert lines_with("--data-urlencode") == [
        "--data-urlencode",
        "text=it's the printer is on fire",
    ]
    (call,) = (line for line in lines if "form.json" in line)
    assert shlex.split(call)[-1] == f"@{folder / 'events' / 'form.json'}"
    files = [f"file=@{folder / name}" for name in ("requirements.txt", "requirements/run.txt")]
    assert shlex.split(say) == ["-F", files[0], "-F", files[1]]
    assert shlex.split(manage) == [str(folder / "manage"), "--env", str(RUN_ENV), "queue"]


def test_a_port_in_use_is_one_sentence_with_a_way_out(port: int) -> None:
    for taken in range(port, port + 5):
        with socket.create_server(("127.0.0.1", taken)):
            said = refusal(PORT=str(port))
        assert str(taken) in said
        another = re.search(r"; try PORT=(\d+) make run$", said)
        assert another
        with ExitStack() as stack:
            for proposed in range(int(another[1]), int(another[1]) + 5):
                assert proposed not in range(port, port + 5)
                stack.enter_context(socket.create_server(("127.0.0.1", proposed)))


@pytest.mark.parametrize("value", ["x", "80", "65532", "-1", ""])
def test_a_port_is_a_number(value: str) -> None:
    assert refusal(PORT=value).startswith(f"PORT: is {value!r}; use a number")


def test_an_unknown_version_cannot_be_simulated() -> None:
    said = refusal(GLPI_VERSION="9.5")
    assert said == "GLPI_VERSION: is '9.5'; use 10.0.14 or 11.0.6"


def real(glpi: GlpiSimulator, **changes: str) -> dict[str, str]:
    return {
        "GLPI_URL": glpi.url,
        "GLPI_APP_TOKEN": glpi.app_token,
        "GLPI_USER_TOKEN": glpi.user_tokens["mm-bot"],
        "MATTERMOST_TOKENS": "token-one,token-two",
        **changes,
    }


@pytest.mark.parametrize("tokens", [",", " ", " , "])
def test_the_samples_tokens_are_never_accepted_in_front_of_a_real_glpi(
    glpi: GlpiSimulator, tokens: str
) -> None:
    said = refusal(**real(glpi, MATTERMOST_TOKENS=tokens))
    assert said.startswith("MATTERMOST_TOKENS: is not set")


@pytest.mark.parametrize("key", ["GLPI_APP_TOKEN", "GLPI_USER_TOKEN", "MATTERMOST_TOKENS"])
def test_a_token_that_cannot_be_one_is_named_by_its_variable(glpi: GlpiSimulator, key: str) -> None:
    assert refusal(**real(glpi, **{key: "canary x"})).startswith(f"{key}: holds blanks")


def test_an_unreadable_dotenv_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_bytes(b"GLPI_URL=\xff")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert main() == 1
    assert capsys.readouterr().err == (
        "Cannot start: .env: cannot be read; it should be text in UTF-8\n"
    )


def test_nothing_meant_for_the_emulator_can_leave_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nignore_configured_endpoint_urls = true\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "production",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    aws = EmbeddedAws()
    aws.start()
    try:
        aws.store_secret({"a": "b"})
    finally:
        aws.stop()


@pytest.mark.parametrize("key", ["GLPI_APP_TOKEN", "GLPI_USER_TOKEN", "MATTERMOST_TOKENS"])
def test_for_a_real_glpi_every_token_is_needed(glpi: GlpiSimulator, key: str) -> None:
    assert refusal(**real(glpi, **{key: ""})).startswith(f"{key}: is not set, but GLPI_URL is")


def test_a_bad_url_is_named(glpi: GlpiSimulator) -> None:
    assert refusal(**real(glpi, GLPI_URL="glpi.example")).startswith("GLPI_URL: is 'glpi.example'")


@pytest.mark.parametrize(
    ("key", "code", "remedy"),
    [
        ("GLPI_USER_TOKEN", "ERROR_GLPI_LOGIN_USER_TOKEN", "use the API token"),
        ("GLPI_APP_TOKEN", "ERROR_WRONG_APP_TOKEN_PARAMETER", "copy the application token"),
    ],
)
def test_rejected_tokens_are_one_sentence(
    glpi: GlpiSimulator, key: str, code: str, remedy: str
) -> None:
    said = refusal(**real(glpi, **{key: "wrong"}))
    assert said.startswith(f"{key}: {glpi.url} does not accept it ({code}): {remedy}")
    assert "secret" not in said


@pytest.mark.parametrize(("in_file", "where"), [(True, "from .env"), (False, "from the env")])
def test_a_token_that_is_refused_is_said_to_be_from_where_it_was_set(
    glpi: GlpiSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_file: bool,
    where: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    wrong = {"GLPI_USER_TOKEN": "wrong"}
    with free_ports(5) as port:
        env = {**real(glpi), "PORT": str(port), **({} if in_file else wrong)}
        if in_file:
            del env["GLPI_USER_TOKEN"]
            Path(".env").write_text("GLPI_USER_TOKEN=wrong\n")
        os.environ.update(env)
        assert main() == 1
    assert capsys.readouterr().err.startswith(f"Cannot start: GLPI_USER_TOKEN ({where}")


def test_the_greeting_says_which_token_of_the_secret_is_from_where(
    glpi: GlpiSimulator, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        greeting = start(stack, real(glpi, PORT=str(port)), {"GLPI_APP_TOKEN"})
    assert re.findall(r"^  (\w+_tokens?) +(\w+), from (.*)$", greeting, re.MULTILINE) == [
        ("glpi_app_token", "GLPI_APP_TOKEN", ".env"),
        ("glpi_user_token", "GLPI_USER_TOKEN", "the environment"),
        ("mattermost_webhook_tokens", "MATTERMOST_TOKENS", "the environment"),
    ]


def test_where_tokens_are_its_own_no_sample_is_offered_but_what_works(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        greeting = start(stack, {"PORT": str(port), "MATTERMOST_TOKENS": "token-one,token-two"})
        assert "events/" not in greeting
        assert "outgoingwebhooktoken" not in greeting
        assert "token=" not in greeting
        command = re.search(r"^  (.*manage .* send '112 .*')$", greeting, re.MULTILINE)
        assert command
        done = subprocess.run(shlex.split(command[1]), capture_output=True, text=True, check=True)
        assert "id=101" in done.stdout


def test_a_glpi_that_is_down_is_one_sentence(glpi: GlpiSimulator) -> None:
    glpi.inject(Fault("refuse"))
    assert "No connection to GLPI (Connection refused)" in refusal(**real(glpi))


def test_a_real_glpi_gets_the_messages(
    glpi: GlpiSimulator, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        greeting = start(stack, real(glpi, PORT=str(port)))
        assert glpi.url in greeting
        assert os.environ["PAUSES"] == "normal", "a real GLPI may finish long after a cut"
        assert "GLPI_APP_TOKEN, from the environment" in greeting
        told = dotenv_values(RUN_ENV, interpolate=False)
        assert told["GLPI_URL"] == glpi.url
        assert "token-one" not in RUN_ENV.read_text()
        assert glpi.app_token not in RUN_ENV.read_text()
        url = f"http://127.0.0.1:{port}{PATH}"
        for token in ("token-one", "token-two"):
            with urllib.request.urlopen(url, f"token={token}&text=112+x".encode()) as response:
                assert response.status == 200
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(url, b"token=outgoingwebhooktoken00000a&text=112+x")
        refused.value.close()
    assert len(glpi.tickets) == 2


def test_the_settings_of_a_run_hold_nothing_else_of_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOMEBODYS", "it's")
    monkeypatch.setenv("GLPI_USER_TOKEN", "u" * 40)
    monkeypatch.setenv("GLPI_URL", "https://glpi.example")
    with _run_env():
        assert dotenv_values(RUN_ENV).keys() >= {"GLPI_URL"}
        assert not dotenv_values(RUN_ENV).keys() & {"SOMEBODYS", "GLPI_USER_TOKEN"}
        subprocess.run(["sh", "-c", f". ./{RUN_ENV}"], check=True)


def test_the_file_for_manage_py_reads_back_what_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = "a 'b' \\ \\' ${HOME} # c \"d\""
    monkeypatch.setenv("GLPI_CA_BUNDLE", odd)
    with _run_env():
        assert dotenv_values(RUN_ENV, interpolate=False)["GLPI_CA_BUNDLE"] == odd


def test_the_file_of_another_run_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with _run_env():
        RUN_ENV.write_text("OTHER=run")
    assert RUN_ENV.read_text() == "OTHER=run"


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".build").write_text("in the way")
    with pytest.raises(SettingsError, match="cannot be written"), _run_env():
        pass


# --- The simulated Mattermost


class Rehearsal:
    """A running `make run`: people write in Mattermost, and look into GLPI."""

    def __init__(self, port: int) -> None:
        self.chat = f"http://127.0.0.1:{port + 4}"
        self.control = f"http://127.0.0.1:{port + 2}"
        name, _, value = RUN_KEY.read_text().strip().partition(": ")
        self.key = {name: value}

    def say(self, text: str, *files: File, **fields: str) -> tuple[str, str]:
        """Say something; returns the id of the thread and the thread."""
        body, headers = multipart({"text": text, **fields}, files)
        status, thread = ask(f"{self.chat}/say", body, headers)
        assert status == 200, thread
        return re.findall(r"thread (\w+)", thread)[0], thread

    def thread_when(self, root: str, text: str) -> str:
        """Return a thread as soon as it holds a text."""
        end = time.monotonic() + PLENTY
        thread = ask(f"{self.chat}/threads/{root}")[1]
        while text not in thread:
            assert time.monotonic() < end, thread
            thread = ask(f"{self.chat}/threads/{root}/wait")[1]
        return thread

    def ticket_when(self, number: int, condition: Callable[[Any], bool]) -> Any:
        """Return a ticket as soon as something is true of it."""
        end = time.monotonic() + PLENTY
        while time.monotonic() < end:
            listed = ask(f"{self.control}/tickets", None, self.key)[1]
            tickets = {t["id"]: t for t in json.loads(listed)}
            if condition(tickets[number]):
                return tickets[number]
        raise AssertionError(tickets[number])

    def break_glpi(self, kind: str) -> None:
        fault = json.dumps({"kind": kind}).encode()
        assert ask(f"{self.control}/faults", fault, self.key)[0] == 201

    def heal_glpi(self) -> None:
        url = f"{self.control}/faults"
        healed = urllib.request.Request(url, headers=self.key, method="DELETE")
        urllib.request.urlopen(healed).close()


@pytest.fixture
def rehearsal(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        start(stack, {"PORT": str(port)})
        yield Rehearsal(port)


def test_files_requester_and_replies_reach_the_ticket_and_answers_the_thread(
    rehearsal: Rehearsal,
) -> None:
    files = ("a.txt", b"first"), ("b.txt", b"second")
    alices, thread = rehearsal.say("112 **the printer** is on fire", *files, user="alice")
    assert "bridge: :white_check_mark:" in thread
    assert "id=101" in thread
    _, thread = rehearsal.say("112 me too", *files, user="mallory")
    assert "id=102" in thread
    ticket = rehearsal.ticket_when(101, lambda ticket: len(ticket["documents"]) == 2)
    assert ticket["requesters"] == [11]
    assert "<strong>the printer</strong>" in ticket["content"]
    assert f"{rehearsal.chat}/_redirect/pl/{alices}" in ticket["content"]
    ticket = rehearsal.ticket_when(102, lambda ticket: len(ticket["documents"]) == 2)
    assert ticket["requesters"] == ["mallory@elsewhere.example"]
    assert {document["filename"] for document in ticket["documents"]} == {"a.txt", "b.txt"}

    _, thread = rehearsal.say("112 it still burns", root=alices)
    assert "bridge: :speech_balloon:" in thread
    (followup,) = rehearsal.ticket_when(101, lambda ticket: ticket["followups"])["followups"]
    assert "it still burns" in followup["content"]
    assert followup["users_id"] == 11


def test_after_an_outage_the_number_arrives_in_the_thread_by_itself(rehearsal: Rehearsal) -> None:
    rehearsal.break_glpi("maintenance")
    root, thread = rehearsal.say("112 the printer is on fire", user="alice")
    assert ":hourglass_flowing_sand:" in thread
    rehearsal.heal_glpi()
    thread = rehearsal.thread_when(root, "id=101")
    assert "@alice" in thread
    assert ":white_check_mark:" in thread


def test_what_manage_py_is_told_names_the_simulated_mattermost_but_no_token(
    rehearsal: Rehearsal,
) -> None:
    assert dotenv_values(RUN_ENV)["MATTERMOST_URL"] == rehearsal.chat
    assert MattermostSimulator.bot_token not in RUN_ENV.read_text()


def test_a_real_mattermost_takes_the_place_of_the_simulated_one(
    mattermost: MattermostSimulator, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = mattermost.add_post(next(iter(mattermost.channels)))
    env = {"PORT": str(port), "MATTERMOST_URL": mattermost.url + "/"}
    with ExitStack() as stack, socket.create_server(("127.0.0.1", port + 4)):
        greeting = start(stack, {**env, "MATTERMOST_BOT_TOKEN": mattermost.bot_token})
        assert "/say" not in greeting
        assert mattermost.url in greeting
        assert dotenv_values(RUN_ENV)["MATTERMOST_URL"] == mattermost.url
        assert mattermost.bot_token not in RUN_ENV.read_text()
        token = re.findall(r"token=(\S+)", greeting)[0]
        form = f"token={token}&text=112+x&post_id={root}".encode()
        status, answer = ask(f"http://127.0.0.1:{port}{PATH}", form)
        assert (status, "112" in answer) == (200, True), "has_bot: a reply becomes a followup"
    assert f"GET /api/v4/posts/{root}" in mattermost.log


def test_a_number_in_a_real_mattermost_is_that_of_no_later_run_s_ticket(
    mattermost: MattermostSimulator, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    form = f"token={SAMPLE_TOKENS['helpdesk']}&text=112+x".encode()
    numbers = set()
    for _ in range(2):
        with ExitStack() as stack:
            start(stack, {"PORT": str(port), "MATTERMOST_URL": mattermost.url})
            answer = ask(f"http://127.0.0.1:{port}{PATH}", form)[1]
        numbers.add(re.findall(r"id=(\d+)", answer)[0])
    assert len(numbers) == 2


def test_without_a_bot_only_the_links_lead_to_mattermost(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        greeting = start(stack, {"PORT": str(port), "MATTERMOST_URL": "https://chat.example.com"})
        assert "https://chat.example.com  (no bot: MATTERMOST_BOT_TOKEN is not set)" in greeting


def test_a_bot_token_needs_an_address() -> None:
    assert refusal(MATTERMOST_BOT_TOKEN="x" * 26) == (
        "MATTERMOST_BOT_TOKEN: is set, but MATTERMOST_URL is not; set it to the server's address, "
        "or neither of them to simulate a Mattermost"
    )


def test_an_unusable_address_of_mattermost_is_named() -> None:
    said = refusal(MATTERMOST_URL="chat.example")
    assert said.startswith("MATTERMOST_URL: is 'chat.example', which is not a web address; use ")


def test_an_unusable_bot_token_is_named_and_not_shown(mattermost: MattermostSimulator) -> None:
    env = {"MATTERMOST_URL": mattermost.url}
    said = refusal(**env, MATTERMOST_BOT_TOKEN="canary x")
    assert said == (
        "MATTERMOST_BOT_TOKEN: holds blanks or characters that no token has; copy it again"
    )
    said = refusal(**env, MATTERMOST_BOT_TOKEN="canary")
    assert said == (
        f"MATTERMOST_BOT_TOKEN: {mattermost.url} does not accept it: enable the bot account, or "
        "create a new token (Integrations > Bot Accounts)"
    )


def test_a_mattermost_that_is_not_there_or_none_is_one_sentence(
    mattermost: MattermostSimulator,
) -> None:
    env = {"MATTERMOST_URL": mattermost.url, "MATTERMOST_BOT_TOKEN": "x" * 26}
    mattermost.fault = MattermostFault(status=200)
    assert refusal(**env).startswith(
        f"MATTERMOST_URL: is '{mattermost.url}': What answers is not Mattermost: check "
    )
    mattermost.refuse()
    assert refusal(**env).startswith(
        f"MATTERMOST_URL: is '{mattermost.url}': No connection to Mattermost (Connection refused)"
    )


def test_an_unusable_certificate_for_mattermost_is_named() -> None:
    said = refusal(MATTERMOST_URL="https://chat.example", MATTERMOST_CA_BUNDLE="none")
    assert said.startswith("MATTERMOST_CA_BUNDLE: is 'none', which is not a readable file")


def test_whatever_the_shell_says_the_rehearsal_asks_only_what_it_has_started(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {
        "SECRET_ID": "production",
        "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/production",
        "DEAD_LETTER_URL": "https://sqs.eu-central-1.amazonaws.com/1/dead",
        "LEDGER_TABLE": "production",
        "GLPI_URL": "https://glpi.example.com",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        start(stack, {"PORT": str(port)})
        _, thread = Rehearsal(port).say("112 the printer is on fire")
    assert "id=101" in thread


# --- Side by side


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GLPI that holds each new ticket until a second is to be filed; nobody's time is short."""
    both = threading.Barrier(2)
    answer = GlpiHandler._by_glpi

    def hold(handler: GlpiHandler, call: Call, place: str) -> Answer:
        if (call.method, call.parts) == ("POST", ["Ticket"]):
            both.wait(PLENTY)
        return answer(handler, call, place)

    monkeypatch.setattr(GlpiHandler, "_by_glpi", hold)
    monkeypatch.setattr("local.__main__.FUNCTION_SECONDS", 2 * PLENTY)
    patient = limits.environment("bridge.config.timing.GLPI_SECONDS")
    monkeypatch.setattr("local.execution.PROGRAM", patient)


@pytest.mark.usefixtures("meeting")
def test_messages_are_filed_side_by_side(rehearsal: Rehearsal) -> None:
    with ThreadPoolExecutor(2) as pool:
        threads = list(pool.map(rehearsal.say, ("112 the printer", "112 the scanner")))
    numbers = [re.findall(r"id=(\d+)", thread) for _, thread in threads]
    assert sorted(numbers) == [["101"], ["102"]]


@pytest.mark.usefixtures("meeting")
def test_waiting_messages_are_filed_side_by_side(rehearsal: Rehearsal) -> None:
    rehearsal.break_glpi("maintenance")
    roots = [rehearsal.say(f"112 {what}")[0] for what in ("the printer", "the scanner")]
    rehearsal.heal_glpi()
    threads = [rehearsal.thread_when(root, "id=") for root in roots]
    assert sorted(re.findall(r"id=(\d+)", "".join(threads))) == ["101", "102"]
