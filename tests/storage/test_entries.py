"""States of posts: how one follows another, and that the release before can read each of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.net.aws import AwsError
from bridge.storage import dynamodb
from bridge.storage.entries import (
    ANSWERED,
    FILES,
    NEW,
    NOT_TAKEN,
    STEPS,
    TOLD,
    Buried,
    Entry,
    Filed,
    Kind,
    Open,
    Result,
    Tried,
    buried,
    claimed,
    doubted,
    filed,
    released,
    without_ticket,
)
from bridge.storage.entry_codec import decode, encode
from bridge.storage.store import Item
from tests.storage import release_before
from tests.storage.release_before import State
from tests.support.safe_path import NOW, REF

moments = st.floats(0.0, 4e9).map(lambda seconds: round(seconds, 6))
tickets = st.integers(1, 2**31)
errors = st.sampled_from(["", "dns", "cut", "http-503", "ERROR_GLPI_ADD"])
steps = st.frozensets(st.sampled_from([*STEPS, NOT_TAKEN, ANSWERED, "thread", f"file:{REF}"]))
known = {"received_at": moments, "version": st.integers(1, 50)}
counts = st.integers(0, 9)
opens = st.builds(Open, errors, counts, counts, **known)
trieds = st.builds(
    Tried,
    moments,
    st.integers(1, 9),
    st.none() | tickets,
    errors,
    st.booleans(),
    errors,
    counts,
    **known,
)
results = st.builds(
    Result,
    st.sampled_from(Kind),
    tickets,
    st.none() | tickets,
    st.sampled_from(["", REF, None]),
    st.booleans(),
    st.booleans(),
)
fileds = st.builds(Filed, results, steps, moments, errors, **known)
burieds = st.builds(buried, opens | trieds, st.sampled_from(["", "blind", "too old; last: cut"]))
entries = opens | trieds | fileds | burieds


def stored(entry: Entry) -> dict[str, Any]:
    """Return an entry as DynamoDB gets it."""
    return dict(dynamodb.encode(REF, Item(encode(entry), NOW, entry.version)))


def loaded(item: dict[str, Any]) -> Entry:
    """Return the entry that an item of DynamoDB tells of."""
    _, read = dynamodb.decode(item)
    return decode(read.attributes, read.version)


@given(entry=entries)
def test_what_is_written_is_read(entry: Entry) -> None:
    assert loaded(stored(entry)) == entry


@given(entry=entries)
def test_the_release_before_reads_what_ours_writes(entry: Entry) -> None:
    before = release_before.read_item(stored(entry))
    waits = without_ticket(entry)
    assert (before.version, before.since) == (entry.version, entry.received_at)
    if isinstance(entry, Filed):
        assert before.state is State.FILED
        assert (before.ticket, before.former) == (entry.result.ticket, entry.result.continues)
        assert (before.root, before.done) == (entry.result.thread or "", entry.steps_done)
        assert (before.until, before.reason) == (entry.lease_until, entry.last_error)
        assert before.kind in {"accepted", "closed", "followup", "reopened"}
        return
    assert waits is not None
    assert before.reason == ("buried" if isinstance(entry, Buried) else waits.last_error)
    assert before.tries == waits.tries
    if isinstance(waits, Tried):
        assert (before.state, before.until) == (State.TRIED, waits.lease_until)
        assert before.target == waits.attempted_ticket
        assert before.done == (frozenset({FILES}) if waits.names_files else frozenset())
    else:
        assert before.state is State.OPEN


before_entries = st.builds(
    release_before.Entry,
    state=st.sampled_from(State),
    until=moments,
    ticket=tickets,
    tries=st.integers(0, 9),
    since=moments,
    reason=errors | st.just("buried"),
    kind=st.sampled_from(["accepted", "closed", "followup", "reopened"]),
    former=st.none() | tickets,
    root=st.sampled_from(["", REF]),
    target=st.none() | tickets,
    done=steps,
    version=st.integers(1, 50),
)


@given(before=before_entries)
def test_ours_reads_what_the_release_before_writes(before: release_before.Entry) -> None:
    entry = loaded(release_before.write_item(REF, before, NOW))
    assert (entry.version, entry.received_at) == (before.version, before.since)
    if before.state is State.FILED:
        assert isinstance(entry, Filed)
        assert (entry.result.ticket, entry.result.continues) == (before.ticket, before.former)
        assert (entry.result.thread, entry.steps_done) == (before.root, before.done)
        assert entry.result.is_new is (before.kind in {"accepted", "closed"})
        assert (entry.lease_until, entry.last_error) == (before.until, before.reason)
        return
    waits = without_ticket(entry)
    assert waits is not None
    assert isinstance(entry, Buried) is (before.reason == "buried")
    assert waits.tries == before.tries
    assert isinstance(waits, Tried) is (before.state is State.TRIED)
    if isinstance(waits, Tried):
        assert (waits.lease_until, waits.attempted_ticket) == (before.until, before.target)


FIRST_VERSION: dict[str, Any] = {
    "post": {"S": REF},
    "state": {"S": "filed"},
    "until": {"N": "0.0"},
    "tries": {"N": "1"},
    "version": {"N": "2"},
    "ticket": {"N": "42"},
}


def test_an_item_of_the_first_version_is_read_and_has_no_steps_left() -> None:
    assert loaded(FIRST_VERSION) == Filed(Result(Kind.TICKET, 42), STEPS, version=2)
    waiting = FIRST_VERSION | {"state": {"S": "tried"}, "until": {"N": "5.5"}}
    assert loaded(waiting) == Tried(5.5, version=2)


@pytest.mark.parametrize(
    "change",
    [
        {"state": {"S": "pondering"}},
        {"how": {"S": "merged"}},
        {"until": {"S": "soon"}},
        {"tries": {"NULL": True}, "state": {"S": "open"}},
        {"done": {"N": "1"}},
    ],
)
def test_an_item_of_a_version_to_come_is_an_error_and_not_a_no(change: dict[str, Any]) -> None:
    with pytest.raises(AwsError, match="UnreadableEntry"):
        loaded(FIRST_VERSION | change)


def test_an_item_that_is_no_posts_is_an_error_and_not_a_no() -> None:
    with pytest.raises(AwsError, match="UnreadableEntry"):
        loaded({"post": {"S": "ticket:main:42"}, "ticket": {"N": "42"}, "version": {"N": "1"}})


def test_attempts_that_may_have_been_executed_are_counted() -> None:
    claim = claimed(NEW, NOW, NOW)
    assert claim.tries == 1
    assert released(claim, "dns").tries == 0
    again = claimed(doubted(claim, NOW, "cut"), NOW, NOW)
    assert again.tries == 2
    assert released(again, "dns").tries == 1


def test_attempts_that_were_refused_on_the_way_are_counted_beside() -> None:
    claim = claimed(NEW, NOW, NOW)
    refused = doubted(claim, NOW, "http-403", is_intercepted=True)
    assert (refused.tries, refused.intercepted) == (1, 1)
    under_way = claimed(refused, NOW, NOW)
    assert (under_way.tries, under_way.intercepted) == (2, 1)
    assert released(under_way, "dns") == Open("dns", 1, 1, received_at=NOW)
    assert doubted(under_way, NOW, "cut").intercepted == 1


def test_why_a_post_waits_and_since_when_is_kept_over_the_tries() -> None:
    claim = claimed(NEW, NOW + 30, NOW)
    again = claimed(doubted(claim, NOW + 30, "cut"), NOW + 999, NOW + 900)
    assert (again.last_error, again.received_at) == ("cut", NOW)
    done = filed(again, Result(Kind.TICKET, 42), {TOLD})
    assert (done.last_error, done.received_at, done.steps_done) == ("", NOW, frozenset({TOLD}))


@given(before=opens | trieds)
def test_a_replay_goes_on_from_what_held_before_the_burial(before: Open | Tried) -> None:
    entry = buried(before, "too old; last: cut")
    assert without_ticket(entry) == replace(before, last_error="")
    assert loaded(stored(entry)) == entry
