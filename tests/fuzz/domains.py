"""Where ops are defined: some are finite numbers for positive inputs only."""

from __future__ import annotations

from archdsl.ops.base import Op
from archdsl.ops.elementwise import Log, Power, Reciprocal, Sqrt
from archdsl.ops.joining import Divide


def needs_positive(op: Op) -> bool:
    """Whether the output and its gradient are finite for positive inputs only."""
    if isinstance(op, Power):
        return op.exponent < 0 or not float(op.exponent).is_integer()
    return isinstance(op, Log | Sqrt | Reciprocal | Divide)
