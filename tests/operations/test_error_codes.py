"""One sentence for each code that keeps a post from its ticket."""

import pytest

from bridge.net.http import Answer, Cause
from glpi import GlpiError, decipher
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
        ("mattermost-http-429", "limits requests"),
        ("mattermost-http-403", "login pages and firewalls"),
        ("mattermost-odd-answer", "check MATTERMOST_URL"),
        ("ThrottlingException", "AWS"),
        ("ReadTimeoutError", "AWS"),
        ("no-id", "201 without a number"),
        ("not-json", "neither a yes nor a no"),
    ],
)
def test_whatever_the_ledger_says_of_the_cause_is_explained_by_who_caused_it(
    code: str, means: str
) -> None:
    assert means in meaning(code)
    assert "{" not in meaning(code)


PAGE = b"<html><title>x</title></html>"
JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *((status, PAGE, "text/html") for status in (200, 401, 403, 404, 405, 406, 413, 429, 502)),
        (200, b"<title>MAINTENANCE MODE</title>", "text/html"),
        (500, b"<title>MySQL error</title>", "text/html"),
        (403, b"{}", JSON),
        (200, b"{", JSON),
        (401, b'["ERROR_GLPI_LOGIN_USER_TOKEN", ""]', JSON),
        (400, b'["ERROR_GLPI_ADD", ""]', JSON),
        (400, b'["ERROR", ""]', JSON),
    ],
)
@pytest.mark.parametrize("writes", [False, True])
def test_the_queue_says_of_a_code_what_the_log_said_of_the_error(
    status: int, body: bytes, kind: str, *, writes: bool
) -> None:
    """The ledger keeps the code alone."""
    answer = Answer(status, {"Content-Type": kind}, body)
    with pytest.raises(GlpiError) as caught:
        decipher(answer, url="https://glpi.example", writes=writes, expect=201 if writes else 299)
    error = caught.value
    told = meaning(error.code)
    assert told == error.remedy or "neither a yes nor a no" in told
    assert ("neither a yes nor a no" in told) == ("does not say whether" in error.remedy)


def test_a_glpi_that_stands_behind_a_login_page_is_told_with_the_status() -> None:
    assert meaning_of_reason("too old; last: http-403") == meaning("http-403")
    assert "refused the request, not GLPI" in meaning("http-403")


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
