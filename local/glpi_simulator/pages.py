"""HTML pages: GLPI's own where clients expect JSON, and a plain view of a stored ticket."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from .answers import HTML_TYPE, Answer, html_answer
from .rich_text import shown

_STATUS = {1: "New", 2: "Assigned", 3: "Planned", 4: "Pending", 5: "Solved", 6: "Closed"}
_TYPE = {1: "Incident", 2: "Request"}
# GLPI 11 sends tens of kilobytes of links to scripts; a client's limit must meet that size.
_GLPI_11_SCRIPTS = (
    '         <script type="text/javascript" src="/js/common.min.js?v=23a0418ef7"></script>\n'
    * 1000
)
_STYLE = (
    "body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "th{text-align:left;padding-right:1em}h1{font-size:1.4em}h2{font-size:1.1em}"
    "h3{font-size:1em;font-weight:normal;color:#666;margin:1em 0 0}"
    "article{border:1px solid #ccc;border-radius:4px;padding:0 1em;margin:.5em 0 1em}"
    "article table{border-collapse:collapse}article th,article td{padding:.2em .6em}"
    ".list{border-collapse:collapse}.list th,.list td{padding:.4em 1em .4em 0;vertical-align:top}"
    ".list tr{border-bottom:1px solid #ddd}.list td:nth-child(5){white-space:nowrap}"
    ".list td:nth-child(2){min-width:18em}body:has(.list){max-width:75em}"
    "code,pre{background:#f4f4f4}pre{padding:.5em;overflow:auto}"
    "blockquote{border-left:3px solid #ccc;margin-left:0;padding-left:1em}"
)
# Whatever slips through `rich_text` does not run either.
_NOTHING_RUNS = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


def glpi_page(major: int, title: str, text: str) -> str:
    """Wrap a sentence in the frame of the given GLPI version."""
    scripts = _GLPI_11_SCRIPTS if major >= 11 else ""
    return (
        f'\n\n<!DOCTYPE html>\n<html lang="en">\n<head>\n   <title>{html.escape(title)} - GLPI'
        f'</title>\n   <meta charset="utf-8" />\n   <meta name="robots" content="noindex, nofollow"'
        f' />\n{scripts}</head>\n<body class="welcome-anonymous">\n   <div class="page-anonymous">'
        f"\n      <p>{text}</p>\n   </div>\n</body>\n</html>\n"
    )


def maintenance(major: int) -> Answer:
    """Answer as both versions do in maintenance mode: 200, and a page."""
    text = "Temporarily down for maintenance"
    return html_answer(200, glpi_page(major, "MAINTENANCE MODE", text))


def database_down(major: int) -> Answer:
    """Answer without a database: 10.0.14 says 200, 11.0.6 says 500."""
    if major >= 11:
        return php_error(major)
    text = "A link to the SQL server could not be established. Please check your configuration."
    return html_answer(200, glpi_page(major, "Mysql Error", text))


def php_error(major: int) -> Answer:
    """Answer after an uncaught PHP error: 10.0.14 200 and nothing, 11.0.6 500 and a page."""
    if major >= 11:
        return html_answer(500, glpi_page(major, "Error", "An unexpected error occurred"))
    return Answer(200, b"", HTML_TYPE)


def wrong_base(major: int) -> Answer:
    """Answer outside of the API: 10.0.14 sends 403 and nothing, 11.0.6 a 404 page."""
    if major >= 11:
        return html_answer(404, glpi_page(major, "Item not found", "The requested item is gone"))
    return Answer(403, b"", HTML_TYPE)


def proxy_login() -> str:
    """Return the login page of a single sign-on proxy in front of GLPI."""
    return (
        "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>"
        '<form method="post" action="/login"><input name="user"><input type="password" name="p">'
        "</form></body></html>\n"
    )


def ticket_page(
    ticket: Mapping[str, Any], facts: Mapping[str, str], authors: Sequence[str]
) -> Answer:
    """Show one stored ticket to a person, with all that hangs on it.

    Args:
        ticket: as `snapshot` has it.
        facts: what stands beside title and text.
        authors: who wrote each followup, and when.
    """
    rows = {
        "Status": _STATUS.get(ticket["status"], str(ticket["status"])),
        "Type": _TYPE.get(ticket["type"], str(ticket["type"])),
        **facts,
    }
    table = "\n".join(
        f"<tr><th>{html.escape(key)}</th><td>{html.escape(value)}</td></tr>"
        for key, value in rows.items()
    )
    documents = "\n".join(map(_document, ticket["documents"]))
    followups = "\n".join(
        f"<h3>{html.escape(author)}</h3>\n<article>{shown(followup['content'])}</article>"
        for author, followup in zip(authors, ticket["followups"], strict=True)
    )
    body = f"<table>{table}</table>\n<article>{shown(ticket['content'])}</article>"
    if documents:
        body += f"\n<h2>Documents</h2>\n<ul>{documents}</ul>"
    if followups:
        body += f"\n<h2>Followups</h2>\n{followups}"
    return _simulator_page(html.escape(f"#{ticket['id']} {ticket['name']}"), body)


def _document(document: Mapping[str, Any]) -> str:
    """Link to a document, as GLPI does."""
    name = html.escape(str(document["filename"] or document["name"]))
    kind = html.escape(str(document["mime"]))
    return f'<li><a href="document.send.php?docid={document["id"]}">{name}</a> ({kind})</li>'


def file_page(content: bytes, name: str, mime: str) -> Answer:
    """Send a stored document; only pictures are shown in place."""
    disposition = "inline" if mime.startswith("image/") else "attachment"
    headers = (
        ("Content-Disposition", f"{disposition}; filename*=utf-8''{quote(name)}"),
        ("Content-Security-Policy", _NOTHING_RUNS),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Answer(200, content, mime, headers)


_COLUMNS = ("Ticket", "Title", "Status", "Requester", "Opened", "Followups", "Documents")


def ticket_list_page(
    tickets: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]], form: str
) -> Answer:
    """List the stored tickets, the newest first, with links to each.

    Args:
        tickets: each as `snapshot` has it, and its facts.
        form: where a ticket is shown.
    """
    rows = "\n".join(_row(ticket, facts, form) for ticket, facts in reversed(tickets))
    head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
    table = f'<table class="list"><tr>{head}</tr>\n{rows}</table>'
    return _simulator_page("Tickets", table if rows else "<p>No ticket yet.</p>")


def _row(ticket: Mapping[str, Any], facts: Mapping[str, str], form: str) -> str:
    """Return a ticket's line of the list."""
    address = f"{html.escape(form)}?id={ticket['id']}"
    cells = (
        f'<a href="{address}">#{ticket["id"]}</a>',
        f'<a href="{address}">{html.escape(str(ticket["name"]))}</a>',
        _STATUS.get(ticket["status"], str(ticket["status"])),
        html.escape(facts["Requester"]),
        html.escape(facts["Opened"]),
        str(len(ticket["followups"]) or ""),
        str(len(ticket["documents"]) or ""),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _simulator_page(title: str, body: str) -> Answer:
    page = html_answer(
        200,
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style>"
        f"</head><body><h1>{title}</h1>\n{body}\n<p><small>GLPI simulator</small></p>"
        "</body></html>\n",
    )
    return replace(page, headers=(*page.headers, ("Content-Security-Policy", _NOTHING_RUNS)))
