"""What the SDK's own second try hides."""

import pytest

from tests.conftest import json_event
from tests.journeys.faults.bench import DOWN, LOST, Bench
from tests.journeys.faults.broken_aws import BrokenAws, Strike


def test_a_queue_that_refuses_only_the_second_try_may_have_taken_the_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = BrokenAws(monkeypatch)
    modes, real = iter(["slow, executed", "throttled"]), aws._fail
    monkeypatch.setattr(aws, "_fail", lambda _, *rest: real(next(modes), *rest))
    aws.break_down("sqs", Strike(""))
    bench.lab.glpi.inject(DOWN)
    _, answer = bench.lab.invoke(json_event())
    assert bench.out.queue  # the first try was executed, its answer lost
    assert LOST not in answer["text"]
