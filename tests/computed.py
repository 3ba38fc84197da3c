"""The ops that say what they compute, which can be compared with what backends make of them."""

from __future__ import annotations

from typing import Final

from archdsl.ops.registry import OPS

COMPUTED: Final = {name: op for name, op in OPS.items() if op.computes}
