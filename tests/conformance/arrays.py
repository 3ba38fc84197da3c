"""Weights under PyTorch's names, brought into our layers: names as tables/<family>.toml say, layouts as torch.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import keras
import numpy as np

from tests.conformance.drawn import Array
from tests.conformance.names import NameMap

_Layout = TypedDict("_Layout", {"from": str, "part": list[int], "axes": list[int]}, total=False)
_LAYOUTS: Mapping[str, Mapping[str, _Layout]] = tomllib.loads(
    (Path(__file__).parent / "tables" / "torch.toml").read_text(encoding="utf-8")
)


def assign(model: keras.Model, arrays: Mapping[str, Array], names: NameMap) -> None:
    """Gives every weight of ``model`` the array, or the part of one, that the tables name.

    Raises ``KeyError`` when an array is missing, used twice or left over, ``ValueError`` when sizes differ.
    """
    taken: set[tuple[str, int]] = set()
    for layer in model.layers:
        for weight in layer.weights:
            layout = _LAYOUTS[type(layer).__name__][weight.path.removeprefix(f"{layer.name}/")]
            name = f"{names(layer.name)}.{layout['from']}".rstrip(".")
            part, parts = layout.get("part", (0, 1))
            if (name, part) in taken:
                raise KeyError(f"{name} is used twice")
            taken.add((name, part))
            piece = np.split(arrays[name], parts)[part]
            weight.assign(piece.transpose(layout.get("axes", range(piece.ndim))).reshape(weight.shape))
    left_over = arrays.keys() - {name for name, _ in taken}
    if left_over or model.count_params() != sum(array.size for array in arrays.values()):
        raise KeyError(f"left over: {sorted(left_over) or 'parts'}")
