"""The size of values, counted through all their parts: bounds nested lists and the work of using them.

Values share their parts: ``[a, a]`` costs nothing to make, and sixty such lines make a value that nobody can compare,
print or hash. So each value is weighed once, from the weights of its parts, when an expression makes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from archdsl.elaborate.values import BlockRef, FunctionRef, OpRef, Row, Value
from archdsl.graph.dims import Sym

COMPOSITE: Final = frozenset({tuple, str, Row, OpRef, BlockRef, FunctionRef, Sym})
"""Classes of values that may hold much."""

PARTS: Final = 8
"""Parts of a value that cost one step when they are copied, compared or gone through in C; so do other short pieces of
work: parameters of a call, links of a chain of conditions.
"""


class Weight(NamedTuple):
    """The number of nested parts, counted with repetition, and the nesting depth."""

    parts: int
    depth: int


_PLAIN: Final = Weight(1, 0)


class Scales:
    """Computes the weights of the values of one compilation.

    >>> Scales().weigh(((1, 2), (3,)))
    Weight(parts=3, depth=2)
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Value, Weight]] = {}
        """By identity. The value is kept, so that no other takes its place."""

    def weigh(self, value: Value) -> Weight:
        if isinstance(value, str):
            return Weight(len(value), 0)
        if isinstance(value, Sym):
            return Weight(value.size, 0)
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        total, depth = 0, 0
        for part in _parts(value):
            weight = self.weigh(part) if part.__class__ in COMPOSITE else _PLAIN
            total += weight.parts
            depth = max(depth, weight.depth)
        found = Weight(max(total, 1), depth + 1)
        self._known[id(value)] = value, found
        return found


def _parts(value: Value) -> Iterable[Value]:
    match value:
        case tuple():
            return value
        case Row():
            return value.fields.values()
        case OpRef():
            return [g.value for g in (*value.arguments.values(), *value.joined)]
        case _:
            return [g.value for g in value.arguments.values()]
