"""A session at GLPI's REST API: one login, one connection, one deadline, typed errors.

Uses the legacy REST API (`/apirest.php`), which GLPI 10.0 and 11.0 answer alike. The types of the
errors say what to do next; they are drawn in `errors`.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bridge.config import timing
from bridge.config.credentials import GlpiTokens
from bridge.glpi_api.errors import (
    NOT_GLPI,
    TOKEN_CODES,
    AccessDenied,
    GlpiError,
    Misconfigured,
    Refused,
    SessionRefused,
    TooLarge,
    Unavailable,
    created_id,
    decipher,
    no_answer,
)
from bridge.net.deadline import Deadline
from bridge.net.http import Body, Http, NoAnswer

SETTINGS = ("version", "document_max_size", "root_doc", "url_base")
"""Those of GLPI's own settings that are kept."""

_SESSION_ID = re.compile("[A-Za-z0-9,-]{1,256}")  # PHP's alphabet
_JSON = {"Content-Type": "application/json"}


class TokenSource(Protocol):
    """Where the two tokens come from."""

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        """Return the tokens; with `renew`, as they are now and not as they were kept."""


@dataclass(frozen=True)
class _Identity:
    """Who a session is.

    Attributes:
        user: the id of the API user.
        profile: its rights by their names, as bits.
    """

    user: int
    profile: Mapping[str, object]


@dataclass(frozen=True)
class _Call:
    """A request, as it can be sent again after a login."""

    method: str
    path: str
    deadline: Deadline
    expect: int = 200
    partial: bool = False
    headers: Mapping[str, str] | None = None
    body: Body | None = None
    file: str = ""


class GlpiSession:
    """A session, opened by the first call and kept: a warm ticket costs one request.

    Every call raises a GlpiError of the type that says what to do next; only those that write can
    raise OutcomeUnknown.

    Args:
        base_url: what comes before `/apirest.php`, without a slash at the end.
        tokens: asked at every login, and again when GLPI rejects them.
        http: used for nothing but this server.
    """

    def __init__(self, base_url: str, tokens: TokenSource, http: Http) -> None:
        self.base_url = base_url
        self._tokens = tokens
        self._http = http
        self._session: dict[str, str] | None = None
        self._identity: _Identity | None = None
        self._settings: dict[str, str] | None = None

    def open(self, deadline: Deadline) -> None:
        """Log in now instead of with the first call."""
        self._log_in(deadline)

    def close(self, deadline: Deadline) -> None:
        """End the session and the connection; never raises."""
        if self._session:
            self._log_out(self._session, deadline)
            self._session = None
        self._http.close()

    def get(self, path: str, deadline: Deadline, *, partial: bool = False) -> object:
        """Read something; `partial` takes a page of a list that is longer, too."""
        return self._in_session(_Call("GET", path, deadline, partial=partial))

    def user(self, deadline: Deadline) -> int:
        """Return the id of the API user, which a session keeps."""
        return self._who(deadline).user

    def may(self, right: str, bit: int, deadline: Deadline) -> bool:
        """Say whether the API user's profile has a right: its name and bit are GLPI's."""
        bits = str(self._who(deadline).profile.get(right) or 0)
        return bits.isdecimal() and bool(int(bits) & bit)

    def _who(self, deadline: Deadline) -> _Identity:
        if self._identity is None:
            answer = self.get("getFullSession", deadline)
            session = answer.get("session") if isinstance(answer, dict) else None
            found = session if isinstance(session, dict) else {}
            user, profile = found.get("glpiID"), found.get("glpiactiveprofile")
            if not isinstance(user, int):
                raise Unavailable("odd-session", NOT_GLPI, 200)
            self._identity = _Identity(user, profile if isinstance(profile, dict) else {})
        return self._identity

    def setting(self, name: str, deadline: Deadline) -> str:
        """Return one of GLPI's own settings, "" if it does not tell; they are asked for once."""
        if self._settings is None:
            answer = self.get("getGlpiConfig", deadline)
            found = answer.get("cfg_glpi") if isinstance(answer, dict) else None
            known = found if isinstance(found, dict) else {}
            self._settings = {key: str(known[key]) for key in SETTINGS if key in known}
        return self.known_setting(name)

    def known_setting(self, name: str) -> str:
        """Return one of GLPI's own settings, "" if it has not been asked for them, either."""
        return (self._settings or {}).get(name, "")

    def create(self, item_type: str, fields: Mapping[str, object], deadline: Deadline) -> int:
        """Create an item and return its id; it may exist after OutcomeUnknown only.

        It is believed only on 201 with an integer id: a 200 can be a maintenance page, a dead
        database or a PHP error (GLPI 10.0.14).
        """
        body = json.dumps({"input": fields}).encode()
        call = _Call("POST", item_type, deadline, 201, headers=_JSON, body=body)
        return created_id(self._in_session(call))

    def put(self, path: str, fields: Mapping[str, object], deadline: Deadline) -> object:
        """Change an item."""
        body = json.dumps({"input": fields}).encode()
        return self._in_session(_Call("PUT", path, deadline, headers=_JSON, body=body))

    def delete(self, path: str, deadline: Deadline) -> object:
        """Put an item into the trash."""
        return self._in_session(_Call("DELETE", path, deadline))

    def upload(
        self, item_type: str, name: str, content_type: str, body: Body, deadline: Deadline
    ) -> int:
        """Create an item that has a file of some name, likewise."""
        headers = {"Content-Type": content_type}
        call = _Call("POST", item_type, deadline, 201, headers=headers, body=body, file=name)
        return created_id(self._in_session(call))

    def _in_session(self, call: _Call) -> object:
        """Make a call; on a reused session, believe a refusal only after a fresh login.

        A session outlives the rights, entities and tokens it began with, and its own file.
        """
        reused = self._session is not None
        session = self._session or self._log_in(call.deadline)
        try:
            return self._send(call, session)
        except (SessionRefused, AccessDenied, Refused) as error:
            if not reused or isinstance(error, TooLarge):
                raise
            if isinstance(error, Refused):
                self._log_out(session, Deadline(timing.LOG_OUT_SECONDS))
        return self._send(call, self._log_in(call.deadline))

    def _log_in(self, deadline: Deadline) -> dict[str, str]:
        """Open a session and return the headers that name it."""
        tokens = self._tokens.glpi_tokens()
        try:
            session = self._init_session(tokens, deadline)
        except AccessDenied as error:
            renewed = self._tokens.glpi_tokens(renew=True) if error.code in TOKEN_CODES else tokens
            if renewed == tokens:
                raise
            tokens = renewed
            session = self._init_session(tokens, deadline)
        self._identity = None
        self._session = {"App-Token": tokens.app, "Session-Token": session}
        return self._session

    def _log_out(self, session: Mapping[str, str], deadline: Deadline) -> None:
        """Close a session if GLPI lets us; abandoned ones stay on its disk as files."""
        with contextlib.suppress(GlpiError):
            self._send(_Call("GET", "killSession", deadline), session)

    def _init_session(self, tokens: GlpiTokens, deadline: Deadline) -> str:
        headers = {"App-Token": tokens.app, "Authorization": f"user_token {tokens.user}"}
        opened = self._send(_Call("GET", "initSession", deadline), headers)
        session = opened.get("session_token") if isinstance(opened, dict) else None
        if not isinstance(session, str) or not _SESSION_ID.fullmatch(session):
            raise Misconfigured("not-glpi", NOT_GLPI, 200)
        return session

    def _send(self, call: _Call, session: Mapping[str, str]) -> object:
        url = f"{self.base_url}/apirest.php/{call.path}"
        writes = call.method != "GET"
        headers = {**session, **(call.headers or {})}
        try:
            answer = self._http.request(
                call.method, url, deadline=call.deadline, headers=headers, body=call.body
            )
        except NoAnswer as error:
            raise no_answer(error, writes=writes) from None
        return decipher(
            answer,
            url=url,
            writes=writes,
            expect=call.expect,
            partial=call.partial,
            file=call.file,
        )
