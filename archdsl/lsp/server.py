"""The server's main loop: messages are processed in order; when idle, open documents are checked."""

from __future__ import annotations

import gc
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

from archdsl.allowed import kept
from archdsl.diagnostics import Diagnostic
from archdsl.lsp import problems, rpc
from archdsl.lsp.capabilities import CAPABILITIES
from archdsl.lsp.documents import Document, Documents, bundled_text, path_of
from archdsl.lsp.rpc import Connection, Empty, Failed, Message
from archdsl.service.lines import Lines, Position
from archdsl.settings import SettingsError
from archdsl.version import __version__

if TYPE_CHECKING:
    from archdsl.lsp.viewing import Views

OPEN_DIAGRAM: Final = "archdsl.openDiagram"
"""The command of code lenses, whose arguments are a document and the model that is shown."""
_REST: Final = 2.0
"""Seconds without a message after which the editor counts as idle."""
_FEW: Final = 10
_MANY: Final = 500
"""Changes of texts after which all garbage is collected: in a rest, and without one."""
_GONE: Final = 1
"""The exit code if the editor goes away without saying so."""

DEFERRED: Final = frozenset({"textDocument/codeLens", "textDocument/inlayHint", "textDocument/codeAction"})
"""What is answered when a text is checked: it asks for all of its models, or for what is wrong with them."""


class _Interrupted(Exception):
    """A message is waiting: the check in progress is abandoned and will be repeated."""


class Server:
    """The server of one editor.

    A keystroke is a notification; the diagnostics of what it leaves come as soon as no other message waits: those that
    the text alone gives first, then those of its models. So none is ever of an older text than the last that was sent.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.documents = Documents()
        self._unchecked: dict[str, bool] = {}
        """Documents whose diagnostics are not all published, and whether the first ones are."""
        self._unprepared: dict[str, None] = {}
        """Documents that are checked, and of which what will be asked is not elaborated yet."""
        self._published: dict[str, tuple[int, list[Any]]] = {}
        self._deferred: list[tuple[str, int, Message]] = []
        """Requests whose answers wait until a version of a document is checked: its address, the version, and they."""
        self._views: Views | None = None
        """Diagrams in the browser, once one is asked for."""
        self._changes = 0
        """Changes of texts since the last collection."""
        self._asked = 0
        """Requests that were sent to the editor."""
        self._is_ready = False
        self._is_over = False

    def run(self) -> int:
        """Processes messages until the editor exits; returns the exit code."""
        self._connection.start()
        try:
            return self._loop()
        except ConnectionError:  # the editor is no longer there to be told
            return _GONE
        finally:
            if self._views is not None:
                self._views.stop()

    def _loop(self) -> int:
        while True:
            rest = _REST if self._changes >= _FEW else None
            try:
                message = self._connection.next(0 if self._is_busy else rest)
            except Empty:
                if self._is_busy:
                    self._work()
                else:
                    self._tidy()
                continue
            if message is None:
                return 0 if self._is_over else _GONE
            if message.get("method") == "exit":
                return 0 if self._is_over else _GONE
            self._handle(message)

    @property
    def _is_busy(self) -> bool:
        """Whether there is work for idle time."""
        return bool(self._unchecked or self._unprepared)

    def _work(self) -> None:
        """Does a part of the idle work."""
        if self._unchecked:
            self._check()
        else:
            self._prepare(self.documents.open[next(iter(self._unprepared))])

    def _tidy(self) -> None:
        """Collects the garbage of earlier versions."""
        self._changes = 0
        gc.collect()
        if not gc.get_freeze_count():
            gc.freeze()  # what is there by now stays, and need not be walked again

    # --- messages ---

    def _handle(self, message: Message) -> None:
        identity, method = message.get("id"), message.get("method")
        if not isinstance(method, str):
            if "error" in message and identity is None and message["error"] == rpc.PARSE_ERROR:
                self._refuse(None, rpc.PARSE_ERROR, "not a message of the protocol")
            return  # an answer to a request of ours
        params = message.get("params") or {}
        if method in DEFERRED and identity is not None and self._defers(params, message):
            return
        self._reply(identity, method, params)

    def _defers(self, params: Any, message: Message) -> bool:
        """Defers a request if its document is not checked yet."""
        uri = str((params.get("textDocument") or {}).get("uri"))
        document = self.documents.open.get(uri)
        if document is None or uri not in self._unchecked:
            return False
        self._deferred.append((uri, document.version, message))
        return True

    def _resume(self, uri: str) -> None:
        """Answers the deferred requests of a document, and refuses those for another version."""
        waiting = [each for each in self._deferred if each[0] == uri]
        self._deferred = [each for each in self._deferred if each[0] != uri]
        document = self.documents.open.get(uri)
        for _, version, message in waiting:
            if document is None or document.version != version:
                self._refuse(message["id"], rpc.CONTENT_MODIFIED, "the text was changed")
            else:
                self._reply(message["id"], message["method"], message["params"])

    def _reply(self, identity: object, method: str, params: Any) -> None:
        try:
            if identity is not None and self._connection.cancelled(identity):
                raise Failed(rpc.REQUEST_CANCELLED, "cancelled")
            result = self._answer(method, params, is_request=identity is not None)
        except Failed as failed:
            if identity is not None:
                self._refuse(identity, failed.code, failed.message)
            return
        except (KeyError, TypeError, IndexError) as error:
            self._log(method)
            if identity is not None:
                self._refuse(identity, rpc.INVALID_PARAMS, f"{type(error).__name__}: {error}")
            return
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001  # a bug must not end the editor's session; it is logged and answered
            self._log(method)
            if identity is not None:
                self._refuse(identity, rpc.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
            return
        if identity is not None:
            self._connection.send({"id": identity, "result": result})

    def _refuse(self, identity: object, code: int, message: str) -> None:
        self._connection.send({"id": identity, "error": {"code": code, "message": message}})

    def _log(self, method: str) -> None:
        """Sends an internal error to the editor's log."""
        text = f"{method}: {traceback.format_exc()}"
        sys.stderr.write(f"{text}\n")
        self._connection.send({"method": "window/logMessage", "params": {"type": 1, "message": text}})

    def _answer(self, method: str, params: Any, *, is_request: bool) -> Any:
        if method == "initialize":
            return self._initialize(params)
        if not self._is_ready:
            raise Failed(rpc.NOT_INITIALIZED, "not initialized")
        match method:
            case "textDocument/didOpen":
                opened = params["textDocument"]
                self._touch(*self.documents.add(opened["uri"], opened["version"], opened["text"]))
            case "textDocument/didChange":
                self._change(params)
            case "textDocument/didClose":
                self._close(params["textDocument"]["uri"])
            case "textDocument/didSave" | "initialized" | "$/setTrace" | "$/cancelRequest":
                return None
            case "workspace/didChangeWatchedFiles":
                for change in params["changes"]:
                    path = path_of(change["uri"])
                    if path is not None:
                        self._touch(*self.documents.changed(path))
            case "archdsl/settle":
                while self._is_busy and not self._connection.is_waiting:
                    self._work()
            case "workspace/executeCommand" if params["command"] == OPEN_DIAGRAM:
                uri, *model = params["arguments"]
                return self._view(self._document(uri), model[0] if model else None)
            case "archdsl/text":
                return self._text(params["uri"])
            case "shutdown":
                self._is_over = True
            case _ if is_request:
                return self._feature(method, params)
        return None

    def _feature(self, method: str, params: Any) -> Any:
        """The answer to a query. Handlers are imported with the first one, so that the first check is not delayed."""
        from archdsl.lsp.questions import IN_ALL, OF_DOCUMENTS, OF_ITEMS

        if method in OF_DOCUMENTS:
            return OF_DOCUMENTS[method](self.documents, self._document(params["textDocument"]["uri"]), params)
        if method in OF_ITEMS:
            item = params.get("item", params)
            return OF_ITEMS[method](self.documents, self._document(item["data"]["uri"]), item)
        if method in IN_ALL:
            return IN_ALL[method](self.documents, params)
        raise Failed(rpc.METHOD_NOT_FOUND, f"no method {method}")

    def _initialize(self, params: Any) -> Any:
        self._is_ready = True
        options = params.get("initializationOptions") or {}
        self.documents.shows_bundled = bool(options.get("virtualDocuments"))
        general = (params.get("capabilities") or {}).get("general") or {}
        self.documents.utf16 = "utf-32" not in (general.get("positionEncodings") or ())
        # An editor that shows bundled files has an extension, and with it the command and a diagram of its own.
        commands = {} if self.documents.shows_bundled else {"executeCommandProvider": {"commands": [OPEN_DIAGRAM]}}
        encoding = "utf-16" if self.documents.utf16 else "utf-32"
        return {
            "capabilities": {"positionEncoding": encoding, **CAPABILITIES, **commands},
            "serverInfo": {"name": "archdsl", "version": __version__},
        }

    def _view(self, document: Document, model: str | None) -> str:
        """Opens the diagram of a document in the browser; returns the URL."""
        if self._views is None:
            from archdsl.lsp.viewing import Views

            self._views = Views(self.documents)
        try:
            address = self._views.open(document, model)
        except OSError as error:
            raise Failed(rpc.REQUEST_FAILED, f"no page can be served: {error.strerror or error}") from None
        self._asked += 1
        params = {"uri": address, "external": True}
        self._connection.send({"id": f"archdsl-{self._asked}", "method": "window/showDocument", "params": params})
        return address

    def _document(self, uri: str) -> Document:
        document = self.documents.open.get(uri)
        if document is None:
            raise Failed(rpc.INVALID_PARAMS, f"{uri} is not open")
        return document

    def _text(self, uri: str) -> str:
        text = bundled_text(uri)
        if text is None:
            raise Failed(rpc.INVALID_PARAMS, f"no bundled file is called {uri}")
        return text

    # --- texts ---

    def _change(self, params: Any) -> None:
        document = self._document(params["textDocument"]["uri"])
        text = document.text
        self._changes += 1
        for change in params["contentChanges"]:
            if "range" not in change:
                text = change["text"]
                continue
            lines = Lines(text, utf16=self.documents.utf16)
            start, end = (
                lines.offset(Position(change["range"][side]["line"], change["range"][side]["character"]))
                for side in ("start", "end")
            )
            text = text[:start] + change["text"] + text[max(start, end) :]
            document.edited = start
        self._touch(document, *self.documents.change(document, params["textDocument"]["version"], text))
        if self._changes >= _MANY:
            self._tidy()

    def _close(self, uri: str) -> None:
        self._touch(*self.documents.close(uri))
        self._unchecked.pop(uri, None)
        self._unprepared.pop(uri, None)
        self._published.pop(uri, None)
        self._resume(uri)
        if self._views is not None:
            self._views.close(uri)
        self._connection.send({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": []}})

    def _touch(self, *documents: Document) -> None:
        for document in documents:
            self._unchecked.pop(document.uri, None)
            self._unprepared.pop(document.uri, None)
            if any(uri == document.uri and version != document.version for uri, version, _ in self._deferred):
                self._resume(document.uri)
        # What was changed last is looked at first.
        self._unchecked = {document.uri: False for document in documents} | self._unchecked

    # --- diagnostics ---

    def _check(self) -> None:
        """Publishes the diagnostics of one document, unless a message interrupts."""
        uri, has_first = next(iter(self._unchecked.items()))
        document = self.documents.open[uri]
        try:
            analysis = document.analysis
            with analysis.interruptible(self._look):
                self._look()
                if not has_first:
                    if not analysis.is_complete:
                        self._publish(document, analysis.first_diagnostics)
                    document.release()
                    self._unchecked[uri] = True
                for _ in analysis.checking():
                    self._look()
            self._publish(document, analysis.diagnostics)
        except _Interrupted:
            return
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001  # a bug in one check must not end the editor's session; it is logged
            self._log("check")
        del self._unchecked[uri]
        self._unprepared[uri] = None
        self._resume(uri)
        if self._views is not None:
            self._views.update(document)

    def _prepare(self, document: Document) -> None:
        """Elaborates the last edited block, which is the most likely subject of queries."""
        try:
            document.analysis.prepare(document.edited, self._look)
        except _Interrupted:
            return
        except Exception:  # noqa: BLE001  # as in a check
            self._log("prepare")
        del self._unprepared[document.uri]

    def _look(self) -> None:
        if self._connection.is_waiting:
            raise _Interrupted

    def _publish(self, document: Document, found: tuple[Diagnostic, ...]) -> None:
        analysis = document.analysis
        try:
            found = kept(found, document.path)
        except SettingsError as error:
            self._connection.send({"method": "window/logMessage", "params": {"type": 2, "message": str(error)}})
        made = problems.diagnostics(self.documents, analysis.source, found, analysis.parsed)
        if self._published.get(document.uri) == (document.version, made):
            return
        self._published[document.uri] = (document.version, made)
        params = {"uri": document.uri, "version": document.version, "diagnostics": made}
        self._connection.send({"method": "textDocument/publishDiagnostics", "params": params})
