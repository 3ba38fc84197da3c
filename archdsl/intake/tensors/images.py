"""The channel axis of a model's input, inferred from its first convolution."""

from __future__ import annotations

from typing import Final

from archdsl.intake.tensors.program import Program

_WINDOWS: Final = {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization"}
_KEEPING: Final = {"Sub", "Add", "Mul", "Div", "Cast", "Identity", "Pad", "Resize", "Clip", "Neg"}
_IMAGE: Final = 4
"""Axes of a batch of images."""


def channel_axis(program: Program, name: str, rank: int) -> int:
    """Which axis of an input has the channels, or 0 if it lies as our ops take it."""
    order = [*range(rank)]
    found = {name: order}
    for node in program.nodes:
        first = node.inputs[0] if node.inputs else ""
        known = next((found[given] for given in node.inputs if given in found), None)
        if known is None:
            continue
        if node.kind in _WINDOWS and first in found:
            return found[first][1] if rank > 2 else 0
        if node.kind == "Transpose" and len(node.attributes.get("perm", ())) == rank:
            found[node.outputs[0]] = [known[place] for place in node.attributes["perm"]]
        elif node.kind in _KEEPING:
            found[node.outputs[0]] = known
    return 1 if rank == _IMAGE else 0
