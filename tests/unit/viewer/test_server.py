"""The server of ``archdsl view``: who may ask for what, and that it ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from archdsl.viewer import Channel, Server
from archdsl.viewer.server import LISTENERS
from tests.patience import patience

PAGE = b"<!doctype html><title>page</title>"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(PAGE, Channel())
    made.start()
    yield made
    made.stop()


def ask(server: Server, path: str | None = None, method: str = "GET", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    wanted = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/{server.token}/" if path is None else path, headers=wanted)
    return connection.getresponse()


def test_serves_the_page(server: Server) -> None:
    answer = ask(server)
    assert (answer.status, answer.read()) == (200, PAGE)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    head = ask(server, method="HEAD")
    assert (head.status, head.read(), head.headers["Content-Length"]) == (200, b"", str(len(PAGE)))
    assert ask(server, Host=f"localhost:{server.server_port}").status == 200
    assert ask(server, f"/{server.token}/?again").status == 200


def test_address() -> None:
    """Loopback only, a port of its own, and a part that cannot be guessed."""
    one, two = Server(PAGE, Channel()), Server(PAGE, Channel())
    assert one.server_address[0] == "127.0.0.1"
    assert one.address == f"http://127.0.0.1:{one.server_port}/{one.token}/"
    assert one.token != two.token
    assert len(one.token) >= 22  # 16 bytes of chance
    with pytest.raises(OSError, match="in use"):
        Server(PAGE, Channel(), one.server_port)
    one.server_close()
    two.server_close()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}.evil.example",
        "[::1]:{port}",
        "",
    ],
)
def test_names_that_are_made_to_point_here_are_refused(server: Server, host: str) -> None:
    assert ask(server, Host=host.format(port=server.server_port)).status == 421


def test_one_host_exactly(server: Server) -> None:
    for lines in (b"", b"Host: 127.0.0.1:%d\r\nHost: evil.example\r\n" % server.server_port):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as line:
            line.sendall(b"GET /%s/ HTTP/1.1\r\n%s\r\n" % (server.token.encode(), lines))
            assert b" 421 " in line.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""]
)
def test_other_origins_are_refused(server: Server, origin: str) -> None:
    assert ask(server, Origin=origin.format(port=server.server_port)).status == 403
    own = ask(server, Origin=f"http://127.0.0.1:{server.server_port}")
    assert own.status == 200
    assert not [name for name in own.headers if name.lower().startswith("access-control")]


def test_other_sites_may_only_lead_here(server: Server) -> None:
    assert ask(server, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    assert ask(server, f"/{server.token}/events", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="navigate").status == 403
    assert ask(server, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "NONSENSE"])
def test_only_reading(server: Server, method: str) -> None:
    answer = ask(server, method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/events",
        "/{token}",
        "/{token}/x",
        "/{token}/../",
        "/{token}/%2e%2e/etc/passwd",
        "/{half}/",
        "*",
    ],
)
def test_nothing_else_is_there(server: Server, path: str) -> None:
    answer = ask(server, path.format(token=server.token, half=server.token[:-1]))
    assert answer.status == 404
    assert answer.read() == b"Not Found\n"  # no listing, and nothing of what was asked


@pytest.mark.parametrize("path", [None, "/"])
def test_headers_that_keep_answers_to_themselves(server: Server, path: str | None) -> None:
    headers = ask(server, path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Python" not in headers["Server"]


def events(answer: HTTPResponse, count: int) -> list[bytes]:
    found = []
    while len(found) < count:
        lines = [answer.readline() for _ in range(4)]
        found.append(b"".join(lines[1:3]))
    return found


def test_events_reach_every_page_and_who_comes_late(server: Server) -> None:
    channel = server.channel
    channel.publish("model", '{"n":1}')
    pages = [ask(server, f"/{server.token}/events") for _ in range(5)]
    assert pages[0].headers["Content-Type"] == "text/event-stream; charset=utf-8"
    channel.publish("problems", "[]")
    for page in pages:
        assert events(page, 2) == [b'event: model\ndata: {"n":1}\n', b"event: problems\ndata: []\n"]
    late = ask(server, f"/{server.token}/events")
    assert len(events(late, 2)) == 2  # the last good model, and what is wrong now
    channel.publish("model", '{"n":2}', drop="problems")
    assert events(ask(server, f"/{server.token}/events"), 1) == [b'event: model\ndata: {"n":2}\n']
    assert events(ask(server, f"/{server.token}/events", Last_Event_ID="2"), 1) == [b'event: model\ndata: {"n":2}\n']
    for page in pages:
        assert events(page, 1) == [b'event: model\ndata: {"n":2}\n']


def test_pages_that_go_make_room_for_others(server: Server) -> None:
    path = f"/{server.token}/events"
    pages = [ask(server, path) for _ in range(LISTENERS)]
    assert ask(server, path).status == 503
    assert ask(server).status == 200
    for page in pages:
        page.close()
    deadline = time.monotonic() + patience(5)
    while ask(server, path).status == 503:
        server.channel.publish("model", "{}")  # writing shows that nobody is there
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_stops_at_once_with_pages_open() -> None:
    server = Server(PAGE, Channel())
    server.start()
    page = ask(server, f"/{server.token}/events")
    began = time.monotonic()
    server.stop()
    assert page.read() in (b"", b":\n\n")
    assert time.monotonic() - began < patience(2)
    with pytest.raises(ConnectionError):
        ask(server)


def test_an_event_is_one_line() -> None:
    with pytest.raises(ValueError, match="one line"):
        Channel().publish("model", "{}\n\nevent: other")


def test_waiting_ends_with_the_first_event_or_the_channel() -> None:
    channel = Channel()
    assert channel.after(0, timeout=0.01) == []
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.extend(e.data for e in channel.after(0, timeout=10)))
    waiting.start()
    channel.publish("model", "1")
    waiting.join(timeout=5)
    assert found == ["1"]
    channel.close()
    assert channel.after(1, timeout=10) == []
