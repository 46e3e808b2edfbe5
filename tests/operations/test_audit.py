"""manage.py audit: the ledger against the tickets, on both versions of GLPI."""

import os
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest

from bridge import container
from bridge.storage.ledger import NEW, DynamoLedger, Entry, State, thread
from glpi import Glpi
from local.glpi_simulator import Fault
from operations import audit as audit_module
from operations.audit import PREFIX
from operations.ledger_posts import posts
from tests.conftest import Lab, both_versions
from tests.glpi_api.test_marked_tickets import deadline, file, trash
from tests.support.operator import Faulty, ref, refusal, run

pytestmark = both_versions


@pytest.fixture
def client(lab: Lab) -> Glpi:
    return container.container().glpi


def remember(post: str, state: State, ticket: int | None = None, days: float = 0.0) -> None:
    since = time.time() - days * 24 * 3600
    entry = Entry(state, ticket=ticket, since=since)
    assert DynamoLedger(os.environ["LEDGER_TABLE"], time.time).write(post, entry, NEW)[0]


def test_one_ticket_for_each_post_is_clean(lab: Lab) -> None:
    for n in range(3):
        lab.say(f"112 printer {n}")
    result = run("audit")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == ("40 days: 3 posts called filed, 3 tickets of posts. Findings: none\n")


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
    remember(ref(501), State.OPEN)
    remember(ref(502), State.TRIED)
    remember(ref(503), State.TRIED)
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
    remember(ref(501), State.OPEN)
    number = file(client, ref(501))

    def then_filed(table: str, **arguments: Any) -> Any:
        found = posts(table, **arguments)
        ledger = DynamoLedger(table, time.time)
        seen = ledger.read(ref(501))
        ledger.write(ref(501), seen.filed(number, done=frozenset()), seen)
        return found

    monkeypatch.setattr(audit_module, "posts", then_filed)
    assert run("audit").exit_code == 0


def test_another_number_than_people_were_told_is_a_finding(lab: Lab, client: Glpi) -> None:
    number = file(client, ref(501))
    remember(ref(501), State.FILED, ticket=number + 100)
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
    remember(ref(501), State.FILED, ticket=number)
    result = run("audit")
    assert result.exit_code == 0
    assert "out of sight (their text was changed, or a rule moved them): 1\n" in result.stdout


@pytest.mark.parametrize("how", ["followup", "reopened"])
def test_a_followup_has_no_ticket_of_its_own_and_misses_none(lab: Lab, how: str) -> None:
    lab.say("112 printer")
    number = lab.glpi.tickets[0]["id"]
    for post, ticket in ((ref(8), number), (ref(9), 999)):
        entry = Entry(State.FILED, ticket=ticket, since=time.time(), kind=how)
        assert DynamoLedger(os.environ["LEDGER_TABLE"], time.time).write(post, entry, NEW)[0]
    result = run("audit")
    assert "3 posts called filed (1 of them as followups), 1 tickets of posts" in result.stdout
    assert "no longer end with" not in result.stdout
    assert f"  {ref(9)}  filed, told #999\n" in result.stdout, "its ticket is gone"


def test_what_is_older_is_left_out(lab: Lab) -> None:
    remember(ref(501), State.FILED, ticket=9999, days=5)
    assert run("audit", "--days", "4").exit_code == 0
    assert run("audit", "--days", "6").exit_code == 1


def test_a_ticket_from_before_the_ledgers_memory_is_no_finding(lab: Lab, client: Glpi) -> None:
    file(client, ref(501))
    result = run("audit")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        "40 days: 0 posts called filed, 1 tickets of posts. Findings: none",
    )


def test_an_entry_of_a_later_version_is_counted(lab: Lab) -> None:
    item: Any = {"post": {"S": ref(501)}, "state": {"S": "odd"}}
    boto3.client("dynamodb").put_item(TableName=os.environ["LEDGER_TABLE"], Item=item)
    assert "Left out, since of a later version of the bridge: 1" in run("audit").stdout


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
    ledger = DynamoLedger(os.environ["LEDGER_TABLE"], time.time)
    ledger.write(thread(ref(502)), replace(NEW, since=time.time()).filed(999, set()), NEW)
    result = run("audit")
    assert result.exit_code == 0
    assert "0 posts called filed" in result.stdout


def test_a_thread_is_nothing_that_waits(lab: Lab) -> None:
    ledger = DynamoLedger(os.environ["LEDGER_TABLE"], time.time)
    ledger.write(thread(ref(502)), replace(NEW, since=time.time()), NEW)
    assert "Nothing waits." in run("queue").stdout
