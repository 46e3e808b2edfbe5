"""Messages that come without an id of Mattermost's: the same is one, another is another."""

from typing import Any

import pytest

from local.memory import MemoryOutbox
from tests.conftest import Event, Lab, form_event, json_event
from tests.support.safe_path import TIMING, Clock, work

USABLE = 1795509127979


def event(request_id: str, **fields: object) -> Event:
    """Return a request without a post_id, as API Gateway names it."""
    made = json_event(**{"post_id": None, "text": "112 принтер", **fields})
    return named(made, request_id)


def named(made: Event, request_id: str) -> Event:
    return made | {"requestContext": made["requestContext"] | {"requestId": request_id}}


def tickets(lab: Lab, *events: Event) -> int:
    """Let requests come; returns how many tickets there are of them, each of which was told."""
    before = len(lab.glpi.tickets)
    answers = [lab.invoke(one) for one in events]
    filed = len(lab.glpi.tickets) - before
    assert {status for status, _ in answers} == {200}
    told = ["Принято" in answer["text"] for _, answer in answers if answer]
    assert told == [True] * filed
    return filed


@pytest.mark.parametrize("timestamp", [USABLE, None])
def test_the_same_request_twice_is_one_ticket_and_the_second_is_not_answered(
    lab: Lab, worker: MemoryOutbox, clock: Clock, timestamp: int | None
) -> None:
    twice = event("one", timestamp=timestamp)
    assert "Принято" in lab.invoke(twice)[1]["text"]
    assert lab.invoke(twice) == (200, {})
    clock.now += TIMING.first_delay
    while worker.queue:
        assert work(worker) == []
    assert len(lab.glpi.tickets) == 1


@pytest.mark.parametrize("timestamp", [None, "soon"])
def test_where_nothing_says_when_equal_words_of_two_requests_are_two_tickets(
    lab: Lab, timestamp: str | None
) -> None:
    requests = [event(name, timestamp=timestamp) for name in ("one", "two")]
    assert tickets(lab, *requests) == 2


def test_a_timestamp_tells_more_than_the_request(lab: Lab) -> None:
    assert tickets(lab, event("one", timestamp=USABLE), event("two", timestamp=USABLE)) == 1
    assert tickets(lab, event("one", timestamp=USABLE + 1)) == 1


def test_a_form_that_comes_again_is_known_again_as_well(lab: Lab) -> None:
    forms = [named(form_event(post_id=""), name) for name in ("one", "two")]
    assert tickets(lab, *forms) == 1


def test_a_form_without_a_timestamp_is_another_with_each_request(lab: Lab) -> None:
    forms = [named(form_event(post_id="", timestamp=""), name) for name in ("one", "two")]
    assert tickets(lab, *forms) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"text": "112 сканер"},
        {"user_name": "bob"},
        {"user_id": "x" * 26},
        {"channel_id": "y" * 26},
        {"team_domain": "other"},
        {"file_ids": "z" * 26},
        {"of_a_later_server": {"whatever": [1, None]}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_at_the_same_moment_whatever_else_differs_makes_another_message(
    lab: Lab, other: dict[str, Any]
) -> None:
    assert tickets(lab, event("one", timestamp=USABLE)) == 1
    assert tickets(lab, event("one", timestamp=USABLE, **other)) == 1
