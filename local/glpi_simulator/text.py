"""How GLPI keeps text.

10.0.14 escapes `<`, `>` and `&` when it stores and gives them back escaped unless asked otherwise;
11.0.6 stores what it was given.
"""

import html
import re

_ESCAPES = {"&": "&#38;", "<": "&#60;", ">": "&#62;"}
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+);")
NAME_LENGTH = 255


def stored(text: str, major: int) -> str:
    """Return text as the database keeps it."""
    text = text.replace("\r\n", "\n").strip()
    if major >= 11 or _looks_escaped(text):
        return text
    return re.sub(r"[&<>]", lambda match: _ESCAPES[match.group()], text)


def _looks_escaped(text: str) -> bool:
    """Tell whether 10.0.14 believes that this text was escaped before (and leaves it alone)."""
    if "<" in text or ">" in text:
        return False
    entities = len(_ENTITY.findall(text))
    return entities > 0 and text.count("&") == entities


def raw(text: str, major: int) -> str:
    """Return stored text without the escapes that 10.0.14 adds."""
    if major >= 11:
        return text
    return text.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")


def in_message(text: str, major: int) -> str:
    """Return stored text as the success message shows it (never to be parsed)."""
    if major >= 11:
        return html.escape(text, quote=True).replace("&#x27;", "&#039;")
    return text.replace("\\", "").replace("\0", "")
