"""What an answer of GLPI means: the error tree, and the one place that maps answers to it.

    GlpiError
    ├── Unavailable      surely not executed, waiting helps
    │   └── SessionRefused   GLPI does not know the session
    ├── OutcomeUnknown   may have been executed: look the ticket up before trying again
    ├── AccessDenied     tokens, address, API switched off: the setting is at fault
    ├── Misconfigured    redirect, base URL, certificate: the setting is at fault
    └── Refused          GLPI declined this request: rights, entity, mandatory fields, values
        └── TooLarge         a request of this size will never pass

GLPI's own error texts are localised and, in 11.0, hold the SQL statement with people's words: they
are not kept, and the code decides; they are looked at only for an address or a file that they name.
Everything here was observed on GLPI 10.0.14 and 11.0.6; no I/O happens here.
"""

import json
import re
from html import unescape
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from bridge.net.errors import Retry, ServerError
from bridge.net.http import Answer, Cause, NoAnswer
from bridge.net.remedies import Server, no_answer_remedy


class GlpiError(ServerError):
    """A call to GLPI that did not succeed. The type says what to do next."""


class Unavailable(GlpiError):
    """Surely not executed; waiting helps."""


class SessionRefused(Unavailable):
    """GLPI does not know the session; surely not executed."""


class OutcomeUnknown(GlpiError):
    """May have been executed; only a look-up can tell."""

    retry = Retry.AFTER_LOOK_UP


class AccessDenied(GlpiError):
    """GLPI lets nobody in with these tokens from this address; surely not executed."""

    retry = Retry.WHEN_MENDED
    setting_at_fault = True


class Misconfigured(GlpiError):
    """What answers at the base URL is not GLPI's API; surely not executed."""

    retry = Retry.WHEN_MENDED
    setting_at_fault = True


class Refused(GlpiError):
    """GLPI declined this one request; surely not executed.

    Attributes:
        is_about_file: whether it is the file of an upload that GLPI does not take, and not its
            ticket or the API user's right.
    """

    retry = Retry.WHEN_MENDED
    setting_at_fault = True
    is_about_file = False


class TooLarge(Refused):
    """GLPI or a proxy takes no request of this size; surely not executed."""

    retry = Retry.NEVER
    is_about_file = True


TOKEN_CODES = frozenset(
    {
        "ERROR_APP_TOKEN_PARAMETERS_MISSING",
        "ERROR_WRONG_APP_TOKEN_PARAMETER",
        "ERROR_GLPI_LOGIN_USER_TOKEN",
    }
)
"""What a token renewed in the secret can heal."""

RIGHT_MISSING = "ERROR_RIGHT_MISSING"
"""GLPI's code for what a profile may not read; a write that it may not do is ERROR_GLPI_ADD."""

NOT_FOUND = "ERROR_ITEM_NOT_FOUND"
"""Its code for what has been purged."""

GONE = frozenset({NOT_FOUND, RIGHT_MISSING})
"""Its codes for a ticket that is not there, as far as the API user can see."""

UPLOAD_TOO_LARGE = "ERROR_UPLOAD_FILE_TOO_BIG_POST_MAX_SIZE"

_RIGHTS = (
    "Give the API user's default profile the right to create tickets in the ticket's entity "
    "(Administration > Profiles); otherwise look for a mandatory field of the ticket template or "
    "a value in bridge.toml that GLPI does not know."
)
_SESSION = (
    "GLPI forgot a session it had just opened: check free disk space and write permission of "
    "GLPI's files/_sessions, and that a load balancer keeps a client on one server."
)
NOT_GLPI = (
    "What answers at GLPI_URL is not GLPI's API: check the address and sub-folder (it is the part "
    "before /apirest.php), and keep login pages and firewalls away from /apirest.php."
)
INTERCEPTED = (
    "A proxy, a firewall (WAF) or a login page in front of GLPI refused the request, not GLPI "
    "itself: keep firewalls and login pages away from /apirest.php, or let the bridge's requests "
    "pass there, whatever their words; the error logs of what refused it name the rule."
)
NOT_A_SEARCH = "What answered the search is not GLPI's search: look for plug-ins and proxies."
NOT_A_TICKET = "What answered is not GLPI's ticket: look for plug-ins and proxies."

REMEDIES = {
    "maintenance": "GLPI is in maintenance mode: switch it off when the work on it is done.",
    "database": "GLPI cannot reach its database: check the database server.",
    "not-glpi": NOT_GLPI,
    "odd-session": NOT_GLPI,
    "odd-search": NOT_A_SEARCH,
    "odd-ticket": NOT_A_TICKET,
    "no-id": "GLPI answered 201 without a number: look for a plug-in that changes it.",
    "http-413": ("A proxy refuses bodies this large: raise client_max_body_size (nginx) or alike."),
    "http-429": "A proxy limits requests to GLPI: raise its limit.",
}
"""What to do about our own codes; the ledger keeps these alone."""

INTERCEPTORS = frozenset({401, 403, 405, 406})
"""Statuses that are not GLPI's where its own code is missing: all its refusals carry one (10.0.14,
11.0.6)."""

_PROGRAM = "GLPI did not understand the bridge: report this code with both version numbers."

CODES: dict[str, tuple[type[GlpiError], str]] = {
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": (
        AccessDenied,
        "The App-Token did not arrive: set glpi_app_token in the secret to the application token "
        "of the API client (Setup > General > API), and let proxies pass the App-Token header.",
    ),
    "ERROR_WRONG_APP_TOKEN_PARAMETER": (
        AccessDenied,
        "GLPI knows no active API client with this application token: copy it again from Setup > "
        "General > API into glpi_app_token of the secret; it is not the user's token.",
    ),
    "ERROR_GLPI_LOGIN_USER_TOKEN": (
        AccessDenied,
        "GLPI does not accept the user's token: put the API token (remote access key) of an active "
        "user with a profile into glpi_user_token of the secret; it is not the App-Token.",
    ),
    "ERROR_GLPI_LOGIN": (
        AccessDenied,
        "GLPI refused the login: allow login with external tokens in Setup > General > API.",
    ),
    "ERROR_LOGIN_PARAMETERS_MISSING": (
        AccessDenied,
        "The Authorization header did not arrive; Apache drops it before PHP-FPM: add "
        "'SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1' to GLPI's virtual host.",
    ),
    "ERROR_NOT_ALLOWED_IP": (
        AccessDenied,
        "No active API client allows the address {address}: widen its IPv4 range in Setup > "
        "General > API, or give the function a fixed address (NAT gateway).",
    ),
    "ERROR": (
        AccessDenied,
        "GLPI's REST API is switched off: enable it in Setup > General > API.",
    ),
    "ERROR_SESSION_TOKEN_INVALID": (SessionRefused, _SESSION),
    "ERROR_SESSION_TOKEN_MISSING": (
        SessionRefused,
        "The Session-Token header did not arrive: let proxies in front of GLPI pass it.",
    ),
    "ERROR_GLPI_ADD": (Refused, _RIGHTS),
    "ERROR_GLPI_UPDATE": (Refused, _RIGHTS),
    RIGHT_MISSING: (Refused, _RIGHTS),
    NOT_FOUND: (
        Refused,
        "The item is not in GLPI: it was purged, or the API user's entities do not include it.",
    ),
    "ERROR_RANGE_EXCEED_TOTAL": (
        Refused,
        "The list in GLPI became shorter while it was read: ask again.",
    ),
    UPLOAD_TOO_LARGE: (
        Refused,
        "The upload is larger than PHP's post_max_size on the GLPI server: raise it.",
    ),
    "ERROR_JSON_PAYLOAD_INVALID": (Refused, _PROGRAM),
    "ERROR_JSON_PAYLOAD_FORBIDDEN": (Refused, _PROGRAM),
    "ERROR_BAD_ARRAY": (Refused, _PROGRAM),
    "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM": (Refused, _PROGRAM),
}

GLPI = Server(
    "GLPI",
    url="GLPI_URL",
    ca_bundle="GLPI_CA_BUNDLE",
    checks={
        Cause.TIMEOUT: "look for slow mail notifications, webhooks or an overloaded database on "
        "the GLPI server",
        Cause.CUT: "look into the web server's and PHP's error logs",
    },
)
"""GLPI's names, and what else can be checked there when it gives no answer."""

PARTIAL = 206

_CODE = re.compile("ERROR[A-Z_]*")
_TITLE = re.compile(rb"<title>\s*([^<]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"\(([0-9a-fA-F.:]+)\)\s*$")


def no_answer(error: NoAnswer, *, writes: bool) -> GlpiError:
    """Say what it means that GLPI did not answer.

    Args:
        error: how far the request got.
        writes: whether the request changes something in GLPI.
    """
    kind: type[GlpiError] = Unavailable
    if error.cause is Cause.CERTIFICATE:
        kind = Misconfigured
    elif error.sent and writes:
        kind = OutcomeUnknown
    return kind(error.cause.value, no_answer_remedy(GLPI, error.cause, error.detail))


def remedy_of_page(code: str) -> str:
    """Return what to do about a code that tells of something in front of GLPI, "" for others."""
    return INTERCEPTED if code in {f"http-{status}" for status in INTERCEPTORS} else ""


def decipher(
    answer: Answer,
    *,
    url: str,
    writes: bool,
    expect: int,
    partial: bool = False,
    file: str = "",
) -> object:
    """Return the JSON value of a successful answer.

    Args:
        answer: what came back.
        url: what was asked, to name the base URL that a redirect points to.
        writes: whether the request changes something in GLPI. Then anything but a clear refusal
            counts as an unknown outcome.
        expect: the only status that is a success.
        partial: whether 206 is one, too: a page of a list that is longer.
        file: the name of the file that was uploaded, if one was.

    Raises:
        GlpiError: of the type that says what to do next.
    """
    status = answer.status
    if 300 <= status < 400:
        kind = OutcomeUnknown if writes else Misconfigured  # a plug-in may redirect after its work
        raise kind("redirect", _redirect(url, answer.headers.get("Location", "")), status)
    if status == 429:
        raise Unavailable("http-429", REMEDIES["http-429"], status)
    if status == 413:
        raise TooLarge("http-413", REMEDIES["http-413"], status)
    if answer.content_type != "application/json":
        raise _page(answer, writes=writes)
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _unclear("invalid-json", status, writes=writes) from None
    if status == expect or (partial and status == PARTIAL):
        return value
    if 400 <= status < 500 and isinstance(value, list) and value:
        raise _from_list(value, status, writes=writes, file=file)
    raise _unclear(f"http-{status}", status, writes=writes)


def created_id(created: object) -> int:
    """Return the id of what GLPI says it has created.

    Raises:
        OutcomeUnknown: it says none, so that it may exist.
    """
    number = created.get("id") if isinstance(created, dict) else None
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        return number
    raise OutcomeUnknown("no-id", REMEDIES["no-id"], 201)


def _from_list(value: list[object], status: int, *, writes: bool, file: str) -> GlpiError:
    """Say what GLPI's `["CODE", "localised text"]` means; other lists are none of its answers.

    One code stands for a file that GLPI does not take and for a right that is missing; only the
    first is told in words that name the file, in whatever language (10.0.14, 11.0.6).
    """
    code = str(value[0])
    if not _CODE.fullmatch(code):
        return _unclear(f"http-{status}", status, writes=writes)
    kind, remedy = CODES.get(code, (Refused, _PROGRAM))
    if "{address}" in remedy:
        found = _ADDRESS.search(str(value[-1]))
        remedy = remedy.format(address=found[1] if found else "of this function")
    error = kind(code, remedy, status)
    if isinstance(error, Refused) and file:
        ending = file[max(file.rfind("."), 0) :].casefold()
        named = ending in unescape(str(value[-1])).casefold()
        error.is_about_file = named or code == UPLOAD_TOO_LARGE
    return error


def _page(answer: Answer, *, writes: bool) -> GlpiError:
    """Say what an answer means that is not JSON: a page of GLPI, of a proxy or of a login."""
    status = answer.status
    found = _TITLE.search(answer.body)
    title = found[1].strip().upper() if found else b""
    if status == 200 and title.startswith(b"MAINTENANCE MODE"):
        return Unavailable("maintenance", REMEDIES["maintenance"], status)
    if title.startswith(b"MYSQL ERROR"):
        kind = OutcomeUnknown if writes else Unavailable
        return kind("database", REMEDIES["database"], status)
    if status >= 400 and (writes or status >= 500):
        return _unclear(f"http-{status}", status, writes=writes)
    if writes:
        return _unclear("not-json" if answer.body.strip() else "empty", status, writes=writes)
    if status in INTERCEPTORS and not _is_of_glpi_10(answer):
        return _intercepted(Misconfigured(f"http-{status}", INTERCEPTED, status))
    return Misconfigured("not-glpi", NOT_GLPI, status)


def _is_of_glpi_10(answer: Answer) -> bool:
    """Say whether this is what GLPI answers in a wrong folder (10.0.14; 11.0.6 says 404)."""
    return answer.status == HTTPStatus.FORBIDDEN and not answer.body.strip()


def _intercepted(error: GlpiError) -> GlpiError:
    """Return an error of what stands in front of GLPI, where somebody has to let us pass."""
    error.setting_at_fault = True
    error.is_intercepted = True
    return error


def _unclear(code: str, status: int, *, writes: bool) -> GlpiError:
    """Say that an answer is neither a yes nor a no.

    What is not GLPI's refusal may still have been executed: a firewall may judge by the answer.
    """
    if status in INTERCEPTORS:
        kind = OutcomeUnknown if writes else Unavailable
        return _intercepted(kind(f"http-{status}", INTERCEPTED, status))
    remedy = (
        "The answer does not say whether GLPI did the work: look into the error logs of the web "
        "server, PHP and GLPI (files/_log) at this time."
    )
    return (OutcomeUnknown if writes else Unavailable)(code, remedy, status)


def _redirect(url: str, location: str) -> str:
    """Say where a redirect points to, in terms of the setting to change."""
    try:
        target = urlsplit(urljoin(url, location))
    except ValueError:  # no address at all
        return _redirect(url, "")
    place = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
    base, found, _ = place.partition("/apirest.php")
    if location and found:
        return f"GLPI_URL is redirected: set it to {base}"
    return (
        f"GLPI_URL is redirected to {place}, which is not GLPI's API: set GLPI_URL to the address "
        "that answers itself, and keep single sign-on away from /apirest.php."
    )
