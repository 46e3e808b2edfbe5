"""The GLPI client: sessions, connections, and a type and a remedy for every failure."""

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme

from bridge.config.credentials import GlpiTokens
from bridge.net.deadline import Deadline
from bridge.net.http import Cause, Http
from glpi import (
    AccessDenied,
    Glpi,
    GlpiError,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    SessionRefused,
    TooLarge,
    Unavailable,
)
from local.glpi_simulator import Fault, GlpiSimulator
from tests.conftest import both_versions
from tests.support.deadlines import SHORT, ShortFrom
from tests.support.limits import PLENTY

FIELDS = {"name": "printer", "content": "<p>on fire</p>", "type": 1}
pytestmark = both_versions

STANDING = 1_000_000.0
"""A moment that stays, so that no connection is idle for long."""


@dataclass
class Tokens:
    """A secret that may hold something newer than what is kept."""

    kept: GlpiTokens
    stored: GlpiTokens
    renewals: list[bool] = field(default_factory=list)

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        if renew:
            self.renewals.append(True)
            self.kept = self.stored
        return self.kept


def valid_tokens(simulator: GlpiSimulator) -> GlpiTokens:
    return GlpiTokens(simulator.app_token, simulator.user_tokens["mm-bot"])


@pytest.fixture
def tokens(glpi: GlpiSimulator) -> Tokens:
    return Tokens(valid_tokens(glpi), valid_tokens(glpi))


@pytest.fixture
def client(glpi: GlpiSimulator, tokens: Tokens) -> Iterator[Glpi]:
    client = Glpi(glpi.url, tokens, Http(wall_clock=lambda: STANDING))
    yield client
    client.close(Deadline(1))


def create(client: Glpi, deadline: Deadline | None = None, **fields: object) -> int:
    return client.create_ticket({**FIELDS, **fields}, deadline or Deadline(PLENTY))


def failure(client: Glpi, deadline: Deadline | None = None, **fields: object) -> GlpiError:
    with pytest.raises(GlpiError) as caught:
        create(client, deadline, **fields)
    return caught.value


def calls(glpi: GlpiSimulator) -> list[str]:
    return [exchange.path.rpartition("/")[2] for exchange in glpi.log]


# --- Sessions and connections


def test_a_warm_ticket_costs_one_request(glpi: GlpiSimulator, client: Glpi) -> None:
    numbers = [create(client) for _ in range(100)]
    assert len(set(numbers)) == 100
    assert calls(glpi) == ["initSession"] + ["Ticket"] * 100
    assert glpi.connections == 1


def test_glpi_may_live_in_a_sub_folder(glpi: GlpiSimulator) -> None:
    with GlpiSimulator(version=glpi.version, prefix="/glpi") as below:
        tokens = valid_tokens(below)
        client = Glpi(below.url, Tokens(tokens, tokens), Http())
        number = create(client)
        client.close(Deadline(1))
        assert client.ticket_url(number) == f"{below.url}/front/ticket.form.php?id={number}"
        assert "/glpi/front/" in client.ticket_url(number)


def test_an_expired_session_is_renewed_once_and_the_ticket_created_once(
    glpi: GlpiSimulator, client: Glpi
) -> None:
    create(client)
    glpi.expire_sessions()
    create(client)
    assert calls(glpi) == ["initSession", "Ticket", "Ticket", "initSession", "Ticket"]
    assert len(glpi.tickets) == 2


def test_a_refusal_is_believed_only_after_a_fresh_login(glpi: GlpiSimulator, client: Glpi) -> None:
    create(client)
    glpi.inject(Fault("stale_rights"))
    create(client)
    assert calls(glpi)[2:] == ["Ticket", "killSession", "initSession", "Ticket"]
    assert len(glpi.tickets) == 2


def test_a_body_too_large_for_a_proxy_is_not_sent_again(glpi: GlpiSimulator, client: Glpi) -> None:
    create(client)
    glpi.inject(Fault("status_before", match="POST Ticket", status=413))
    assert isinstance(failure(client), Refused)
    assert calls(glpi) == ["initSession", "Ticket", "Ticket"]


def test_a_courtesy_does_not_use_up_the_time_for_the_ticket(
    glpi: GlpiSimulator, client: Glpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.config.timing.LOG_OUT_SECONDS", 0.05)
    create(client)
    glpi.inject(Fault("stale_rights"))
    glpi.inject(Fault("delay_before", match="killSession", seconds=PLENTY * 2))
    create(client)
    assert len(glpi.tickets) == 2


def test_a_refusal_of_a_fresh_session_is_believed_at_once(
    glpi: GlpiSimulator, client: Glpi
) -> None:
    glpi.inject(Fault("right_missing"))
    assert isinstance(failure(client), Refused)
    assert calls(glpi) == ["initSession", "Ticket"]


def test_a_renewed_app_token_is_noticed_in_the_middle_of_a_session(
    glpi: GlpiSimulator, client: Glpi, tokens: Tokens
) -> None:
    create(client)
    glpi.inject(Fault("reject_app_token", times=2))  # the create, and the login with the old one
    tokens.stored = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-tech"])
    create(client)
    assert tokens.renewals == [True]
    assert len(glpi.tickets) == 2


@pytest.mark.parametrize("which", ["app", "user"])
def test_rejected_tokens_are_read_again_once(
    glpi: GlpiSimulator, client: Glpi, tokens: Tokens, which: str
) -> None:
    good = tokens.stored
    tokens.kept = GlpiTokens("old", good.user) if which == "app" else GlpiTokens(good.app, "old")
    create(client)
    assert tokens.renewals == [True]
    assert calls(glpi) == ["initSession", "initSession", "Ticket"]


def test_tokens_that_stay_wrong_are_not_tried_twice(
    glpi: GlpiSimulator, client: Glpi, tokens: Tokens
) -> None:
    tokens.kept = tokens.stored = GlpiTokens(glpi.app_token, "wrong")
    assert isinstance(failure(client), AccessDenied)
    assert tokens.renewals == [True]
    assert calls(glpi) == ["initSession"]


def test_what_new_tokens_cannot_heal_does_not_ask_for_them(
    glpi: GlpiSimulator, client: Glpi, tokens: Tokens
) -> None:
    glpi.inject(Fault("api_disabled"))
    assert isinstance(failure(client), AccessDenied)
    assert tokens.renewals == []


def test_an_unknown_outcome_is_never_repeated(glpi: GlpiSimulator, client: Glpi) -> None:
    create(client)
    glpi.inject(Fault("cut_after", times=1))
    assert isinstance(failure(client), OutcomeUnknown)
    assert calls(glpi) == ["initSession", "Ticket", "Ticket"]
    assert len(glpi.tickets) == 2


def test_the_deadline_bounds_logins_and_replays_together(glpi: GlpiSimulator, client: Glpi) -> None:
    create(client)
    glpi.expire_sessions()
    begun = len(glpi.log)
    deadline = Deadline(1.5 * PLENTY, lambda: (len(glpi.log) - begun) * PLENTY)
    assert isinstance(failure(client, deadline), Unavailable)
    assert calls(glpi)[begun:] == ["Ticket", "initSession"], "each takes more than half the time"
    assert len(glpi.tickets) == 1


def test_open_tells_whether_glpi_lets_us_in_and_close_leaves_nothing_behind(
    glpi: GlpiSimulator, client: Glpi
) -> None:
    client.open(Deadline(PLENTY))
    client.close(Deadline(PLENTY))
    client.close(Deadline(PLENTY))
    assert calls(glpi) == ["initSession", "killSession"]


# --- What a failure means. Every failure of GLPI that has been seen stands here once.


@dataclass(frozen=True)
class Case:
    kind: type[GlpiError]
    code: str
    status: int | None
    remedy: str
    fault: Fault
    executed: bool = False


ON_LOGIN = {
    "wrong user token": Case(
        AccessDenied,
        "ERROR_GLPI_LOGIN_USER_TOKEN",
        401,
        "remote access key",
        Fault("reject_tokens"),
    ),
    "wrong app token": Case(
        AccessDenied,
        "ERROR_WRONG_APP_TOKEN_PARAMETER",
        400,
        "no active API client with this",
        Fault("reject_app_token"),
    ),
    "Authorization stripped by Apache": Case(
        AccessDenied,
        "ERROR_LOGIN_PARAMETERS_MISSING",
        400,
        "SetEnvIf Authorization",
        Fault("authorization_stripped"),
    ),
    "address not allowed": Case(
        AccessDenied, "ERROR_NOT_ALLOWED_IP", 400, "address 127.0.0.1:", Fault("ip_not_allowed")
    ),
    "API disabled": Case(
        AccessDenied, "ERROR", 400, "REST API is switched off", Fault("api_disabled")
    ),
    "maintenance": Case(Unavailable, "maintenance", 200, "maintenance mode", Fault("maintenance")),
    "PHP-FPM down": Case(Unavailable, "http-502", 502, "error logs", Fault("php_down")),
    "proxy timeout": Case(
        Unavailable, "http-504", 504, "error logs", Fault("status_before", status=504)
    ),
    "rate limit": Case(
        Unavailable, "http-429", 429, "limits requests", Fault("status_before", status=429)
    ),
    "login page": Case(Misconfigured, "not-glpi", 200, "before /apirest.php", Fault("html")),
    "empty page": Case(Misconfigured, "not-glpi", 200, "before /apirest.php", Fault("empty")),
    "WAF": Case(Misconfigured, "http-403", 403, "firewalls", Fault("status_before", status=403)),
    "redirect to https": Case(
        Misconfigured,
        "redirect",
        301,
        "set it to https://glpi.example/sub",
        Fault("redirect", location="https://glpi.example/sub/apirest.php/initSession"),
    ),
    "redirect to a login page": Case(
        Misconfigured,
        "redirect",
        302,
        "https://sso.example/login, which is not",
        Fault("redirect", status=302, location="https://canary:p@sso.example/login?state=canary"),
    ),
    "session forgotten": Case(
        SessionRefused,
        "ERROR_SESSION_TOKEN_INVALID",
        401,
        "files/_sessions",
        Fault("forget_sessions"),
    ),
    "slow": Case(Unavailable, "timeout", None, "in time", Fault("delay_before", seconds=PLENTY)),
    "cut": Case(Unavailable, "cut", None, "cut the connection", Fault("cut_before")),
}

ON_CREATE = {
    "missing right": Case(Refused, "ERROR_GLPI_ADD", 400, "profile", Fault("right_missing")),
    "maintenance": Case(Unavailable, "maintenance", 200, "maintenance mode", Fault("maintenance")),
    "rate limit": Case(
        Unavailable, "http-429", 429, "limits requests", Fault("status_before", status=429)
    ),
    "too large for a proxy": Case(
        TooLarge, "http-413", 413, "client_max_body_size", Fault("status_before", status=413)
    ),
    "redirect": Case(
        OutcomeUnknown,
        "redirect",
        301,
        "set it to https://glpi.example",
        Fault("redirect", location="https://glpi.example/apirest.php/Ticket"),
    ),
    "PHP-FPM down": Case(OutcomeUnknown, "http-502", 502, "error logs", Fault("php_down")),
    "500 before": Case(
        OutcomeUnknown, "http-500", 500, "error logs", Fault("status_before", status=500)
    ),
    "500 after": Case(
        OutcomeUnknown,
        "http-500",
        500,
        "error logs",
        Fault("status_after", status=500),
        executed=True,
    ),
    "proxy timeout": Case(
        OutcomeUnknown,
        "http-504",
        504,
        "error logs",
        Fault("status_after", status=504),
        executed=True,
    ),
    "WAF": Case(OutcomeUnknown, "http-403", 403, "error logs", Fault("status_before", status=403)),
    "page": Case(OutcomeUnknown, "not-json", 200, "error logs", Fault("html")),
    "empty page": Case(OutcomeUnknown, "empty", 200, "error logs", Fault("empty")),
    "invalid JSON": Case(
        OutcomeUnknown, "invalid-json", 201, "error logs", Fault("invalid_json"), executed=True
    ),
    "number as text": Case(
        OutcomeUnknown, "no-id", 201, "plug-in", Fault("wrong_shape"), executed=True
    ),
    "list": Case(
        OutcomeUnknown,
        "no-id",
        201,
        "plug-in",
        Fault("wrong_shape", body='[{"id": 12}]'),
        executed=True,
    ),
    "true as number": Case(
        OutcomeUnknown,
        "no-id",
        201,
        "plug-in",
        Fault("wrong_shape", body='{"id": true}'),
        executed=True,
    ),
    "slow before": Case(
        OutcomeUnknown, "timeout", None, "in time", Fault("delay_before", seconds=PLENTY)
    ),
    "slow after": Case(
        OutcomeUnknown,
        "timeout",
        None,
        "in time",
        Fault("delay_after", seconds=PLENTY),
        executed=True,
    ),
    "dripping body": Case(
        OutcomeUnknown,
        "timeout",
        None,
        "in time",
        Fault("drip", seconds=SHORT / 2),
        executed=True,
    ),
    "cut before": Case(OutcomeUnknown, "cut", None, "cut the connection", Fault("cut_before")),
    "cut after": Case(
        OutcomeUnknown, "cut", None, "cut the connection", Fault("cut_after"), executed=True
    ),
    "cut in the body": Case(
        OutcomeUnknown, "cut", None, "cut the connection", Fault("cut_midbody"), executed=True
    ),
    "oversized": Case(
        OutcomeUnknown, "too-large", None, "larger than any", Fault("oversized"), executed=True
    ),
}


def strike(glpi: GlpiSimulator, client: Glpi, case: Case, match: str = "") -> None:
    """Let a fault strike the creation of a ticket, and see how that ends."""
    glpi.inject(Fault(**{**vars(case.fault), "match": match}))
    check(failure(client, ShortFrom(Cause.CUT) if case.fault.seconds else None), case)
    assert not case.fault.seconds or glpi.delays.acquire(timeout=PLENTY)


def check(problem: GlpiError, case: Case) -> None:
    assert type(problem) is case.kind
    assert (problem.code, problem.status) == (case.code, case.status)
    assert case.remedy in problem.remedy
    assert str(problem).startswith(case.code)
    assert "canary" not in str(problem)


@pytest.mark.parametrize("name", ON_LOGIN)
def test_a_failing_login_says_what_to_do(glpi: GlpiSimulator, client: Glpi, name: str) -> None:
    strike(glpi, client, ON_LOGIN[name])
    assert glpi.tickets == []


@pytest.mark.parametrize("name", ON_CREATE)
def test_a_failing_create_says_what_to_do_and_whether_the_ticket_may_exist(
    glpi: GlpiSimulator, client: Glpi, name: str
) -> None:
    case = ON_CREATE[name]
    client.open(Deadline(PLENTY))
    strike(glpi, client, case, "POST Ticket")
    assert len(glpi.tickets) == case.executed
    assert not case.executed or case.kind is OutcomeUnknown


def test_a_dead_database_is_waited_for(glpi: GlpiSimulator, client: Glpi) -> None:
    glpi.inject(Fault("database_down"))
    problem = failure(client)
    assert isinstance(problem, Unavailable)
    assert problem.code in ("database", "http-500")


def test_a_database_that_dies_under_a_create_leaves_it_unknown(
    glpi: GlpiSimulator, client: Glpi
) -> None:
    client.open(Deadline(PLENTY))
    glpi.inject(Fault("database_down"))
    assert isinstance(failure(client), OutcomeUnknown)


@pytest.mark.parametrize(
    "fields",
    [
        {"entities_id": 999},
        {
            "_users_id_requester": 0,
            "_users_id_requester_notif": {
                "use_notification": [1],
                "alternative_email": ["no mail"],
            },
        },
    ],
    ids=["entity", "e-mail"],
)
def test_values_that_glpi_refuses_are_refused(client: Glpi, fields: dict[str, Any]) -> None:
    problem = failure(client, **fields)
    assert type(problem) is Refused
    assert problem.code == "ERROR_GLPI_ADD"


def test_a_php_error_is_an_unknown_outcome(client: Glpi) -> None:
    assert isinstance(failure(client, name=["a list"]), OutcomeUnknown)


def test_glpi_errors_never_repeat_glpis_own_text(glpi: GlpiSimulator, client: Glpi) -> None:
    problem = failure(client, requesttypes_id="canary-of-a-person")
    assert isinstance(problem, Refused)
    assert "canary" not in repr(problem) + str(problem)


def test_a_wrong_base_url_is_named(glpi: GlpiSimulator, tokens: Tokens) -> None:
    client = Glpi(f"{glpi.url}/nowhere", tokens, Http())
    problem = failure(client)
    client.close(Deadline(1))
    assert type(problem) is Misconfigured
    assert problem.code == "not-glpi"


def unreachable(tokens: Tokens, url: str, deadline: Deadline | None = None) -> GlpiError:
    client = Glpi(url, tokens, Http())
    problem = failure(client, deadline)
    client.close(Deadline(1))
    return problem


def test_a_refused_connection_is_waited_for(glpi: GlpiSimulator, tokens: Tokens) -> None:
    glpi.inject(Fault("refuse"))
    problem = unreachable(tokens, glpi.url)
    assert (type(problem), problem.code) == (Unavailable, "connect")
    assert "Connection refused" in problem.remedy


@pytest.mark.parametrize("slow", [True, False], ids=["slow", "unknown"])
def test_a_name_that_is_not_resolved_is_waited_for(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    over = threading.Event()

    def resolve(*_: object, **__: object) -> None:
        if slow:
            over.wait(PLENTY)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    problem = unreachable(tokens, "http://glpi.example", ShortFrom(Cause.DNS))
    over.set()
    assert (type(problem), problem.code) == (Unavailable, "dns")


def test_an_untrusted_certificate_is_a_setting_at_fault(tokens: Tokens) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with GlpiSimulator(ssl_context=context) as glpi:
        problem = unreachable(tokens, glpi.url)
    assert (type(problem), problem.code) == (Misconfigured, "certificate")
    assert "GLPI_CA_BUNDLE" in problem.remedy


def test_a_failing_tls_handshake_is_waited_for(glpi: GlpiSimulator, tokens: Tokens) -> None:
    problem = unreachable(tokens, glpi.url.replace("http:", "https:"))
    assert (type(problem), problem.code) == (Unavailable, "tls")
