"""What kind a queued job is, whether this worker knows it or not."""

import json

import pytest

from bridge.jobs.post_job import POST_VERSION, PostJob, dumps
from bridge.storage.kinds import POST, Kind, Queue, Unreadable, kind_of
from tests.support.safe_path import NOW, post


def test_a_post_says_its_version_and_no_kind_as_in_every_release() -> None:
    body = dumps(PostJob(post(), NOW))
    assert "kind" not in json.loads(body)
    assert kind_of(body) == Kind(POST, POST_VERSION) == Kind("post", 1)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"v": 2}', Kind("post", 2)),
        ('{"v": 2, "kind": "look", "ticket": 42}', Kind("look", 2)),
        ('{"v": 3, "kind": "never_heard_of", "x": {}}', Kind("never_heard_of", 3)),
    ],
)
def test_a_job_of_a_newer_bridge_has_a_kind(body: str, kind: Kind) -> None:
    assert kind_of(body) == kind


@pytest.mark.parametrize(
    "body",
    [
        "",
        "rubbish",
        "null",
        "[]",
        "{}",
        '{"v": "2"}',
        '{"v": true}',
        '{"v": 0}',
        '{"v": null, "kind": "look"}',
        '{"v": 2, "kind": 5}',
        '{"v": 2, "kind": "Bobby Tables; --"}',
        '{"v": 2, "kind": ""}',
        "[" * 100_000,
    ],
    ids=lambda body: body[:20] or "nothing",
)
def test_what_is_no_job_is_unreadable_and_not_quoted(body: str) -> None:
    with pytest.raises(Unreadable) as caught:
        kind_of(body)
    assert "Bobby" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("post", Queue.PEOPLE),
        ("reply", Queue.PEOPLE),
        ("act", Queue.PEOPLE),
        ("look", Queue.LOOKS),
        ("poll", Queue.LOOKS),
        ("listen", Queue.LOOKS),
        ("alert", Queue.ALERTS),
        ("never_heard_of", Queue.PEOPLE),
    ],
)
def test_each_kind_travels_through_its_queue(name: str, queue: Queue) -> None:
    assert Kind(name, 2).queue is queue
