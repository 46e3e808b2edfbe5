"""Text to HTML that GLPI 10 and 11 both show as it was written.

With a paragraph around it both versions take the content for HTML, so that escaped text stays text
and `<br />` keeps the lines (observed on 10.0.14 and 11.0.6).
"""

from html import escape


def paragraph(text: str) -> str:
    """Return a paragraph that shows `text`, line breaks kept and nothing interpreted."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "<p>" + "<br />\n".join(map(inline, lines)) + "</p>"


def inline(text: str) -> str:
    """Return `text` as it can stand inside a paragraph."""
    return escape(text, quote=False)


def link(url: str) -> str:
    """Return a link that shows its own address; bare ones stay dead in GLPI 11."""
    return f'<a href="{escape(url)}">{inline(url)}</a>'
