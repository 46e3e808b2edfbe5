"""Mattermost's Markdown to HTML that GLPI 10 and 11 show alike. Pure.

A message is parsed once, and every token becomes a tag of `_TAGS` or escaped text: what people type
is never copied as markup, and what is opened is closed before anything follows. With a block
element in it both versions take the content for HTML (observed on 10.0.14 and 11.0.6). Images
become links: an `<img>` would tell a foreign server who reads the ticket. A link's title, which
Mattermost shows on hover, stands in brackets behind it; words behind a fence that name no language
are the code's first line.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import unquote

from markdown_it.token import Token

from bridge.words.mattermost_markdown import ADDRESS, TooMuch, parse, target, trimmed

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
_LABEL = r"(?:-|[^\W_]){1,63}"
_ADDRESS = re.compile(
    rf"(?<![A-Z0-9_./@:-])(?P<www>www\.[\w-]{{1,63}}\.(?:{ADDRESS}){{1,1900}}+)"
    rf"|(?<![\w.+-])[\w.+-]{{1,64}}+@{_LABEL}(?:\.{_LABEL}){{1,8}}+",
    re.IGNORECASE,
)
_EMOJI = re.compile(r":(?=([a-z0-9_+-]{1,100}):)")
_SIZE_IN_ALT = re.compile(r" =\d{1,5}(?:x\d{0,5})?$")
_ENCODED = re.compile(r"(?:%[89A-F][0-9A-F])+")
_NAME = re.compile(r"[\w+#.-]+", re.ASCII)

_LANGUAGES = (
    "actionscript applescript as bash c c# c++ cc clojure coffeescript cpp cs csharp css d dart"
    " delphi diff django docker dockerfile elixir erl erlang ex f90 fortran fs fsharp gcode go"
    " golang groovy h haml handlebars haskell haxe hbs hpp hs html java javascript js json jsx"
    " jl julia kotlin kt latex less lisp lua make makefile markdown matlab md mk ml mm obj-c"
    " objc objective_c objectivec ocaml patch perl pgsql php pl postgres postgresql powershell"
    " pp ps ps1 puppet py python r rb rs ruby rust scala scheme scss sh shell smalltalk sql st"
    " styl stylus swift tex texcode text ts tsx typescript vb vbnet vbs vbscript verilog vhdl"
    " xml yaml yml"
)
LANGUAGES = frozenset(_LANGUAGES.split())
"""Names behind a fence that only say what language the code is in; any other word is kept."""


def rendered(words: str, *, mid_line: bool = False) -> str:
    """Return block elements that show a message as Mattermost does.

    Never raises: what cannot be rendered is shown as it was typed.

    Args:
        words: the message.
        mid_line: whether its trigger stands in the same line, which makes that line a plain one.
    """
    try:
        return rich(words, mid_line=mid_line) if len(words) <= LIMIT else paragraph(words)
    except Exception:  # noqa: BLE001  the ticket must not fail because of its looks
        return paragraph(words)


def rich(words: str, *, mid_line: bool = False) -> str:
    """Return what `rendered` returns; raises `TooMuch`, or what the parser does."""
    tokens = parse(words, mid_line=mid_line)
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
    says = any(token.content.strip() or _first_line_of_code(token) for token in tokens)
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


def plain(words: str, *, mid_line: bool = False) -> str:
    """Return the first line of a message that says something, without its markup, for titles.

    A rule says nothing, nor does a fence with the language behind it; of lines that hold neither
    letter nor digit the first one counts. As it was typed where that would say more.

    Args:
        words: the message.
        mid_line: as for `rendered`.
    """
    try:
        shown = [line.strip() for line in _shown(parse(words[:LIMIT], mid_line=mid_line))]
    except Exception:  # noqa: BLE001  see `rendered`
        shown = []
    typed = [line.strip() for line in words.splitlines()]
    says = (line for line in (shown or typed) if _says(line))
    return next(says, "") or next(filter(None, shown + typed), "")


def _says(line: str) -> bool:
    language = re.sub("^(?:`{3,}|~{3,})", "", line).strip().lower()
    return any(map(str.isalnum, line)) and (language == line.lower() or language not in LANGUAGES)


def _shown(tokens: Sequence[Token]) -> Iterator[str]:
    """Return the lines of a message without their markup: rows of a table, and code as it is."""
    cells: list[str] | None = None
    number = ""
    for token in tokens:
        match token.type:
            case "tr_open":
                cells = []
            case "tr_close":
                yield " | ".join(cells or [])
                cells = None
            case "list_item_open":
                number = f"{token.info}{token.markup} " if token.info else ""
            case "fence" | "code_block":
                info = _first_line_of_code(token)
                lines = [] if _NAME.fullmatch(info.strip()) else info.splitlines()
                first, *others = lines + token.content.splitlines() or [""]
                yield from others if first.strip().lower() in LANGUAGES else [first, *others]
            case "inline":
                text = number + "".join(map(_plain, token.children or []))
                number = ""
                if cells is None:
                    yield from text.splitlines()
                else:
                    cells.append(text)


def _first_line_of_code(token: Token) -> str:
    """Return what stands behind a fence, unless it only names a language."""
    info = token.info.strip() if token.type == "fence" else ""
    return f"{info}\n" if info and info.lower() not in LANGUAGES else ""


def _pieces(tokens: Sequence[Token], opened: list[str]) -> Iterator[str]:
    """Turn tokens into HTML; `opened` holds the tags that are open."""
    before = None
    title = ""
    for token in tokens:
        if token.type == "link_close" and before and before.type == "link_open":
            yield inline(_readable(str(before.attrs["href"])))  # or nobody would see the link
        before = token
        if token.type == "inline":
            yield from _pieces(token.children or [], opened)
        elif token.hidden:
            continue
        elif token.nesting > 0:
            title = _title(token) if token.tag == "a" else title
            opened.append(_TAGS[token.tag])
            yield _start(opened[-1], token)
        elif token.nesting < 0:
            tag = opened.pop()
            yield f"</{tag}>" + "\n" * (tag in _LINE_AFTER)
            if tag == "a":
                yield title
        else:
            yield _leaf(token, linked="a" in opened)


def _title(token: Token) -> str:
    """Return the title of a link or image, as it stands behind it."""
    title = str(token.attrs.get("title") or "").strip()
    return f" ({_lines(title)})" if title else ""


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
            lines = (f"<code>{inline(line)}</code>" for line in token.content.split("\n"))
            return "<br />\n".join(lines)
        case "fence" | "code_block":
            known, *_ = [*token.info.split(), ""]
            language = f' class="language-{known}"' if known.lower() in LANGUAGES else ""
            code = _first_line_of_code(token) + token.content
            return f"<pre><code{language}>{inline(code)}</code></pre>\n"
        case "hr":
            return "<hr />\n"
        case "image":
            source = str(token.attrs["src"])
            shown = _SIZE_IN_ALT.sub("", _plain(token))
            shown = shown or _readable(source)
            return (inline(shown) if linked else link(source, shown)) + _title(token)
    raise ValueError(token.type)


def _readable(url: str) -> str:
    """Return a target with the letters of other alphabets that it was typed with."""
    return _ENCODED.sub(lambda found: _decoded(found[0]), url)


def _decoded(encoded: str) -> str:
    decoded = unquote(encoded)
    return decoded if decoded.isprintable() and "\ufffd" not in decoded else encoded


def _plain(token: Token) -> str:
    """Return the text of an inline token."""
    if token.type == "image":
        return "".join(map(_plain, token.children or []))
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
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
