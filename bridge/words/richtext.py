"""Mattermost's Markdown to HTML that GLPI 10 and 11 show alike. Pure.

A message is parsed once, and every token becomes a tag of `_TAGS` or escaped text: what people type
is never copied as markup, and what is opened is closed before anything follows. With a block
element in it both versions take the content for HTML (observed on 10.0.14 and 11.0.6). Images
become links: an `<img>` would tell a foreign server who reads the ticket.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it.token import Token

from bridge.words.mattermost_markdown import TooMuch, parse, target, trimmed

LIMIT = 16_383
"""Characters that are parsed: Mattermost's own limit. Longer texts, of other clients, stay plain:
some of the parser's times grow with the square of the length."""

GROWTH = 20
"""Characters of HTML for one of text, on average, beyond `SPARE`; aligned cells come to 18."""
SPARE = 1_000

_BLOCKS = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li"]
_PARTS = ["table", "thead", "tbody", "tr", "th", "td"]
_TAGS = {tag: tag for tag in [*_BLOCKS, *_PARTS, "strong", "em", "a"]} | {"s": "del"}
_LINES_INSIDE = {"ul", "ol", "blockquote", "table", "thead", "tbody", "tr"}
_LINE_AFTER = {*_BLOCKS, *_PARTS}
_ALIGNMENTS = {"text-align:left", "text-align:center", "text-align:right"}
_SIZE_IN_ALT = re.compile(r" =\d{1,5}(?:x\d{0,5})?$")
_ADDRESS = re.compile(
    r"(?<![\w./@:-])(?P<www>www\.[\w-]{1,63}\.[^\s<>\"`«»“”|\\\[\]]{1,1900})"
    r"|(?<![\w.+-])[\w.+-]{1,64}+@[A-Z0-9-]{1,63}(?:\.[A-Z0-9-]{1,63}){1,8}+",
    re.IGNORECASE | re.ASCII,
)
_EMOJI = re.compile(r":(?=([a-z0-9_+-]{1,100}):)")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")


def rendered(words: str) -> str:
    """Return block elements that show a message as Mattermost does.

    Never raises: what cannot be rendered is shown as it was typed.
    """
    try:
        return rich(words) if len(words) <= LIMIT else paragraph(words)
    except Exception:  # noqa: BLE001  the ticket must not fail because of its looks
        return paragraph(words)


def rich(words: str) -> str:
    """Return what `rendered` returns; raises `TooMuch`, or what the parser does."""
    tokens = parse(words)
    budget = GROWTH * len(words) + SPARE
    pieces: list[str] = []
    opened: list[str] = []
    for piece in _pieces(tokens, opened):
        budget -= len(piece)
        if budget < 0:
            raise TooMuch
        pieces.append(piece)
    if opened:
        raise ValueError(opened)
    says = any(token.content.strip() for token in tokens)
    return "".join(pieces).rstrip("\n") if says else paragraph(words)


def paragraph(text: str) -> str:
    """Return a paragraph that shows `text`, line breaks kept and nothing interpreted."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"<p>{_lines(lines)}</p>"


def inline(text: str) -> str:
    """Return `text` as it can stand inside a paragraph."""
    return escape(text, quote=False)


def link(url: str, text: str = "") -> str:
    """Return a link that shows its own address, or `text`; bare ones stay dead in GLPI 11."""
    return f'<a href="{escape(url)}">{inline(text or url)}</a>'


def plain(line: str) -> str:
    """Return one line without its markup, for titles; as it is where that would say less."""
    try:
        tokens = parse(line[:LIMIT])
    except Exception:  # noqa: BLE001  see `rendered`
        return line
    for token in tokens:
        if token.type in ("ordered_list_open", "fence", "code_block"):
            break
        if token.type == "inline":
            return "".join(map(_plain, token.children or [])).strip() or line
    return line


def _pieces(tokens: Sequence[Token], opened: list[str]) -> Iterator[str]:
    """Turn tokens into HTML; `opened` holds the tags that are open."""
    before = None
    for token in tokens:
        if token.type == "link_close" and before and before.type == "link_open":
            yield inline(str(before.attrs["href"]))  # or nobody would see the link
        before = token
        if token.type == "inline":
            yield from _pieces(token.children or [], opened)
        elif token.hidden:
            continue
        elif token.nesting > 0:
            opened.append(_TAGS[token.tag])
            yield _start(opened[-1], token)
        elif token.nesting < 0:
            tag = opened.pop()
            yield f"</{tag}>" + "\n" * (tag in _LINE_AFTER)
        else:
            yield _leaf(token, linked="a" in opened)


def _start(tag: str, token: Token) -> str:
    """Return a start tag with the attributes that it may have."""
    if tag == "a":
        return f'<a href="{escape(str(token.attrs["href"]))}">'
    if tag == "table":
        return '<table border="1">\n'
    if tag == "ol":
        start = int(token.attrs.get("start", 1))
        return f'<ol start="{start}">\n' if start != 1 else "<ol>\n"
    if (style := token.attrs.get("style")) in _ALIGNMENTS:
        return f'<{tag} style="{style}">'
    return f"<{tag}>" + "\n" * (tag in _LINES_INSIDE)


def _leaf(token: Token, *, linked: bool) -> str:
    """Return what stands alone: text, breaks, code, rules, images as links."""
    match token.type:
        case "text":
            return _lines(_emoji(token.content)) if linked else _text(token.content)
        case "text_special":
            return _lines(token.content)
        case "softbreak" | "hardbreak":
            return "<br />\n"
        case "code_inline":
            return f"<code>{inline(token.content)}</code>"
        case "fence" | "code_block":
            known = _LANGUAGE.match(token.info)
            language = f' class="language-{known[0]}"' if known else ""
            return f"<pre><code{language}>{inline(token.content)}</code></pre>\n"
        case "hr":
            return "<hr />\n"
        case "image":
            source = str(token.attrs["src"])
            shown = _SIZE_IN_ALT.sub("", "".join(map(_plain, token.children or [])))
            return inline(shown or source) if linked else link(source, shown)
    raise ValueError(token.type)


def _plain(token: Token) -> str:
    """Return the text of an inline token."""
    if token.type == "image":
        return "".join(map(_plain, token.children or []))
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return _emoji(token.content) if token.type == "text" else token.content


def _lines(text: str) -> str:
    return inline(text).replace("\n", "<br />\n")


def _text(text: str) -> str:
    """Escape a text, with links for its bare `www.` and e-mail addresses, and emoji."""
    pieces, done = [], 0
    for found in _ADDRESS.finditer(text):
        address = trimmed(found[0])
        if href := target(("http://" if found["www"] else "mailto:") + address):
            pieces += [_lines(_emoji(text[done : found.start()])), link(href, address)]
            done = found.start() + len(address)
    return "".join(pieces) + _lines(_emoji(text[done:]))


def _emoji(text: str) -> str:
    """Put characters for the `:names:` that Mattermost knows; others stay as typed."""
    pieces, done = [], 0
    for found in _EMOJI.finditer(text):
        from bridge.words.emojis import character  # a big table that most messages do without

        if found.start() >= done and (char := character(found[1])):
            pieces += [text[done : found.start()], char]
            done = found.end() + len(found[1]) + 1
    return "".join(pieces) + text[done:]
