"""GLPI's search engine, asked for tickets by what their content quotes. No I/O."""

from urllib.parse import urlencode

from bridge.glpi_api.errors import NOT_A_SEARCH, Unavailable

MAX_ROWS = 1000
"""Tickets that a search returns at most, unless it is asked for a page."""


def tickets_quoting(
    marker: str, days: int, *, trashed: bool, first: int = 0, size: int = MAX_ROWS
) -> str:
    """Return the path of a search for tickets that quote a marker, by their number.

    Search options of GLPI 10 and 11: 2 id, 15 opening date, 21 content.

    Args:
        marker: what their content holds, wherever.
        days: how old they may be, by GLPI's own clock.
        trashed: whether those in the trash are wanted, or those outside.
        first: row that the page begins with, from 0.
        size: rows of the page.
    """
    query = {
        "criteria[0][field]": 21,
        "criteria[0][searchtype]": "contains",
        "criteria[0][value]": marker,
        "criteria[1][link]": "AND",
        "criteria[1][field]": 15,
        "criteria[1][searchtype]": "morethan",
        "criteria[1][value]": f"-{days}DAY",
        "forcedisplay[0]": 2,
        "forcedisplay[1]": 21,
        "range": f"{first}-{first + size - 1}",
        "is_deleted": int(trashed),
        "sort": 2,
        "order": "ASC",
    }
    return f"search/Ticket?{urlencode(query)}"


def rows(answer: object, first: int = 0, size: int = MAX_ROWS) -> tuple[int, list[tuple[int, str]]]:
    """Return how many tickets a search found, and number and content of those on its page.

    What is no search's answer is not a "none".

    Args:
        answer: GLPI's.
        first: row that the page begins with, from 0.
        size: rows of the page.

    Raises:
        Unavailable: it is not.
    """
    total = answer.get("totalcount") if isinstance(answer, dict) else None
    data = answer.get("data", []) if isinstance(answer, dict) else None
    listed = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
    found = [(row["2"], str(row.get("21"))) for row in listed if isinstance(row.get("2"), int)]
    number = total if isinstance(total, int) and not isinstance(total, bool) else -1
    if number < 0 or len(found) != min(max(number - first, 0), size):
        raise Unavailable("odd-search", NOT_A_SEARCH, 200)
    return number, found
