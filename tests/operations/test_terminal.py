"""What an operator's terminal shows."""

import pytest

from operations.terminal import age


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (7199, "1h"), (86400 * 30, "30d")],
)
def test_an_age_is_short(seconds: float, shown: str) -> None:
    assert age(seconds) == shown
