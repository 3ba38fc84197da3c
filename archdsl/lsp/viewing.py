"""Live diagrams in the browser, for editors without a view of their own: the page of ``archdsl view``."""

from __future__ import annotations

import json

from archdsl.backends.html import live_page
from archdsl.lsp import diagram
from archdsl.lsp.documents import Document, Documents
from archdsl.viewer import EVENTS, Channel, Server


class Views:
    """A page for each requested document, which keeps its folding and position over edits."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._servers: dict[str, tuple[Server, str | None]] = {}
        """By the addresses of documents; each with the model that is shown."""

    def open(self, document: Document, model: str | None) -> str:
        """The URL of the page of a document, which follows a model of it. Raises ``OSError``."""
        known = self._servers.get(document.uri)
        if known is None:
            server = Server(live_page(EVENTS).encode(), Channel())
            server.start()
        else:
            server = known[0]
        self._servers[document.uri] = (server, model)
        self.update(document)
        return server.address

    def update(self, document: Document) -> None:
        """Updates the page of a document, if there is one."""
        if document.uri not in self._servers:
            return
        server, model = self._servers[document.uri]
        found = diagram.of(self._documents, document, {"model": model})
        kind = "model" if "page" in found else "problems"
        server.channel.publish(kind, json.dumps(found["page" if kind == "model" else kind]), drop="problems")

    def close(self, uri: str) -> None:
        """Ends the page of a document."""
        if uri in self._servers:
            self._servers.pop(uri)[0].stop()

    def stop(self) -> None:
        for uri in [*self._servers]:
            self.close(uri)
