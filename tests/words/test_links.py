"""Which addresses become links in a ticket, and where they end."""

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.words.richtext import rendered
from tests.support.markup import Reader

SEARCH = (
    "https://glpi.example/front/ticket.php?is_deleted=0&criteria[0][field]=12"
    "&criteria[0][searchtype]=equals&criteria[0][value]=notold&criteria[1][link]=AND"
)


class Links(HTMLParser):
    """Collects where the links of HTML lead, and what they show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.shown: list[str] = []
        self.inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.inside = True
            self.hrefs.append(dict(attrs)["href"] or "")
            self.shown.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.shown[-1] += data


def links(message: str) -> list[tuple[str, str]]:
    """Return what each link of a message's ticket shows, and where it leads."""
    made = rendered(message)
    Reader(made)
    found = Links(made)
    return list(zip(found.shown, map(unquote, found.hrefs), strict=True))


WHOLE = [
    SEARCH,
    "https://a.example/?ids[]=1&ids[]=2",
    "https://a.example/a|b|c",
    "https://a.example/x]y",
    "https://a.example/x[y",
    "https://a.example/{id}/^x/'y'z",
    "http://[::1]",
    "http://[2001:db8::1]:8080/a?b[0]=1",
    "https://user@[2001:db8::1]/",
    'https://a.example/a"b',
    'https://a.example/?a="b"&c=""d',
    'https://a.example/"x"?y="z".w',
    "https://a.example/«x»/y",
    "https://a.example/«x»",
    "https://a.example/“x”",
    "https://a.example/a\\b",
    "https://chat.example/acme/pl/mii9sqkmfp8btqx7sk43tk3xpy",
]


@pytest.mark.parametrize("url", WHOLE)
@pytest.mark.parametrize(
    "around",
    ["{}", "see {}.", "({}), x", "**{}** x", "- {}\n- x", "> {}", "# {}", "<{}>", "*{}* _x_"],
)
def test_a_bare_address_is_a_link_to_its_end(url: str, around: str) -> None:
    assert links(around.replace("{}", url)) == [(url, url)]


@pytest.mark.parametrize("url", [url for url in WHOLE if "|" not in url])
def test_in_a_table_as_well(url: str) -> None:
    table = f"|{url}|x|\n|-|-|\n| {url} |**{url}**|{url}|"
    assert links(table) == [(url, url)] * 4


@pytest.mark.parametrize("url", WHOLE)
def test_behind_a_label_as_well(url: str) -> None:
    assert links(f"[x]({url})") == [("x", url)]


def test_an_address_without_scheme_keeps_its_brackets() -> None:
    url = "www.a.example/x[0]|y"
    assert links(f"see {url}, x") == [(url, f"http://{url}")]


@pytest.mark.parametrize("sign", "`<>")
def test_a_lone_sign_is_part_of_an_address(sign: str) -> None:
    url = f"https://a.example/a{sign}b"
    assert links(f"см. {url}, x") == [(url, url)]


@pytest.mark.parametrize(
    "address",
    ["www.пример.рф/x", "www.a.example/путь", "www.a.рф/«x»", "иван@почта.рф", "i.b+c@a-b.москва"],
)
@pytest.mark.parametrize("around", ["{}", "см. {}.", "({}), x", "**{}** x", "_{}_", "«{}», x"])
def test_addresses_of_other_alphabets_are_links(address: str, around: str) -> None:
    assert [shown for shown, _ in links(around.replace("{}", address))] == [address]


XY = ("https://a.example/x", "https://b.example/y")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("[https://a.example] x", ["https://a.example"]),
        ("[[https://a.example/x[0]]]", ["https://a.example/x[0]"]),
        ("[text https://a.example](https://b.example)", ["text https://a.example"]),
        ("[https://a.example/x[0]](https://b.example)", ["https://a.example/x[0]"]),
        ("https://a.example[x](https://b.example)", ["https://a.example", "x"]),
        (
            "[1] https://a.example [2] https://b.example]",
            ["https://a.example", "https://b.example"],
        ),
        ("|https://a.example| x", ["https://a.example"]),
        ("[<https://a.example> x](https://b.example)", ["<https://a.example> x"]),
        ("«https://a.example/x», y", ["https://a.example/x"]),
        ('("https://a.example/x").', ["https://a.example/x"]),
        ('{"a":"https://a.example/x","b":["https://b.example/y"]}', [*XY]),
        (r"{\"a\": \"https://a.example/x\", \"b\": \"https://b.example/y\"}", [*XY]),
        ("<url>https://a.example/x</url><url>https://b.example/y</url>", [*XY]),
        ('<a href="https://a.example/x">x</a> <img src="https://b.example/y"/>', [*XY]),
        ("https://a.example<br>x", ["https://a.example"]),
        ('https://a.example"x', ["https://a.example"]),
        ("https://a.example\\@b.example/", ["https://a.example"]),
        ('www.a.example"x', ["www.a.example"]),
        ("请看www.a.example/x", ["www.a.example/x"]),
    ],
)
def test_what_belongs_to_the_sentence_is_no_part_of_an_address(
    message: str, shown: list[str]
) -> None:
    assert [text for text, _ in links(message)] == shown


@pytest.mark.parametrize(
    "message",
    [
        "http://[::1",
        "http://[javascript:alert(1)]/",
        "http://[fe80::1%25eth0]/",
        "http://[1.2.3.4]/",
        "http://[a]/",
        "http://[1:2]/",
        "http://x@[1.2.3.4]:80/",
        "[x](http://[y]/)",
        "javascript:[0]//x",
        "[x](javascript:alert[0])",
        "data://[::1]/x",
        "file://[::1]/x",
        "mailto:[::1]",
    ],
)
def test_what_is_no_host_and_no_safe_scheme_stays_text(message: str) -> None:
    assert links(message) == []
    assert message in Reader(rendered(message)).text


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*'[]|()/?=<> \nx@\\"`«»', "https://", "http://", "javascript:", "www.", "::1", "%5B"]
        ),
        max_size=12,
    ).map("".join)
)
def test_every_link_leads_to_a_host_by_a_safe_scheme(message: str) -> None:
    for href in Links(rendered(message)).hrefs:
        parts = urlsplit(href)
        assert parts.scheme in ("http", "https", "mailto")
        assert parts.netloc or parts.scheme == "mailto"
