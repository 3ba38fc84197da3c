"""JSON-RPC over a pair of streams, as the Language Server Protocol frames it."""

from __future__ import annotations

import json
from queue import Empty, Queue
from threading import Lock, Thread
from typing import Any, BinaryIO, Final, TypeAlias

Message: TypeAlias = dict[str, Any]

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
NOT_INITIALIZED: Final = -32002
REQUEST_FAILED: Final = -32803
REQUEST_CANCELLED: Final = -32800
CONTENT_MODIFIED: Final = -32801
_LONGEST: Final = 64 * 1024 * 1024
"""Bytes of a message that is read: a text and more."""


class Failed(Exception):
    """A request failed, with a reason for the client."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Connection:
    """Incoming and outgoing messages. A reader thread allows to test whether one is waiting."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = Lock()
        self._waiting: Queue[Message | None] = Queue()
        self._thread = Thread(target=self._read, name="reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_waiting(self) -> bool:
        """Whether an unprocessed message is waiting."""
        return not self._waiting.empty()

    def next(self, wait: float | None) -> Message | None:
        """The next message; ``None`` at the end of the stream. Raises ``Empty`` after ``wait`` seconds."""
        return self._waiting.get(block=wait != 0, timeout=wait or None)

    def cancelled(self, identity: object) -> bool:
        """Whether a waiting message cancels a request."""
        with self._waiting.mutex:
            return any(
                message is not None
                and message.get("method") == "$/cancelRequest"
                and (message.get("params") or {}).get("id") == identity
                for message in self._waiting.queue
            )

    def send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=True, separators=(",", ":")).encode()
        with self._lock:
            self._writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self._writer.flush()

    def _read(self) -> None:
        while True:
            try:
                body = self._body()
            except (OSError, ValueError):  # the stream was closed, or is none of the protocol
                body = None
            if body is None:
                self._waiting.put(None)
                return
            try:
                message = json.loads(body)
            except ValueError:
                message = None
            self._waiting.put(message if isinstance(message, dict) else {"error": PARSE_ERROR})

    def _body(self) -> bytes | None:
        """The bytes of the next message; ``None`` at the end."""
        length = -1
        while True:
            line = self._reader.readline()
            if not line:
                return None
            line = line.strip()
            if not line:
                if length < 0:
                    raise ValueError("no Content-Length")
                break
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
                if not 0 <= length <= _LONGEST:
                    raise ValueError("no length of a message")
        body = self._reader.read(length)
        return body if len(body) == length else None


__all__ = ["Connection", "Empty", "Failed", "Message"]
