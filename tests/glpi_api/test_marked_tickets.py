"""All tickets of the bridge: what an audit compares the ledger with."""

from collections.abc import Iterator

import pytest

import glpi as glpi_module
from bridge.config.credentials import GlpiTokens
from bridge.net.deadline import Deadline
from bridge.net.http import Answer, Http
from glpi import Glpi, GlpiError, Marked, Unavailable
from local.glpi_simulator import Fault, GlpiSimulator
from tests.conftest import both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY

PREFIX = "mattermost:"
pytestmark = both_versions


def deadline() -> Deadline:
    return Deadline(PLENTY)


@pytest.fixture
def client(glpi: GlpiSimulator) -> Iterator[Glpi]:
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    yield client
    client.close(Deadline(1))


def ref(number: int) -> str:
    return f"{number:026}"


def file(client: Glpi, post: str, words: str = "words") -> int:
    content = f"<p>{words}</p>\n<p>{PREFIX}{post}</p>"
    return client.create_ticket({"name": "n", "content": content}, deadline())


def trash(client: Glpi, number: int, *, purge: bool = False) -> None:
    path = f"Ticket/{number}" + ("?force_purge=true" if purge else "")
    client.session.delete(path, deadline())


def test_tickets_are_told_by_the_marker_they_end_with(client: Glpi) -> None:
    one, two = file(client, ref(1)), file(client, ref(2))
    twin = file(client, ref(1))
    assert client.marked_tickets(PREFIX, 2, deadline()) == {
        PREFIX + ref(1): (Marked(one, trashed=False), Marked(twin, trashed=False)),
        PREFIX + ref(2): (Marked(two, trashed=False),),
    }


def test_quoting_a_marker_makes_no_ticket_of_that_post(client: Glpi) -> None:
    quoting = file(client, ref(2), f"see {PREFIX}{ref(1)}</p>\n<p>{PREFIX}{ref(1)}")
    client.create_ticket({"name": "q", "content": f"<p>x {PREFIX}{ref(1)}</p>"}, deadline())
    client.create_ticket({"name": "q", "content": "<p>nothing</p>"}, deadline())
    marked = client.marked_tickets(PREFIX, 2, deadline())
    assert marked == {PREFIX + ref(2): (Marked(quoting, trashed=False),)}


def test_a_trashed_ticket_is_told_as_one(client: Glpi) -> None:
    number = file(client, ref(1))
    trash(client, number)
    marked = client.marked_tickets(PREFIX, 2, deadline())
    assert marked == {PREFIX + ref(1): (Marked(number, trashed=True),)}


def test_more_than_a_page_of_tickets_are_all_found(
    client: Glpi, glpi: GlpiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glpi_module, "PAGE", 4)
    numbers = [file(client, ref(n)) for n in range(11)]
    marked = client.marked_tickets(PREFIX, 2, deadline())
    assert sorted(t.number for tickets in marked.values() for t in tickets) == numbers
    searches = [e for e in glpi.log if "search/Ticket" in e.path]
    assert [e.status for e in searches] == [206, 206, 206, 200]


def test_a_list_that_shrinks_while_it_is_read_is_no_answer(
    client: Glpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glpi_module, "PAGE", 4)
    numbers = [file(client, ref(n)) for n in range(7)]
    pages = client._pages(PREFIX, 2, deadline(), trashed=False)
    next(pages)
    trash(client, numbers[0])
    with pytest.raises(Unavailable, match="ask again"):
        list(pages)


def test_a_list_that_shrinks_by_a_page_is_no_answer(
    client: Glpi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glpi_module, "PAGE", 4)
    numbers = [file(client, ref(n)) for n in range(5)]
    pages = client._pages(PREFIX, 2, deadline(), trashed=False)
    next(pages)
    trash(client, numbers[0])
    with pytest.raises(GlpiError, match="ask again"):
        list(pages)


def test_a_page_that_lacks_rows_is_no_answer(client: Glpi, monkeypatch: pytest.MonkeyPatch) -> None:
    client.open(deadline())
    body = b'{"totalcount": 150, "count": 1, "data": [{"2": 1, "21": "x"}]}'
    answer = Answer(206, {"Content-Type": "application/json"}, body)
    monkeypatch.setattr(Http, "request", lambda *_, **__: answer)
    with pytest.raises(Unavailable, match="odd-search"):
        client.marked_tickets(PREFIX, 2, deadline())
    monkeypatch.undo()


def test_whether_a_ticket_is_there_does_not_depend_on_its_text(client: Glpi) -> None:
    here, trashed, gone = (file(client, ref(n)) for n in range(3))
    trash(client, trashed)
    trash(client, gone, purge=True)
    assert client.has_ticket(here, deadline())
    assert client.has_ticket(trashed, deadline())
    assert not client.has_ticket(gone, deadline())


def test_a_ticket_out_of_sight_is_there(client: Glpi, glpi: GlpiSimulator) -> None:
    number = file(client, ref(1))
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-self"])
    other = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    assert other.has_ticket(number, deadline())
    assert not other.has_ticket(number + 99, deadline())
    other.close(Deadline(1))


def test_whether_a_ticket_is_there_is_not_known_while_glpi_is_down(
    client: Glpi, glpi: GlpiSimulator
) -> None:
    glpi.inject(Fault("maintenance"))
    with pytest.raises(Unavailable):
        client.has_ticket(1, deadline())
