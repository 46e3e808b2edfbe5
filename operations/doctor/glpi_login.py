"""Checks of the way into GLPI: one login tells most of them.

GLPI, its proxy and the network refuse in a fixed order (seen on 10.0.14 and 11.0.6), so a refusal
also tells that everything before it is well.
"""

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from bridge.config.credentials import GlpiTokens
from bridge.net.deadline import Deadline
from bridge.net.http import NoAnswer
from glpi import AccessDenied, Glpi, GlpiError
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, Wrong, of_error
from operations.doctor.settings import Configuration
from operations.doctor.timed_http import SKEW_SECONDS, TimedHttp

LOGIN_SECONDS = 10.0
"""As long as the function itself waits for GLPI while a person does."""

NO_TOKENS = "the secret holds no usable tokens of GLPI"
NO_ADDRESS = "GLPI_URL or GLPI_CA_BUNDLE is not usable"

SWAPPED = Fault(
    "The two tokens of GLPI are swapped: the other way round they work.",
    "Exchange glpi_app_token and glpi_user_token in the secret.",
)
OTHER_FOLDER = Fault(
    "GLPI's API does not answer at GLPI_URL, but at {base}.", "Set GLPI_URL to {base}."
)
CLOCK = Fault(
    "GLPI's clock is {seconds} s {direction} this machine's.",
    "Let both follow a time server (NTP); look-ups of tickets count in GLPI's days.",
)


class _Tokens:
    """Tokens that stay as they are."""

    def __init__(self, tokens: GlpiTokens) -> None:
        self._tokens = tokens

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:  # noqa: ARG002 - none to renew
        return self._tokens


class GlpiSubject:
    """GLPI, asked as the bridge asks it.

    Args:
        configuration: the settings.
        deadline: for everything.
        file_tickets: whether a ticket may be filed.
    """

    def __init__(
        self, configuration: Configuration, deadline: Deadline, *, file_tickets: bool = False
    ) -> None:
        self.configuration = configuration
        self.deadline = deadline
        self.file_tickets = file_tickets
        self.base = configuration.settings.glpi_url
        self.usable = not configuration.broken & {"GLPI_URL", "GLPI_CA_BUNDLE"}
        self.http = TimedHttp(configuration.settings.glpi_ca_bundle)
        tokens = _Tokens(configuration.tokens or GlpiTokens("", ""))
        self.tickets = Glpi(self.base, tokens, self.http)
        self.session = self.tickets.session
        self._login_error: GlpiError | None = None
        self._login_tried = False
        self._answers: dict[str, Mapping[str, object]] = {}

    def login_error(self) -> GlpiError | None:
        """Log in, at the first call only; return GLPI's refusal, None when it lets us in."""
        if not self._login_tried:
            self._login_tried = True
            try:
                deadline = self.deadline.within(LOGIN_SECONDS)
                self.session.open(deadline)
                self.session.get("getActiveProfile", deadline)  # a session may be forgotten
            except GlpiError as error:
                self._login_error = error
        return self._login_error

    def has_swapped_tokens(self) -> bool:
        """Log in with the two tokens exchanged; return whether GLPI lets us in."""
        tokens = self.configuration.tokens
        if tokens is None:
            return False
        other_way = _Tokens(GlpiTokens(app=tokens.user, user=tokens.app))
        session = Glpi(self.base, other_way, self.http)
        try:
            session.open(self.deadline)
        except GlpiError:
            return False
        session.close(self.deadline.within(1))
        return True

    def find_api(self) -> str:
        """Look for the API on the same host; return its base URL, "" if it answers nowhere."""
        parts = urlsplit(self.base)
        root = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        above = self.base.rpartition("/")[0] if parts.path.strip("/") else root
        for base in dict.fromkeys((f"{self.base}/glpi", above, root, f"{root}/glpi")):
            if base != self.base and self._is_api(base):
                return base
        return ""

    def _is_api(self, base: str) -> bool:
        """Say whether GLPI's API answers there; no token travels for that."""
        url = f"{base}/apirest.php/initSession"
        try:
            answer = self.http.request("GET", url, deadline=self.deadline, headers={})
            value = json.loads(answer.body)
        except (NoAnswer, ValueError, RecursionError):
            return False
        return isinstance(value, list) and bool(value) and str(value[0]).startswith("ERROR")

    def get(self, path: str) -> Mapping[str, object]:
        """Read an object once, "{}" for whatever else was answered.

        Raises:
            GlpiError: there is no telling.
        """
        if path not in self._answers:
            found = self.session.get(path, self.deadline)
            self._answers[path] = found if isinstance(found, dict) else {}
        return self._answers[path]

    def close(self) -> None:
        """Log out of GLPI, within a second."""
        self.session.close(Deadline(1))


class _LoginStep:
    """A step of the way in: wrong when the login ended here, well when it came further."""

    def __init__(self, number: int, seen: Callable[[GlpiSubject], str]) -> None:
        self._number = number
        self._seen = seen

    def __call__(self, glpi: GlpiSubject) -> Result:
        if not glpi.usable:
            return Skipped(NO_ADDRESS)
        error = glpi.login_error()
        if glpi.configuration.tokens is None and self._number >= _TOKENS:
            return Skipped(NO_TOKENS)
        if error is not None and _reached(error) == self._number:
            return _explained(glpi, error)
        return Ok(self._seen(glpi))


def _explained(glpi: GlpiSubject, error: GlpiError) -> Wrong:
    """Say more of a refused login than the error itself, where a second look can tell."""
    tokens = ("ERROR_WRONG_APP_TOKEN_PARAMETER", "ERROR_GLPI_LOGIN_USER_TOKEN")
    if isinstance(error, AccessDenied) and error.code in tokens and glpi.has_swapped_tokens():
        return SWAPPED.found()
    if error.code == "not-glpi" or error.is_intercepted:
        base = glpi.find_api()
        if base:
            return OTHER_FOLDER.found(base=base)
    return of_error(error)


def _place(glpi: GlpiSubject) -> str:
    parts = urlsplit(glpi.base)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    safety = "TLS" if parts.scheme == "https" else "not encrypted"
    return f"{parts.hostname}, port {port}, {safety}, {glpi.http.milliseconds} ms"


def _allowed(glpi: GlpiSubject) -> str:
    return (
        "this machine's is; the functions may have another"
        if glpi.configuration.source.stack
        else "yes"
    )


def _user(glpi: GlpiSubject) -> str:
    profile = glpi.get("getActiveProfile").get("active_profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    return f"logs in with the profile {name}"


_STEPS: tuple[tuple[str, str, tuple[str, ...], Callable[[GlpiSubject], str]], ...] = (
    (
        "glpi.connection",
        "connection",
        ("dns", "connect", "tls", "certificate", "timeout", "cut", "too-large"),
        _place,
    ),
    ("glpi.redirect", "no redirect", ("redirect",), lambda _: "GLPI_URL answers itself"),
    (
        "glpi.service",
        "in service",
        ("maintenance", "database", "http-429", "http-502"),
        lambda _: "no maintenance, no server error",
    ),
    (
        "glpi.address",
        "address and folder",
        ("not-glpi", "invalid-json", "http-403"),
        lambda glpi: f"{glpi.base}/apirest.php",
    ),
    ("glpi.api", "REST API enabled", ("ERROR",), lambda _: "yes"),
    ("glpi.client", "allowed address", ("ERROR_NOT_ALLOWED_IP",), _allowed),
    (
        "glpi.app-token",
        "app token",
        ("ERROR_APP_TOKEN_PARAMETERS_MISSING", "ERROR_WRONG_APP_TOKEN_PARAMETER"),
        lambda _: "accepted",
    ),
    (
        "glpi.authorization",
        "Authorization header",
        ("ERROR_LOGIN_PARAMETERS_MISSING",),
        lambda _: "arrives",
    ),
    (
        "glpi.user-token",
        "user token",
        ("ERROR_GLPI_LOGIN_USER_TOKEN", "ERROR_GLPI_LOGIN"),
        lambda _: "accepted",
    ),
    (
        "glpi.session",
        "session",
        ("ERROR_SESSION_TOKEN_INVALID", "ERROR_SESSION_TOKEN_MISSING"),
        _user,
    ),
)
_TOKENS = 6
"""The first step that takes a token."""

_SERVICE = 2
"""The step of whatever else the server may answer."""


_ADDRESS = 3
"""The step that something in front of GLPI ends, whatever its status."""


def _reached(error: GlpiError) -> int:
    """Return the number of the step at which a login ended."""
    if error.is_intercepted:
        return _ADDRESS
    found = (n for n, (_, _, codes, _) in enumerate(_STEPS) if error.code in codes)
    other = len(_STEPS) - 1 if re.match("ERROR", error.code) else _SERVICE
    return next(found, other)


def clock(glpi: GlpiSubject) -> Result:
    """Compare GLPI's clock with this machine's."""
    ahead = glpi.http.skew
    if ahead is None:
        return Skipped("GLPI's web server does not tell the time")
    if abs(ahead) > SKEW_SECONDS:
        direction = "ahead of" if ahead > 0 else "behind"
        return CLOCK.found(seconds=round(abs(ahead)), direction=direction)
    return Ok(f"{abs(ahead):.0f} s from this machine's")


def _steps() -> tuple[Check[GlpiSubject], ...]:
    made = []
    for number, (name, title, codes, seen) in enumerate(_STEPS):
        extra = {
            "glpi.address": (OTHER_FOLDER,),
            "glpi.app-token": (SWAPPED,),
            "glpi.user-token": (SWAPPED,),
        }
        needs = (_STEPS[number - 1][0],) if number else ()
        ask = _LoginStep(number, seen)
        made.append(Check(name, title, ask, needs, extra.get(name, ()), codes))
    return tuple(made)


_CLOCK = Check("glpi.clock", "clock", clock, ("glpi.connection",), (CLOCK,))

CHECKS: tuple[Check[GlpiSubject], ...] = (_steps()[0], _CLOCK, *_steps()[1:])
