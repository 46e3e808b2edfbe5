"""manage.py audit: the ledger against the tickets, on both versions of GLPI."""

import os
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest

from bridge import container
from bridge.config.timing import LINK_AGE_SECONDS
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import (
    Filed,
    Kind,
    Open,
    Result,
    Tried,
    buried,
    filed,
    without_ticket,
)
from bridge.storage.links import Link, Links, thread_key, ticket_key
from glpi import Glpi
from local.glpi_simulator import Fault
from operations import audit as audit_module
from operations.audit import DAY, PREFIX
from operations.ledger_posts import contents
from tests.conftest import Lab, both_versions
from tests.glpi_api.test_marked_tickets import deadline, file, trash
from tests.storage import release_before
from tests.storage.release_before import State
from tests.support.operator import Faulty, ledger, ref, refusal, remember, run

pytestmark = both_versions


@pytest.fixture
def client(lab: Lab) -> Glpi:
    return container.container().glpi


def ago(days: float = 0.0) -> float:
    return time.time() - days * 24 * 3600


def is_ticket(number: int, days: float = 0.0) -> Filed:
    return Filed(Result(Kind.TICKET, number), received_at=ago(days))


def put(item: Any) -> None:
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)


def test_one_ticket_for_each_post_is_clean(lab: Lab) -> None:
    for n in range(3):
        lab.say(f"112 printer {n}")
    result = run("audit")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Linked tickets, of whatever age: 0\n"
        "40 days: 3 posts called filed, 3 tickets of posts. Findings: none\n"
    )


def test_a_purged_ticket_is_missing(lab: Lab, client: Glpi) -> None:
    lab.say("112 printer")
    number = lab.glpi.tickets[0]["id"]
    trash(client, number, purge=True)
    result = run("audit")
    assert result.exit_code == 1
    assert "but GLPI does not have the ticket" in result.stdout
    assert f"  {lab.post_id}  filed, told #{number}\n" in result.stdout
    assert "Findings: 1\n" in result.stdout


def test_a_trashed_ticket_is_there_but_told(lab: Lab, client: Glpi) -> None:
    lab.say("112 printer")
    number = lab.glpi.tickets[0]["id"]
    trash(client, number)
    result = run("audit")
    assert result.exit_code == 0
    assert f"in the trash: {lab.post_id}, #{number}\n" in result.stdout


def test_twins_are_told_with_their_links(lab: Lab, client: Glpi) -> None:
    lab.say("112 printer")
    first = lab.glpi.tickets[0]["id"]
    second, third = file(client, lab.post_id), file(client, lab.post_id)
    trash(client, third)
    result = run("audit")
    assert result.exit_code == 1
    assert "These posts have several tickets" in result.stdout
    for number, where in ((first, ""), (second, ""), (third, "  in the trash")):
        assert f"    #{number}  {client.ticket_url(number)}{where}\n" in result.stdout


def test_a_ticket_of_a_post_that_still_waits_is_told(lab: Lab, client: Glpi) -> None:
    remember(ref(501), Open())
    remember(ref(502), Tried(0.0))
    remember(ref(503), Tried(0.0))
    for n in (501, 502):
        file(client, ref(n))
    result = run("audit")
    assert result.exit_code == 1
    assert f"  {ref(501)}  open\n" in result.stdout
    assert f"  {ref(502)}  tried\n" in result.stdout
    assert ref(503) not in result.stdout
    assert "Findings: 2\n" in result.stdout


def test_what_is_filed_while_the_audit_runs_is_no_finding(
    lab: Lab, client: Glpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(ref(501), Open())
    number = file(client, ref(501))

    def then_filed(table: str, now: float) -> Any:
        found = contents(table, now)
        seen = without_ticket(ledger().read(ref(501)))
        assert seen
        ledger().write(ref(501), filed(seen, Result(Kind.TICKET, number), frozenset()))
        return found

    monkeypatch.setattr(audit_module, "contents", then_filed)
    assert run("audit").exit_code == 0
    assert isinstance(ledger().read(ref(501)), Filed)


def test_another_number_than_people_were_told_is_a_finding(lab: Lab, client: Glpi) -> None:
    number = file(client, ref(501))
    remember(ref(501), is_ticket(number + 100))
    result = run("audit")
    assert result.exit_code == 1
    assert "People were told another number" in result.stdout
    assert f"  {ref(501)}  filed, told #{number + 100}\n    #{number}  http" in result.stdout


def test_quoting_a_marker_is_no_twin(lab: Lab, client: Glpi) -> None:
    lab.say("112 printer")
    quoted = lab.post_id
    lab.say(f"112 see {PREFIX}{quoted}\n{PREFIX}{quoted}")
    assert run("audit").exit_code == 0


def test_a_ticket_whose_text_was_changed_is_not_missing(lab: Lab, client: Glpi) -> None:
    number = client.create_ticket({"name": "n", "content": "<p>changed</p>"}, deadline())
    remember(ref(501), is_ticket(number))
    result = run("audit")
    assert result.exit_code == 0
    assert "out of sight (their text was changed, or a rule moved them): 1\n" in result.stdout


@pytest.mark.parametrize("kind", [Kind.FOLLOWUP, Kind.REOPENING])
def test_a_followup_has_no_ticket_of_its_own_and_misses_none(lab: Lab, kind: Kind) -> None:
    lab.say("112 printer")
    number = lab.glpi.tickets[0]["id"]
    for post, ticket in ((ref(8), number), (ref(9), 999)):
        remember(post, Filed(Result(kind, ticket), received_at=ago()))
    result = run("audit")
    assert "3 posts called filed (1 of them as followups), 1 tickets of posts" in result.stdout
    assert "no longer end with" not in result.stdout
    assert f"  {ref(9)}  filed, told #999\n" in result.stdout, "its ticket is gone"


def test_what_is_older_is_left_out(lab: Lab) -> None:
    remember(ref(501), is_ticket(9999, days=5))
    assert run("audit", "--days", "4").exit_code == 0
    assert run("audit", "--days", "6").exit_code == 1


def test_a_ticket_from_before_the_ledgers_memory_is_no_finding(lab: Lab, client: Glpi) -> None:
    file(client, ref(501))
    result = run("audit")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        "40 days: 0 posts called filed, 1 tickets of posts. Findings: none",
    )


@pytest.mark.parametrize(
    ("key", "attribute"),
    [
        (ref(501), {"state": {"S": "odd"}}),
        (thread_key(ref(501)), {"state": {"S": "odd"}}),
        (ticket_key(7), {"ticket": {"S": "seven"}}),
        ("approval:main:7", {"ticket": {"N": "7"}}),
    ],
    ids=["a post", "a thread", "a link", "another kind"],
)
def test_an_entry_of_a_later_version_is_counted(
    lab: Lab, key: str, attribute: dict[str, Any]
) -> None:
    put({"post": {"S": key}, **attribute})
    result = run("audit")
    assert result.exit_code == 0
    assert "Left out, since of a later version of the bridge: 1\n" in result.stdout
    assert "Linked tickets, of whatever age: 0\n" in result.stdout
    assert "0 posts called filed" in result.stdout


def test_what_the_release_before_has_written_is_held_against_glpi(lab: Lab, client: Glpi) -> None:
    number = file(client, ref(501))
    before = release_before.Entry(State.FILED, ticket=number, since=ago(), version=2)
    followup = replace(before, kind="followup", tries=1)
    entries = {
        ref(501): before,
        ref(502): replace(before, ticket=9999),
        ref(503): followup,
        ref(504): release_before.Entry(State.TRIED, tries=1, since=ago(), version=1),
        thread_key(ref(501)): replace(before, since=0.0, done=release_before.STEPS),
    }
    for key, entry in entries.items():
        put(release_before.write_item(key, entry, time.time() + DAY))
    file(client, ref(504))
    result = run("audit")
    assert result.exit_code == 1
    assert f"  {ref(502)}  filed, told #9999\n" in result.stdout
    assert f"  {ref(504)}  tried\n" in result.stdout
    assert "of a later version" not in result.stdout
    assert "Findings: 2\n" in result.stdout
    assert "3 posts called filed (1 of them as followups), 2 tickets" in result.stdout


def test_a_buried_post_that_has_a_ticket_is_told_as_what_it_was(lab: Lab, client: Glpi) -> None:
    remember(ref(501), buried(Tried(0.0), "too old; last: maintenance"))
    file(client, ref(501))
    result = run("audit")
    assert result.exit_code == 1
    assert "These wait in the ledger, but have a ticket." in result.stdout
    assert f"  {ref(501)}  tried\n" in result.stdout


# --- Links and threads


def links(age: float = 0.0) -> Links:
    """Return the links of the lab, as of so many seconds ago."""
    return Links(DynamoStore(os.environ["LEDGER_TABLE"]), lambda: time.time() - age)


def test_linked_tickets_are_counted(lab: Lab) -> None:
    links().keep(Link(7, root=ref(501)))
    links().keep(Link(8))
    links().take_thread(ref(502), 8)  # a second thread of a ticket
    result = run("audit")
    assert (result.exit_code, result.stdout) == (
        0,
        "Linked tickets, of whatever age: 2\n"
        "40 days: 0 posts called filed, 0 tickets of posts. Findings: none\n",
    )


def test_what_has_expired_is_no_link(lab: Lab) -> None:
    links(LINK_AGE_SECONDS + 1).keep(Link(7, root=ref(501)))
    assert "Linked tickets, of whatever age: 0\n" in run("audit").stdout
    assert "has no link" not in run("audit").stdout


def test_a_thread_without_a_link_is_no_finding_but_told(lab: Lab) -> None:
    links().keep(Link(7, root=ref(501)))
    links().take_thread(ref(502), 8)
    before = release_before.Entry(State.FILED, ticket=9, version=1)
    put(release_before.write_item(thread_key(ref(503)), before, time.time() + DAY))
    result = run("audit")
    assert result.exit_code == 0
    assert "Linked tickets, of whatever age: 1\n" in result.stdout
    assert (
        "Threads whose ticket has no link (an earlier release filed it, or the link was not "
        "recorded): 2\n"
    ) in result.stdout


def test_a_link_to_a_ticket_that_was_purged_is_no_finding(lab: Lab) -> None:
    links().keep(Link(999, root=ref(501)))
    result = run("audit")
    assert result.exit_code == 0
    assert "Findings: none\n" in result.stdout


def test_links_do_not_cost_a_call_of_glpi(lab: Lab) -> None:
    run("audit")
    calls = len(lab.glpi.log)
    for ticket in range(7, 12):
        links().keep(Link(ticket, root=ref(ticket)))
    run("audit")
    assert len(lab.glpi.log) == 2 * calls


# --- It could not be asked: exit code 2 and one sentence


@pytest.mark.parametrize("kind", ["maintenance", "refuse", "ip_not_allowed", "reject_tokens"])
def test_a_glpi_that_does_not_answer_is_one_sentence(lab: Lab, kind: str) -> None:
    lab.glpi.inject(Fault(kind))
    result = run("audit")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("GLPI cannot be asked from this machine: ")
    assert result.stderr.count("\n") == 1


def test_a_secret_that_may_not_be_read_is_one_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Faulty("get_secret_value", lambda _: refusal("AccessDeniedException"))
    monkeypatch.setattr(boto3, "client", denied)
    result = run("audit")
    assert result.exit_code == 2
    assert result.stderr.startswith("AWS does not let these credentials use the secret bridge (")


def test_a_secret_that_holds_a_mistake_is_one_sentence(lab: Lab) -> None:
    lab.store(glpi_app_token="")
    result = run("audit")
    assert result.exit_code == 2
    assert result.stderr == (
        "secret key glpi_app_token: is missing or empty; it is a token in quotes.\n"
    )


def test_the_audit_leaves_no_session_behind(lab: Lab) -> None:
    run("audit")
    assert lab.glpi.log[-1].path.endswith("killSession")


def test_a_thread_is_no_post(lab: Lab) -> None:
    remember(thread_key(ref(502)), is_ticket(999))
    result = run("audit")
    assert result.exit_code == 0
    assert "0 posts called filed" in result.stdout


def test_a_thread_is_nothing_that_waits(lab: Lab) -> None:
    remember(thread_key(ref(502)), Open())
    assert "Nothing waits." in run("queue").stdout
