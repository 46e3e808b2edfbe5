"""What the codes mean that keep a post from its ticket: one sentence each, with what to do."""

from bridge.filing.exactly_once import OTHERWISE
from bridge.mattermost.api import CODES as MATTERMOST_CODES
from bridge.mattermost.api import MATTERMOST
from bridge.net.http import Cause
from bridge.net.remedies import no_answer_remedy
from glpi import CODES, GLPI, remedy_of_page

_OURS = {
    **{cause.value: no_answer_remedy(GLPI, cause) for cause in Cause},
    "maintenance": "GLPI is in maintenance mode: switch it off when the work is done.",
    "database": "GLPI does not reach its database: check the database server.",
    "odd-search": "GLPI's search answers oddly: look for plug-ins and proxies.",
    "buried": "It lies in the dead letter queue: see `dlq list`.",
    "kind": (
        "It was queued by a newer version of the bridge than the one that runs: update it, then "
        "send it again with `dlq replay`."
    ),
    "blind": (
        "GLPI took it several times without an answer, and a search finds none: look in GLPI for "
        "its words, and for rules that move or change tickets."
    ),
    "redirect": "GLPI_URL is redirected: set it to the address that answers itself.",
    "not-glpi": "What answers at GLPI_URL is not GLPI's API: check address, logins, firewalls.",
    "http-413": "A proxy refuses bodies this large: raise its limit (client_max_body_size).",
    "http-429": "A proxy limits requests to GLPI: raise its limit.",
    **{f"mattermost-{cause.value}": no_answer_remedy(MATTERMOST, cause) for cause in Cause},
    **{f"mattermost-{code}": remedy for _, code, remedy in MATTERMOST_CODES.values()},
}

_MATTERMOST = "Mattermost or a proxy does not do what is asked: look into their logs."
_AWS = "AWS did not answer, or refused: look into the function's log."
_UNCLEAR = "GLPI's answer is neither a yes nor a no: look into web server, PHP and GLPI logs."


def meaning(code: str) -> str:
    """Return one sentence on a code of the ledger, "" for one that says nothing."""
    if code in CODES:
        return CODES[code][1].replace("{address}", "that GLPI sees")
    if code in _OURS:
        return _OURS[code]
    if remedy_of_page(code):
        return remedy_of_page(code)
    if code.startswith("mattermost-"):
        return _MATTERMOST
    if code[:1].isupper() and not code.startswith("ERROR"):
        return _AWS
    return _UNCLEAR if code else ""


def meaning_of_reason(reason: str) -> str:
    """Return what the codes in a dead letter's reason mean, "" if there are none.

    A reason is parts with semicolons between them: a code, one with "last: " or "look-up: " before
    it, or words of ours.
    What something in front of GLPI refused each time never got there, and need not be looked for
    in it.
    """
    parts = [part.rpartition(": ")[2].strip() for part in reason.split(";")]
    codes = [part for part in parts if part and " " not in part]
    is_certain = OTHERWISE not in reason
    intercepted = [code for code in codes if is_certain and remedy_of_page(code)]
    return " ".join(dict.fromkeys(meaning(code) for code in intercepted or codes))
