"""The product with a matrix along one axis of a tensor."""

from __future__ import annotations

from archdsl.backends.onnx.site import Site

_LETTERS = "abcdefgh"


def along(site: Site, x: str, axis: int, matrix: str) -> str:
    """The first input with each vector along an axis multiplied by a matrix [outputs, inputs]."""
    axes = _LETTERS[: len(site.inputs[0]) + 1]
    return site.emit("Einsum", x, matrix, equation=f"{axes},z{axes[axis]}->{axes.replace(axes[axis], 'z')}")
