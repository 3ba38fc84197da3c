"""An HTTP server for one page on this machine, inaccessible to other machines and to other pages."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any, Final

from archdsl.viewer.channel import Channel, Event

HOST: Final = "127.0.0.1"
EVENTS: Final = "events"
"""The page's own address of its events, relative to it."""
LISTENERS: Final = 32
_HEARTBEAT: Final = 10.0
"""Seconds between heartbeats, which detect pages that were closed."""
_PATIENCE: Final = 10.0
"""Seconds that a client may take to send its request."""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page states the rest itself
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """Serves ``page`` at ``address``, and the events of ``channel`` at ``events`` below it.

    It listens on the loopback device only. The address has a part that cannot be guessed, for other users of the
    machine; requests for another host are refused, for names that are made to point here (DNS rebinding); so are those
    that a page of another origin sends.

    Raises:
        OSError: the port is in use, or not allowed.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    allow_reuse_port = False

    def __init__(self, page: bytes, channel: Channel, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.page = page
        self.channel = channel
        self.token = secrets.token_urlsafe(16)
        self.listeners = BoundedSemaphore(LISTENERS)
        self.hosts = frozenset(f"{name}:{self.server_port}" for name in (HOST, "localhost"))

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def start(self) -> None:
        """Serves in the background until ``stop``."""
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """Stops at once; listening pages are disconnected."""
        self.channel.close()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores errors of pages that were closed during a response; others are raised in the caller."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = _PATIENCE
    server_version = "archdsl"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        if (refusal := self._refusal()) is not None:
            self.send_error(refusal)
            return
        rest = self._rest()
        if rest == "":
            self._begin("text/html; charset=utf-8", length=len(self.server.page))
            if body:
                self.wfile.write(self.server.page)
        elif rest == EVENTS:
            self._events(body=body)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _refusal(self) -> HTTPStatus | None:
        """The reason to refuse a request that does not come from this page or its user, if there is one."""
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in origins):
            return HTTPStatus.FORBIDDEN
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            # A link on another page is followed by a navigation; nothing else of another site may reach in.
            navigation = self.headers.get("Sec-Fetch-Mode") == "navigate" and self._rest() == ""
            return None if navigation else HTTPStatus.FORBIDDEN
        return None

    def _rest(self) -> str | None:
        """What follows the token in the path, or ``None`` without the token."""
        path = self.path.partition("?")[0].encode("utf-8", "replace")
        start = f"/{self.server.token}/".encode()
        if not secrets.compare_digest(path[: len(start)], start):
            return None
        return path[len(start) :].decode("utf-8", "replace")

    def _events(self, *, body: bool) -> None:
        if not self.server.listeners.acquire(blocking=False):
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._begin("text/event-stream; charset=utf-8")
            if body:
                self._tell()
        finally:
            self.server.listeners.release()

    def _tell(self) -> None:
        """Sends every event after the last one that the page saw, until either side ends."""
        last = self.headers.get("Last-Event-ID", "")
        serial = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else 0
        while not self.server.channel.closed:
            events = self.server.channel.after(serial, _HEARTBEAT)
            self.wfile.write(b"".join(map(_frame, events)) or b":\n\n")
            serial = events[-1].serial if events else serial

    def _begin(self, kind: str, *, length: int | None = None) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def end_headers(self) -> None:
        """Adds the security headers to every response, refusals included."""
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A refusal that echoes nothing of the request."""
        status = HTTPStatus(code)
        text = f"{status.phrase}\n".encode()
        self.send_response(status)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def parse_request(self) -> bool:
        """As the base class, which answers 501 to methods other than GET and HEAD; here it is 405."""
        understood = super().parse_request()
        if understood and self.command not in ("GET", "HEAD"):
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
            return False
        return understood

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the terminal belongs to the command."""


def _frame(event: Event) -> bytes:
    return f"id: {event.serial}\nevent: {event.kind}\ndata: {event.data}\n\n".encode()
