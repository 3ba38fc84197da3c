"""Dropouts, which are the identity at inference."""

from __future__ import annotations

from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.base import Op
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout


@lowers(Dropout, SpatialDropout, DropPath, takes=AS_THEY_COME)
def noise(_op: Op, _site: Site, x: str) -> str:
    return x
