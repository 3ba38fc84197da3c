"""Summaries: the structure and cost of a model, as a table for people and as data for programs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archdsl.summary.build import summarise
    from archdsl.summary.json import to_json
    from archdsl.summary.rows import Row
    from archdsl.summary.tables import Summary, render

__all__ = ["Row", "Summary", "render", "summarise", "to_json"]

_HOMES = {"Row": "rows", "Summary": "tables", "render": "tables", "summarise": "build", "to_json": "json"}


def __getattr__(name: str) -> Any:
    """Lazy imports: users of ``figures`` alone need no others."""
    if name in _HOMES:
        return getattr(import_module(f"archdsl.summary.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'archdsl.summary' has no attribute {name!r}")
