"""The language's built-in names."""

from __future__ import annotations

from functools import cache
from typing import Final

from archdsl.measures import MEASURES
from archdsl.names.model import Definition, Kind
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS

FUNCTIONS: Final = (
    "len", "sum", "count", "min", "max", "abs", "round", "ceil", "floor", "sqrt", "exp", "log", "log2", "sin", "cos",
    "int", "float", "range", "enumerate", "zip", "reversed", "sorted", "unique", "split", "linspace", "make_divisible",
)  # fmt: skip
"""Functions of compile-time values."""
KEYWORDS: Final = ("id", "residual", "float32")
"""Steps that are neither op nor block."""
FIGURES: Final = tuple(measure.name for measure in MEASURES)
"""What the conditions of a ``check`` may ask of a model."""


def built_in(name: str) -> Definition | None:
    """The definition of a built-in name, which has no source position; it imports no op."""
    if name in OPS:
        return _definition(name, "op")
    if name in KINDS:
        return _definition(name, "initialiser")
    if name in KEYWORDS:
        return _definition(name, "keyword")
    return _definition(name, "built-in") if name in FUNCTIONS else None


def figure(name: str) -> Definition:
    """The definition of one of ``FIGURES``."""
    return _definition(name, "figure")


@cache  # of the language's own names, lest it grows with what texts ask for
def _definition(name: str, kind: Kind) -> Definition:
    return Definition(name, kind)
