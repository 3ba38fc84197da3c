"""The diagram next to the text: two requests of archdsl's own in addition to the protocol.

``archdsl/page`` gives the page that an editor shows. ``archdsl/diagram``, of a document and perhaps a ``model``, gives
what the page is sent: ``page`` with the model or ``problems`` with what is wrong, the ``models`` that could be shown,
and the addresses of the ``files`` that places in the page are in.
"""

from __future__ import annotations

from typing import Any

from archdsl.backends.html import hosted_page
from archdsl.backends.html.data import to_data
from archdsl.diagnostics.terminal import MOST, count, render
from archdsl.diagram.options import Options
from archdsl.lsp.documents import Document, Documents
from archdsl.service.diagram import diagram


def page() -> dict[str, str]:
    return {"html": hosted_page()}


def of(documents: Documents, document: Document, params: dict[str, Any]) -> dict[str, Any]:
    found = diagram(document.analysis, params.get("model"))
    made: dict[str, Any] = {"version": document.version, "model": found.model, "models": list(found.models)}
    if found.graph is None:
        title = count(found.problems) if found.problems else "There is no model to show"
        text = "\n\n".join(render(each, colour=True) for each in found.problems[:MOST])
        return made | {"problems": {"title": title, "text": text}}
    program = document.analysis.program
    files = {module.source.name: documents.uri_of(module.source) for module in program.modules}
    return made | {"page": to_data(found.graph, program.sources, Options()), "files": files}
