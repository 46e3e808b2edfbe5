"""The simulator as tests and the local rehearsal use it."""

import ssl
import threading
from types import TracebackType

from local.guard import new_key

from .call import Row
from .control import ControlHandler
from .faults import Fault, FaultBoard
from .glpi_port import Exchange, ExchangeLog, GlpiHandler, Port
from .listener import Listener
from .snapshot import tickets
from .store import FIRST_TICKET_ID, Store

VERSIONS = ("10.0.14", "11.0.6")


class GlpiSimulator:
    """A GLPI on 127.0.0.1, good enough that a client passing here passes on the real one.

    `port` and `control_port` 0 take a free port; `prefix` is the sub-folder GLPI lives in, such as
    "/glpi"; with `ssl_context` GLPI speaks https (the control listener never does). The control
    listener asks for `control_key`; without one the simulator makes its own. Tickets are numbered
    from `first_ticket` on.
    """

    def __init__(
        self,
        version: str = "11.0.6",
        port: int = 0,
        control_port: int = 0,
        prefix: str = "",
        ssl_context: ssl.SSLContext | None = None,
        control_key: str | None = None,
        first_ticket: int = FIRST_TICKET_ID,
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(f"version {version!r} is unknown; recorded are {', '.join(VERSIONS)}")
        self.version = version
        self.control_key = control_key or new_key()
        self._store = Store(version, first_ticket)
        self._board = FaultBoard()
        self._log = ExchangeLog()
        self._stopping = threading.Event()
        self._running = False
        self._scheme = "http" if ssl_context is None else "https"
        folder = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        self._port = Port(self._store, self._board, self._log, self._stopping, folder)
        handler = type("Handler", (GlpiHandler,), {"port": self._port})
        control = type("Control", (ControlHandler,), {"simulator": self, "key": self.control_key})
        self._listener = Listener(port, handler, ssl_context)
        self._control = Listener(control_port, control)

    def start(self) -> None:
        """Listen on both ports, or on none.

        Raises:
            OSError: a port is taken.
        """
        self._stopping.clear()
        self._listener.open()
        try:
            self._control.open()
        except OSError:
            self._listener.close()
            raise
        self._running = True
        self._port.listener = self._listener
        self._port.root = self.url

    def stop(self) -> None:
        """Close both listeners and every open connection; end every wait; join the threads."""
        self._running = False
        self._stopping.set()
        self._listener.close()
        self._control.close()

    def __enter__(self) -> "GlpiSimulator":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """GLPI's own address, without a slash at the end."""
        return f"{self._scheme}://127.0.0.1:{self._listener.port}{self._port.prefix}"

    @property
    def control_url(self) -> str:
        """The address of the control listener."""
        return f"http://127.0.0.1:{self._control.port}"

    @property
    def app_token(self) -> str:
        """The token of the API client."""
        return self._store.app_token

    @property
    def user_tokens(self) -> dict[str, str]:
        """The remote access keys by login: mm-bot, mm-tech, mm-self and mm-noprof."""
        return dict(self._store.user_tokens)

    @property
    def tickets(self) -> list[Row]:
        """A copy of every stored ticket, with raw texts, requesters, followups, documents."""
        return tickets(self._store)

    @property
    def log(self) -> list[Exchange]:
        """A copy of the log: every request on the GLPI port, in order of arrival."""
        return self._log.exchanges

    @property
    def connections(self) -> int:
        """How many TCP connections GLPI's port has accepted."""
        return self._listener.connections

    @property
    def delays(self) -> threading.Semaphore:
        """Released whenever an answer begins to be late, whether it is delayed or drips."""
        return self._port.delays

    @property
    def faults(self) -> list[Fault]:
        """The faults that may still strike."""
        return self._board.active

    def inject(self, fault: Fault) -> None:
        """Put a fault in force until it has struck often enough, or `heal`."""
        self._board.inject(fault, self._store.sessions_opened)
        if fault.kind == "refuse":
            self._listener.refuse()

    def heal(self) -> None:
        """Remove every fault, listen again, and put the users back."""
        self._board.clear()
        self._store.restore_users()
        if self._running:
            self._listener.open()

    def change_user(
        self,
        login: str,
        *,
        is_active: bool | None = None,
        is_deleted: bool | None = None,
        has_profile: bool | None = None,
    ) -> None:
        """Disable a user, trash them or take their profile away, until heal(); open sessions stay.

        Giving back what was taken needs heal().
        """
        with self._store.lock:
            user = self._store.user_named(login)
            if user is None:
                raise ValueError(f"there is no user {login!r}")
            if is_active is not None:
                user.is_active = is_active
            if is_deleted is not None:
                user.is_deleted = is_deleted
            if has_profile is False:
                user.profile = None

    def expire_sessions(self) -> None:
        """Forget every open session, as GLPI's cron does."""
        with self._store.lock:
            self._store.sessions.clear()

    def reset(self) -> None:
        """Forget tickets, log, sessions and faults."""
        self.heal()
        self._store.reset()
        self._log.clear()
