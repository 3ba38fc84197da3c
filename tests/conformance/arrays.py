"""Weights under PyTorch's names, brought into our layers: names as tables/<family>.toml say, layouts as torch.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import keras

from tests.conformance.drawn import Array
from tests.conformance.names import NameMap

_Layout = TypedDict("_Layout", {"from": str, "part": list[int], "axes": list[int]}, total=False)
_LAYOUTS: Mapping[str, Mapping[str, _Layout | list[_Layout]]] = tomllib.loads(
    (Path(__file__).parent / "tables" / "torch.toml").read_text(encoding="utf-8")
)
_SAME = {"MultiHeadAttention": "Attention"}
"""Layers whose weights have the names and shapes of another's."""


def assign(model: keras.Model, arrays: Mapping[str, Array], names: NameMap) -> None:
    """Gives every weight of ``model`` the array, or the part of one, that the tables name.

    Raises ``KeyError`` when an array is missing, used twice or left over, ``ValueError`` when sizes differ.
    """
    taken: set[tuple[str, int]] = set()
    for layer in model.layers:
        for weight in layer.weights:
            kind = names.layouts.get(type(layer).__name__) or type(layer).__name__
            layouts = _LAYOUTS[_SAME.get(kind, kind)][weight.path.removeprefix(f"{layer.name}/")]
            theirs, _, share = names(layer.name).partition("[")
            name, layout = _found(theirs, layouts if isinstance(layouts, list) else [layouts], arrays)
            part, parts = map(int, share.rstrip("]").split("/")) if share else layout.get("part", (0, 1))
            if (name, part) in taken:
                raise KeyError(f"{name} is used twice")
            taken.add((name, part))
            heads = weight.shape[-2] if kind.endswith("ByHead") and parts > 1 else 1
            piece = _split(arrays[name], heads, parts)[part]
            weight.assign(piece.transpose(layout.get("axes", range(piece.ndim))).reshape(weight.shape))
    left_over = arrays.keys() - {name for name, _ in taken}
    if left_over or model.count_params() != sum(array.size for array in arrays.values()):
        raise KeyError(f"left over: {sorted(left_over) or 'parts'}")


def _found(theirs: str, layouts: Sequence[_Layout], arrays: Mapping[str, Array]) -> tuple[str, _Layout]:
    """The array that one of the layouts describes, by its name and rank, and this layout."""
    for layout in layouts:
        name = f"{theirs}.{layout['from']}".rstrip(".")
        if name in arrays and len(layout.get("axes", arrays[name].shape)) == arrays[name].ndim:
            return name, layout
    raise KeyError(f"none of {theirs}.{[layout['from'] for layout in layouts]} is there")


def _split(array: Array, heads: int, parts: int) -> Sequence[Array]:
    """The parts of an array along its first axis, or of each head's share of it."""
    by_head = array.reshape(heads, parts, -1, *array.shape[1:])
    return [by_head[:, part].reshape(-1, *array.shape[1:]) for part in range(parts)]
