"""Rich text on a page: the tags that the bridge writes are shown, everything else is spelled out.

The real GLPI lets more through; what does not show here, the bridge should not have written.
"""

import re
from html import escape
from html.parser import HTMLParser

_VOID = frozenset({"br", "hr"})
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre")
_TABLES = ("table", "thead", "tbody", "tr", "th", "td")
_TAGS = _VOID | {*_BLOCKS, *_TABLES, "strong", "em", "del", "a", "code"}
_ATTRIBUTES = {
    ("a", "href"): re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE),
    ("code", "class"): re.compile(r"language-[\w+#.-]+"),
    ("ol", "start"): re.compile(r"\d+"),
    ("table", "border"): re.compile(r"1"),
    ("td", "style"): re.compile(r"text-align:(?:left|center|right)"),
    ("th", "style"): re.compile(r"text-align:(?:left|center|right)"),
}
"""All attributes that are kept, and the values that they may have."""


def shown(content: str) -> str:
    """Return HTML in which nothing can run, load or escape from where it is put."""
    page = _Page()
    page.feed(content)
    page.close()
    page.handle_endtag("")
    return "".join(page.pieces)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._opened: list[str] = []

    def set_cdata_mode(self, *_: object, **__: object) -> None:
        """Read on: the inside of a script is spelled out like the rest."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.handle_data(self.get_starttag_text() or "")
            return
        attributes = "".join(
            f' {name}="{escape(value)}"'
            for name, value in attrs
            if value and (pattern := _ATTRIBUTES.get((tag, name))) and pattern.fullmatch(value)
        )
        self.pieces.append(f"<{tag}{attributes}{' /' if tag in _VOID else ''}>")
        if tag not in _VOID:
            self._opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag and all that were opened since; "" closes all."""
        if tag and tag not in self._opened:
            if tag not in _VOID:
                self.handle_data(f"</{tag}>")
            return
        while self._opened:
            last = self._opened.pop()
            self.pieces.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self.pieces.append(escape(data, quote=False))

    def handle_comment(self, data: str) -> None:
        self.handle_data(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.handle_data(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.handle_data(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.handle_data(f"<![{data}]>")
