"""Ticket and thread know each other: from the first message on, for as long as anything happens."""

from typing import Any

import boto3
import pytest

from bridge.config.timing import LEDGER_AGE_SECONDS, LINK_AGE_SECONDS, THREAD_UNKNOWN_SECONDS
from bridge.glpi_api.followups import CLOSED
from bridge.jobs.post_job import PostJob, dumps
from bridge.mattermost.outgoing_webhook import to_post
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import Filed
from bridge.storage.links import Link, Links
from bridge.storage.store import Item
from glpi import Glpi
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from operations.ledger_posts import waiting_posts
from tests.conftest import both_versions
from tests.storage import release_before
from tests.support.chat import ALICE, BOB, HELPDESK, Chat, chat, contents, plain
from tests.support.safe_path import NOW, TIMING

__all__ = ["chat", "plain"]

DAY = 24 * 3600.0
DOWN = Fault("maintenance")


def table() -> DynamoStore:
    return DynamoStore("ledger")


def link_of(chat: Chat, ticket: int) -> Link | None:
    return Links(table(), chat.clock).link(ticket)


def linked(chat: Chat) -> Link:
    """Return the link of the only ticket."""
    found = link_of(chat, chat.ticket["id"])
    assert found
    return found


def remove(chat: Chat, *, all_of_them: bool = False) -> None:
    """Let DynamoDB remove what has expired, or somebody everything."""
    client = boto3.client("dynamodb")
    for item in client.scan(TableName="ledger")["Items"]:
        if all_of_them or float(item["expires"]["N"]) <= chat.clock.now:
            client.delete_item(TableName="ledger", Key={"post": item["post"]})


def settled(chat: Chat, text: str = "112 принтер") -> str:
    """Have a ticket whose worker is done; returns its thread."""
    root = chat.write(text)
    chat.settle()
    return root


@both_versions
def test_a_ticket_is_linked_with_its_thread_by_the_worker(chat: Chat) -> None:
    root = chat.write("112 принтер")
    assert link_of(chat, chat.ticket["id"]) is None
    chat.settle()
    assert linked(chat) == Link(
        ticket=chat.ticket["id"],
        channel=HELPDESK,
        root=root,
        author=chat.users["alice"].id,
        desk="112",
        kind="message",
        audience="public",
        entity=0,
        requester=ALICE,
        expires=int(chat.clock.now + LINK_AGE_SECONDS),
    )


def test_without_a_bot_a_ticket_is_linked_as_well(plain: Chat) -> None:
    root = settled(plain)
    found = linked(plain)
    assert (found.root, found.channel, found.desk) == (root, HELPDESK, "112")
    assert found.requester is None


def test_a_link_tells_the_entity_that_the_ticket_has_in_glpi(chat: Chat) -> None:
    chat.write("112 принтер")
    chat.change(chat.ticket["id"], entities_id=3)  # as a business rule does
    chat.settle()
    assert linked(chat).entity == 3


def test_a_requester_who_is_named_by_an_address_alone_is_told_apart_from_none(chat: Chat) -> None:
    chat.user("guest", "guest@elsewhere.example")
    chat.write("112 x", author="guest")
    chat.settle()
    assert linked(chat).requester == 0


def test_a_link_holds_no_words_and_neither_what_is_open_nor_what_was_told(chat: Chat) -> None:
    settled(chat, "112 canary")
    items = boto3.client("dynamodb").scan(TableName="ledger")["Items"]
    assert "canary" not in str(items)
    (item,) = [item for item in items if item["post"]["S"].startswith("ticket:")]
    assert item["post"]["S"] == f"ticket:main:{chat.ticket['id']}"
    assert not {"open", "told"} & item.keys()


def test_a_continuation_has_a_link_of_its_own_in_the_same_thread(chat: Chat) -> None:
    root = settled(chat)
    chat.change(chat.ticket["id"], status=CLOSED)
    chat.write("112 опять", root=root, author="bob")
    chat.settle()
    found = [link_of(chat, ticket["id"]) for ticket in chat.glpi.tickets]
    assert [link.root for link in found if link] == [root, root]
    assert [link.author for link in found if link] == [
        chat.users["alice"].id,
        chat.users["bob"].id,
    ]


# --- As long as anything happens


@pytest.mark.parametrize("days", [41, 399])
def test_a_reply_finds_its_ticket_long_after_the_post_is_forgotten(chat: Chat, days: int) -> None:
    root = settled(chat)
    chat.clock.now += days * DAY
    remove(chat)
    asked = len(chat.glpi.log)
    chat.write("112 x", root=root)
    assert len(contents(chat.ticket)) == 1
    assert not [entry for entry in chat.glpi.log[asked:] if "search/Ticket" in entry.path]


def test_each_reply_renews_the_link(chat: Chat) -> None:
    root = settled(chat)
    for _ in range(4):
        chat.clock.now += 300 * DAY
        remove(chat)
        chat.write("112 x", root=root)
        chat.settle()
    assert len(contents(chat.ticket)) == 4
    found = linked(chat)
    assert found.expires == int(chat.clock.now + LINK_AGE_SECONDS)
    assert (found.requester, found.author) == (ALICE, chat.users["alice"].id)


def test_a_thread_of_an_earlier_version_gets_its_link_by_the_next_reply(chat: Chat) -> None:
    root = settled(chat)
    client = boto3.client("dynamodb")
    for key in (f"ticket:main:{chat.ticket['id']}", f"thread:{root}"):
        client.delete_item(TableName="ledger", Key={"post": {"S": key}})
    chat.write("112 x", root=root, author="bob")
    chat.settle()
    assert len(contents(chat.ticket)) == 1
    found = linked(chat)
    assert (found.root, found.channel, found.desk) == (root, HELPDESK, "112")
    assert (found.author, found.entity, found.requester) == ("", None, None)  # not known any more


# --- What is not remembered is looked up


@both_versions
def test_a_thread_that_nothing_is_remembered_of_is_found_by_its_marker(chat: Chat) -> None:
    root = settled(chat)
    remove(chat, all_of_them=True)
    chat.write("112 x", root=root)
    assert len(contents(chat.ticket)) == 1
    chat.settle()
    assert linked(chat).root == root
    asked = len(chat.glpi.log)
    chat.write("112 y", root=root)
    assert len(contents(chat.ticket)) == 2
    assert not [entry for entry in chat.glpi.log[asked:] if "search/Ticket" in entry.path]


@both_versions
@pytest.mark.parametrize("writer", [99, 0, None])
def test_a_marker_that_somebody_else_has_sent_is_not_believed(
    chat: Chat, writer: int | None
) -> None:
    root = settled(chat)
    forged = chat.ticket["id"]
    chat.change(forged, users_id_recipient=writer)
    remove(chat, all_of_them=True)
    chat.write("112 x", root=root)
    first, second = chat.glpi.tickets
    assert contents(first) == []
    assert second["linked"] == []
    assert forged != second["id"]


def test_of_several_tickets_with_a_marker_that_of_the_api_user_is_the_one(chat: Chat) -> None:
    root = settled(chat)
    content = chat.ticket["content"]
    chat.write("112 another")
    forged, own = chat.glpi.tickets
    chat.change(forged["id"], users_id_recipient=99)
    chat.change(own["id"], content=content)
    remove(chat, all_of_them=True)
    chat.write("112 x", root=root)
    assert [len(contents(ticket)) for ticket in chat.glpi.tickets] == [0, 1]


def test_a_thread_without_a_ticket_costs_one_look_up_and_becomes_a_ticket(chat: Chat) -> None:
    root, _ = chat.add_post()
    chat.write("112 x", root=root)
    assert len(chat.glpi.tickets) == 1
    asked = len(chat.glpi.log)
    chat.write("112 y", root=root)
    assert len(contents(chat.ticket)) == 1
    assert not [entry for entry in chat.glpi.log[asked:] if "search/Ticket" in entry.path]


def test_only_the_days_since_the_thread_began_are_searched(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, searched = Glpi.find_tickets, list[int]()

    def find(self: Glpi, marker: str, days: int, deadline: Deadline) -> list[int]:
        searched.append(days)
        return real(self, marker, days, deadline)

    monkeypatch.setattr(Glpi, "find_tickets", find)
    for days in (2.5, 1000):
        root, _ = chat.add_post()
        with chat.mattermost.lock:
            chat.mattermost.posts[root]["create_at"] = int((chat.clock.now - days * DAY) * 1000)
        chat.write("112 x", root=root)
    assert searched == [4, 402]


@both_versions
def test_a_marker_that_somebody_else_has_sent_takes_nobodys_words(chat: Chat) -> None:
    """While it is not known whether a message became a ticket, its id can be seen in Mattermost."""
    chat.glpi.inject(Fault("cut_before", match="POST Ticket", times=1))
    post = chat.write("112 принтер")
    chat.lab.say("112 forged")
    (forged,) = chat.glpi.tickets
    chat.change(forged["id"], content=f"<p>x</p>\n<p>mattermost:{post}</p>", users_id_recipient=99)
    chat.settle()
    assert [ticket["name"] for ticket in chat.glpi.tickets[1:]] == ["Заявка от alice: принтер"]


def test_a_search_that_fails_keeps_nobody_else_waiting(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance", match="search/Ticket"))
    for _ in range(3):
        root, _ = chat.add_post()
        chat.write("112 x", root=root)
    chat.write("112 another")
    assert "Принято" in chat.said


def test_while_glpi_cannot_be_searched_a_reply_waits_but_not_for_ever(chat: Chat) -> None:
    root, _ = chat.add_post()
    chat.glpi.inject(Fault("empty", match="search/Ticket"))
    chat.write("112 x", root=root)
    assert chat.glpi.tickets == []
    assert "сохранено" in chat.told()[0]
    assert chat.go_on()
    assert chat.glpi.tickets == []
    chat.clock.now += THREAD_UNKNOWN_SECONDS
    chat.settle()
    assert len(chat.glpi.tickets) == 1


# --- Whatever goes wrong meanwhile


def test_a_link_waits_for_glpi_and_is_whole_then(chat: Chat) -> None:
    root = chat.write("112 принтер")
    chat.glpi.inject(DOWN)
    assert chat.go_on()
    chat.glpi.heal()
    found = linked(chat)
    assert (found.root, found.desk, found.entity) == (root, "112", None)
    chat.settle()
    assert linked(chat).entity == 0


def test_a_link_waits_for_mattermost_and_is_whole_then(chat: Chat) -> None:
    """The worker is in a container of its own, which does not know yet who asks."""
    chat.write("112 принтер")
    chat.lab.cold_start()
    chat.mattermost.refuse()
    assert chat.go_on()
    assert linked(chat).requester is None
    chat.mattermost.heal()
    chat.settle()
    assert linked(chat).requester == ALICE


def test_a_reply_that_comes_first_does_not_keep_the_link_from_becoming_whole(chat: Chat) -> None:
    root = chat.write("112 принтер")
    chat.glpi.inject(DOWN)
    for _ in range(4):
        assert chat.go_on()
    chat.glpi.heal()
    chat.write("112 x", root=root, author="bob")
    chat.settle()
    found = linked(chat)
    assert (found.author, found.entity, found.requester) == (chat.users["alice"].id, 0, ALICE)


def test_a_followup_of_the_release_before_makes_no_thread_of_its_own(chat: Chat) -> None:
    root = settled(chat)
    ticket = chat.ticket["id"]
    remove(chat, all_of_them=True)
    reply, _ = chat.add_post(root)
    before = release_before.Entry(
        release_before.State.FILED, ticket=ticket, kind="followup", since=NOW, version=1
    )
    item = release_before.write_item(reply, before, NOW + LEDGER_AGE_SECONDS)
    boto3.client("dynamodb").put_item(TableName="ledger", Item=item)
    fields = {"post_id": reply, "text": "112 x", "channel_id": HELPDESK}
    chat.worker.put(dumps(PostJob(to_post(fields, "helpdesk", "request", "token"), NOW)))
    chat.settle()
    assert linked(chat).root == ""
    chat.write("112 y", root=root)
    chat.settle()
    assert linked(chat).root == root


def test_a_link_does_without_what_cannot_be_known_in_time(chat: Chat) -> None:
    root = chat.write("112 принтер")
    chat.glpi.inject(DOWN)
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert chat.worker.queue == chat.worker.dead == []
    chat.glpi.heal()
    found = linked(chat)
    assert (found.root, found.entity) == (root, None)


def test_a_ticket_that_is_purged_at_once_is_linked_without_an_entity(chat: Chat) -> None:
    chat.write("112 принтер")
    ticket = chat.ticket["id"]
    chat.purge(ticket)
    chat.settle()
    found = link_of(chat, ticket)
    assert found
    assert found.entity is None


@pytest.mark.parametrize("key", ["ticket:", "thread:"])
def test_a_link_that_cannot_be_written_is_written_later(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    real = DynamoStore.put_if

    def put_if(self: DynamoStore, ref: str, item: Item, seen: int) -> Any:
        if ref.startswith(key):
            raise AwsError("ThrottlingException", refused=True)
        return real(self, ref, item, seen)

    root = chat.write("112 принтер")
    with monkeypatch.context() as patch:
        patch.setattr(DynamoStore, "put_if", put_if)
        assert chat.go_on()
    (waits,) = waiting_posts("ledger")
    assert isinstance(waits.entry, Filed)
    assert waits.entry.last_error == "ThrottlingException"
    chat.settle()
    assert linked(chat).root == root
    assert len(chat.told()) == 0
    chat.clock.now += LEDGER_AGE_SECONDS
    remove(chat)
    chat.write("112 x", root=root)
    assert len(contents(chat.ticket)) == 1


# --- Whom GLPI has not taken


@both_versions
def test_a_link_names_no_requester_whom_glpi_has_refused(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_addresses(chat, monkeypatch)
    chat.write("112 x", author="guest")
    chat.settle()
    assert chat.ticket["requesters"] == []
    assert linked(chat).requester is None


def refuse_addresses(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have somebody with an address that looks good, and that GLPI takes for none."""
    monkeypatch.setattr("bridge.glpi_api.people._is_address", lambda _: True)
    chat.user("guest", "a..b@example.com")


@pytest.mark.parametrize("fault", ["maintenance", "status_before"])
def test_nor_if_that_shows_only_when_the_link_is_made_already(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    refuse_addresses(chat, monkeypatch)
    chat.write("112 x", author="guest")
    status = 500 if fault == "status_before" else 0
    chat.glpi.inject(Fault(fault, match="POST Ticket_User", status=status, times=1))
    assert chat.go_on()
    chat.lab.cold_start()  # whatever a container has learnt of it is forgotten
    chat.settle()
    assert linked(chat).requester is None


def test_a_requester_who_is_named_late_is_in_the_link(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=500, match="/users/")
    chat.write("112 x")
    chat.mattermost.heal()
    chat.glpi.inject(Fault("status_before", match="POST Ticket_User", status=500, times=1))
    assert chat.go_on()
    assert linked(chat).requester is None
    chat.settle()
    assert chat.ticket["requesters"] == [ALICE]
    assert linked(chat).requester == ALICE


def test_a_requester_whom_a_rule_has_replaced_is_not_in_the_link(chat: Chat) -> None:
    chat.write("112 x")
    with chat.glpi._store.lock:
        (row,) = chat.glpi._store.table("Ticket_User").values()
        row["users_id"] = BOB
    chat.settle()
    assert linked(chat).requester is None
