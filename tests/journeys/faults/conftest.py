"""The bench on which the fault matrix is proven."""

from collections.abc import Iterator

import pytest

from tests.conftest import Lab
from tests.journeys.faults.bench import Bench, build


@pytest.fixture
def bench(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The bridge, warm and healthy, over the embedded AWS."""
    bench = build(lab, monkeypatch)
    yield bench
    bench.heal()
