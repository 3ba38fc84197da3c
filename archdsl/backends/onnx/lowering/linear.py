"""The dense layer: MatMul and Add, or Gemm for vectors."""

from __future__ import annotations

from archdsl.backends.onnx.initial import GLOROT_UNIFORM, ZEROS
from archdsl.backends.onnx.registry import lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.linear import Dense


@lowers(Dense)
def dense(op: Dense, site: Site, x: str) -> str:
    kernel = site.weight("kernel", op.init or GLOROT_UNIFORM)
    if not op.bias:
        return site.emit("MatMul", x, kernel)
    bias = site.weight("bias", op.bias_init or ZEROS)
    if site.rank == 0:
        return site.emit("Gemm", x, kernel, bias)
    return site.emit("Add", site.emit("MatMul", x, kernel), bias)
