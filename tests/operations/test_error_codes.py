"""One sentence for each code that keeps a post from its ticket."""

import pytest

from bridge.net.http import Cause
from operations.error_codes import meaning, meaning_of_reason
from operations.ledger_posts import BURIED


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_of_no_answer_has_a_meaning(cause: Cause) -> None:
    assert "neither a yes nor a no" not in meaning(cause.value)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        (BURIED, "dead letter queue"),
        ("blind", "a search finds none"),
        ("mattermost-token", "the bot's token"),
        ("mattermost-permissions", "add it to the team"),
        ("mattermost-dns", "check MATTERMOST_URL"),
        ("mattermost-http-502", "Mattermost or a proxy"),
        ("ThrottlingException", "AWS"),
        ("ReadTimeoutError", "AWS"),
        ("no-id", "neither a yes nor a no"),
    ],
)
def test_whatever_the_ledger_says_of_the_cause_is_explained_by_who_caused_it(
    code: str, means: str
) -> None:
    assert means in meaning(code)
    assert "{" not in meaning(code)


def test_a_reason_may_end_with_a_code() -> None:
    assert "maintenance mode" in meaning_of_reason("too old; last: maintenance")
    assert "API client allows the address that GLPI sees" in meaning("ERROR_NOT_ALLOWED_IP")
    assert meaning_of_reason("bridge.toml has no desk for it any more") == ""
    assert meaning("http-502").startswith("GLPI's answer is neither")
    assert meaning("") == ""
