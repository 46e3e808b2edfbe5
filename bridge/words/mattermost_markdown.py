"""Mattermost's Markdown as tokens: CommonMark with tables, strike-through and bare addresses. Pure.

Left out on purpose: raw HTML and entities (they stay as typed), and reference links (definitions
would vanish, and one long target could be repeated thousands of times). Blocks have their own
rules, in `mattermost_blocks`. No rule drops a word, a number or a sign that Mattermost shows
(mattermost/marked at be741d4, taken for the parser of 5.37).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import autolink as autolink_rule
from markdown_it.rules_inline import backtick as backtick_rule
from markdown_it.token import Token

from bridge.words.mattermost_blocks import numbered, use_block_rules

URL_LIMIT = 2_048
"""Characters of a link's target; longer ones are no links."""

NESTING = 20
"""Levels; a list has two. The parser drops what is deeper."""

LABELS = 1_000_000
"""Most characters that the parser may look through for the ends of labels, see `_labels`."""

CELLS = 20_000
"""Most `|` of a line times lines: the parser fills up the short rows of a wide table."""

_PLAIN = r"[^\s<>\"`«»“”\[\]]"
_QUOTED = "|".join(rf"{a}{_PLAIN}{{0,300}}+{b}" for a, b in ("«»", "“”"))
_GOES_ON = r"(?!/>)[^\s()<>\]},:;]"
ADDRESS = (
    rf"{_PLAIN}|\[[^\s<>\"`«»“”\[\]]{{0,300}}+\](?!\()|{_QUOTED}"
    rf"|[\"`«»“”>](?={_GOES_ON})|<(?={_GOES_ON})(?![^\s<>]{{0,300}}>)"
)
"""A pattern: one character of a bare address, or brackets that are closed in it. They belong to
IPv6 hosts and to GLPI's own searches; an open one belongs to a label, `[text address](target)`.

A quotation mark, `<` or `>` belongs to it if it goes on behind, as in Mattermost, but not where
that makes wrong links of JSON and XML: in front of punctuation, and at a tag."""

_ALLOWED = re.compile(r"https?://[^/?#\\]|mailto:[^/?#@]+@", re.IGNORECASE)
_NO_HOST = re.compile(
    r"https?://(?!(?:[^/?#@\[\]]*@)?\[(?:[0-9A-F.]*:){2}[0-9A-F:.]*\](?::\d*)?(?:[/?#]|\Z))"
    r"[^/?#]*[\[\]]",
    re.IGNORECASE,
)
"""Brackets in a host that is no IPv6 address; the parser would make another host of it."""

_ODD_HOST = re.compile(r"((?:https?://|www\.)[^/?#\\<>\"`«»“”]*)[\\<>\"`«»“”]", re.IGNORECASE)
"""What no host has in it: the address ends before that."""

_SCHEME = re.compile(r"(?:.*[^A-Za-z0-9])?(https?)", re.IGNORECASE | re.DOTALL)
_LONE = r"(?:\]|\[(?![^\[\]\n]{0,300}\]\())(?=[^\s()<>])"
_URL = re.compile(rf"://(?:{ADDRESS}){{1,2040}}+(?!{ADDRESS})")
_URL_OUTSIDE = re.compile(rf"://(?:{ADDRESS}|{_LONE}){{1,2040}}+(?!{ADDRESS})")
_SIZED = re.compile(
    r"!\[([^\[\]\n]{0,500})\]"
    r"\((\S{1,2048}?)[ ]{1,9}=\d{1,5}(?:x\d{0,5})?(?:[ ]{1,9}([\"'])((?:(?!\3)[^\n]){0,500})\3)?\)"
)
_PATH = re.compile(r"\\[^\s<>\"|`\[\]]*")
_SHARE = re.compile(r"\\\\\w")
_DRIVE = re.compile(r"(?:.*\W)?[A-Za-z]:", re.DOTALL)
_TASK = re.compile(r"\[([ xX])\] ")
_ESCAPE = re.compile(r"\\([`*{}\[\]()#+\-.!_>|~]|\\(?!\w))")
"""Mattermost's own set; before other signs, and at a line's end, it shows a backslash."""

_TRIGGER = "\ue000 "
"""Stands for the trigger in front of what goes on in its line, while that is parsed."""

_FENCED = re.compile(
    r"([^`\n]*?)(?<!~)((?P<sign>[`~])(?P=sign){2,}+)((?:(?!(?P=sign)).)*+)\n"
    r"(?=(?:.*\n)*? {0,3}\2(?P=sign)*[ \t]*(?:\n|\Z))"
)
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_LABEL = re.compile(r"\[[^\[\]`\\<$]*+\]")


class TooMuch(ValueError):
    """The parser would drop a part of the text, or think for seconds."""


@lru_cache(1)
def parse(text: str, *, mid_line: bool = False) -> tuple[Token, ...]:
    """Return the tokens of a text, kept until the next one: a title is made of them, too.

    Args:
        text: Markdown.
        mid_line: whether it goes on in a line that something else began, so that its own first
            line is no heading, list, quote or table.

    Raises:
        TooMuch: it exceeds `LABELS`, `CELLS` or `NESTING`, which no person's message does.
    """
    if mid_line:
        text = _going_on(text)
    lines = text.split("\n")
    cells = max(line.count("|") for line in lines) * len(lines)
    if cells > CELLS or sum(map(_labels, _BLANK_LINE.split(text))) > LABELS:
        raise TooMuch
    tokens = numbered(_parser().parse(text))
    if any(token.level >= NESTING - 1 for token in tokens):
        raise TooMuch
    if text.startswith(_TRIGGER):
        _uncover(tokens)
    _tick(tokens)
    return tuple(tokens)


def _going_on(text: str) -> str:
    """Put something in front of a text that stands in the middle of a line.

    A ``` that is closed by a line of its own makes code there as well, a span over several lines
    in Mattermost. What stands behind it is code, then, and names no language. So does a ~~~, whose
    closing line would otherwise make code of what follows it.
    """
    if not (fenced := _FENCED.match(text)):
        return _TRIGGER + text
    before, mark, behind = (part.strip() for part in fenced.group(1, 2, 4))
    lines = [_TRIGGER + before] * bool(before) + [mark] + [behind] * bool(behind)
    return "\n".join([*lines, text[fenced.end() :]])


def _uncover(tokens: Sequence[Token]) -> None:
    """Take away again what was put in front of a text: its first characters."""
    first = next(token for token in tokens if token.type == "inline")
    first.content = first.content[1:].lstrip(" ")
    if first.children:
        first.children[0].content = first.children[0].content[1:].lstrip(" ")


def _tick(tokens: Sequence[Token]) -> None:
    """Draw the boxes of task lists; GLPI drops inputs."""
    for item, words in zip(tokens, tokens[2:], strict=False):
        if item.type == "list_item_open" and words.type == "inline" and words.children:
            first = words.children[0]
            if first.type == "text" and (box := _TASK.match(first.content)):
                first.content = ("☐ " if box[1] == " " else "☑ ") + first.content[box.end() :]


def _labels(block: str) -> int:
    """Return how far the parser may look: from each `[` without a plain end to the block's end."""
    return (block.count("[") - len(_LABEL.findall(block))) * len(block)


def target(url: str) -> str:
    """Return the address as it can be followed, "" if it must not be."""
    encoded = _parser().normalizeLink(url)
    return encoded if _parser().validateLink(encoded) else ""


def trimmed(url: str) -> str:
    """Cut off what belongs to the sentence: punctuation, and brackets opened before the address."""
    if odd := _ODD_HOST.match(url):
        url = odd[1]
    while True:
        url = url.rstrip("?!.,:;*_~'…|\\\"`<>«“")
        opening = {")": "(", "]": "[", "»": "«", "”": "“"}.get(url[-1:])
        if not opening or url.count(url[-1]) <= url.count(opening):
            return url
        url = url[:-1]


class _Helpers:
    """The parser's helpers, with titles as they were typed: no backslash of theirs escapes."""

    parseLinkLabel = staticmethod(helpers.parseLinkLabel)  # noqa: N815  markdown-it's names
    parseLinkDestination = staticmethod(helpers.parseLinkDestination)  # noqa: N815

    @staticmethod
    def parseLinkTitle(text: str, start: int, end: int, _: None = None) -> Any:  # noqa: ANN401, N802
        title = helpers.parseLinkTitle(text, start, end)
        title.str = text[start + 1 : title.pos - 1] if title.ok else ""
        return title


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  markdown-it's name
        """Say whether a target may be followed; if not, the link stays as it was typed."""
        return bool(_ALLOWED.match(url))

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Encode a target; one that is too long, or has no host, is no target."""
        is_target = len(url) <= URL_LIMIT and not _NO_HOST.match(url)
        return super().normalizeLink(url) if is_target else ""

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802
        """Show an address as it was typed."""
        return url


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "maxNesting": NESTING})
    parser.helpers = _Helpers  # type: ignore[assignment]  # a module in all but name
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "entity", "reference", "text_join"])
    use_block_rules(parser)
    parser.inline.ruler.at("escape", _escape)
    parser.inline.ruler.at("autolink", _autolink)
    parser.inline.ruler.at("backticks", _code)
    for name, rule in (("url", _url), ("sized", _sized), ("formula", _formula), ("path", _path)):
        parser.inline.ruler.before("escape", name, rule)
    return parser


def _escape(state: StateInline, silent: bool) -> bool:
    """Take away the backslash of an escaped sign."""
    if not (found := _ESCAPE.match(state.src, state.pos, state.posMax)):
        return False
    if not silent:
        state.push("text_special", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _url(state: StateInline, silent: bool) -> bool:
    """Make a link of a bare address, before its `_` and `*` are taken for emphasis."""
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    in_label = state.src.find("[", 0, state.pos) >= 0
    pattern = _URL if in_label else _URL_OUTSIDE
    if not (rest := pattern.match(state.src, state.pos, state.posMax)):
        return False
    before = _SCHEME.fullmatch(state.src[max(0, state.pos - 6) : state.pos])
    if not before or not (silent or state.pending.endswith(before[1])):
        return False
    url = trimmed(before[1] + rest[0])
    if not (href := target(url)):
        return False
    if not silent:
        state.pending = state.pending[: -len(before[1])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text_special", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos += len(url) - len(before[1])
    return True


def _code(state: StateInline, silent: bool) -> bool:
    """Read code in a line; over several lines it keeps them, as Mattermost shows it."""
    start, before = state.pos, len(state.tokens)
    if not backtick_rule(state, silent):
        return False
    token = state.tokens[-1] if len(state.tokens) > before else None
    if token and token.type == "code_inline":
        marks = len(token.markup)
        typed = state.src[start + marks : state.pos - marks]
        if "\n" in typed:
            token.content = typed.strip(" \n")
    return True


def _autolink(state: StateInline, silent: bool) -> bool:
    """Read `<address>`, but for one in a label, where a second link would cut off the first."""
    return not state.linkLevel and autolink_rule(state, silent)


def _sized(state: StateInline, silent: bool) -> bool:
    """Read an image with a size, which is Mattermost's own: `![alt](address =100x50)`."""
    found = _SIZED.match(state.src, state.pos, state.posMax)
    if not found or not (source := target(found[2])):
        return False
    if not silent:
        token = state.push("image", "img", 0)
        token.attrs = {"src": source, "title": found[4] or ""}
        token.children = [Token("text", "", 0, content=found[1])]
    state.pos = found.end()
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    """Leave `$$formulas$$` alone."""
    if not state.src.startswith("$$", state.pos):
        return False
    end = state.src.find("$$", state.pos + 3, state.posMax)
    return end > 0 and _keep(state, end + 2, silent=silent)


def _path(state: StateInline, silent: bool) -> bool:
    r"""Keep the backslashes of `\\server\share` and `C:\_temp`; Mattermost drops some of them."""
    before = state.src[max(0, state.pos - 3) : state.pos]
    if not _DRIVE.fullmatch(before) and (
        before.endswith("\\") or not _SHARE.match(state.src, state.pos, state.posMax)
    ):
        return False
    if not (found := _PATH.match(state.src, state.pos, state.posMax)):
        return False
    return _keep(state, state.pos + max(1, len(found[0].rstrip("*_~"))), silent=silent)


def _keep(state: StateInline, end: int, *, silent: bool) -> bool:
    """Take the text up to `end` as it was typed."""
    if not silent:
        state.push("text_special", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True
