"""What a ticket's HTML may be: the tags, attributes and addresses that both GLPIs show alike."""

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote

BLOCKS = {"p", "blockquote", "ul", "ol", "pre", "table", "hr", *(f"h{n}" for n in range(1, 7))}
INLINE = {"strong", "em", "del", "code", "a", "br"}
INSIDE = {
    "": BLOCKS,
    "blockquote": BLOCKS,
    "ul": {"li"},
    "ol": {"li"},
    "li": BLOCKS | INLINE,
    "pre": {"code"},
    "table": {"thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "code": set[str](),
}
"""What may stand inside what; everything else holds inline elements."""

ATTRIBUTES = {
    ("a", "href"): re.compile(
        r"(?i)(https?://[^\s<>\"\\/?#][^\s<>\"\\]*|mailto:[^\s<>\"\\]+@[^\s<>\"]*)"
    ),
    ("code", "class"): re.compile(r"language-[A-Za-z0-9_+#.-]+"),
    ("ol", "start"): re.compile(r"\d{1,9}"),
    ("table", "border"): re.compile("1"),
    ("th", "style"): re.compile("text-align:(left|center|right)"),
    ("td", "style"): re.compile("text-align:(left|center|right)"),
}
HOLDS_NO_TEXT = {"", "ul", "ol", "table", "thead", "tbody", "tr", "blockquote"}


class Reader(HTMLParser):
    """Reads HTML as strictly as possible; asserts that nothing but what is allowed is in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.blocks: list[str] = []
        self.hrefs: list[str] = []
        self.shown: list[str] = []
        self.told: list[str] = []
        self.broken = False
        self.tags = 0
        self.feed(html)
        self.close()
        assert self.open == []
        assert html.count("<") == html.count(">") == self.tags

    @property
    def text(self) -> str:
        """What a reader sees, a line for each block."""
        return "".join(self.shown)

    @property
    def whole(self) -> str:
        """What a reader sees, and after each link where it leads."""
        return "".join(self.told)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self.open[-1] if self.open else ""
        assert tag in INSIDE.get(parent, INLINE), (parent, tag)
        assert tag != "a" or "a" not in self.open
        for name, value in attrs:
            assert ATTRIBUTES[tag, name].fullmatch(value or ""), (tag, name, value)
        written = "".join(f' {name}="{escape(value or "")}"' for name, value in attrs)
        end = " />" if tag in ("br", "hr") else ">"
        assert self.get_starttag_text() == f"<{tag}{written}{end}"
        self.tags += 1
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        if not self.open:
            self.blocks.append("")
        self.broken = tag == "br"
        self.shown.append("" if tag in INLINE - {"br"} else "\n")
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("br", "hr")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.tags += 1
        self.told += map(unquote, self.hrefs[-1:] if tag == "a" else [])

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] in HOLDS_NO_TEXT:
            assert not data.strip()
            return
        # The line feed behind <br /> is the source's, not the reader's.
        data, self.broken = data.removeprefix("\n") if self.broken else data, False
        self.shown.append(data)
        self.told.append(data)
        self.blocks[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def letters(text: str) -> list[str]:
    """Return the letters of a text, which formatting must not lose."""
    return [char for char in text if char.isalpha()]


def is_in(part: list[str], whole: list[str]) -> bool:
    """Say whether `part` is there in its order, whatever stands between."""
    rest = iter(whole)
    return all(char in rest for char in part)
