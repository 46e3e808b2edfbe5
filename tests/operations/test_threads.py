"""manage.py thread: which ticket a thread belongs to, and what is remembered of it."""

import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from bridge.config.timing import LEDGER_AGE_SECONDS, LINK_AGE_SECONDS
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import Filed, Kind, Open, Result, Tried, buried
from bridge.storage.links import Link, Links, thread_key, ticket_key
from local.memory import MemoryOutbox
from tests.conftest import ROOT as REPOSITORY
from tests.conftest import Lab
from tests.storage import release_before
from tests.support.operator import CANARY, Faulty, ref, refusal, remember, run
from tests.support.safe_path import Clock, work

ROOT = "mii9sqkmfp8btqx7sk43tk3xpy"
LINK = Link(
    ticket=4711,
    channel="x5p8bq7mf3ng8kmb1oxc4t6s1e",
    root=ROOT,
    author="u1n8m9h4zjbt3e7tcq5rj6k4oy",
    desk="printers",
    audience="private",
    entity=3,
    requester=12,
)


@pytest.fixture(autouse=True)
def chat(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERMOST_URL", "https://chat.example")


def keep(link: Link, age: float = 0.0) -> None:
    """Remember a link as of so many seconds ago."""
    store = DynamoStore(os.environ["LEDGER_TABLE"])
    Links(store, lambda: time.time() - age).keep(link)


def day(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).date().isoformat()


def squeezed(text: str) -> str:
    return " ".join(text.split())


# --- A link


def test_links_lead_where_people_open_glpi(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLPI_PUBLIC_URL", "https://helpdesk.example/")
    keep(LINK)
    shown = run("thread", "4711").stdout
    assert "#4711  https://helpdesk.example/front/ticket.form.php?id=4711\n" in shown


def test_a_ticket_is_shown_with_all_that_is_remembered_of_it(lab: Lab) -> None:
    keep(LINK)
    result = run("thread", "4711")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"ticket            #4711  {lab.glpi.url}/front/ticket.form.php?id=4711\n"
        f"thread            https://chat.example/_redirect/pl/{ROOT}\n"
        "channel           x5p8bq7mf3ng8kmb1oxc4t6s1e\n"
        "desk              printers\n"
        "audience          private\n"
        "entity            3\n"
        "requester         12\n"
        "author            u1n8m9h4zjbt3e7tcq5rj6k4oy\n"
        f"remembered until  {day(LINK_AGE_SECONDS)}\n"
    )


def test_what_the_bridge_has_filed_and_linked_is_shown_without_words(
    lab: Lab, worker: MemoryOutbox, clock: Clock
) -> None:
    lab.say(f"112 {CANARY}", user_name=CANARY, channel_id=LINK.channel, user_id=LINK.author)
    clock.now += 60
    assert work(worker) == []
    result = run("thread", lab.post_id)
    assert result.exit_code == 0
    number = lab.glpi.tickets[0]["id"]
    assert f"ticket            #{number} " in result.stdout
    assert f"/_redirect/pl/{lab.post_id}\n" in result.stdout
    assert f"channel           {LINK.channel}\n" in result.stdout
    assert "entity            0\n" in result.stdout
    assert f"author            {LINK.author}\n" in result.stdout
    assert CANARY not in result.output


@pytest.mark.parametrize(
    "name",
    [
        ROOT,
        f"https://chat.example/helpdesk/pl/{ROOT}",
        f"https://chat.example/_redirect/pl/{ROOT}",
        f"http://chat.example:8065/folder/helpdesk/pl/{ROOT}/?a=b#c",
    ],
)
def test_a_thread_is_found_by_whatever_names_its_post(name: str) -> None:
    keep(LINK)
    assert run("thread", name).stdout == run("thread", "4711").stdout != ""


def test_a_thread_that_goes_on_in_a_new_ticket_is_shown_with_that(lab: Lab) -> None:
    keep(LINK)
    keep(replace(LINK, ticket=4712))
    assert "#4712 " in run("thread", ROOT).stdout
    assert "#4711 " in run("thread", "4711").stdout


def test_a_reply_leads_to_the_ticket_that_it_was_added_to(lab: Lab) -> None:
    keep(LINK)
    remember(ref(1), Filed(Result(Kind.FOLLOWUP, 4711)))
    assert run("thread", ref(1)).stdout == run("thread", "4711").stdout != ""


def test_what_is_not_known_is_said_to_be_so(lab: Lab) -> None:
    keep(Link(4711))
    lines = dict(line.split(maxsplit=1) for line in run("thread", "4711").stdout.splitlines()[:-1])
    assert lines.pop("ticket").startswith("#4711 ")
    assert lines == dict.fromkeys(
        ("thread", "channel", "desk", "audience", "entity", "requester", "author"), "not known"
    )


def test_the_whole_of_glpi_and_a_bare_address_are_no_unknowns() -> None:
    keep(replace(LINK, entity=0, requester=0))
    shown = run("thread", "4711").stdout
    assert "\nentity            0\n" in shown
    assert "\nrequester         named by address only\n" in shown


def test_without_mattermosts_address_the_thread_is_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATTERMOST_URL")
    keep(LINK)
    assert f"\nthread            {ROOT}\n" in run("thread", "4711").stdout


def test_it_fits_a_terminal_and_steers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(replace(LINK, desk="\x1b[2Jprinters"))
    result = run("thread", "4711")
    assert "desk              \\x1b[2Jprinters\n" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_neither_glpi_nor_the_secret_is_asked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(LINK)
    denied = Faulty("get_secret_value", lambda _: refusal("AccessDeniedException"))
    monkeypatch.setattr(boto3, "client", denied)
    assert run("thread", "4711").exit_code == 0
    assert lab.glpi.log == []


def test_the_guide_names_the_rights_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(LINK)
    asked = set[str]()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def noted(client: BaseClient, operation: str, arguments: Any) -> Any:
        asked.add(f"{client.meta.service_model.signing_name}:{operation}")
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    assert run("thread", ROOT).exit_code == run("thread", "4711").exit_code == 0
    guide = (REPOSITORY / "docs" / "operations.md").read_text("utf-8")
    (told,) = re.findall(r"^\| `thread` \|([^|]*)\| the ledger \|$", guide, re.MULTILINE)
    assert set(re.findall(r"`(\w+:\w+)`", told)) == asked


# --- No link: what the post's own entry says


def test_a_ticket_of_the_release_before_is_shown_without_the_rest(lab: Lab) -> None:
    before = release_before.Entry(release_before.State.FILED, ticket=77, since=1.0, version=1)
    item = release_before.write_item(ROOT, before, time.time() + LEDGER_AGE_SECONDS)
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    result = run("thread", ROOT)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        f"ticket            #77  {lab.glpi.url}/front/ticket.form.php?id=77\n"
        f"thread            https://chat.example/_redirect/pl/{ROOT}\n"
        "\n"
    )
    assert squeezed(result.stdout).endswith(
        "There is no link of this ticket yet, so no more is remembered: the worker makes it within "
        "a minute, and of a ticket that an earlier release filed with the next reply."
    )


def test_a_thread_of_the_release_before_is_shown_with_its_newest_ticket(lab: Lab) -> None:
    before = release_before.Entry(release_before.State.FILED, ticket=77, version=1)
    for key, ticket in ((ROOT, 77), (thread_key(ROOT), 78)):
        entry = replace(before, ticket=ticket)
        item = release_before.write_item(key, entry, time.time() + LEDGER_AGE_SECONDS)
        boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    assert run("thread", ROOT).stdout.startswith("ticket            #78 ")


@pytest.mark.parametrize("entry", [Open("maintenance"), Tried(0.0, last_error="maintenance")])
def test_a_post_that_waits_is_said_to_wait(entry: Open | Tried) -> None:
    remember(ROOT, replace(entry, received_at=1_800_000_000.0))
    result = run("thread", ROOT)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "ticket            none yet: waits since 2027-01-15T08:00:00+00:00; see queue\n"
        f"thread            https://chat.example/_redirect/pl/{ROOT}\n"
        "why               maintenance\n"
        "\n"
        "GLPI is in maintenance mode"
    )


def test_a_post_of_which_nothing_was_noted_waits_without_a_date() -> None:
    item = release_before.write_item(
        ROOT,
        release_before.Entry(release_before.State.TRIED, tries=1, version=1),
        time.time() + LEDGER_AGE_SECONDS,
    )
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    assert run("thread", ROOT).stdout == (
        "ticket            none yet: waits, nobody noted since when; see queue\n"
        f"thread            https://chat.example/_redirect/pl/{ROOT}\n"
        "why               -\n"
    )


def test_a_buried_post_is_said_to_be_a_dead_letter() -> None:
    remember(ROOT, buried(Open("dns"), "too old; last: maintenance"))
    result = run("thread", ROOT)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "ticket            none: buried, see dlq list\n"
        f"thread            https://chat.example/_redirect/pl/{ROOT}\n"
        "why               too old; last: maintenance\n"
        "\n"
        "GLPI is in maintenance mode"
    )


# --- Nothing is remembered: exit code 1


def test_a_ticket_of_which_nothing_is_remembered() -> None:
    result = run("thread", "4711")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Nothing is remembered of ticket 4711: nothing has happened in its thread for 400 days, an "
        "earlier release or another installation filed it, or nobody wrote it in Mattermost.\n"
    )


def test_a_thread_of_which_nothing_is_remembered() -> None:
    result = run("thread", f"https://chat.example/helpdesk/pl/{ROOT}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Nothing is remembered of the thread of {ROOT}: nothing has happened in it for 400 days "
        "(40 without a link), it is another installation's, it was written without the bot, or "
        "this is not its first post.\n"
    )


def test_what_has_expired_is_not_remembered() -> None:
    keep(LINK, age=LINK_AGE_SECONDS + 1)
    for name in ("4711", ROOT):
        result = run("thread", name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Nothing is remembered of ")


def test_a_post_that_dynamodb_has_not_removed_yet_is_remembered() -> None:
    remember(ref(1), Filed(Result(Kind.TICKET, 4711)), written=LEDGER_AGE_SECONDS + 1)
    result = run("thread", ref(1))
    assert result.exit_code == 0
    assert "#4711" in result.stdout


# --- It could not be asked: exit code 2 and one sentence


@pytest.mark.parametrize(
    "name",
    [
        "0",
        "12a",
        "-",
        "4294967296000",
        "",
        ROOT[1:],
        ROOT.upper(),
        f"chat.example/helpdesk/pl/{ROOT}",
        f"https://chat.example/helpdesk/pl/{ROOT}x",
        f"https://chat.example/helpdesk/channels/{ROOT}",
        "https://glpi.example/front/ticket.form.php?id=7",
        "принтер",
        "٤٧",
    ],
)
def test_an_argument_of_another_kind_is_one_sentence(name: str) -> None:
    result = run("thread", "--", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"{name!r} names no thread: use a ticket's number such as 4711, a permalink such as "
        "https://chat.example.com/team/pl/POSTID, or the 26 characters of a post's id.\n"
    )


@pytest.mark.parametrize(
    ("key", "name"), [(ticket_key(4711), "4711"), (thread_key(ROOT), ROOT), (ROOT, ROOT)]
)
def test_what_a_later_version_has_written_is_one_sentence(key: str, name: str) -> None:
    item = {"post": {"S": key}, "state": {"S": "odd"}, "ticket": {"S": CANARY}}
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    result = run("thread", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "This is of a later version of the bridge: ask with the ./manage of that version.\n"
    )


@pytest.mark.parametrize("name", ["4711", ROOT])
def test_a_table_that_may_not_be_read_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(
        boto3, "client", Faulty("get_item", lambda _: refusal("AccessDeniedException"))
    )
    result = run("thread", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("AWS does not let these credentials use the table ledger (")
    assert result.stderr.count("\n") == 1


def test_a_table_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_TABLE", "none")
    result = run("thread", "4711")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("AWS knows nothing of the table none: check")
