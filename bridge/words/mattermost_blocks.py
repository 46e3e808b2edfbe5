"""Mattermost's blocks: where CommonMark takes more lines for markup than Mattermost. Pure.

Such lines are text, or their signs would vanish (mattermost/marked at be741d4, taken for the parser
of 5.37): `305) x`, a lone `-`, one `=` below a line. No rule drops a word or number: cells beyond a
table's header are cells, what stands behind a fence is in its token's `info`, and a list never
counts what was numbered otherwise.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import blockquote as quote_rule
from markdown_it.rules_block import heading as heading_rule
from markdown_it.rules_block import list_block as list_rule
from markdown_it.rules_block import table as table_rule
from markdown_it.rules_block.fence import make_fence_rule
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.token import Token

_ITEM = re.compile(r"(?:[-*+]|(?:0|[1-9]\d{0,8})\.)[ \t]+\S")
"""An item of a list, with text behind its sign. Not `1) x`, which Mattermost shows as it is typed,
nor `01. x`, whose number would be another."""

_UNDERLINE = re.compile(r"(?:={2,}|-{2,})[ \t]*")

_fence_rule = make_fence_rule(disallow_marker_in_info=("`", "~"))


def use_block_rules(parser: MarkdownIt) -> None:
    """Put the rules of this module in place of the parser's own."""
    interrupts = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.at("fence", _fence, {"alt": interrupts})
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.at("blockquote", _quote, {"alt": interrupts})
    parser.block.ruler.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.block.ruler.before("list", "end_of_list", _end_of_list, {"alt": ["list"]})
    parser.block.ruler.at("heading", _heading, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.block.ruler.at("lheading", _underlined, {"alt": ["paragraph"]})


def numbered(tokens: Sequence[Token]) -> list[Token]:
    """Begin another list at each number that is not the next one, or it would become another.

    A list whose numbers are all 1 is counted, as in Mattermost.
    """
    made: list[Token] = []
    lists: list[tuple[int, bool]] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            lists.append((int(token.attrs.get("start", 1)), True))
        elif token.type == "ordered_list_close":
            lists.pop()
        elif token.type == "list_item_open" and token.info:
            (following, ones), typed = lists[-1], int(token.info)
            ones = ones and typed == 1
            if typed != following and not ones:
                made.append(Token("ordered_list_close", "ol", -1, level=token.level - 1))
                made.append(Token("ordered_list_open", "ol", 1, level=token.level - 1))
                made[-1].attrs = {"start": typed}
                following = typed
            lists[-1] = (following + 1, ones)
        made.append(token)
    return made


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table with all that its rows hold, as Mattermost shows it.

    The parser drops the cells beyond the header's; a `|` in code makes such cells, too.
    """
    before = len(state.tokens)
    if not table_rule(state, start, end, silent):
        return False
    made, state.tokens[before:] = state.tokens[before:], []
    row, cells = "", 0
    for token in made:
        if token.type == "tr_open" and token.map:
            line = token.map[0]
            row, cells = getLine(state, line), 0
        cells += token.type in ("th_open", "td_open")
        if token.type == "tr_close":
            state.tokens += [part for cell in _cells(row)[cells:] for part in _cell(cell, token)]
        state.tokens.append(token)
    return True


def _cells(row: str) -> list[str]:
    """Return the cells of a table's line."""
    cells = escapedSplit(row.strip(" \t"))
    return cells[not cells[0] : len(cells) - (not cells[-1])]


def _cell(content: str, row: Token) -> list[Token]:
    """Return the tokens of a cell in a row."""
    level = row.level + 1
    return [
        Token("td_open", "td", 1, level=level, block=True),
        Token("inline", "", 0, level=level + 1, block=True, content=content.strip(), children=[]),
        Token("td_close", "td", -1, level=level, block=True),
    ]


def _fence(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read code between fences; one that no line follows is text."""
    return start + 1 < end and _fence_rule(state, start, end, silent)


def _quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a quote; a lone `>` at its beginning is text."""
    return bool(getLine(state, start).strip("> \t")) and quote_rule(state, start, end, silent)


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a list that begins with an item of Mattermost's."""
    return bool(_ITEM.match(getLine(state, start))) and list_rule(state, start, end, silent)


def _end_of_list(state: StateBlock, start: int, _: int, silent: bool) -> bool:
    """End a list before what is no item of Mattermost's; makes nothing of it."""
    return silent and not _ITEM.match(getLine(state, start))


def _heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a heading; a lone `#` is text."""
    return bool(getLine(state, start).strip("# \t")) and heading_rule(state, start, end, silent)


def _underlined(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read one line as a heading that has at least two `=` or `-` below it."""
    below = start + 1
    if below >= end or state.is_code_block(start) or state.is_code_block(below):
        return False
    line = getLine(state, below)
    if state.sCount[below] < state.blkIndent or not _UNDERLINE.fullmatch(line):
        return False
    if not silent:
        tag = "h1" if line[0] == "=" else "h2"
        state.line = below + 1
        state.push("heading_open", tag, 1)
        state.push("inline", "", 0).content = getLine(state, start).strip()
        state.tokens[-1].children = []
        state.push("heading_close", tag, -1)
    return True
