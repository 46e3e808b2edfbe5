"""HTML pages: GLPI's own where clients expect JSON, and a plain view of a stored ticket."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .answers import HTML_TYPE, Answer, html_answer

_STATUS = {1: "New", 2: "Assigned", 3: "Planned", 4: "Pending", 5: "Solved", 6: "Closed"}
_TYPE = {1: "Incident", 2: "Request"}
# GLPI 11 sends tens of kilobytes of links to scripts; a client's limit must meet that size.
_GLPI_11_SCRIPTS = (
    '         <script type="text/javascript" src="/js/common.min.js?v=23a0418ef7"></script>\n'
    * 1000
)
_SCRIPT_LIKE = re.compile(
    r"<(/?)(script|style|iframe|object|embed|link|meta|base|form|svg|math)\b", re.IGNORECASE
)
_ACTIVE_ATTRIBUTE = re.compile(r"""\s(on\w+|srcdoc|formaction)\s*=""", re.IGNORECASE)
_ACTIVE_LINK = re.compile(
    r"""((?:href|src|action|data|poster|background)\s*=\s*["']?\s*)(?:javascript|vbscript|data)\s*:""",
    re.IGNORECASE,
)
# Whatever slips through the patterns above does not run either.
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


def neutralised(content: str) -> str:
    """Return rich text with what could run taken out of action, as GLPI does on display."""
    content = _SCRIPT_LIKE.sub(r"&lt;\1\2", content)
    content = _ACTIVE_ATTRIBUTE.sub(" data-denied=", content)
    return _ACTIVE_LINK.sub(r"\1denied:", content)


def ticket_page(ticket: Mapping[str, object], facts: Mapping[str, str]) -> Answer:
    """Show one stored ticket to a person."""
    status = ticket["status"]
    kind = ticket["type"]
    rows = {
        "Status": _STATUS.get(status, str(status)) if isinstance(status, int) else str(status),
        "Type": _TYPE.get(kind, str(kind)) if isinstance(kind, int) else str(kind),
        **facts,
    }
    table = "\n".join(
        f"<tr><th>{html.escape(key)}</th><td>{html.escape(value)}</td></tr>"
        for key, value in rows.items()
    )
    title = html.escape(f"#{ticket['id']} {ticket['name']}")
    followups = ticket["followups"]
    assert isinstance(followups, list)  # noqa: S101 - see snapshot
    texts = [ticket["content"], *(followup["content"] for followup in followups)]
    articles = "\n".join(f"<article>{neutralised(str(text))}</article>" for text in texts)
    return _simulator_page(title, f"<table>{table}</table>\n{articles}")


def file_page(content: bytes, mime: str) -> Answer:
    """Send a stored document; only pictures are shown in place."""
    disposition = "inline" if mime.startswith("image/") else "attachment"
    headers = (
        ("Content-Disposition", disposition),
        ("Content-Security-Policy", _NOTHING_RUNS),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Answer(200, content, mime, headers)


def ticket_list_page(tickets: Iterable[Mapping[str, object]], form: str) -> Answer:
    """List the stored tickets with links to each."""
    rows = "\n".join(
        f'<li><a href="{html.escape(form)}?id={ticket["id"]}">#{ticket["id"]} '
        f"{html.escape(str(ticket['name']))}</a></li>"
        for ticket in tickets
    )
    return _simulator_page("Tickets", f"<ul>{rows}</ul>" if rows else "<p>No ticket yet.</p>")


def _simulator_page(title: str, body: str) -> Answer:
    page = html_answer(
        200,
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font-family:sans-serif;max-width:50em;margin:2em auto}th{text-align:left;"
        "padding-right:1em}article{border:1px solid #ccc;padding:1em;margin-top:1em}</style>"
        f"</head><body><h1>{title}</h1>\n{body}\n<p><small>GLPI simulator</small></p>"
        "</body></html>\n",
    )
    return replace(page, headers=(*page.headers, ("Content-Security-Policy", _NOTHING_RUNS)))
