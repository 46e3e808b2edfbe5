"""A ticket whose place is learnt later, or that a look-up finds: whose its thread is then."""

from typing import Any

import boto3
import pytest

from bridge.config.timing import (
    MATTERMOST_PAUSE_SECONDS,
    OUTSIDE_AGE_SECONDS,
    THREAD_UNKNOWN_SECONDS,
)
from bridge.glpi_api.followups import CLOSED
from bridge.jobs.leases import Leases
from bridge.net.aws import AwsError
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import Filed, Kind
from bridge.storage.links import Link, Links
from bridge.storage.store import Item
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from tests.conftest import both_versions, ledger
from tests.journeys.test_unknown_positions import UNKNOWN, heal, refuse_the_token, with_a_ticket
from tests.support.chat import Chat, chat, contents
from tests.support.safe_path import TIMING

__all__ = ["chat"]


def link_of(chat: Chat, number: int) -> Link:
    found = Links(DynamoStore("ledger"), chat.clock).link(number)
    assert found
    return found


def ticket_of(chat: Chat, post: str) -> dict[str, Any]:
    """Return the ticket that a post became."""
    found: dict[str, Any] = next(t for t in chat.glpi.tickets if post in t["content"])
    return found


@both_versions
@pytest.mark.parametrize("why", UNKNOWN)
def test_a_thread_without_a_ticket_gets_that_of_a_reply_whose_place_is_learnt_later(
    chat: Chat, why: str
) -> None:
    root, _ = chat.add_post()
    UNKNOWN[why](chat)
    reply = chat.write("112 первое", root=root)
    chat.go_on()
    heal(chat)
    chat.settle()
    first = ticket_of(chat, reply)
    assert link_of(chat, first["id"]).root == root
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    chat.write("112 второе", root=root)
    assert len(contents(ticket_of(chat, reply))) == 1


def test_so_does_a_reply_that_the_worker_files_without_knowing_its_place(chat: Chat) -> None:
    root, _ = chat.add_post()
    chat.glpi.inject(Fault("maintenance"))
    chat.mattermost.fault = MattermostFault(status=500)
    reply = chat.write("112 первое", root=root)
    chat.glpi.heal()
    chat.clock.now += THREAD_UNKNOWN_SECONDS
    assert chat.go_on()
    number = ticket_of(chat, reply)["id"]
    assert link_of(chat, number).root == ""
    heal(chat)
    chat.settle()
    assert link_of(chat, number).root == root
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    chat.write("112 второе", root=root)
    assert len(contents(chat.ticket)) == 1


@pytest.mark.parametrize("step", ["ticket:", "thread:"])
def test_a_place_that_is_learnt_and_cannot_be_linked_is_linked_later(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = DynamoStore.put_if

    def put_if(self: DynamoStore, ref: str, item: Item, seen: int) -> Any:
        if ref.startswith(step):
            raise AwsError("ThrottlingException", refused=True)
        return real(self, ref, item, seen)

    root, _ = chat.add_post()
    refuse_the_token(chat)
    chat.write("112 первое", root=root)
    chat.go_on()
    heal(chat)
    with monkeypatch.context() as patch:
        patch.setattr(DynamoStore, "put_if", put_if)
        assert chat.go_on()
    chat.settle()
    assert link_of(chat, chat.ticket["id"]).root == root
    chat.write("112 второе", root=root)
    assert len(contents(chat.ticket)) == 1
    assert len([text for text in chat.told() if "создана" in text]) == 1


def test_a_worker_that_dies_after_it_has_linked_does_the_same_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = chat.add_post()
    refuse_the_token(chat)
    post = chat.write("112 первое", root=root)
    chat.go_on()
    heal(chat)
    with monkeypatch.context() as patch:
        patch.setattr(Leases, "give_back", lambda *_, **__: 60.0)  # it never came to that
        chat.go_on()
    entry = ledger().read(post)
    assert isinstance(entry, Filed)
    assert entry.result.thread is None
    chat.clock.now += TIMING.worker_lease
    chat.settle()
    assert link_of(chat, chat.ticket["id"]).root == root
    chat.write("112 второе", root=root)
    assert len(contents(chat.ticket)) == 1


@pytest.mark.parametrize("why", UNKNOWN)
def test_an_open_ticket_keeps_its_thread_from_one_whose_place_is_learnt_later(
    chat: Chat, why: str
) -> None:
    root = with_a_ticket(chat)
    UNKNOWN[why](chat)
    reply = chat.write("112 и сканер", root=root)
    heal(chat)
    chat.settle()
    assert link_of(chat, ticket_of(chat, reply)["id"]).root == root
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    chat.write("112 ещё", root=root)
    assert len(contents(ticket_of(chat, root))) == 1
    assert contents(ticket_of(chat, reply)) == []


def test_so_does_one_that_only_glpi_remembers(chat: Chat) -> None:
    root = with_a_ticket(chat)
    client = boto3.client("dynamodb")
    for item in client.scan(TableName="ledger")["Items"]:
        client.delete_item(TableName="ledger", Key={"post": item["post"]})
    refuse_the_token(chat)
    reply = chat.write("112 и сканер", root=root)
    heal(chat)
    chat.settle()
    chat.write("112 ещё", root=root)
    assert len(contents(ticket_of(chat, root))) == 1
    assert contents(ticket_of(chat, reply)) == []


@pytest.mark.parametrize("match", ["", "search/Ticket"])
def test_a_glpi_that_is_down_is_waited_for_and_one_that_cannot_be_searched_is_not(
    chat: Chat, match: str
) -> None:
    root = with_a_ticket(chat)
    client = boto3.client("dynamodb")
    for item in client.scan(TableName="ledger")["Items"]:
        client.delete_item(TableName="ledger", Key={"post": item["post"]})
    refuse_the_token(chat)
    reply = chat.write("112 и сканер", root=root)
    heal(chat)
    chat.glpi.inject(Fault("maintenance", match=match))
    for _ in range(4):
        if chat.worker.queue:
            chat.go_on()
    chat.glpi.heal()
    chat.settle()
    chat.write("112 ещё", root=root)
    assert len(contents(ticket_of(chat, reply if match else root))) == 1


def test_a_closed_ticket_gives_its_thread_up_to_one_whose_place_is_learnt_later(
    chat: Chat,
) -> None:
    root = with_a_ticket(chat)
    chat.change(chat.ticket["id"], status=CLOSED)
    refuse_the_token(chat)
    reply = chat.write("112 и сканер", root=root)
    heal(chat)
    chat.settle()
    chat.write("112 ещё", root=root)
    assert len(contents(ticket_of(chat, reply))) == 1


def test_a_newer_ticket_of_the_thread_keeps_it(chat: Chat) -> None:
    root, _ = chat.add_post()
    refuse_the_token(chat)
    chat.write("112 первое", root=root)
    heal(chat)
    chat.clock.now += OUTSIDE_AGE_SECONDS
    second = chat.write("112 второе", root=root)  # before the worker learns of the first's place
    chat.settle()
    chat.write("112 третье", root=root)
    assert len(contents(ticket_of(chat, second))) == 1


def test_while_glpi_cannot_tell_whose_the_thread_is_nobody_takes_it(chat: Chat) -> None:
    root = with_a_ticket(chat)
    refuse_the_token(chat)
    reply = chat.write("112 и сканер", root=root)
    heal(chat)
    chat.glpi.inject(Fault("maintenance"))
    for _ in range(4):
        assert chat.go_on()
    chat.glpi.heal()
    chat.settle()
    assert link_of(chat, ticket_of(chat, reply)["id"]).root == root
    chat.write("112 ещё", root=root)
    assert len(contents(ticket_of(chat, root))) == 1


def test_the_place_of_a_post_that_was_deleted_is_never_known(chat: Chat) -> None:
    root, _ = chat.add_post()
    refuse_the_token(chat)
    reply = chat.write("112 x", root=root)
    heal(chat)
    del chat.mattermost.posts[reply]
    chat.settle()
    assert link_of(chat, chat.ticket["id"]).root == ""


def test_a_post_that_is_no_reply_gets_its_own_thread_when_that_is_known(chat: Chat) -> None:
    refuse_the_token(chat)
    post = chat.write("112 x")
    chat.go_on()
    assert link_of(chat, chat.ticket["id"]).root == ""
    heal(chat)
    chat.settle()
    assert link_of(chat, chat.ticket["id"]).root == post


# --- A look-up tells what was made, and not what would be made now


@both_versions
@pytest.mark.parametrize("why", UNKNOWN)
def test_a_ticket_that_is_found_below_an_open_one_is_a_ticket_of_its_own(
    chat: Chat, why: str
) -> None:
    root = with_a_ticket(chat)
    UNKNOWN[why](chat)
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    reply = chat.write("112 второе", root=root)
    heal(chat)
    chat.settle()
    entry = ledger().read(reply)
    assert isinstance(entry, Filed)
    second = ticket_of(chat, reply)
    assert (entry.result.kind, entry.result.continues) == (Kind.TICKET, None)
    assert (entry.result.ticket, entry.result.is_linked) == (second["id"], False)
    chat.clock.now += MATTERMOST_PAUSE_SECONDS
    chat.write("112 третье", root=root)
    assert len(contents(ticket_of(chat, root))) == 1
    assert contents(second) == []
    assert link_of(chat, second["id"]).root == root


@both_versions
def test_a_ticket_that_is_found_below_a_closed_one_and_is_not_linked_is_not_called_so(
    chat: Chat,
) -> None:
    root = with_a_ticket(chat)
    chat.change(chat.ticket["id"], status=CLOSED)
    refuse_the_token(chat)
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    reply = chat.write("112 второе", root=root)
    heal(chat)
    chat.settle()
    entry = ledger().read(reply)
    assert isinstance(entry, Filed)
    assert entry.result.kind is Kind.TICKET
    chat.write("112 третье", root=root)
    assert len(contents(ticket_of(chat, reply))) == 1


@both_versions
def test_a_continuation_that_is_found_is_one(chat: Chat) -> None:
    root = with_a_ticket(chat)
    former = chat.ticket["id"]
    chat.change(former, status=CLOSED)
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    reply = chat.write("112 второе", root=root)
    chat.settle()
    entry = ledger().read(reply)
    assert isinstance(entry, Filed)
    assert (entry.result.kind, entry.result.continues) == (Kind.CONTINUATION, former)
    assert entry.result.is_linked
    assert ticket_of(chat, reply)["takeintoaccountdate"] is None
    chat.write("112 третье", root=root)
    assert len(contents(ticket_of(chat, reply))) == 1


@both_versions
@pytest.mark.parametrize("fault", ["status_before", "right_missing"])
def test_whether_a_found_ticket_is_linked_may_not_be_known(chat: Chat, fault: str) -> None:
    root = with_a_ticket(chat)
    chat.change(chat.ticket["id"], status=CLOSED)
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    reply = chat.write("112 второе", root=root)
    status = 500 if fault == "status_before" else 0
    chat.glpi.inject(Fault(fault, match="GET Ticket_Ticket", status=status, times=1))
    chat.settle()
    assert len(chat.glpi.tickets) == 2
    chat.write("112 третье", root=root)
    assert len(contents(ticket_of(chat, reply))) == 1
