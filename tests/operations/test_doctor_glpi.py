"""manage.py doctor: each way in which GLPI can be misconfigured, on the simulator."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from bridge.glpi_api.session import GlpiSession
from local.glpi_simulator import Fault, GlpiSimulator
from operations.doctor import glpi_login, glpi_rights, timed_http
from operations.doctor.glpi_rights import VERSION
from operations.doctor.timed_http import TimedHttp, skew
from tests.conftest import Lab, both_versions, kept_environment
from tests.support.doctor import doctor, toml


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    with kept_environment():
        yield


# --- The way in


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        (Fault("refuse"), "glpi.connection", "No connection to GLPI"),
        (Fault("cut_before"), "glpi.connection", "cut the connection"),
        (Fault("oversized"), "glpi.connection", "larger than any of GLPI's"),
        (Fault("maintenance"), "glpi.service", "GLPI is in maintenance mode"),
        (Fault("database_down"), "glpi.service", "does not say|cannot reach its database"),
        (Fault("php_down"), "glpi.service", "(HTTP 502)"),
        (Fault("status_before", status=429), "glpi.service", "(HTTP 429)"),
        (Fault("html"), "glpi.address", "not GLPI's API"),
        (Fault("empty"), "glpi.address", "not GLPI's API"),
        (Fault("api_disabled"), "glpi.api", "REST API is switched off"),
        (Fault("ip_not_allowed"), "glpi.client", "allows the address 127.0.0.1. → Widen"),
        (Fault("reject_app_token"), "glpi.app-token", "no active API client with this"),
        (Fault("authorization_stripped"), "glpi.authorization", "Authorization header did not"),
        (Fault("reject_tokens"), "glpi.user-token", "does not accept the user's token"),
        (Fault("forget_sessions"), "glpi.session", "forgot a session"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
@both_versions
def test_each_fault_is_found_where_it_is(lab: Lab, fault: Fault, check: str, said: str) -> None:
    lab.glpi.inject(fault)
    results = doctor()
    assert results.wrong == [check]
    assert any(part in results.found(check) for part in said.split("|"))
    assert results.skipped("glpi.version").startswith("first mend “")


def test_all_before_the_fault_is_well_and_nothing_after_it_is_claimed(lab: Lab) -> None:
    lab.glpi.inject(Fault("ip_not_allowed"))
    results = doctor()
    for check in ("connection", "redirect", "service", "address", "api"):
        assert results.well(f"glpi.{check}")
    for check in ("app-token", "authorization", "user-token", "session", "create", "trial"):
        assert results.skipped(f"glpi.{check}") == "first mend “allowed address”"


def test_a_redirect_names_the_address_to_set(lab: Lab) -> None:
    lab.glpi.inject(
        Fault("redirect", location="https://help.example/glpi/apirest.php/initSession?x=canary")
    )
    results = doctor(canaries=("canary",))
    assert "Set it to https://help.example/glpi." in results.found("glpi.redirect")


def test_swapped_tokens_are_recognised(lab: Lab) -> None:
    lab.store(
        glpi_app_token=lab.secret["glpi_user_token"], glpi_user_token=lab.secret["glpi_app_token"]
    )
    results = doctor()
    assert results.wrong == ["glpi.app-token"]
    assert "The two tokens of GLPI are swapped" in results.found("glpi.app-token")


def test_a_wrong_folder_is_recognised(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with GlpiSimulator(prefix="/glpi") as below:
        monkeypatch.setenv("GLPI_URL", below.url.removesuffix("/glpi"))
        results = doctor()
        assert f"Set GLPI_URL to {below.url}." in results.found("glpi.address")
        assert {exchange.session for exchange in below.log} == {None}


def test_a_folder_too_many_is_recognised(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLPI_URL", f"{lab.glpi.url}/glpi")
    assert f"Set GLPI_URL to {lab.glpi.url}." in doctor().found("glpi.address")


def test_a_name_that_does_not_exist_is_found(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("GLPI_URL", "https://glpi.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = doctor().found("glpi.connection")
    assert "host name could not be resolved (Name or service not known)" in found


def test_a_certificate_that_nobody_trusts_and_one_that_is_named(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with GlpiSimulator(ssl_context=context) as secure:
        monkeypatch.setenv("GLPI_URL", secure.url)
        lab.store(glpi_app_token=secure.app_token, glpi_user_token=secure.user_tokens["mm-bot"])
        assert "name the ca's pem file" in doctor().found("glpi.connection").lower()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("GLPI_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert "TLS" in doctor().well("glpi.connection")


def test_https_where_http_is_spoken_is_found(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLPI_URL", lab.glpi.url.replace("http:", "https:"))
    assert "TLS handshake with GLPI failed" in doctor().found("glpi.connection")


def test_the_session_is_closed_at_the_end(lab: Lab) -> None:
    doctor()
    assert [e.path for e in lab.glpi.log][-1].endswith("killSession")


def test_a_clock_that_is_off_is_found(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "from this machine's" in doctor().well("glpi.clock")
    monkeypatch.setattr(timed_http, "skew", lambda *_: 900.4)
    assert "GLPI's clock is 900 s ahead of this machine's." in doctor().found("glpi.clock")


def test_a_header_date_tells_the_skew() -> None:
    assert skew("Tue, 24 Nov 2026 12:00:10 GMT", 1795521600.0) == 10
    assert skew("", 0) is None
    assert skew("canary", 0) is None
    assert TimedHttp(None).skew is None


# --- What it may do


@both_versions
def test_the_version_is_told(lab: Lab) -> None:
    assert doctor().well("glpi.version") == lab.glpi.version


@pytest.mark.parametrize("told", ["9.5.13", "10.1.0", "12.0.0-dev", ""])
def test_another_version_is_a_finding(lab: Lab, monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    real = glpi_login.GlpiSubject.get

    def get(glpi: glpi_login.GlpiSubject, path: str) -> object:
        return {"cfg_glpi": {"version": told}} if path == "getGlpiConfig" else real(glpi, path)

    monkeypatch.setattr(glpi_login.GlpiSubject, "get", get)
    found = doctor().found("glpi.version")
    wanted = VERSION.cause.format(version=told) if told else "does not tell its version"
    assert wanted in found


def test_links_that_people_cannot_open_are_found(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor().well("glpi.links") == f"to {lab.glpi.url}, as GLPI calls itself"
    monkeypatch.setenv("GLPI_URL", lab.glpi.url.replace("127.0.0.1", "localhost"))
    calls_itself(monkeypatch, "https://helpdesk.example/")
    assert doctor().well("glpi.links") == "to https://helpdesk.example, as GLPI calls itself"
    calls_itself(monkeypatch, "helpdesk.example")
    found = doctor().found("glpi.links")
    assert f"lead to {lab.glpi.url.replace('127.0.0.1', 'localhost')}, since GLPI calls" in found
    assert "calls itself helpdesk.example, which they cannot open" in found
    assert "Set GLPI_PUBLIC_URL" in found
    calls_itself(monkeypatch, "")
    assert "does not tell its own address" in doctor().skipped("glpi.links")
    monkeypatch.setenv("GLPI_PUBLIC_URL", "https://desk.example/")
    assert doctor().well("glpi.links") == "to https://desk.example"


def calls_itself(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let GLPI have an address of its own among its settings."""
    known = GlpiSession.known_setting

    def known_setting(session: GlpiSession, name: str) -> str:
        return address if name == "url_base" else known(session, name)

    monkeypatch.setattr(GlpiSession, "known_setting", known_setting)


@both_versions
def test_a_profile_without_the_right_is_found_without_filing_anything(lab: Lab) -> None:
    lab.glpi.inject(Fault("right_missing"))
    results = doctor()
    assert results.wrong == ["glpi.create"]
    assert "Super-Admin > Assistance: tick Create" in results.found("glpi.create")
    assert results.well("glpi.read-back")
    assert lab.glpi.tickets == []


@both_versions
@pytest.mark.parametrize(
    ("login", "sees", "users"),
    [
        ("mm-tech", "all tickets", "may be found, by address or login"),
        ("mm-self", "its own tickets", "Self-Service may not read users: requesters by address"),
    ],
)
def test_each_profile_may_do_enough(lab: Lab, login: str, sees: str, users: str) -> None:
    lab.store(glpi_user_token=lab.glpi.user_tokens[login])
    results = doctor()
    assert results.wrong == []
    assert results.well("glpi.create")
    assert results.well("glpi.read-back") == sees
    assert users in str(results["glpi.users"])


def test_logins_are_of_no_use_to_a_profile_that_may_not_read_users(
    lab: Lab, tmp_path: Path
) -> None:
    lab.store(glpi_user_token=lab.glpi.user_tokens["mm-self"])
    results = doctor(bridge_toml=toml(tmp_path, top="requester_by_login = true"))
    assert "requester_by_login has no effect" in results.found("glpi.users")


def test_a_profile_that_does_not_see_its_tickets_is_found(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glpi_rights, "READ_OWN", 0)
    monkeypatch.setattr(glpi_rights, "READ_ALL", 0)
    assert "may not see the tickets that it creates" in doctor().found("glpi.read-back")


# --- Ids


@both_versions
def test_ids_are_shown_with_their_names(lab: Lab, tmp_path: Path) -> None:
    desk = toml(tmp_path, "source = 7\ncategory = 2\ngroup = 1\nentity = 0\n")
    results = doctor(bridge_toml=desk)
    assert results.wrong == []
    assert results.well("glpi.sources") == "7 Mattermost"
    assert results.well("glpi.categories") == "2 Software"
    assert results.well("glpi.groups") == "1 Service desk"
    assert results.well("glpi.entities") == "Root entity and below"


@both_versions
def test_ids_that_do_not_exist_are_found(lab: Lab, tmp_path: Path) -> None:
    desk = toml(tmp_path, "source = 77\ncategory = 78\ngroup = 79\nentity = 80\n")
    results = doctor(bridge_toml=desk)
    assert "Desk 1: there is no request source 77 in GLPI" in results.found("glpi.sources")
    assert "Correct “category” in bridge.toml" in results.found("glpi.categories")
    assert "there is no group 79" in results.found("glpi.groups")
    assert "entity 80 is none of those" in results.found("glpi.entities")


@both_versions
def test_a_technician_learns_names_from_tickets(lab: Lab, tmp_path: Path) -> None:
    lab.store(glpi_user_token=lab.glpi.user_tokens["mm-tech"])
    desk = toml(tmp_path, "source = 7\n[[desk]]\ntriggers = ['x']\nsource = 77\n")
    results = doctor(bridge_toml=desk)
    assert "7, 77: Technician may not read it, and no ticket" in results.skipped("glpi.sources")
    doctor(bridge_toml=desk, file_tickets=True)
    assert results.skipped("glpi.sources")
    again = doctor(bridge_toml=toml(tmp_path, "source = 7\n"))
    assert again.well("glpi.sources") == "7 Mattermost"


@both_versions
def test_a_technician_finds_a_source_that_tickets_show_blank(lab: Lab, tmp_path: Path) -> None:
    lab.store(glpi_user_token=lab.glpi.user_tokens["mm-tech"])
    desk = toml(tmp_path, "source = 77\n")
    doctor(bridge_toml=desk, file_tickets=True)
    assert "there is no request source 77" in doctor(bridge_toml=desk).found("glpi.sources")


def test_an_entity_out_of_the_sessions_sight_is_found(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = glpi_login.GlpiSubject.get

    def get(glpi: glpi_login.GlpiSubject, path: str) -> object:
        if path == "getFullSession":
            return {"session": {"glpiactiveentities": {"0": 0}, "glpiactive_entity": 0}}
        if path.startswith("getMyEntities"):
            return {"myentities": [{"id": 0, "name": "Root"}, {"id": 5, "name": "Below"}]}
        return real(glpi, path)

    monkeypatch.setattr(glpi_login.GlpiSubject, "get", get)
    found = doctor(bridge_toml=toml(tmp_path, "entity = 5\n")).found("glpi.entities")
    assert "the session does not see entity 5" in found
    assert doctor().well("glpi.entities") == "Root only"


# --- Files, and a real ticket


def test_the_limit_for_files_counts_only_with_a_bot(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor().skipped("glpi.documents") == "without a bot no files are carried"
    lab.store(mattermost_bot_token="bottoken000000000000000000")
    monkeypatch.setenv("MATTERMOST_URL", "http://127.0.0.1:9")
    assert "up to 2 MB; larger ones stay" in doctor().well("glpi.documents")
    found = doctor(bridge_toml=toml(tmp_path, top="max_file_mb = 3")).found("glpi.documents")
    assert "GLPI takes files up to 2 MB; bridge.toml promises 3." in found
    small = doctor(bridge_toml=toml(tmp_path, top="max_file_mb = 2"))
    assert small.well("glpi.documents") == "up to 2 MB; GLPI takes 2"


@both_versions
def test_a_ticket_is_filed_and_found_only_on_request(lab: Lab) -> None:
    assert doctor().skipped("glpi.trial") == "only with --file-a-ticket"
    assert lab.glpi.tickets == []
    told = doctor(file_tickets=True).well("glpi.trial")
    assert [f"filed and found: #{t['id']}; close it" for t in lab.glpi.tickets] == [told]


def test_a_ticket_that_is_refused_says_why(lab: Lab) -> None:
    lab.glpi.inject(Fault("stale_rights", match="POST Ticket"))
    lab.glpi.inject(Fault("right_missing", match="POST Ticket"))
    found = doctor(file_tickets=True).found("glpi.trial")
    assert "It was refused (ERROR_GLPI_ADD). → Give the API user's default profile" in found


def test_a_ticket_of_unknown_outcome_is_told(lab: Lab) -> None:
    lab.glpi.inject(Fault("cut_after", match="POST Ticket"))
    assert "a test ticket may exist (cut)" in doctor(file_tickets=True).found("glpi.trial")


def test_a_ticket_that_is_not_found_again_is_told(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glpi.Glpi.find_tickets", lambda *_: [])
    assert "a look-up by its marker does not find it" in doctor(file_tickets=True).found(
        "glpi.trial"
    )


def test_an_id_in_requesters_that_is_nobodys_is_found(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "bridge.toml"
    people = "[requesters]\nalice = 11\nbob = 9999\ncarol = 13\n"
    path.write_text(people + '[[desk]]\ntriggers = ["112"]\n', "utf-8")
    found = doctor(bridge_toml=path).found("glpi.requesters")
    assert "no active user 9999, whom “bob” should be" in found
    assert "alice" not in found
    lab.store(glpi_user_token=lab.glpi.user_tokens["mm-self"])
    assert "may not read users" in doctor(bridge_toml=path).skipped("glpi.requesters")
