"""The fault matrix has no gaps: each cell is proven, or it is said why it cannot occur."""

import pytest

from tests.journeys.faults import test_aws, test_glpi, test_killed, test_mattermost
from tests.journeys.faults.bench import COLUMNS, FAST, REPLAY, WORKER, Tell
from tests.journeys.faults.broken_aws import MODES

PROVEN = test_glpi.PROVEN | test_aws.PROVEN | test_killed.PROVEN | test_mattermost.PROVEN
ROWS = {row for row, _ in PROVEN}

UNQUEUED = "cannot occur: what the queue did not take never comes to the worker"
IMPOSSIBLE = {
    (test_glpi.TOO_LARGE, WORKER): UNQUEUED,
    (test_glpi.TOO_LARGE, REPLAY): UNQUEUED,
    (test_killed.UNCLEAR, FAST): "cannot occur: a new post has nothing to be looked up",
    (test_killed.BURYING, FAST): "cannot occur: only the worker buries",
    (test_killed.DONE, FAST): "cannot occur: the answer is the last step",
    **{
        (row, FAST): "cannot occur: the webhook's own answer is the notice"
        for row in test_mattermost.IMPOSSIBLE_FAST
    },
    **{
        (f"dead letter queue: {mode}", FAST): "cannot occur: only the worker buries"
        for mode in MODES
    },
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_fault_is_proven_or_explained_at_every_moment(
    row: str, record_property: Tell
) -> None:
    for column in COLUMNS:
        cell = (row, column)
        assert (cell in PROVEN) != (cell in IMPOSSIBLE)
        if cell in IMPOSSIBLE:
            record_property("cell", (*cell, IMPOSSIBLE[cell]))


def test_nothing_is_explained_that_is_no_fault_of_the_matrix() -> None:
    assert {row for row, _ in IMPOSSIBLE} <= ROWS
