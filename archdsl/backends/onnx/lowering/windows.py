"""The window attributes of convolutions and poolings."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.onnx.program import Attribute
from archdsl.graph.dims import Dim
from archdsl.ops.sliding import Pairs, same_pads


def padding(
    pads: str | Pairs, sizes: Sequence[Dim], extents: Sequence[int], strides: Sequence[int]
) -> dict[str, Attribute]:
    """The attributes for padding: numbers, or ONNX's rule if they depend on run-time sizes.

    ``SAME_UPPER`` pads as "same" does: as little as gives ``ceil(n / stride)`` windows, the odd place after.

    >>> padding("same", (112, 112), (3, 3), (2, 2))
    {'pads': [0, 0, 1, 1]}
    """
    if pads == "valid":
        return {}
    if pads == "same":
        found = [same_pads(n, k, s) for n, k, s in zip(sizes, extents, strides, strict=True)]
        known = [pair for pair in found if pair is not None]
        if len(known) < len(found):
            return {"auto_pad": "SAME_UPPER"}
    else:
        known = [pair for pair in pads if not isinstance(pair, str)]
    befores, afters = zip(*known, strict=True)
    return {"pads": [*befores, *afters]} if any(befores) or any(afters) else {}
