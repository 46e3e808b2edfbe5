"""What GLPI sends back: statuses, JSON, HTML pages, and the errors that end a call.

Seen on 10.0.14 and 11.0.6: an error is `["CODE", "localised text"]`; some texts end with a pointer
to the inline documentation.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus

JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"
NO_PERMISSION = "You don't have permission to perform this action."
_NO_STORE = (("Cache-Control", "no-store, no-cache, must-revalidate"),)

# Only these carry the pointer to the documentation.
_DOCUMENTED = frozenset(
    {
        "ERROR",
        "ERROR_APP_TOKEN_PARAMETERS_MISSING",
        "ERROR_BAD_ARRAY",
        "ERROR_JSON_PAYLOAD_FORBIDDEN",
        "ERROR_LOGIN_PARAMETERS_MISSING",
        "ERROR_RANGE_EXCEED_TOTAL",
        "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM",
        "ERROR_SESSION_TOKEN_MISSING",
        "ERROR_WRONG_APP_TOKEN_PARAMETER",
    }
)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; PHP's are sent in chunks, those of nginx carry a length."""

    status: int
    body: bytes = b""
    content_type: str = HTML_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = True


class GlpiRefusalError(Exception):
    """GLPI declines the call with a status, a code and a text (or a list, as 10 and 11 do)."""

    def __init__(self, status: int, code: str, text: object = NO_PERMISSION) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text


class PhpTypeError(Exception):
    """A value of a type that GLPI does not check: 10 answers 200 and nothing, 11 a 500 page."""


def json_answer(status: int, value: object, *headers: tuple[str, str]) -> Answer:
    """Answer with JSON, unescaped as PHP sends it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode(), JSON_TYPE, _NO_STORE + headers)


def refusal_answer(refusal: GlpiRefusalError, documentation: str) -> Answer:
    """Answer with GLPI's error list; `documentation` is the address of the inline help."""
    text = refusal.text
    if refusal.code in _DOCUMENTED and isinstance(text, str) and text != "API disabled":
        text = f"{text}; view documentation in your browser at {documentation}#{refusal.code}"
    return json_answer(refusal.status, [refusal.code, text])


def html_answer(status: int, page: str) -> Answer:
    """Answer with a page made by PHP."""
    return Answer(status, page.encode(), HTML_TYPE, _NO_STORE)


def nginx_answer(status: int, *headers: tuple[str, str]) -> Answer:
    """Answer as the web server does when PHP has no say."""
    known = {member.value: member.phrase for member in HTTPStatus}
    title = f"{status} {known.get(status, 'Error')}"
    if status == 413:
        title = "413 Request Entity Too Large"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), "text/html", headers, chunked=False)
