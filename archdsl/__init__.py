"""archdsl: a declarative language for image-model architectures, and its compiler.

>>> import archdsl
>>> archdsl.load("resnet50").summary().params
25610152
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archdsl.version import __version__

if TYPE_CHECKING:
    from archdsl.api import check_text, diff, from_keras, from_onnx, from_torch, load, load_text, op
    from archdsl.architecture import Architecture
    from archdsl.diagnostics import ArchError, Diagnostic
    from archdsl.graph.model import Graph
    from archdsl.limits import Limits
    from archdsl.survey import bench, compare, scale
    from archdsl.weights import WeightsError

__all__ = [
    "ArchError",
    "Architecture",
    "Diagnostic",
    "Graph",
    "Limits",
    "WeightsError",
    "__version__",
    "bench",
    "check_text",
    "compare",
    "diff",
    "from_keras",
    "from_onnx",
    "from_torch",
    "load",
    "load_text",
    "op",
    "scale",
]

_HOMES = {
    "ArchError": "archdsl.diagnostics",
    "Architecture": "archdsl.architecture",
    "Diagnostic": "archdsl.diagnostics",
    "Graph": "archdsl.graph.model",
    "Limits": "archdsl.limits",
    "WeightsError": "archdsl.weights",
    "bench": "archdsl.survey",
    "check_text": "archdsl.api",
    "compare": "archdsl.survey",
    "diff": "archdsl.api",
    "from_keras": "archdsl.api",
    "from_onnx": "archdsl.api",
    "from_torch": "archdsl.api",
    "load": "archdsl.api",
    "load_ipython_extension": "archdsl.notebook",
    "load_text": "archdsl.api",
    "op": "archdsl.api",
    "scale": "archdsl.survey",
    "unload_ipython_extension": "archdsl.notebook",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import archdsl` costs nothing."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'archdsl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
