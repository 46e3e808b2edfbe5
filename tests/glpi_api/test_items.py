"""Users, requesters, followups and documents, as GLPI 10 and 11 have them."""

import hashlib
import io
from collections.abc import Callable, Iterator

import pytest

from bridge.config.credentials import GlpiTokens
from bridge.glpi_api.followups import CLOSED, PENDING, SOLVED
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from glpi import (
    MEGABYTE,
    NOBODY,
    Condition,
    Glpi,
    GlpiError,
    OutcomeUnknown,
    Refused,
    Requester,
    Unavailable,
)
from local.glpi_simulator import Fault, GlpiSimulator
from tests.conftest import both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY

pytestmark = both_versions

ALICE = 11
PNG = b"\x89PNG\r\n\x1a\n" + bytes(62)
MARKER = f"mattermost:{'a' * 26}"
Login = Callable[[str], Glpi]


@pytest.fixture
def login(glpi: GlpiSimulator) -> Iterator[Login]:
    clients: list[Glpi] = []

    def open_as(user: str) -> Glpi:
        tokens = GlpiTokens(glpi.app_token, glpi.user_tokens[user])
        clients.append(Glpi(glpi.url, Tokens(tokens, tokens), Http()))
        return clients[-1]

    yield open_as
    for client in clients:
        client.close(Deadline(1))


@pytest.fixture
def client(login: Login) -> Glpi:
    return login("mm-tech")


@pytest.fixture
def ticket(client: Glpi) -> int:
    return client.create_ticket({"name": "n", "content": "<p>c</p>"}, deadline())


def deadline() -> Deadline:
    return Deadline(PLENTY)


# --- People


def test_an_active_user_is_found_by_address_and_by_login(client: Glpi) -> None:
    people = client.people
    assert people.by_email("alice@example.com", deadline()) == ALICE
    assert people.by_email("Alice@Example.com", deadline()) == ALICE
    assert people.by_login("alice", deadline()) == ALICE


@pytest.mark.parametrize("email", ["nobody@example.com", "%@example.com", "lice@example.com", "%"])
def test_nobody_else_is_found(client: Glpi, email: str) -> None:
    assert client.people.by_email(email, deadline()) is None


def test_whom_two_users_could_be_is_nobody(client: Glpi, glpi: GlpiSimulator) -> None:
    users = glpi._store.users
    other = next(user for user in users.values() if user.id != ALICE and user.is_active)
    other.email = "alice@example.com"
    assert client.people.by_email("alice@example.com", deadline()) is None


def test_a_disabled_user_is_nobody(client: Glpi, glpi: GlpiSimulator) -> None:
    glpi.change_user("alice", is_active=False)
    assert client.people.by_email("alice@example.com", deadline()) is None


def test_a_profile_that_may_not_read_users_is_refused(login: Login) -> None:
    with pytest.raises(Refused, match="ERROR_RIGHT_MISSING"):
        login("mm-self").people.by_email("alice@example.com", deadline())


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Requester(ALICE), [ALICE]),
        (Requester(email="guest@example.com"), ["guest@example.com"]),
        (NOBODY, []),
    ],
)
def test_a_ticket_is_filed_for_its_requester(
    client: Glpi, glpi: GlpiSimulator, who: Requester, expected: list[object]
) -> None:
    fields = {"name": "n", "content": "<p>c</p>", **who.as_fields()}
    client.create_ticket(fields, deadline())
    assert glpi.tickets[0]["requesters"] == expected


@pytest.mark.parametrize("user", ["mm-tech", "mm-self"])
@pytest.mark.parametrize(
    ("who", "expected"),
    [(Requester(ALICE), ALICE), (Requester(email="guest@example.com"), "guest@example.com")],
)
def test_a_requester_can_be_named_later(
    login: Login, glpi: GlpiSimulator, user: str, who: Requester, expected: object
) -> None:
    client = login(user)
    people = client.people
    ticket = client.create_ticket({"name": "n", "content": "<p>c</p>"}, deadline())
    assert not people.has_requester(ticket, deadline())
    people.add_requester(ticket, who, deadline())
    assert people.has_requester(ticket, deadline())
    assert glpi.tickets[0]["requesters"] == [expected]


@pytest.mark.parametrize(
    ("email", "fine"),
    [
        ("a@b.cd", True),
        ("a.b+c@d-e.fg.hi", True),
        ("a@localhost", False),
        ("a b@c.de", False),
        ("<a@b.cd>", False),
        ("", False),
        ("a@b.cd\nBcc: x@y.zz", False),
        (f"{'a' * 250}@b.cd", False),
    ],
)
def test_only_what_glpi_surely_takes_is_an_address(client: Glpi, email: str, fine: bool) -> None:
    assert client.people.writable(email, deadline()) == (email if fine else "")


# --- Followups


def followup(ticket: int, words: str = "more", marker: str = MARKER) -> dict[str, object]:
    content = f"<p>{words}</p>\n<p>{marker}</p>"
    return {"itemtype": "Ticket", "items_id": ticket, "content": content}


def test_a_followup_is_found_by_its_last_paragraph_only(client: Glpi, ticket: int) -> None:
    followups = client.followups
    other = f"mattermost:{'b' * 26}"
    followups.create(followup(ticket, words=f"see {MARKER}", marker=other), deadline())
    assert not followups.exists(ticket, MARKER, deadline())
    followups.create(followup(ticket), deadline())
    assert followups.exists(ticket, MARKER, deadline())
    assert not followups.exists(ticket + 1, MARKER, deadline())


@pytest.mark.parametrize(
    ("status", "takes", "rests"),
    [(1, True, False), (PENDING, True, True), (SOLVED, True, True), (CLOSED, False, False)],
)
def test_a_tickets_status_says_what_a_followup_needs(
    client: Glpi, ticket: int, status: int, takes: bool, rests: bool
) -> None:
    client.session.put(f"Ticket/{ticket}", {"status": status}, deadline())
    found = client.followups.condition(ticket, deadline())
    assert found == Condition(True, status, entity=0, writer=client.session.user(deadline()))
    assert (found.takes_followups, found.is_resting) == (takes, rests)


def test_a_ticket_in_the_trash_or_purged_takes_no_followups(client: Glpi, ticket: int) -> None:
    followups = client.followups
    client.session.delete(f"Ticket/{ticket}", deadline())
    assert not followups.condition(ticket, deadline()).takes_followups
    assert not followups.condition(99_999, deadline()).takes_followups


@pytest.mark.parametrize("fault", ["maintenance", "empty", "cut_before"])
def test_a_question_that_fails_is_no_no(
    client: Glpi, glpi: GlpiSimulator, ticket: int, fault: str
) -> None:
    followups, people = client.followups, client.people
    glpi.inject(Fault(fault))
    questions: list[Callable[[], object]] = [
        lambda: followups.exists(ticket, MARKER, deadline()),
        lambda: followups.condition(ticket, deadline()),
        lambda: people.by_email("alice@example.com", deadline()),
        lambda: people.has_requester(ticket, deadline()),
        lambda: client.documents.of_ticket(ticket, deadline()),
        lambda: client.documents.limit(deadline()),
    ]
    for ask in questions:
        with pytest.raises(GlpiError) as caught:
            ask()
        assert not isinstance(caught.value, OutcomeUnknown)


# --- Documents


def test_a_file_is_linked_to_its_ticket_and_known_by_its_bytes(
    client: Glpi, glpi: GlpiSimulator, ticket: int
) -> None:
    documents = client.documents
    assert documents.of_ticket(ticket, deadline()) == []
    documents.upload(ticket, "экран 1.png", "image/png", io.BytesIO(PNG), deadline())
    (kept,) = glpi.tickets[0]["documents"]
    assert kept["filename"] == "экран 1.png"
    (stored,) = documents.of_ticket(ticket, deadline())
    assert stored.sha1 == hashlib.sha1(PNG, usedforsecurity=False).hexdigest()


def test_a_names_quotes_and_line_breaks_do_not_leave_their_header(
    client: Glpi, glpi: GlpiSimulator, ticket: int
) -> None:
    name = 'a"\r\nX-Evil: 1\r\n\r\n../b.png'
    client.documents.upload(ticket, name, "x\r\ny", io.BytesIO(PNG), deadline())
    (kept,) = glpi.tickets[0]["documents"]
    assert kept["filename"] == "a___X-Evil: 1____.._b.png"


@pytest.mark.parametrize(
    ("name", "content"),
    [("bad.exe", b"MZ"), ("none", b"x"), ("empty.txt", b""), ("big.txt", bytes(3 * MEGABYTE))],
)
def test_a_file_that_glpi_does_not_take_is_refused_and_leaves_nothing(
    client: Glpi, glpi: GlpiSimulator, ticket: int, name: str, content: bytes
) -> None:
    with pytest.raises(Refused):
        client.documents.upload(ticket, name, "text/plain", io.BytesIO(content), deadline())
    assert glpi.tickets[0]["documents"] == []


def test_an_upload_is_sent_again_in_whole_when_the_session_has_expired(
    client: Glpi, glpi: GlpiSimulator, ticket: int
) -> None:
    glpi.expire_sessions()
    client.documents.upload(ticket, "a.png", "image/png", io.BytesIO(PNG), deadline())
    assert len(glpi.tickets[0]["documents"]) == 1


def test_an_upload_that_is_cut_may_have_been_stored(
    client: Glpi, glpi: GlpiSimulator, ticket: int
) -> None:
    glpi.inject(Fault("cut_after", match="POST Document"))
    with pytest.raises(OutcomeUnknown):
        client.documents.upload(ticket, "a.png", "image/png", io.BytesIO(PNG), deadline())
    glpi.heal()
    assert len(client.documents.of_ticket(ticket, deadline())) == 1


def test_glpis_own_limit_is_asked_once(client: Glpi, glpi: GlpiSimulator) -> None:
    documents = client.documents
    assert documents.limit(deadline()) == 2 * MEGABYTE
    asked = len(glpi.log)
    assert documents.limit(deadline()) == 2 * MEGABYTE
    assert len(glpi.log) == asked


def test_json_that_is_no_ticket_is_no_answer(client: Glpi, glpi: GlpiSimulator) -> None:
    glpi.inject(Fault("wrong_shape", match="GET Ticket", body='{"x": 1}'))
    with pytest.raises(Unavailable):
        client.followups.condition(5, deadline())
