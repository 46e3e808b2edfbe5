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


@pytest.mark.parametrize("status", [401, 403, 405, 406])
@pytest.mark.parametrize(
    "reason", ["blind; last: {}", "too old; last: {}", "too old; last: {}; look-up: timeout"]
)
@pytest.mark.parametrize("told", ["", "; the author was told", "; the author could not be told"])
def test_what_stands_in_front_of_glpi_is_named_and_nobody_is_sent_to_look_into_glpi(
    status: int, reason: str, told: str
) -> None:
    means = meaning_of_reason(reason.format(f"http-{status}") + told)
    for word in ("proxy", "firewall", "login page"):
        assert word in means
    assert "rules that move" not in means


@pytest.mark.parametrize("told", ["; the author was told", "; the author could not be told (x)"])
def test_what_is_said_of_the_author_hides_no_cause(told: str) -> None:
    assert "maintenance mode" in meaning_of_reason("too old; last: maintenance" + told)
    assert "several times" in meaning_of_reason("blind; last: cut" + told)
    assert "cut the connection" in meaning_of_reason("blind; last: cut" + told)
    assert "neither a yes nor a no" in meaning_of_reason("too old; last: http-502" + told)
