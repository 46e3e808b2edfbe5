"""Which ticket a thread belongs to, for as long as anything happens to it."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.timing import LEDGER_AGE_SECONDS, LINK_AGE_SECONDS
from bridge.net.aws import AwsError
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.entries import NEW, STEPS, Filed, Kind, Result, claimed, filed
from bridge.storage.ledger import Ledger
from bridge.storage.links import Link, Links, is_link, is_post, thread_key, ticket_key
from bridge.storage.store import Item, Store
from local.aws import create_queue_and_ledger
from local.memory import MemoryStore
from tests.storage import release_before
from tests.support.safe_path import NOW, REF, Clock

CHANNEL = "745i3akya3d9ierbsg6gsqmkfr"
ALICE = "h5wz3zekqjyx5kjyf1fsm35ixy"
LINK = Link(
    42, CHANNEL, REF, ALICE, desk="112", audience="public", entity=0, requester=11, expires=NOW
)
DAY = 24 * 3600.0


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, aws: object) -> Store:
    if request.param == "memory":
        return MemoryStore()
    create_queue_and_ledger()
    return DynamoStore("ledger")


def ticket_of(links: Links, root: str = REF) -> int | None:
    entry = links.entry(root)
    return entry.result.ticket if isinstance(entry, Filed) else None


def test_a_link_is_found_by_its_ticket_and_by_its_thread(store: Store) -> None:
    links = Links(store, lambda: NOW)
    assert links.link(42) is None
    assert links.entry(REF) == NEW
    links.keep(LINK)
    found = links.link(42)
    assert found
    assert found.expires == NOW + LINK_AGE_SECONDS
    assert found == Link(
        42, CHANNEL, REF, ALICE, "112", "message", "public", 0, 11, NOW + LINK_AGE_SECONDS
    )
    assert ticket_of(links) == 42


def test_what_is_not_known_is_left_out(store: Store) -> None:
    links = Links(store, lambda: NOW)
    links.keep(Link(42))
    item = store.get(ticket_key(42))
    assert item
    assert item.attributes == {"ticket": 42, "kind": "message"}
    assert links.link(42) == Link(42, expires=NOW + LINK_AGE_SECONDS)


def test_a_link_that_is_kept_again_stays_as_it_was_when_the_ticket_was_filed(store: Store) -> None:
    Links(store, lambda: NOW).keep(LINK)
    later = Links(store, lambda: NOW + DAY)
    later.keep(Link(42, CHANNEL, REF, desk="another"))
    found = later.link(42)
    assert found
    assert (found.desk, found.author, found.entity) == ("112", ALICE, 0)
    assert found.expires == NOW + DAY + LINK_AGE_SECONDS


def test_what_a_story_to_come_has_added_stays(store: Store) -> None:
    links = Links(store, lambda: NOW)
    told: Any = {
        "ticket": 42,
        "open": "t",
        "told": {"f12": {"post": REF, "at": NOW + 0.5}},
        "mine": [1, "2", {"three": True}],
        "rung": False,
        "hash": b"\x00\xff",
        "nothing": None,
        "numbers": frozenset({1, 2}),
    }
    for key in (ticket_key(42), thread_key(REF)):
        store.put_if(key, Item({**told, "state": "filed"}, NOW + 1), 0)
    links.keep(LINK)
    for key in (ticket_key(42), thread_key(REF)):
        item = store.get(key)
        assert item
        assert {name: item.attributes[name] for name in told} == told
        assert (item.version, item.expires) == (2, NOW + LINK_AGE_SECONDS)


def test_what_was_not_known_when_a_link_was_made_is_added(store: Store) -> None:
    links = Links(store, lambda: NOW)
    links.keep(Link(42, CHANNEL, desk="another", audience="public"))
    links.keep(LINK)
    found = links.link(42)
    assert found
    assert (found.desk, found.author, found.entity, found.requester) == ("another", ALICE, 0, 11)
    assert found.root == REF


def test_a_thread_whose_newer_ticket_is_forgotten_goes_to_the_older_one(store: Store) -> None:
    Links(store, lambda: NOW).take_thread(REF, 9)
    later = Links(store, lambda: NOW + LINK_AGE_SECONDS)
    later.take_thread(REF, 8)
    assert ticket_of(later) == 8


def test_a_link_that_is_forgotten_is_made_anew(store: Store) -> None:
    Links(store, lambda: NOW).keep(LINK)
    later = Links(store, lambda: NOW + LINK_AGE_SECONDS)
    assert later.link(42) is None
    assert later.entry(REF) == NEW
    later.keep(Link(42, CHANNEL, REF, desk="another"))
    found = later.link(42)
    assert found
    assert (found.desk, found.author) == ("another", "")


def test_a_thread_stays_with_its_newest_ticket(store: Store) -> None:
    links = Links(store, lambda: NOW)
    links.take_thread(REF, 8)
    links.take_thread(REF, 7)
    assert ticket_of(links) == 8
    links.take_thread(REF, 9)
    assert ticket_of(links) == 9


def test_without_a_link_a_thread_belongs_to_the_ticket_of_its_root(store: Store) -> None:
    links = Links(store, lambda: NOW)
    _, entry = Ledger(store, lambda: NOW).write(REF, filed(NEW, Result(Kind.TICKET, 5), set()))
    assert links.entry(REF) == entry
    links.take_thread(REF, 8)
    assert ticket_of(links) == 8


def test_a_root_that_is_still_to_be_filed_is_no_ticket_and_not_new(store: Store) -> None:
    _, entry = Ledger(store, lambda: NOW).write(REF, claimed(NEW, NOW, NOW))
    assert Links(store, lambda: NOW).entry(REF) == entry


def test_the_release_before_reads_the_thread_of_a_link(aws: object) -> None:
    create_queue_and_ledger()
    Links(DynamoStore("ledger"), lambda: NOW).keep(LINK)
    client = boto3.client("dynamodb")
    item: Any = client.get_item(TableName="ledger", Key={"post": {"S": thread_key(REF)}})["Item"]
    before = release_before.read_item(item)
    assert (before.state, before.ticket) == (release_before.State.FILED, 42)
    assert (before.until, before.reason, before.version) == (0.0, "", 1)
    assert not {"open", "told"} & item.keys()


@pytest.mark.parametrize("expires", [NOW + 1, NOW + LEDGER_AGE_SECONDS])
def test_a_thread_that_the_release_before_has_written_is_read_and_renewed(
    aws: object, expires: float
) -> None:
    create_queue_and_ledger()
    written = release_before.Entry(
        release_before.State.FILED, ticket=42, done=release_before.STEPS, version=3
    )
    item = release_before.write_item(thread_key(REF), written, expires)
    boto3.client("dynamodb").put_item(TableName="ledger", Item=item)
    links = Links(DynamoStore("ledger"), lambda: NOW)
    assert ticket_of(links) == 42
    links.keep(Link(42, CHANNEL, REF))
    assert ticket_of(Links(DynamoStore("ledger"), lambda: NOW + LINK_AGE_SECONDS - 1)) == 42


def test_a_link_of_a_version_to_come_is_an_error_and_not_a_no(store: Store) -> None:
    store.put_if(ticket_key(42), Item({"number": "42"}, NOW + 9), 0)
    with pytest.raises(AwsError, match="UnreadableLink"):
        Links(store, lambda: NOW).link(42)


def test_a_table_out_of_reach_is_no_reason_to_forget(aws: object) -> None:
    links = Links(DynamoStore("none"), lambda: NOW)
    asks: list[Callable[[], object]] = [
        lambda: links.keep(LINK),
        lambda: links.take_thread(REF, 42),
        lambda: links.entry(REF),
        lambda: links.link(42),
    ]
    for ask in asks:
        with pytest.raises(AwsError):
            ask()


class Overtaken(MemoryStore):
    """A table in which somebody else writes just before we do, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def put_if(self, key: str, item: Item, seen: int) -> tuple[bool, Item | None]:
        if self.times:
            self.times -= 1
            there = self.items.get(key)
            held = {**there.attributes, "rung": self.times} if there else dict(item.attributes)
            super().put_if(key, Item(held, NOW + DAY), there.version if there else 0)
        return super().put_if(key, item, seen)


@pytest.mark.parametrize("times", range(5))
def test_what_others_write_meanwhile_is_not_lost(times: int) -> None:
    store = Overtaken(times)
    Links(store, lambda: NOW).keep(LINK)
    item = store.get(ticket_key(42))
    assert item
    assert item.expires == NOW + LINK_AGE_SECONDS
    assert item.attributes.get("rung") == (0 if times > 1 else None)


def test_whoever_is_overtaken_for_ever_comes_again() -> None:
    with pytest.raises(AwsError, match="LinkContended"):
        Links(Overtaken(1000), lambda: NOW).keep(LINK)


@given(pauses=st.lists(st.floats(0, 1.2 * LINK_AGE_SECONDS), min_size=1, max_size=8))
def test_a_thread_is_known_as_long_as_no_pause_is_longer_than_links_are_kept(
    pauses: list[float],
) -> None:
    """Whether DynamoDB has removed what is forgotten, or not yet, makes no difference."""
    clock, lazy, eager = Clock(), MemoryStore(), MemoryStore()
    known = {id(store): Links(store, clock) for store in (lazy, eager)}
    for store in (lazy, eager):
        known[id(store)].keep(LINK)
    for pause in pauses:
        clock.now += pause
        eager.items = {k: i for k, i in eager.items.items() if i.expires > clock.now}
        told = [(ticket_of(links), links.link(42) is not None) for links in known.values()]
        is_kept = pause < LINK_AGE_SECONDS
        assert told == [(42 if is_kept else None, is_kept)] * 2
        for links in known.values():
            links.keep(Link(42, CHANNEL, REF))


def test_keys_tell_what_things_are() -> None:
    assert is_post(REF)
    assert not is_post(thread_key(REF))
    assert not is_post(ticket_key(42))
    assert is_link(ticket_key(42))
    assert not is_link(thread_key(REF))
    assert {"told", "requester", "files", "link"} == STEPS
