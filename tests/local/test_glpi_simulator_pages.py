"""The GLPI simulator's page of a ticket: what the bridge wrote is shown, nothing else runs."""

import io
import json
import re
import urllib.request
from urllib.parse import urljoin

import pytest

from bridge.config.credentials import GlpiTokens
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.words.richtext import rendered
from glpi import Glpi
from local.glpi_simulator import GlpiSimulator
from local.glpi_simulator.rich_text import shown
from tests.conftest import ROOT, both_versions
from tests.glpi_api.test_glpi import Tokens
from tests.support.limits import PLENTY
from tests.support.people import ask

GOLDEN = sorted(p.name for p in (ROOT / "tests" / "words" / "golden").glob("*.html"))
ATTACKS = (ROOT / "tests" / "words" / "attacks.txt").read_text("utf-8").splitlines()
HARMLESS = re.compile(
    r"</?(?:p|h[1-6]|blockquote|ul|ol|li|pre|table|thead|tbody|tr|th|td|strong|em|del|a|code)>"
    r'|<[bh]r />|<a href="(?:https?://|mailto:)[^"<>\s]+">|<ol start="\d+">|<table border="1">'
    r'|<t[hd] style="text-align:(?:left|center|right)">|<code class="language-[\w+#.-]+">',
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_the_bridge_writes_is_shown_as_it_is(name: str) -> None:
    written = (ROOT / "tests" / "words" / "golden" / name).read_text("utf-8")
    assert shown(written) == written


def test_nothing_but_harmless_tags_is_ever_on_the_page() -> None:
    for attack in [*ATTACKS, "\n".join(ATTACKS), "".join(ATTACKS)]:
        for page in (shown(attack), shown(rendered(attack))):
            assert "<" not in HARMLESS.sub("", page), attack


@pytest.mark.parametrize(
    ("content", "page"),
    [
        ("<p>a", "<p>a</p>"),
        ("a</p>", "a&lt;/p&gt;"),
        ("<p><em>a</p></em>", "<p><em>a</em></p>&lt;/em&gt;"),
        ("<script>a<b></script>c", "&lt;script&gt;a&lt;b&gt;&lt;/script&gt;c"),
        ("<script>a", "&lt;script&gt;a"),
        ("<!-- a --><p>b</p>", "&lt;!-- a --&gt;<p>b</p>"),
        ("<p onclick='x'>a</p>", "<p>a</p>"),
        ("<a href='javascript:x'>a</a>", "<a>a</a>"),
        ("a &lt;b&gt; &amp;", "a &lt;b&gt; &amp;"),
        ("a < b", "a &lt; b"),
    ],
)
def test_what_is_not_known_is_spelled_out_and_what_was_opened_is_closed(
    content: str, page: str
) -> None:
    assert shown(content) == page


@both_versions
def test_the_page_shows_words_requester_documents_and_followups(glpi: GlpiSimulator) -> None:
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    deadline = Deadline(PLENTY)
    words = {"name": "<i>", "content": "<p>a <strong>b</strong></p>", "_users_id_requester": 11}
    ticket = client.create_ticket(words, deadline)
    file = io.BytesIO(b"what is in it")
    client.documents.upload(ticket, "отчёт.txt", "text/plain", file, deadline)
    added = {"itemtype": "Ticket", "items_id": ticket, "content": "<p>more</p>", "users_id": 11}
    client.followups.create(added, deadline)
    client.close(deadline)

    address = f"{glpi.url}/front/ticket.form.php?id={ticket}"
    page = ask(address)[1]
    assert f"<h1>#{ticket} &lt;i&gt;</h1>" in page
    assert "<article><p>a <strong>b</strong></p></article>" in page
    assert "<td>Alice Archer (alice)</td>" in page
    assert re.search(r"<h3>Alice Archer \(alice\), [\d :-]+</h3>\n<article><p>more</p>", page)
    link = re.search(r'<a href="([^"]+)">отчёт.txt</a> \(text/plain\)', page)
    assert link
    with urllib.request.urlopen(urljoin(address, link[1])) as document:
        assert document.read() == b"what is in it"
        assert document.headers["Content-Disposition"].startswith("attachment; filename*=utf-8")


def test_the_list_says_of_each_ticket_what_a_person_looks_for_the_newest_first(
    glpi: GlpiSimulator,
) -> None:
    assert "<p>No ticket yet.</p>" in ask(glpi.url)[1]
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    deadline = Deadline(PLENTY)
    for name in ("the printer", "<i>"):
        words = {"name": name, "content": "<p>a</p>", "_users_id_requester": 11}
        ticket = client.create_ticket(words, deadline)
    client.followups.create({"itemtype": "Ticket", "items_id": ticket, "content": "b"}, deadline)
    client.close(deadline)

    page = ask(glpi.url)[1]
    heads = re.findall(r"<th>([^<]*)</th>", page)
    assert heads == ["Ticket", "Title", "Status", "Requester", "Opened", "Followups", "Documents"]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr><td>.*?</tr>", page)]
    assert [[re.sub(r"<[^>]+>", "", cell) for cell in row[:4]] for row in rows] == [
        ["#102", "&lt;i&gt;", "New", "Alice Archer (alice)"],
        ["#101", "the printer", "New", "Alice Archer (alice)"],
    ]
    assert [row[5:] for row in rows] == [["1", ""], ["", ""]]
    link = re.search(r'href="([^"]+)">#102<', page)
    assert link
    assert "<h1>#102 &lt;i&gt;</h1>" in ask(urljoin(glpi.url, link[1]))[1]


def test_what_the_control_port_lists_can_be_read_in_a_terminal(glpi: GlpiSimulator) -> None:
    tokens = GlpiTokens(glpi.app_token, glpi.user_tokens["mm-bot"])
    client = Glpi(glpi.url, Tokens(tokens, tokens), Http())
    deadline = Deadline(PLENTY)
    client.create_ticket({"name": "принтер", "content": "<p>a</p>"}, deadline)
    client.close(deadline)
    key = {"Authorization": f"Bearer {glpi.control_key}"}
    for path in ("tickets", "log", "faults", "health"):
        text = ask(f"{glpi.control_url}/{path}", None, key)[1]
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"
    assert '    "name": "принтер",\n' in ask(f"{glpi.control_url}/tickets", None, key)[1]
