"""The ways GLPI, its proxy and the network can fail, and which request each one hits.

A fault is a value; the board keeps the injected ones, counts how often each may still strike and
hands out those that strike a given request.
"""

import threading
from dataclasses import dataclass, fields

KINDS: dict[str, str] = {
    "refuse": "the listener is closed and open connections are cut until heal()",
    "delay_before": "sleep for `seconds`, then process",
    "delay_after": "process, sleep for `seconds`, then answer",
    "cut_before": 'close the connection before processing (FIN; RST when body is "reset")',
    "cut_after": 'process, close without answering (FIN; RST when body is "reset")',
    "cut_midbody": "process, send the headers and half of the body, close",
    "status_before": "answer `status` with a proxy's page, not processed",
    "status_after": "process, answer `status` with a proxy's page",
    "html": "200 text/html with `body` (default: a login page), not processed",
    "empty": "200 text/html without a body, not processed",
    "maintenance": "GLPI's maintenance page",
    "database_down": "GLPI's page for a dead database",
    "php_down": "502 from nginx: PHP-FPM is gone",
    "invalid_json": "process, answer 201 with broken JSON",
    "wrong_shape": "process, answer 201 with `body` as JSON",
    "drip": "process, send the headers, then one byte of the body every `seconds`",
    "drip_headers": "process, then send everything one byte every `seconds`",
    "oversized": "process, answer with a JSON string of 50 MB",
    "redirect": "`status` (default 301) to `location`, not processed",
    "reject_tokens": "initSession answers 401 ERROR_GLPI_LOGIN_USER_TOKEN",
    "reject_app_token": "400 ERROR_WRONG_APP_TOKEN_PARAMETER",
    "api_disabled": '400 ["ERROR", "API disabled"]',
    "ip_not_allowed": "400 ERROR_NOT_ALLOWED_IP",
    "authorization_stripped": "the Authorization header never reaches GLPI",
    "forget_sessions": "every session token is refused; logging in works",
    "right_missing": "POST Ticket is refused: no permission",
    "stale_rights": "as right_missing, for sessions opened before the fault was injected",
}
_DELAYS = frozenset({"delay_before", "delay_after"})
# Faults that GLPI itself answers, in its own order of checks; all others are the network's.
ANSWERED_BY_GLPI = frozenset(
    {
        "reject_tokens",
        "reject_app_token",
        "api_disabled",
        "ip_not_allowed",
        "authorization_stripped",
        "forget_sessions",
        "right_missing",
        "stale_rights",
    }
)


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `match` is looked for in "METHOD path-after-apirest.php/" (empty: every request); `times` is how
    often the fault strikes (None: until healed); `seconds`, `status`, `location` and `body` mean
    what `KINDS` says of the kind.
    """

    kind: str
    match: str = ""
    times: int | None = None
    seconds: float = 0.0
    status: int = 0
    location: str = ""
    body: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} is unknown; allowed are {', '.join(KINDS)}")
        if self.kind == "redirect" and not self.location:
            raise ValueError("location must say where a redirect leads to")
        if self.kind in {"status_before", "status_after"} and not 400 <= self.status <= 599:
            raise ValueError(f"status {self.status} must be an error status, 400 to 599")

    @classmethod
    def from_json(cls, given: object) -> "Fault":
        """Build a fault from a JSON object; raise ValueError with a sentence on the bad key."""
        if not isinstance(given, dict):
            raise ValueError(  # noqa: TRY004 - one error for whatever is wrong with the JSON
                "a fault is a JSON object with at least the key 'kind'"
            )
        allowed = {field.name for field in fields(cls)}
        for key in given:
            if key not in allowed:
                raise ValueError(
                    f"key {key!r} is unknown; allowed are {', '.join(sorted(allowed))}"
                )
        if "kind" not in given:
            raise ValueError(f"key 'kind' is missing; allowed kinds are {', '.join(KINDS)}")
        for key, value in given.items():
            _require_type(key, value)
        return cls(**given)


def _require_type(key: str, value: object) -> None:
    kinds: dict[str, tuple[type, ...]] = {
        "times": (int, type(None)),
        "seconds": (int, float),
        "status": (int,),
    }
    wanted = kinds.get(key, (str,))
    if isinstance(value, bool) or not isinstance(value, wanted):
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in wanted)
        raise ValueError(f"key {key!r} must be {names}")  # noqa: TRY004 - as above


@dataclass
class _Injected:
    fault: Fault
    remaining: int | None
    sessions_before: int


class FaultBoard:
    """The faults in force; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._injected: list[_Injected] = []

    def inject(self, fault: Fault, sessions_opened: int) -> None:
        """Put a fault in force; `sessions_opened` tells stale sessions from later ones."""
        with self._lock:
            self._injected.append(_Injected(fault, fault.times, sessions_opened))

    def clear(self) -> None:
        """Remove every fault; all requests are answered as GLPI would again."""
        with self._lock:
            self._injected.clear()

    @property
    def active(self) -> list[Fault]:
        """The faults that may still strike."""
        with self._lock:
            return [entry.fault for entry in self._injected if entry.remaining != 0]

    def strike(self, request: str, session_number: int | None) -> list[Fault]:
        """Return the faults that hit this "METHOD path": delays, and the first of the others."""
        struck: list[Fault] = []
        with self._lock:
            for entry in self._injected:
                if entry.remaining == 0 or not _applies(entry, request, session_number):
                    continue
                if entry.fault.kind not in _DELAYS and any(f.kind not in _DELAYS for f in struck):
                    continue
                if entry.remaining is not None:
                    entry.remaining -= 1
                struck.append(entry.fault)
        return struck


def _applies(entry: _Injected, request: str, session_number: int | None) -> bool:
    fault = entry.fault
    if fault.kind == "refuse" or fault.match not in request:
        return False
    if fault.kind in {"reject_tokens", "authorization_stripped"}:
        return request.endswith(" initSession")
    if fault.kind == "forget_sessions":
        return not request.endswith(" initSession")
    if fault.kind == "right_missing" and request == "GET getActiveProfile":
        return not fault.match and fault.times is None  # what is missing is not shown, either
    if fault.kind in {"right_missing", "stale_rights"} and not (
        fault.match or request == "POST Ticket"
    ):
        return False
    if fault.kind == "stale_rights":
        return session_number is not None and session_number <= entry.sessions_before
    return True
