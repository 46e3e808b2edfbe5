"""Mattermost's Markdown as tokens: CommonMark with tables, strike-through and bare addresses. Pure.

Left out on purpose: raw HTML and entities (they stay as typed), and reference links (definitions
would vanish, and one long target could be repeated thousands of times).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

URL_LIMIT = 2_048
"""Characters of a link's target; longer ones are no links."""

NESTING = 20
"""Levels; a list has two. The parser drops what is deeper."""

LABELS = 1_000_000
"""Most characters that the parser may look through for the ends of labels, see `_labels`."""

CELLS = 20_000
"""Most `|` of a line times lines: the parser fills up the short rows of a wide table."""

_ALLOWED = re.compile(r"https?://[^/?#\\]|mailto:[^/?#@]+@", re.IGNORECASE)
_SCHEME = re.compile(r"(?:.*[^A-Za-z0-9])?(https?)", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"://[^\s<>\"`«»“”|\\\[\]]{1,2040}+(?![^\s<>\"`«»“”|\\\[\]])")
_SIZED = re.compile(
    r"!\[([^\[\]\n]{0,500})\]"
    r"\((\S{1,2048}?)[ ]{1,9}=\d{1,5}(?:x\d{0,5})?(?:[ ]{1,9}\"[^\"\n]{0,500}\")?\)"
)
_PATH = re.compile(r"\\[^\s<>\"|`\[\]]*")
_SHARE = re.compile(r"\\\\\w")
_DRIVE = re.compile(r"(?:.*\W)?[A-Za-z]:", re.DOTALL)
_TASK = re.compile(r"\[([ xX])\] ")


_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_LABEL = re.compile(r"\[[^\[\]`\\<$]*+\]")


class TooMuch(ValueError):
    """The parser would drop a part of the text, or think for seconds."""


@lru_cache(1)
def parse(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, kept until the next one: a title often is the whole message.

    Raises:
        TooMuch: it exceeds `LABELS`, `CELLS` or `NESTING`, which no person's message does.
    """
    lines = text.split("\n")
    cells = max(line.count("|") for line in lines) * len(lines)
    if cells > CELLS or sum(map(_labels, _BLANK_LINE.split(text))) > LABELS:
        raise TooMuch
    tokens = _parser().parse(text)
    if any(token.level >= NESTING - 1 for token in tokens):
        raise TooMuch
    _tick(tokens)
    return tuple(tokens)


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
    excess = url.count(")") - url.count("(")
    while True:
        url = url.rstrip("?!.,:;*_~'…")
        if not url.endswith(")") or excess <= 0:
            return url
        url, excess = url[:-1], excess - 1


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  markdown-it's name
        """Say whether a target may be followed; if not, the link stays as it was typed."""
        return bool(_ALLOWED.match(url))

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Encode a target; one that is too long is no target."""
        return super().normalizeLink(url) if len(url) <= URL_LIMIT else ""

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802
        """Show an address as it was typed."""
        return url


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "maxNesting": NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline", "entity", "reference", "text_join"])
    for name, rule in (("url", _url), ("sized", _sized), ("formula", _formula), ("path", _path)):
        parser.inline.ruler.before("escape", name, rule)
    return parser


def _url(state: StateInline, silent: bool) -> bool:
    """Make a link of a bare address, before its `_` and `*` are taken for emphasis."""
    if state.linkLevel or not (rest := _URL.match(state.src, state.pos, state.posMax)):
        return False
    before = _SCHEME.fullmatch(state.src[max(0, state.pos - 6) : state.pos])
    if not before or not (silent or state.pending.endswith(before[1])):
        return False
    url = before[1] + trimmed(rest[0])
    if not (href := target(url)):
        return False
    if not silent:
        state.pending = state.pending[: -len(before[1])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text_special", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos += len(url) - len(before[1])
    return True


def _sized(state: StateInline, silent: bool) -> bool:
    """Read an image with a size, which is Mattermost's own: `![alt](address =100x50)`."""
    found = _SIZED.match(state.src, state.pos, state.posMax)
    if not found or not (source := target(found[2])):
        return False
    if not silent:
        token = state.push("image", "img", 0)
        token.attrs = {"src": source}
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
