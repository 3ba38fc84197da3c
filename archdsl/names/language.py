"""The names that are always there, and what each of them is."""

from __future__ import annotations

from functools import cache
from typing import Final

from archdsl.names.model import Definition
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS

FUNCTIONS: Final = (
    "len", "sum", "min", "max", "abs", "round", "ceil", "floor", "sqrt", "log2", "int", "float", "range", "enumerate",
    "zip", "reversed", "linspace", "make_divisible",
)  # fmt: skip
"""Functions of compile-time values."""
KEYWORDS: Final = ("id", "residual")
"""Steps that are neither op nor block."""
FIGURES: Final = ("params", "trainable", "macs", "depth", "activations", "receptive_field")
"""What the conditions of a ``check`` may ask of a model."""


@cache
def built_in(name: str) -> Definition | None:
    """The definition of a name of the language, which has no place in a text; no op is imported for it."""
    if name in OPS:
        return Definition(name, "op")
    if name in KINDS:
        return Definition(name, "initialiser")
    if name in KEYWORDS:
        return Definition(name, "keyword")
    return Definition(name, "built-in") if name in FUNCTIONS else None


@cache
def figure(name: str) -> Definition:
    return Definition(name, "figure")
