"""Corners of shape rules: sides that differ, dimensions in the middle, sizes that are open. Each by hand."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.registry import OPS

H = Sym.named("h")
CORNERS: list[tuple[str, dict[str, Any], list[Shape], Shape]] = [
    ("conv_transpose", {"filters": 6, "k": 3, "stride": 2}, [(7, 5, 4)], (14, 10, 6)),  # "same": n * s, whatever the k
    ("conv_transpose", {"filters": 6, "k": 5}, [(7, 5, 4)], (7, 5, 6)),
    ("conv_transpose", {"filters": 6, "k": 5, "pad": "valid"}, [(7, 5, 4)], (11, 9, 6)),
    # 1 by 4 windows of 2 by 2
    ("attention", {"heads": 2, "relative_position": (2, 2), "map": (2, 8), "shift": 1}, [(4, 4, 8)], (4, 4, 8)),
    # 3 by 1 windows of 2 by 4
    ("attention", {"heads": 2, "relative_position": (2, 4), "map": (6, 4), "shift": (1, 2)}, [(3, 8, 8)], (3, 8, 8)),
    ("slice", {"start": 1, "axis": 1, "keepdims": False}, [(4, 5, 6)], (4, 6)),
    ("slice", {"start": 1, "axis": 1}, [(4, 5, 6)], (4, 4, 6)),
    ("slice", {"start": 0, "stop": 1, "axis": 0}, [(4, 5, 6)], (1, 5, 6)),
    ("slice", {"start": 1, "stop": -1, "axis": 0}, [(4, 5, 6)], (2, 5, 6)),
    ("slice", {"start": 0, "step": 2, "axis": 1}, [(4, 5, 6)], (4, 3, 6)),
    ("add", {"broadcast": True}, [(4, 1, 3), (1, 1, 3)], (4, 1, 3)),
    ("mul", {"broadcast": True}, [(1, 1, 3), (4, 5, 1)], (4, 5, 3)),
    ("concat", {"axis": 0}, [(4, 3), (2, 3), (1, 3)], (7, 3)),
    ("concat", {}, [(H, 3), (H, 5)], (H, 8)),
    ("reshape", {"to": (-1, 2)}, [(H, 4)], (2 * H, 2)),
    ("reshape", {"to": (2, -1)}, [(3, 4)], (2, 6)),
    ("unflatten_spatial", {"size": (2, 8)}, [(16, 4)], (2, 8, 4)),
    ("crop", {"size": ((1, 2), 0)}, [(8, 5, 3)], (5, 5, 3)),
    ("pad", {"size": ((1, 2), 0)}, [(8, 5, 3)], (11, 5, 3)),
    ("window_partition", {"window": (2, 4)}, [(4, 8, 3)], (4, 8, 3)),
    ("window_merge", {"window": (2, 4), "size": (4, 12)}, [(6, 8, 3)], (4, 12, 3)),
    ("space_to_depth", {"size": (2, 4)}, [(4, 8, 3)], (2, 2, 24)),
    ("depth_to_space", {"size": (2, 4)}, [(2, 2, 24)], (4, 8, 3)),
]


@pytest.mark.parametrize(("name", "arguments", "inputs", "out"), CORNERS)
def test_shape(name: str, arguments: dict[str, Any], inputs: list[Shape], out: Shape) -> None:
    found = OPS[name](**arguments).shape(*inputs)
    assert found == out
    assert list(map(type, found)) == list(map(type, out)), "sizes are ints, not floats that happen to be whole"
