"""What the codes mean that keep a post from its ticket: one sentence each, with what to do."""

from bridge.filing.exactly_once import OTHERWISE
from bridge.mattermost.api import CODES as MATTERMOST_CODES
from bridge.mattermost.api import MATTERMOST
from bridge.net.http import Cause
from bridge.net.remedies import no_answer_remedy
from glpi import CODES, GLPI, REMEDIES, remedy_of_page

_BEFORE_MATTERMOST = (
    "Mattermost, or what stands before it, refuses this: look for the request in Mattermost's log; "
    "if it is not there, check MATTERMOST_URL or the incoming webhook's address, and keep login "
    "pages and firewalls away from it."
)
_MATTERMOST = "Mattermost or a proxy does not do what is asked: look into their logs."

_OURS = {
    **{cause.value: no_answer_remedy(GLPI, cause) for cause in Cause},
    **REMEDIES,
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
    **{f"mattermost-{cause.value}": no_answer_remedy(MATTERMOST, cause) for cause in Cause},
    "mattermost-http-408": _MATTERMOST,
    "mattermost-http-429": "Mattermost limits requests: raise its limit.",
    **{f"mattermost-{code}": remedy for _, code, remedy in MATTERMOST_CODES.values()},
}

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
    if code == "mattermost-odd-answer" or code.startswith("mattermost-http-4"):
        return _BEFORE_MATTERMOST
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
