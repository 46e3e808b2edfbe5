"""`make rehearse`: deploy the template for real, to an AWS emulator, and use what was deployed.

The release before comes first, then this one, the one before again, and this one, with messages in
queue and dead letter queue all the while: nothing may be lost, doubled or buried. Then the scripts
of deploy/ bring this release to a dead GLPI, where it stays, and a broken one, which they take
back. At last comes a release that knows one more kind of job, which had to wait for it.

`sam build` and `sam deploy` are the real ones; the emulator is MiniStack. What it cannot express is
left out of the built template or added after the deploy, and named here; the template itself is not
bent to it.
"""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3

from bridge.endpoints import outgoing_webhook
from bridge.jobs import post_job
from bridge.mattermost.outgoing_webhook import to_post
from local import SAMPLE_TOKENS, emulated_template, sam, taken_back
from local.aws import pretend
from local.glpi_simulator import Fault, GlpiSimulator
from local.guarded_ministack import WEBHOOKS
from local.mattermost_simulator import MattermostSimulator
from local.ministack import VENV, emulator, new_account
from local.ports import free_ports
from local.steps import ROOT, Failed, rehearsed, run, step

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

STACK = "mattermost-glpi-bridge"
RECOVERY_SECONDS = 90.0

TO_COME = "to_come"
"""A kind of job that no release knows yet."""

KNOWN_TO_COME = f"""

def _do_what_is_to_come(built: Container, record: Event, context: Context) -> Answered[bool]:
    import json

    body = json.dumps(json.loads(record["body"])["post_job"])
    return _file(built, {{**record, "body": body}}, context)


JOBS = {{**JOBS, Kind({TO_COME!r}, 2): _do_what_is_to_come}}
"""
"""What makes the worker of a release to come of this one's: it files the post inside such a job."""


def main() -> int:
    """Rehearse; returns 0, 1 when a step failed, 130 after Ctrl-C."""
    return rehearsed(_rehearse)


def _rehearse() -> None:
    """Deploy to the emulator and use the stack.

    Raises:
        Failed: a step did.
    """
    with ExitStack() as stack:
        port = stack.enter_context(free_ports())
        pretend(f"http://127.0.0.1:{port}", new_account())
        os.environ.update(SAM_CLI_TELEMETRY="0", SAM_CLI_POLL_DELAY="1")
        glpi = stack.enter_context(GlpiSimulator())
        chat = stack.enter_context(MattermostSimulator())
        stack.enter_context(emulator(port))
        before = stack.enter_context(_release_before())
        api = _install(before, glpi, chat)
        _go_back_and_forth(api, port, before, glpi)
        _use(api, port, glpi, chat)
        _deploy_from_ci(api, port, glpi)
        _meet_what_is_to_come(stack.enter_context(_release_to_come()), glpi)


@contextmanager
def _release_before() -> Iterator[Path]:
    """Check out the release before this one until the block ends; yields its folder."""
    commit = (ROOT / "deploy" / "release-before").read_text("utf-8").strip()
    with _tree(commit, "before") as tree:
        yield tree


@contextmanager
def _release_to_come() -> Iterator[Path]:
    """Check out a release that knows one more kind of job until the block ends."""
    with _tree("HEAD", "to-come") as tree:
        with Path(tree, "bridge", "endpoints", "queue.py").open("a", encoding="utf-8") as module:
            module.write(KNOWN_TO_COME)
        yield tree


@contextmanager
def _tree(commit: str, name: str) -> Iterator[Path]:
    """Check out a commit until the block ends; yields its folder."""
    with TemporaryDirectory() as folder:
        tree = Path(folder, name)
        run("git", "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            run("git", "worktree", "remove", "--force", str(tree))


def _deploy(tree: Path, *parameters: str) -> None:
    """Build and deploy a release as the README says, with short pauses."""
    release = "this release" if tree == ROOT else f"the release {tree.name.replace('-', ' ')}"
    with step(f"sam build of {release}"):
        _sam(tree, "build")
        emulated_template.fit(tree)
    with step("sam deploy"):
        overrides = ("--parameter-overrides", *parameters) if parameters else ()
        _sam(tree, "deploy", "--no-confirm-changeset", *overrides)


def _install(tree: Path, glpi: GlpiSimulator, chat: MattermostSimulator) -> str:
    """Bring up a new installation; returns the id of the HTTP API."""
    _deploy(tree, f"GlpiUrl={glpi.url}", f"MattermostUrl={chat.url}")
    stacks = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stacks[0]["Outputs"]}
    for key in ("WebhookUrl", "SecretArn", "StoreSecret", "DashboardUrl", "FunctionLogs"):
        if not outputs.get(key):
            raise Failed(f"the stack has no output {key}")
    api = outputs["WebhookUrl"].partition("//")[2].partition(".")[0]
    with step("store the secret"):
        _store_secret(outputs["SecretArn"], glpi, chat)
    with step("add the routes of the transformed template, which the emulator ignores"):
        _add_routes(api)
    return api


def _go_back_and_forth(api: str, port: int, before: Path, glpi: GlpiSimulator) -> None:
    """Update, go back and update again, with messages in queue and dead letter queue."""
    form = {"token": SAMPLE_TOKENS["helpdesk"], "user_name": "alice"}
    with step("a message becomes a dead letter"):
        glpi.inject(Fault("status_before", match="POST Ticket", status=413))
        _post(api, port, {**form, "text": "112 a novel"})
        _wait_for_empty_queue()
        glpi.heal()
    filed = len(glpi.tickets)
    for number, tree in enumerate((ROOT, before, ROOT)):
        glpi.inject(Fault("maintenance"))
        with step("while GLPI is down a message is saved"):
            status, answer = _post(api, port, {**form, "text": f"112 message {number}"})
            if status != 200 or "Сообщение сохранено" not in answer:
                raise Failed(f"{status}: {answer}")
        _deploy(tree)
        glpi.heal()
        with step("it is filed, once, by the release that is there now"):
            _wait_for_tickets(glpi, filed + number + 1)
            _wait_for_empty_queue()
        with step("the dead letter is still there, and nothing else was buried"):
            if "1 in all" not in _manage("dlq", "list"):
                raise Failed(_manage("dlq", "list"))
    with step("and is filed when it is sent again"):
        _manage("dlq", "replay", "--all")
        _wait_for_tickets(glpi, filed + 4)
        _wait_for_empty_queue()


def _store_secret(secret: str, glpi: GlpiSimulator, chat: MattermostSimulator) -> None:
    value = {
        "glpi_app_token": glpi.app_token,
        "glpi_user_token": glpi.user_tokens["mm-bot"],
        "mattermost_webhook_tokens": SAMPLE_TOKENS,
        "mattermost_bot_token": chat.bot_token,
    }
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=secret, SecretString=json.dumps(value))


def _add_routes(api: str) -> None:
    routes = sam.routes(sam.transformed(sam.read(), {"GlpiUrl": "https://glpi.example"}))
    if list(routes) != [outgoing_webhook.ROUTE]:
        raise Failed(f"the transformed template has other routes: {list(routes)}")
    function = boto3.client("lambda").get_function(FunctionName=f"{STACK}-webhook")["Configuration"]
    gateway = boto3.client("apigatewayv2")
    for route, wanted in routes.items():
        integration = gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=function["FunctionArn"],
            PayloadFormatVersion=wanted["payloadFormatVersion"],
            TimeoutInMillis=wanted["timeoutInMillis"],
        )
        target = f"integrations/{integration['IntegrationId']}"
        gateway.create_route(ApiId=api, RouteKey=route, Target=target)


def _use(api: str, port: int, glpi: GlpiSimulator, chat: MattermostSimulator) -> None:
    """Tell the story of the bridge on the deployed stack."""

    def says(what: str, text: str, wanted: str, **fields: str) -> None:
        with step(what):
            form = {
                "token": SAMPLE_TOKENS["helpdesk"],
                "text": text,
                "user_name": "alice",
                **fields,
            }
            status = 200 if "token" not in fields else 401
            got, answer = _post(api, port, form)
            if got != status or wanted not in answer:
                raise Failed(f"expected {status} and {wanted!r}, got {got}: {answer}")

    def written() -> str:
        return chat.add_post(next(iter(chat.channels)))

    filed = len(glpi.tickets)
    fire, post = "112 the printer is on fire", written()
    first = post
    says("a message becomes a ticket", fire, "Принято: заявка", post_id=post)
    says("its second delivery is silent", fire, "{}", post_id=post)
    new = [ticket["name"] for ticket in glpi.tickets[filed:]]
    if new != ["Заявка от alice: the printer is on fire"]:
        raise Failed(f"GLPI has other new tickets: {new}")
    says("a trigger alone is explained", "112", "Заявка пока не создана")
    says("a stranger gets nothing", "112 x", "not accepted", token="stranger")
    glpi.inject(Fault("maintenance"))
    coffee, post = "112 the coffee is out", written()
    says("while GLPI is down a message is saved", coffee, "номер придёт сюда", post_id=post)
    glpi.heal()
    with step("when GLPI is back its ticket appears by itself"):
        _wait_for_tickets(glpi, filed + 2)
    with step("and its author reads the number in the thread"):
        _wait_for_empty_queue()
        if [root for root, _ in chat.said()] != [post]:
            raise Failed(f"the bot has said {chat.said()}")
    glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    says("an answer that is cut off leaves the message saved", "112 tea", "Сообщение сохранено")
    with step("and the worker finds the ticket instead of filing a second"):
        _wait_for_empty_queue()
        _wait_for_tickets(glpi, filed + 3)
    glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    says(
        "of a message too large for a proxy its author learns at once",
        "112 a novel",
        "слишком велико",
        post_id=written(),
    )
    with step("and becomes a dead letter, whose author is told"):
        _wait_for_empty_queue()
        if "http-413; the author was told" not in _manage("dlq", "list"):
            raise Failed(_manage("dlq", "list"))
    glpi.heal()
    with step("manage.py replays it, and its ticket appears"):
        _manage("dlq", "replay", "--all")
        _wait_for_tickets(glpi, filed + 4)
        _wait_for_empty_queue()
    with step("manage.py finds one ticket for each post, and nothing waiting"):
        if "nothing waits" not in _manage("queue").lower():
            raise Failed(_manage("queue"))
        _manage("audit")
    with step("manage.py shows what ticket and thread know of each other"):
        shown = _manage("thread", str(glpi.tickets[filed]["id"]))
        if first not in shown:
            raise Failed(shown)


def _deploy_from_ci(api: str, port: int, glpi: GlpiSimulator) -> None:
    """Deploy with the scripts of deploy/ to a dead GLPI, and then something broken."""
    filed = len(glpi.tickets)
    form = {"token": SAMPLE_TOKENS["helpdesk"], "user_name": "alice"}
    with taken_back.workshop(STACK) as workshop:
        glpi.inject(Fault("refuse"))
        workshop.brings_a_good_version_to_a_dead_glpi()
        glpi.heal()
        workshop.takes_a_broken_version_back()
    with step("and the version before files a message"):
        _post(api, port, {**form, "text": "112 after all that"})
        _wait_for_tickets(glpi, filed + 1)
        _wait_for_empty_queue()


def _meet_what_is_to_come(to_come: Path, glpi: GlpiSimulator) -> None:
    """Let the worker have a job that only a newer bridge knows, and then be that."""
    sqs = boto3.client("sqs")
    function = boto3.client("lambda").get_function_configuration(FunctionName=f"{STACK}-worker")
    url = function["Environment"]["Variables"]["QUEUE_URL"]
    filed = len(glpi.tickets)
    fields = {"text": "112 a message of another kind"}
    post = to_post(fields, "helpdesk", "to-come", "token")
    inner = json.loads(post_job.dumps(post_job.PostJob(post, time.time())))
    job = json.dumps({"v": 2, "kind": TO_COME, "post_job": inner})
    with step("a job of a kind to come waits, and manage.py shows that something does"):
        sqs.send_message(QueueUrl=url, MessageBody=job)
        end = time.monotonic() + RECOVERY_SECONDS
        while "1 paused" not in _manage("queue"):  # the worker has met it
            if time.monotonic() > end:
                raise Failed(_manage("queue"))
        if "more than the ledger knows waiting" not in " ".join(_manage("queue").split()):
            raise Failed(_manage("queue"))
        if "There are no dead letters" not in _manage("dlq", "list"):
            raise Failed(_manage("dlq", "list"))
    _deploy(to_come)
    with step("and is done, once, by a worker that knows it"):
        _wait_for_tickets(glpi, filed + 1)
        _wait_for_empty_queue()
        if "There are no dead letters" not in _manage("dlq", "list"):
            raise Failed(_manage("dlq", "list"))


def _manage(*arguments: str) -> str:
    """Run the operator's command line on the deployed stack; returns what it prints."""
    command = [sys.executable, "manage.py", "--stack", STACK, *arguments]
    env = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"manage.py {shlex.join(arguments)}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _wait_for_tickets(glpi: GlpiSimulator, number: int) -> None:
    end = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < end and len(glpi.tickets) < number:
        time.sleep(0.2)
    if len(glpi.tickets) != number:
        raise Failed(f"GLPI has {len(glpi.tickets)} tickets instead of {number}")


def _wait_for_empty_queue() -> None:
    sqs = boto3.client("sqs")
    urls = [u for u in sqs.list_queues()["QueueUrls"] if "DeadLetter" not in u]
    end = time.monotonic() + RECOVERY_SECONDS
    remaining = ""
    while time.monotonic() < end:
        remaining = ", ".join(filter(None, (_held(sqs, url) for url in urls)))
        if not remaining:
            return
        time.sleep(0.2)
    raise Failed(f"messages are left in the queue ({remaining})")


def _held(sqs: "SQSClient", url: str) -> str:
    """Say what a queue holds, "" when it is empty."""
    found = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )
    return ", ".join(f"{k}: {v}" for k, v in found["Attributes"].items() if v != "0")


def _post(api: str, port: int, form: Mapping[str, str]) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port}{WEBHOOKS}{api}/$default{outgoing_webhook.PATH}"
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(url, body) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _sam(tree: Path, *arguments: str) -> None:
    run(str(VENV / "deploy" / "bin" / "sam"), *arguments, folder=tree)


if __name__ == "__main__":
    sys.exit(main())
