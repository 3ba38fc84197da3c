"""Operators that a source writes in several, found by their form before anything is read: rules over a program.

A rule looks at the operator that ends its form and back from there, and gives operators for its place. What nothing
uses any more is dropped. ``tests/onnx/test_intake.py`` compares outputs before and after each.
"""

from __future__ import annotations

from typing import Final

from archdsl.intake.tensors.rules.activations import gelu, mish, quick_gelu
from archdsl.intake.tensors.rules.form import Rule
from archdsl.intake.tensors.rules.gains import gained_first
from archdsl.intake.tensors.rules.norms import gained, group_norm, layer_norm, length_one
from archdsl.intake.tensors.rules.places import grown, padded_pool, roll, rolled_twice
from archdsl.intake.tensors.rules.products import biased, einsum
from archdsl.intake.tensors.rules.reductions import reduced_twice

RULES: Final[tuple[Rule, ...]] = (
    gelu,
    mish,
    quick_gelu,
    layer_norm,
    gained_first,
    gained,
    biased,
    group_norm,
    roll,
    rolled_twice,
    grown,
    einsum,
    padded_pool,
    reduced_twice,
    length_one,
)
