"""An outgoing webhook: which posts it tells of, how, and what becomes of the answer.

Held to the recordings of Mattermost 5.37.0.
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"
"""The content type that Mattermost sends unless the webhook says `application/json`."""

ANSWER_SECONDS = 30.0
MAX_ANSWER = 1024 * 1024
_GO_ESCAPES = str.maketrans({"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"})


@dataclass(frozen=True)
class OutgoingWebhook:
    """An outgoing webhook, as its form in Mattermost has it.

    Attributes:
        callback_url: is called once for each matching post.
        token: authenticates it there.
        triggers: the first words that set it off, as they are written here.
        content_type: of what is sent.
    """

    callback_url: str
    token: str
    triggers: Sequence[str]
    content_type: str = FORM

    def trigger_of(self, text: str) -> str | None:
        """Return the trigger word that a text begins with, None if it sets nothing off.

        Leading blanks do not count; another case, or a colon after the word, does.
        """
        first = (text.split(maxsplit=1) or [""])[0]
        return first if first in self.triggers else None

    def body(self, fields: Mapping[str, str], written_at: int) -> bytes:
        """Return the request's body.

        Args:
            fields: everything but token and timestamp, in the order of the JSON.
            written_at: milliseconds since the epoch; forms have seconds.
        """
        if self.content_type != "application/json":
            form = {**fields, "token": self.token, "timestamp": str(written_at // 1000)}
            return urlencode(sorted(form.items())).encode()
        ordered: dict[str, object] = {"token": self.token}
        for name, value in fields.items():
            if name == "user_id":
                ordered["timestamp"] = written_at
            ordered[name] = value
        text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
        return text.translate(_GO_ESCAPES).encode()

    def call(self, body: bytes) -> Mapping[str, object]:
        """Call the bridge once, over a connection of its own, and return what it wants posted.

        The status of the answer does not count; what is no JSON object counts as no answer.

        Raises:
            OSError, http.client.HTTPException: nothing came back. Mattermost does not try again.
        """
        parts = urlsplit(self.callback_url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS
        )
        headers = {
            "User-Agent": "Mattermost-Bot/1.1",
            "Accept": "application/json",
            "Content-Type": self.content_type,
            "Accept-Encoding": "gzip",
        }
        try:
            connection.request("POST", parts.path, body, headers)
            answer = connection.getresponse().read(MAX_ANSWER)
        finally:
            connection.close()
        return wanted_post(answer)


def wanted_post(answer: bytes) -> Mapping[str, object]:
    """Return the object that an answer begins with, {} if nothing is to be posted.

    An empty text is posted, a null is not; a text that is no string spoils the whole answer.
    """
    try:
        value, _ = json.JSONDecoder().raw_decode(answer.decode(errors="replace").lstrip())
    except (ValueError, RecursionError):
        return {}
    text = value.get("text") if isinstance(value, dict) else None
    return value if isinstance(text, str) else {}
