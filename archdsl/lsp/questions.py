"""The handlers of requests, by method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from archdsl.lsp import changes, diagram, features, hierarchies
from archdsl.lsp.documents import Documents
from archdsl.lsp.features import Feature, Params

OF_DOCUMENTS: Final[dict[str, Feature]] = {
    **features.FEATURES,
    **changes.CHANGES,
    **hierarchies.FEATURES,
    "archdsl/diagram": diagram.of,
}
"""About a document that is open."""
OF_ITEMS: Final[dict[str, Feature]] = {**hierarchies.CALLS, "completionItem/resolve": features.resolve_completion}
"""About what was answered before, whose data say which document it is of."""
IN_ALL: Final[dict[str, Callable[[Documents, Params], Any]]] = {
    "workspace/symbol": features.workspace_symbols,
    "archdsl/page": lambda _, __: diagram.page(),
}
"""About no document."""
