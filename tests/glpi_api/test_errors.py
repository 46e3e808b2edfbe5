"""Answers of real GLPI servers, and what each of them means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from bridge.glpi_api.errors import (
    AccessDenied,
    GlpiError,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    SessionRefused,
    Unavailable,
    decipher,
    no_answer,
)
from bridge.net.http import Answer, Cause, NoAnswer
from tests.conftest import RECORDINGS

FILES = sorted(RECORDINGS.glob("glpi-*.jsonl"))
RECORDED = [
    (f"{path.stem}: {recorded['name']}", recorded)
    for path in FILES
    for recorded in map(json.loads, path.read_text("utf-8").splitlines())
]
URL = "https://glpi.example/apirest.php/Ticket"

MEANING: dict[str, type[GlpiError]] = {
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": AccessDenied,
    "ERROR_WRONG_APP_TOKEN_PARAMETER": AccessDenied,
    "ERROR_GLPI_LOGIN_USER_TOKEN": AccessDenied,
    "ERROR_GLPI_LOGIN": AccessDenied,
    "ERROR_LOGIN_PARAMETERS_MISSING": AccessDenied,
    "ERROR_NOT_ALLOWED_IP": AccessDenied,
    "ERROR": AccessDenied,
    "ERROR_SESSION_TOKEN_INVALID": SessionRefused,
    "ERROR_SESSION_TOKEN_MISSING": SessionRefused,
    "ERROR_GLPI_ADD": Refused,
    "ERROR_GLPI_UPDATE": Refused,
    "ERROR_RIGHT_MISSING": Refused,
    "ERROR_ITEM_NOT_FOUND": Refused,
    "ERROR_UPLOAD_FILE_TOO_BIG_POST_MAX_SIZE": Refused,
    "ERROR_JSON_PAYLOAD_INVALID": Refused,
    "ERROR_JSON_PAYLOAD_FORBIDDEN": Refused,
    "ERROR_BAD_ARRAY": Refused,
    "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM": Refused,
    "ERROR_RANGE_EXCEED_TOTAL": Refused,
}


def answer_of(recorded: dict[str, Any]) -> Answer:
    response = recorded["response"]
    body = response["body"]
    is_json = "json" in response["headers"].get("Content-Type", "")
    text = json.dumps(body) if is_json and not isinstance(body, str) else str(body)
    return Answer(
        response["status"],
        CaseInsensitiveDict(response["headers"]),
        text.encode(errors="surrogatepass"),
    )


def meaning(answer: Answer, *, writes: bool, expect: int = 201) -> GlpiError:
    with pytest.raises(GlpiError) as caught:
        decipher(answer, url=URL, writes=writes, expect=expect)
    return caught.value


def is_coded_error(recorded: dict[str, Any]) -> bool:
    response = recorded["response"]
    body = response["body"]
    return 400 <= response["status"] < 500 and isinstance(body, list)


CODED = [recorded for recorded in RECORDED if is_coded_error(recorded[1])]
PAGES = [
    recorded
    for recorded in RECORDED
    if "html" in recorded[1]["response"]["headers"].get("Content-Type", "")
]


def test_the_recordings_hold_what_these_tests_need() -> None:
    assert len(FILES) == 4
    assert len(CODED) > 100
    assert len(PAGES) > 20
    codes = {recorded["response"]["body"][0] for _, recorded in CODED}
    assert codes <= MEANING.keys()


@pytest.mark.parametrize(("name", "recorded"), CODED, ids=[name for name, _ in CODED])
@pytest.mark.parametrize("writes", [True, False], ids=["write", "read"])
def test_a_recorded_error_has_its_type_and_says_nothing_of_glpis_text(
    name: str, recorded: dict[str, Any], writes: bool
) -> None:
    code, text = recorded["response"]["body"]
    error = meaning(answer_of(recorded), writes=writes)
    assert type(error) is MEANING[code]
    assert error.code == code
    assert len(error.remedy) > 40
    if isinstance(text, str) and text:
        assert text not in str(error)


@pytest.mark.parametrize(("name", "recorded"), PAGES, ids=[name for name, _ in PAGES])
def test_a_recorded_page_is_never_a_success(name: str, recorded: dict[str, Any]) -> None:
    answer = answer_of(recorded)
    on_write = meaning(answer, writes=True)
    on_read = meaning(answer, writes=False, expect=200)
    if "Maintenance" in name:
        assert (on_write.code, on_read.code) == ("maintenance", "maintenance")
        assert type(on_write) is type(on_read) is Unavailable
    else:
        assert type(on_write) is OutcomeUnknown
        assert type(on_read) in (Unavailable, Misconfigured)
    if "Database down" in name or "PHP-FPM down" in name:
        assert type(on_read) is Unavailable


def test_the_address_that_glpi_saw_is_named() -> None:
    body = b'["ERROR_NOT_ALLOWED_IP", "localised text (203.0.113.7)"]'
    answer = Answer(400, {"Content-Type": "application/json"}, body)
    assert "203.0.113.7" in meaning(answer, writes=False).remedy
    without = Answer(400, {"Content-Type": "application/json"}, b'["ERROR_NOT_ALLOWED_IP", 5]')
    assert "address of this function" in meaning(without, writes=False).remedy


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://glpi.example/apirest.php/Ticket", "set it to https://glpi.example"),
        ("https://glpi.example/glpi/apirest.php/Ticket", "set it to https://glpi.example/glpi"),
        ("/glpi/apirest.php/Ticket", "set it to https://glpi.example/glpi"),
        ("https://a:b@sso.example/x?c=d#e", "redirected to https://sso.example/x, which is not"),
        ("", "redirected to https://glpi.example/apirest.php/Ticket, which is not"),
        ("http://[bad", "redirected to https://glpi.example/apirest.php/Ticket"),
    ],
)
def test_a_redirect_names_the_base_url_to_set(location: str, said: str) -> None:
    for status in (301, 302, 303, 307, 308):
        answer = Answer(status, {"Location": location}, b"")
        for writes, kind in ((True, OutcomeUnknown), (False, Misconfigured)):
            error = meaning(answer, writes=writes)
            assert type(error) is kind
            assert said in error.remedy
            assert "?" not in error.remedy


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("sent", [True, False])
def test_without_an_answer_only_what_was_sent_may_have_been_executed(
    cause: Cause, sent: bool
) -> None:
    error = no_answer(NoAnswer(cause, sent=sent, detail="why"), writes=True)
    assert isinstance(error, OutcomeUnknown) == (sent and cause is not Cause.CERTIFICATE)
    assert not isinstance(no_answer(NoAnswer(cause, sent=sent), writes=False), OutcomeUnknown)


@given(
    st.integers(200, 599),
    st.sampled_from(["application/json", "application/json; charset=UTF-8", "text/html", ""]),
    st.binary(max_size=80)
    | st.text(max_size=20).map(lambda t: json.dumps([t, t]).encode())
    | st.sampled_from(sorted(MEANING)).map(lambda code: json.dumps([code, "text"]).encode()),
)
def test_no_answer_to_a_create_is_believed_but_the_expected_one(
    status: int, content_type: str, body: bytes
) -> None:
    answer = Answer(status, {"Content-Type": content_type}, body)
    try:
        value = decipher(answer, url=URL, writes=True, expect=201)
    except GlpiError as error:
        surely_not = status in (413, 429)
        coded = 400 <= status < 500 and "json" in content_type and body.startswith(b'["ERROR')
        assert isinstance(error, OutcomeUnknown) or surely_not or coded  # noqa: PT017
    else:
        assert status == 201
        assert value == json.loads(body)


def test_deeply_nested_json_is_invalid_json() -> None:
    answer = Answer(201, {"Content-Type": "application/json"}, b"[" * 200_000)
    assert meaning(answer, writes=True).code == "invalid-json"
