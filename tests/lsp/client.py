"""An editor for tests: it speaks to a real server over its standard streams, and counts as editors do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

PATIENCE = 120.0
"""Seconds after which an answer is given up: other tests run beside it."""


class Client:
    """Requests and notifications, one after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.diagnostics: dict[str, list[tuple[int | None, list[Any]]]] = {}
        """What was published of each document: its version and the diagnostics, in order."""
        self.logged: list[str] = []
        self.shown: list[str] = []
        """Addresses that the editor was asked to show."""
        self._number = 0
        self._answers: Queue[dict[str, Any] | None] = Queue()
        self._kept: dict[int, dict[str, Any]] = {}
        Thread(target=self._read, daemon=True).start()

    # --- the protocol ---

    def request(self, method: str, params: Any = None) -> Any:
        """The result of a request. Raises ``AssertionError`` if it is refused."""
        answer = self.answer(self.ask(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    def ask(self, method: str, params: Any = None) -> int:
        """Sends a request; gives its number."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """The whole answer to a request."""
        self.until(lambda: number in self._kept)
        return self._kept.pop(number)

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def until(self, done: Callable[[], bool]) -> None:
        """Takes messages until something holds."""
        while not done():
            message = self._answers.get(timeout=PATIENCE)
            assert message is not None, "the server went away"
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "window/showDocument":
            self.shown.append(message["params"]["uri"])
            self.send({"id": message["id"], "result": {"success": True}})
        elif "method" not in message:
            self._kept[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics.setdefault(params["uri"], []).append((params.get("version"), params["diagnostics"]))
        elif message["method"] == "window/logMessage":
            self.logged.append(message["params"]["message"])

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) or not length:
                if not line:
                    self._answers.put(None)
                    return
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self._answers.put(json.loads(stream.read(length)))

    # --- documents ---

    def open(self, uri: str, text: str, version: int = 1) -> None:
        item = {"uri": uri, "languageId": "arch", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def replace(self, uri: str, text: str, version: int) -> None:
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def edit(self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replaces what stands between two places, lines and characters counted from 0."""
        place = {"start": _place(start), "end": _place(end)}
        change = {"range": place, "text": text}
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        """The result of a request about a place."""
        place = {"textDocument": {"uri": uri}, "position": _place((line, character))}
        return self.request(f"textDocument/{method}", place | more)

    def settled(self, uri: str, version: int) -> list[Any]:
        """The diagnostics of a version, after all that can be said of it was said."""
        self.request("archdsl/settle", {})
        found = [found for of, found in self.diagnostics.get(uri, []) if of == version]
        assert found, f"nothing was published of version {version}"
        return found[-1]


def _place(place: tuple[int, int]) -> dict[str, int]:
    return {"line": place[0], "character": place[1]}


@contextmanager
def server(**options: Any) -> Iterator[Client]:
    """A server that was started and greeted, and is sent home in the end."""
    process = start()
    client = Client(process)
    try:
        client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}, **options})
        client.notify("initialized", {})
        yield client
        client.request("shutdown")
        client.notify("exit", None)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def start() -> subprocess.Popen[bytes]:
    """The server as editors start it."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "archdsl", "lsp"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
