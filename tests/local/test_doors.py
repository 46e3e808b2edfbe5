"""Which of those who can reach a port of `make run` are answered: nobody who is a web page.

A page that a browser of this machine shows can send requests to 127.0.0.1, and read the answers
when a server allows its origin, or when the page's own name is made to point here (DNS rebinding).
"""

import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from bridge.endpoints.outgoing_webhook import PATH
from bridge.jobs import post_job
from bridge.mattermost.outgoing_webhook import to_post
from local import SAMPLE_TOKENS
from local.__main__ import start
from local.aws import SECRET_ID
from local.gateway import INVOKE
from local.mattermost_simulator import MattermostSimulator
from local.ports import free_ports
from tests.conftest import ROOT, kept_environment
from tests.local.test_run import greeting_of, started
from tests.support.limits import PLENTY

EVIL = "https://evil.example"
DOORS = ("gateway", "glpi", "control", "aws", "chat")
GATEWAY, GLPI, CONTROL, AWS, CHAT = range(5)
"""The ports of a run, counted from the first."""
SECOND = "127.0.0.2"
"""Stands for Docker's bridge: an address besides 127.0.0.1, at which containers come in."""
INSIDE = (GATEWAY, GLPI, AWS, CHAT)
"""What containers have business with."""

Headers = Sequence[tuple[str, str]]
Answer = tuple[int, dict[str, str], str]


@dataclass(frozen=True)
class Call:
    """A request that somebody has business with, `key` being how it shows the key of the run."""

    door: int
    method: str
    path: str
    body: str = ""
    headers: Headers = ()
    key: str = ""

    def __str__(self) -> str:
        return f"{DOORS[self.door]} {self.method} {self.path}"


BEARER = "Bearer {key}"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/service/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0"
)
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def aws(target: str, body: str = "{}", key: str = SIGNED) -> Call:
    """A call of the embedded AWS, as its clients make it."""
    version = "1.1" if target.startswith("secretsmanager") else "1.0"
    kind = ("Content-Type", f"application/x-amz-json-{version}")
    service = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb"}.get(target.split(".")[0])
    key = key.replace("service", service or "secretsmanager")
    return Call(AWS, "POST", "/", body, (kind, ("X-Amz-Target", target)), key)


SECRET = aws("secretsmanager.GetSecretValue", json.dumps({"SecretId": SECRET_ID}))
TICKETS = Call(CONTROL, "GET", "/tickets", key=BEARER)

BUSINESS = [
    Call(GATEWAY, "GET", "/health"),
    Call(GATEWAY, "POST", PATH, f"token={SAMPLE_TOKENS['helpdesk']}&text=112", (FORM,)),
    Call(GATEWAY, "POST", INVOKE, (ROOT / "events" / "form-plain.json").read_text("utf-8")),
    Call(GLPI, "GET", "/"),
    Call(
        GLPI,
        "GET",
        "/apirest.php/initSession",
        headers=(
            ("App-Token", "{glpi_app_token}"),
            ("Authorization", "user_token {glpi_user_token}"),
        ),
    ),
    TICKETS,
    Call(CONTROL, "GET", "/log", key=BEARER),
    Call(CONTROL, "GET", "/faults", key=BEARER),
    Call(CONTROL, "GET", "/health", key=BEARER),
    Call(CONTROL, "DELETE", "/faults", key=BEARER),
    Call(CONTROL, "POST", "/sessions/expire", key=BEARER),
    SECRET,
    aws("AmazonSQS.ListQueues"),
    aws("DynamoDB_20120810.ListTables"),
    Call(AWS, "GET", "/moto-api/data.json", key=BEARER),
    Call(CHAT, "GET", "/"),
    Call(CHAT, "GET", "/api/v4/system/ping"),
    Call(CHAT, "POST", "/say", "text=112", (FORM,)),
    Call(
        CHAT,
        "POST",
        f"/hooks/{MattermostSimulator.hook_id}",
        '{"text": "x"}',
        (("Content-Type", "application/json"),),
    ),
]
KEYED = [call for call in BUSINESS if call.key]


@dataclass(frozen=True)
class Run:
    """What `make run` starts, in this process.

    Attributes:
        port: the first.
        listening: the addresses that were not listened on before, as /proc/net/tcp has them.
        secret: what the bridge reads.
    """

    port: int
    greeting: str
    listening: frozenset[tuple[str, int]]
    secret: Mapping[str, str]

    def own(self, door: int) -> str:
        return f"127.0.0.1:{self.port + door}"

    def ask(
        self,
        call: Call,
        *more: tuple[str, str],
        hosts: Sequence[str] | None = None,
        address: str = "127.0.0.1",
    ) -> Answer:
        """Make a call with further headers; `hosts` takes the place of the port's own address."""
        shown = [("Authorization", call.key.format(key=os.environ["AWS_ACCESS_KEY_ID"]))]
        own = [(name, value.format_map(self.secret)) for name, value in call.headers]
        headers = [*own, *(shown if call.key else []), *more]
        hosts = [self.own(call.door)] if hosts is None else hosts
        named = [("Host", host) for host in hosts]
        return send(self.port + call.door, call, [*named, *headers], address)


def send(port: int, call: Call, headers: Headers, address: str = "127.0.0.1") -> Answer:
    connection = http.client.HTTPConnection(address, port, timeout=PLENTY)
    try:
        connection.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(call.body.encode())))
        connection.endheaders(call.body.encode())
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, names, response.read().decode()
    finally:
        connection.close()


def listening() -> frozenset[tuple[str, int]]:
    """Return the addresses on which this process listens (Linux)."""
    own = set()
    for handle in Path("/proc/self/fd").iterdir():
        try:
            own.add(str(handle.readlink()))
        except OSError:
            continue  # the folder's own, closed by now
    found = set()
    for table in ("tcp", "tcp6"):
        rows = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        for row in (row.split() for row in rows):
            if row[3] == "0A" and f"socket:[{row[9]}]" in own:  # LISTEN
                address, _, port = row[1].partition(":")
                found.add((address, int(port, 16)))
    return frozenset(found)


ON_LINUX = sys.platform == "linux"


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, wide_limits: None, aws_environment: None
) -> Iterator[Run]:
    with (
        kept_environment(),
        pytest.MonkeyPatch.context() as monkeypatch,
        free_ports(5) as port,
        ExitStack() as stack,
    ):
        monkeypatch.chdir(tmp_path_factory.mktemp("run"))
        before = listening() if ON_LINUX else frozenset()
        bind = f"{SECOND}/8" if ON_LINUX else "127.0.0.1"  # others do not have all of 127.0.0.0/8
        greeting = start(stack, {"PORT": str(port), "BIND": bind})
        after = listening() if ON_LINUX else frozenset()
        stored = boto3.client("secretsmanager").get_secret_value(SecretId=SECRET_ID)
        yield Run(port, greeting, after - before, json.loads(stored["SecretString"]))


def refused(answer: Answer) -> bool:
    """Tell whether an answer is a refusal, and lets no page read even that."""
    status, headers, text = answer
    assert not [name for name in headers if name.startswith("access-control-")], headers
    assert status != 403 or text.strip(), "says why"
    return status == 403


FOREIGN = {
    "foreign-origin": ("Origin", EVIL),
    "null-origin": ("Origin", "null"),
    "empty-origin": ("Origin", ""),
    "origin-of-another-port": ("Origin", "http://127.0.0.1:3000"),
    "origin-that-begins-like-ours": ("Origin", "http://127.0.0.1.evil.example"),
    "part-of-a-foreign-page": ("Sec-Fetch-Site", "cross-site"),
    "part-of-a-page-on-another-port": ("Sec-Fetch-Site", "same-site"),
}


@pytest.mark.parametrize("call", BUSINESS, ids=str)
@pytest.mark.parametrize("sign", FOREIGN.values(), ids=FOREIGN.keys())
def test_no_web_page_is_answered(run: Run, call: Call, sign: tuple[str, str]) -> None:
    assert refused(run.ask(call, sign))


REBOUND = {
    "foreign": ["evil.example"],
    "foreign-with-our-port": ["evil.example:{port}"],
    "begins-like-ours": ["127.0.0.1.evil.example:{port}"],
    "ends-like-ours": ["evil.localhost:{port}"],
    "user-like-ours": ["localhost:{port}@evil.example"],
    "any-address": ["0.0.0.0:{port}"],
    "in-the-network": ["192.0.2.1:{port}"],
    "no-port": ["127.0.0.1:{port}x"],
    "in-full": ["http://127.0.0.1:{port}"],
    "empty": [""],
    "none": [],
    "two": ["127.0.0.1:{port}", "evil.example"],
}


@pytest.mark.parametrize("call", BUSINESS, ids=str)
@pytest.mark.parametrize("hosts", REBOUND.values(), ids=REBOUND.keys())
def test_no_foreign_name_leads_here(run: Run, call: Call, hosts: list[str]) -> None:
    named = [host.format(port=run.port + call.door) for host in hosts]
    assert refused(run.ask(call, hosts=named))


@pytest.mark.parametrize("call", BUSINESS, ids=str)
@pytest.mark.parametrize("origin", [EVIL, "null", None])
def test_no_preflight_is_answered(run: Run, call: Call, origin: str | None) -> None:
    preflight = Call(call.door, "OPTIONS", call.path, key=call.key)
    asks = [
        ("Access-Control-Request-Method", call.method),
        ("Access-Control-Request-Headers", "authorization,content-type,x-amz-target"),
        ("Access-Control-Request-Private-Network", "true"),
    ]
    assert refused(run.ask(preflight, *asks, *([("Origin", origin)] if origin else [])))


@pytest.mark.parametrize("call", KEYED, ids=str)
@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Bearer",
        BEARER.format(key="local"),
        SIGNED.format(key="local"),
        SIGNED.format(key="AKIAIOSFODNN7EXAMPLE"),
        "Basic bG9jYWw6bG9jYWw=",
        "Bearer \xe9",
    ],
)
def test_without_the_key_of_the_run_nothing_is_answered(
    run: Run, call: Call, shown: str | None
) -> None:
    without = Call(call.door, call.method, call.path, call.body, call.headers)
    assert refused(run.ask(without, *([] if shown is None else [("Authorization", shown)])))


def test_the_key_counts_only_where_no_picture_on_a_page_can_show_it(run: Run) -> None:
    key = os.environ["AWS_ACCESS_KEY_ID"]
    query = f"Action=ListQueues&X-Amz-Credential={key}/20260101/eu-central-1/sqs/aws4_request"
    assert refused(run.ask(Call(AWS, "GET", f"/?{query}")))
    assert refused(run.ask(Call(CONTROL, "GET", f"/tickets?key={key}")))


def test_each_run_has_a_key_of_its_own_and_takes_it_away(tmp_path: Path) -> None:
    keys = []
    file = tmp_path / ".build" / "run.key"
    for _ in range(2):
        with free_ports(5) as port, started(port, tmp_path) as process:
            greeting_of(process)
            keys.append(file.read_text())
            process.send_signal(signal.SIGINT)
            assert process.wait(PLENTY) == 0
        assert not file.exists()
    assert len(set(keys)) == 2
    assert all(len(key) > 32 for key in keys)


# --- Who has business here


@pytest.mark.parametrize("call", BUSINESS, ids=str)
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:{}", "localhost:{}", "LOCALHOST:{}", "[::1]:{}", "host.docker.internal:{}"),
        *("127.0.0.1:1", "localhost"),  # as a relay or a tunnel passes on
    ],
)
def test_programs_and_people_of_this_machine_are_answered(run: Run, call: Call, host: str) -> None:
    status, _, text = run.ask(call, hosts=[host.format(run.port + call.door)])
    assert 200 <= status < 300, text


PAGES = [Call(GLPI, "GET", "/"), Call(CHAT, "GET", "/")]


def navigation(site: str, into: str = "document") -> Headers:
    return (
        ("Sec-Fetch-Site", site),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", into),
    )


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_person_may_follow_a_link_and_no_page_may_frame_what_it_leads_to(
    run: Run, page: Call
) -> None:
    for site in ("none", "same-origin", "same-site", "cross-site"):
        assert run.ask(page, *navigation(site))[0] == 200
    assert refused(run.ask(page, *navigation("cross-site", into="iframe")))
    written = Call(page.door, "POST", page.path)
    assert refused(run.ask(written, *navigation("cross-site")))


def test_the_file_with_the_key_is_what_curl_takes_and_for_its_owner_only(run: Run) -> None:
    file = Path(".build", "run.key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"Authorization: Bearer {os.environ['AWS_ACCESS_KEY_ID']}\n"
    command = re.search(r"^  (curl -H @\S+ http://\S+) -d '(\S+ \S+)'$", run.greeting, re.MULTILINE)
    assert command, run.greeting
    url = command[1].split()[-1]
    assert url == f"http://{run.own(CONTROL)}/faults"
    curl = ["curl", "-sS", "--noproxy", "*", "--fail-with-body", "-H", f"@{file}", url]
    subprocess.run([*curl, "-d", command[2]], check=True, capture_output=True)
    shown = subprocess.run(curl, check=True, capture_output=True, text=True).stdout
    assert [fault["kind"] for fault in json.loads(shown)] == ["maintenance"]
    subprocess.run([*curl, "-X", "DELETE"], check=True, capture_output=True)


def test_what_a_shell_reads_from_the_settings_of_a_run_is_the_key_for_aws_clients(run: Run) -> None:
    script = "set -a; . .build/run.env; printf '%s %s' $AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL"
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{os.environ['AWS_ACCESS_KEY_ID']} http://{run.own(AWS)}"


def test_who_is_refused_reads_why_and_never_the_key(run: Run) -> None:
    _, _, text = run.ask(Call(CONTROL, "GET", "/tickets"))
    assert ".build/run.key" in text
    assert ".build/run.env" in text
    _, _, name = run.ask(Call(GATEWAY, "GET", "/health"), hosts=["bridge.example.com"])
    assert "only 127.0.0.1, localhost, " in name
    _, _, page = run.ask(Call(CHAT, "GET", "/"), ("Origin", EVIL))
    assert "web page" in page
    assert os.environ["AWS_ACCESS_KEY_ID"] not in text + name + page + run.greeting


# --- All ports, those to come included


on_linux = pytest.mark.skipif(not ON_LINUX, reason="others list no ports of a process in /proc")
second_address = pytest.mark.allow_hosts(["127.0.0.1", SECOND])


@on_linux
@second_address
def test_whatever_listens_is_on_loopback_or_on_the_bridge_and_guarded(run: Run) -> None:
    own = {("127.0.0.1", run.port + door) for door in range(5)}
    bridge = {(SECOND, run.port + door) for door in INSIDE}
    written = {
        (f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}", port): (address, port)
        for address, port in own | bridge
    }
    assert run.listening == written.keys()
    assert {call.door for call in BUSINESS} == {port - run.port for _, port in own}
    for address, port in written.values():
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"):
            for path in ("/", "/anything", "/favicon.ico"):
                call = Call(0, method, path)
                shown = ("Host", f"127.0.0.1:{port}")
                foreign = [("Host", f"evil.example:{port}")]
                assert send(port, call, foreign, address)[0] == 403
                assert send(port, call, [shown, ("Origin", EVIL)], address)[0] == 403


FROM_CONTAINERS = [call for call in BUSINESS if call.door in INSIDE]


@on_linux
@second_address
@pytest.mark.parametrize("call", FROM_CONTAINERS, ids=str)
def test_containers_are_answered_as_programs_of_this_machine_are(run: Run, call: Call) -> None:
    name = [f"host.docker.internal:{run.port + call.door}"]
    status, _, text = run.ask(call, hosts=name, address=SECOND)
    assert 200 <= status < 300, text
    assert refused(run.ask(call, ("Origin", EVIL), hosts=name, address=SECOND))
    assert refused(run.ask(call, hosts=[f"{SECOND}:{run.port}"], address=SECOND))
    assert refused(run.ask(call, hosts=["evil.example"], address=SECOND))


@on_linux
@second_address
@pytest.mark.parametrize("call", [c for c in KEYED if c.door in INSIDE], ids=str)
def test_without_the_key_of_the_run_no_container_is_answered(run: Run, call: Call) -> None:
    without = Call(call.door, call.method, call.path, call.body, call.headers)
    for headers in ([], [("Authorization", BEARER.format(key="local"))]):
        assert refused(run.ask(without, *headers, address=SECOND))


# --- The attack


STOLEN = {"with-an-origin": [("Origin", EVIL)], "rebound": [("Host", "evil.example")], "plain": []}


@pytest.mark.parametrize("signs", STOLEN.values(), ids=STOLEN.keys())
def test_a_page_reads_no_secret_and_files_no_ticket_without_a_token(
    run: Run, signs: Headers
) -> None:
    """What a page did: read all tokens, look up the queue, and put a message into it."""
    forged = SIGNED.format(key="local")
    post = to_post({"text": "112 forged"}, "helpdesk", "forged", "token")
    job = post_job.dumps(post_job.PostJob(post, time.time()))
    queue = os.environ["QUEUE_URL"]
    body = json.dumps({"QueueUrl": queue, "MessageBody": job})
    for call in (
        SECRET,
        aws("AmazonSQS.ListQueues"),
        aws("AmazonSQS.SendMessage", body),
        aws("DynamoDB_20120810.Scan", '{"TableName": "ledger"}'),
    ):
        for authorization in ([], [("Authorization", forged.replace("service", "sqs"))]):
            headers = [*call.headers, *authorization, *signs]
            if "Host" not in dict(signs):
                headers.append(("Host", run.own(AWS)))
            status, shown, text = send(run.port + AWS, call, headers)
            assert refused((status, shown, text))
            for token in (*SAMPLE_TOKENS.values(), MattermostSimulator.bot_token):
                assert token not in text
    waiting = aws("AmazonSQS.ReceiveMessage", json.dumps({"QueueUrl": queue}))
    assert "forged" not in run.ask(waiting)[2]
    assert "forged" not in run.ask(TICKETS)[2]
