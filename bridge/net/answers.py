"""Which of the bytes that a server sends are the answer to a request, and when to trust no more.

HTTP/1.1 has no numbers: an answer belongs to a request by its place alone (RFC 9112, section 9.2).
Whoever miscounts once gives each person the answer of the one before. `http.client` of Python 3.11
and 3.13 takes every interim answer but 100 for the final one, and drops what stands behind it.

What a server says unasked before the next request leaves ends the connection. What it says unasked
after that is not to be told from the answer; nothing in HTTP/1.1 would tell, but a connection for
each request.
"""

import http.client
import re
from http import HTTPStatus

INTERIM_ANSWERS = 100
"""So many are read past; a proxy sends one, or one in some seconds (103, 102)."""

_LENGTH = re.compile("[0-9]+")
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class FinalAnswer(http.client.HTTPResponse):
    """An answer as `http.client` reads it, without the interim ones before it.

    Its connection is closed behind it unless it is clear where it ends, and that nothing follows.
    """

    def _read_status(self) -> tuple[str, int, str]:
        """Read up to the status of the final answer.

        `begin` asks for it; urllib3 2.8 as well relies on this method of `http.client`'s.
        """
        for _ in range(INTERIM_ANSWERS):
            version, status, reason = super()._read_status()  # type: ignore[misc]  # not in typeshed
            if not 100 <= status < 200:
                return version, status, reason
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                break  # nobody asked for it, and what follows is no HTTP
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("there is no final answer")

    def begin(self) -> None:
        """Read status and headers.

        Raises:
            http.client.HTTPException: what came is no answer to this request.
        """
        super().begin()
        if len(set(self.headers.get_all("Content-Length", []))) > 1:
            raise http.client.HTTPException("an answer of two lengths")
        if self._may_be_followed() or not self._ends_clearly():
            self.will_close = True

    def _may_be_followed(self) -> bool:
        """Tell whether something may come later that would be taken for the next answer.

        A body that must not be there (204, 304), or what a proxy hands on after it has given up.
        """
        gave_up = self.status == HTTPStatus.REQUEST_TIMEOUT or self.status >= 500
        return gave_up or self.status in _BODILESS

    def _ends_clearly(self) -> bool:
        """Tell whether everybody reads the same end out of the headers (RFC 9112, section 6.3)."""
        lengths = self.headers.get_all("Content-Length", [])
        codings = [coding.lower() for coding in self.headers.get_all("Transfer-Encoding", [])]
        if self.headers.defects:
            return False
        if codings:
            return codings == ["chunked"] and not lengths and self.version == 11
        return len(lengths) == 1 and _LENGTH.fullmatch(lengths[0].strip()) is not None
