"""The port as a whole: the REST API, and beside it the page and the calls for people."""

import re

from .people import NotSaidError, read, say
from .rest import RestHandler
from .views import NOTHING_RUNS, page, thread_text

PATHS = "unknown path; there are GET / and /threads/ID[/wait], and POST /say (curl -F)"

WAIT_SECONDS = 30.0
"""So long `/threads/ID/wait` waits for something new."""

_FOR_THE_BRIDGE = ("/api/", "/hooks/")
_POST = re.compile(r"/(?P<way>threads|_redirect/pl)/(?P<number>\w+)(?P<wait>/wait)?")
_TEXT, _HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


class Handler(RestHandler):
    """Serves one connection; a subclass carries the `store` it belongs to."""

    def get(self) -> None:
        """Show all threads or one, or answer the bridge."""
        path = self.path.partition("?")[0]
        found = _POST.fullmatch(path)
        if self.path.startswith(_FOR_THE_BRIDGE):
            super().get()
        elif path != "/" and not found:
            self._say(404, PATHS)
        elif not found:
            with self.store.lock:
                shown = page(self.store)
            self._show(200, shown, _HTML, {"Content-Security-Policy": NOTHING_RUNS})
        else:
            if found["wait"] and found["number"] in self.store.posts:
                self.store.wait_for_post(found["number"], WAIT_SECONDS)
            self._one(found["number"], redirect=found["way"] != "threads")

    def post(self) -> None:
        """Let somebody say something, or answer the bridge."""
        if self.path.startswith(_FOR_THE_BRIDGE):
            super().post()
            return
        self.close_connection = True  # what was not read would be taken for the next request
        if self.path.partition("?")[0] != "/say":
            self._say(404, PATHS)
            return
        try:
            root, note = say(self.store, read(self.headers, self.rfile))
        except NotSaidError as error:
            self._say(400, f"not said: {error}")
            return
        with self.store.lock:
            thread = thread_text(self.store, root)
        address = f"{self._url()}/threads/{root}"
        notes = f"\n{note}" if note else ""
        self._say(
            200,
            f"{thread}{notes}\nReply with     -F root={root}\nLook again     curl {address}\n"
            f"Wait for more  curl {address}/wait",
        )

    def _one(self, number: str, *, redirect: bool) -> None:
        """Show the thread of a post, or lead to it on the page, as a permalink does."""
        with self.store.lock:
            post = self.store.posts.get(number)
            root = post["root_id"] or number if post else ""
            shown = thread_text(self.store, root) if post else ""
        if not post:
            self._say(404, f"there is no post {number}; {self._url()}/ shows all")
        elif redirect:
            self._show(302, "", _TEXT, {"Location": f"/#{root}"})
        else:
            self._show(200, shown, _TEXT)

    def _url(self) -> str:
        """Return the address of this server, as it can be typed on this machine."""
        return f"http://127.0.0.1:{self.connection.getsockname()[1]}"

    def _say(self, status: int, sentence: str) -> None:
        self._show(status, f"{sentence}\n", _TEXT)

    def _show(
        self, status: int, text: str, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        payload = text.encode(errors="replace")
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
