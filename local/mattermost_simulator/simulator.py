"""The Mattermost that tests and the local rehearsal use: its store, and the port that serves it."""

import secrets
from types import TracebackType

from local.glpi_simulator.listener import Listener
from operations.ids import RandomBytes

from .port import Handler
from .store import Store


class MattermostSimulator(Store):
    """Start with `with`; tell it of channels and posts, and look at `posts`.

    Args:
        port: 0 takes a free one.
        random_bytes: where the ids of posts, people and files come from.
    """

    def __init__(self, port: int = 0, random_bytes: RandomBytes = secrets.token_bytes) -> None:
        super().__init__(random_bytes)
        handler = type("OwnHandler", (Handler,), {"store": self})
        self._listener = Listener(port, handler)

    def __enter__(self) -> "MattermostSimulator":
        self._running = True
        self._listener.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self.lock:
            self._running = False
            self.lock.notify_all()
        self._listener.close()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def hook_url(self) -> str:
        """The address of the incoming webhook."""
        return f"{self.url}/hooks/{self.hook_id}"

    def refuse(self) -> None:
        """Stop listening and cut every open connection, until `heal`."""
        self._listener.refuse()

    def heal(self) -> None:
        """Listen again, and answer without faults."""
        self.fault = None
        self._listener.open()
