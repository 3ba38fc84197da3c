"""Preprocessing that is part of the model."""

from __future__ import annotations

from math import sqrt
from typing import Final

from archdsl.backends.onnx.initial import ONES, ZEROS
from archdsl.backends.onnx.program import Value
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.input import Normalize, Rescale

_FLOOR: Final = 1e-7
"""What statistics that are weights divide by at least."""


@lowers(Rescale, takes=AS_THEY_COME)
def rescale(op: Rescale, site: Site, x: str) -> Value:
    if op.factor != 1:
        x = site.emit("Mul", x, site.beside(op.factor))
    if op.offset != 0:
        x = site.emit("Add", x, site.beside(op.offset))
    return Value(x, site.first)


@lowers(Normalize, takes=AS_THEY_COME)
def normalize(op: Normalize, site: Site, x: str) -> str:
    if op.mean is None or op.variance is None:
        mean, variance = site.weight_beside("mean", ZEROS), site.weight_beside("variance", ONES)
        deviation = site.emit("Max", site.emit("Sqrt", variance), site.number(_FLOOR))
        return site.emit("Div", site.emit("Sub", x, mean), deviation)
    given = op.variance
    deviations = tuple(map(sqrt, given)) if isinstance(given, tuple) else sqrt(given)
    return site.emit("Div", site.emit("Sub", x, site.beside(op.mean)), site.beside(deviations))
