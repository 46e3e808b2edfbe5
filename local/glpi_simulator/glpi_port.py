"""The port where GLPI is: from bytes to a call, through the faults, to an answer."""

import socket
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

from local.guard import Guarded

from .answers import Answer, html_answer, nginx_answer
from .call import Call, php_parameters
from .delivery import (
    ConnectionCutError,
    send,
    send_dripping,
    send_half,
    send_oversized,
    spoiled,
)
from .faults import ANSWERED_BY_GLPI, Fault, FaultBoard
from .listener import Listener
from .pages import (
    database_down,
    file_page,
    maintenance,
    proxy_login,
    ticket_list_page,
    ticket_page,
    wrong_base,
)
from .rest import answer_call, session_token
from .snapshot import followup_authors, ticket_facts, tickets
from .store import Store

_PAGES = (["front", "ticket.form.php"], ["front", "document.send.php"])


@dataclass(frozen=True)
class Exchange:
    """One request on the GLPI port; `status` is None until, and unless, an answer began."""

    method: str
    path: str
    connection: int
    session: str | None
    status: int | None = None


class ExchangeLog:
    """Every request in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._round = 0

    def arrived(self, exchange: Exchange) -> tuple[int, int]:
        """Note a request; return the ticket with which to note its answer."""
        with self._lock:
            self._exchanges.append(exchange)
            return self._round, len(self._exchanges) - 1

    def answered(self, place: tuple[int, int], status: int) -> None:
        """Note the status of an answer that begins to be sent."""
        with self._lock:
            if place[0] == self._round:
                self._exchanges[place[1]] = replace(self._exchanges[place[1]], status=status)

    def clear(self) -> None:
        """Forget everything; answers still under way are forgotten too."""
        with self._lock:
            self._exchanges.clear()
            self._round += 1

    @property
    def exchanges(self) -> list[Exchange]:
        """A copy of the log."""
        with self._lock:
            return list(self._exchanges)


@dataclass
class Port:
    """What stands behind a GLPI port.

    Attributes:
        stopping: is set when every wait has to end.
        prefix: the sub-folder that GLPI lives in, such as "/glpi", or "".
        listener: the port itself; None until it is opened.
        root: GLPI's own address, "" until the port is opened.
    """

    store: Store
    board: FaultBoard
    log: ExchangeLog
    stopping: threading.Event
    prefix: str
    listener: Listener | None = None
    root: str = ""
    delays: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class GlpiHandler(Guarded, BaseHTTPRequestHandler):
    """Serves one connection; a subclass carries the `port` it belongs to."""

    port: Port
    protocol_version = "HTTP/1.1"
    server_version = "nginx/1.22.1"
    sys_version = ""
    disable_nagle_algorithm = True
    request: socket.socket

    def __getattr__(self, name: str) -> object:
        """Serve every method; http.server looks for do_GET, do_POST and so on."""
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
        """Stay quiet: the log is an attribute of the simulator."""

    def handle(self) -> None:
        """Serve requests until either side has had enough."""
        try:
            super().handle()
        except ConnectionCutError as cut:
            self._listener.cut(self.request, reset=cut.reset)
        except OSError:
            # The client, or close() in another thread, ended the connection.
            self._listener.cut(self.request)

    def finish(self) -> None:
        """Close the streams; what is left to flush to a lost peer does not matter."""
        try:
            super().finish()
        except OSError:
            self._listener.cut(self.request)

    @property
    def _listener(self) -> Listener:
        listener = self.port.listener
        if listener is None:
            raise RuntimeError("the simulator is not started")
        return listener

    def _exchange(self) -> None:
        call, place = self._read_call()
        resource = "/".join(call.parts) if place == "api" else self.path.partition("?")[0]
        request = f"{call.method} {resource}"
        token = session_token(call) or None
        session = self.port.store.sessions.get(token) if token else None
        number = self._listener.number_of(self.request)
        path = self.path.partition("?")[0]
        entry = self.port.log.arrived(Exchange(call.method, path, number, token))
        struck = self.port.board.strike(request, session.number if session else None)
        self._wait(struck, "delay_before")
        fault = next((f for f in struck if not f.kind.startswith("delay_")), None)
        if fault and fault.kind == "cut_before":
            raise ConnectionCutError(reset=fault.body == "reset")
        answer = self._without_glpi(fault)
        if answer is None:
            if fault and fault.kind in ANSWERED_BY_GLPI:
                call.faults = frozenset({fault.kind})
            answer = self._by_glpi(call, place)
            self._wait(struck, "delay_after")
            if fault and fault.kind == "cut_after":
                raise ConnectionCutError(reset=fault.body == "reset")
            if fault and fault.kind == "status_after":
                answer = _proxy_page(fault)
        answer = spoiled(answer, fault)
        self.port.log.answered(entry, answer.status)
        self._deliver(answer, fault)

    def _deliver(self, answer: Answer, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        stopping = self.port.stopping
        if kind == "cut_midbody":
            send_half(self, answer)
        elif fault and kind in {"drip", "drip_headers"}:
            slow_head = kind == "drip_headers"
            self.port.delays.release()
            send_dripping(self, answer, fault.seconds, stopping, headers_too=slow_head)
        elif kind == "oversized":
            send_oversized(self, answer, stopping)
        else:
            send(self, answer)

    def _wait(self, struck: list[Fault], kind: str) -> None:
        seconds = sum(fault.seconds for fault in struck if fault.kind == kind)
        if not seconds:
            return
        self.port.delays.release()
        if self.port.stopping.wait(seconds):
            raise ConnectionCutError

    def _without_glpi(self, fault: Fault | None) -> Answer | None:
        """Return what answers instead of GLPI, which then does nothing."""
        if fault is None:
            return None
        major = self.port.store.major
        match fault.kind:
            case "status_before":
                return _proxy_page(fault)
            case "html":
                return html_answer(200, fault.body or proxy_login())
            case "empty":
                return html_answer(200, "")
            case "maintenance":
                return maintenance(major)
            case "database_down":
                return database_down(major)
            case "php_down":
                return nginx_answer(502)
            case "redirect":
                return nginx_answer(fault.status or 301, ("Location", fault.location))
        return None

    def _by_glpi(self, call: Call, place: str) -> Answer:
        if place == "api":
            return answer_call(self.port.store, call, self.port.root)
        if place == "page" and call.method in {"GET", "HEAD"}:
            return self._page(call)
        return wrong_base(self.port.store.major)

    def _page(self, call: Call) -> Answer:
        form = f"{self.port.prefix}/front/ticket.form.php"
        if call.parts == ["front", "document.send.php"]:
            return self._document(str(call.query.get("docid", "")))
        store = self.port.store
        stored = tickets(store)
        if call.parts == ["front", "ticket.form.php"]:
            wanted = str(call.query.get("id", ""))
            found = next((ticket for ticket in stored if str(ticket["id"]) == wanted), None)
            if found is None:
                return _not_found()
            return ticket_page(found, ticket_facts(store, found), followup_authors(store, found))
        return ticket_list_page([(one, ticket_facts(store, one)) for one in stored], form)

    def _document(self, wanted: str) -> Answer:
        store = self.port.store
        with store.lock:
            row = store.table("Document").get(int(wanted) if wanted.isdigit() else 0)
            content = store.files.get(row["id"]) if row else None
        if row is None or content is None:
            return _not_found()
        return file_page(content, str(row["filename"]), str(row["mime"]))

    def _read_call(self) -> tuple[Call, str]:
        path, _, query = self.path.partition("?")
        parts, place = self._place(path)
        body = self._read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, parts, php_parameters(query), headers, body)
        return call, place

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _place(self, path: str) -> tuple[list[str], str]:
        """Tell the API, the pages for people and everything else apart."""
        if not path.startswith(f"{self.port.prefix}/"):
            return [], "outside"
        inside = [unquote(part) for part in path.removeprefix(self.port.prefix).split("/") if part]
        if inside[:1] == ["apirest.php"]:
            return inside[1:], "api"
        if inside[:2] == ["api.php", "v1"] and self.port.store.major >= 11:
            return inside[2:], "api"
        if not inside or inside in _PAGES:
            return inside, "page"
        return inside, "outside"


def _not_found() -> Answer:
    """Answer a person who follows a link to nothing."""
    return wrong_base(11)


def _proxy_page(fault: Fault) -> Answer:
    return nginx_answer(fault.status, *((("Retry-After", "1"),) if fault.status == 429 else ()))
