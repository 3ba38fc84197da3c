"""Products: dense layers, and those of two tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.lowering import Site, reads
from archdsl.intake.tensors.operators import attention, projections
from archdsl.intake.tensors.program import Constant, Numbers
from archdsl.intake.tensors.views import View, axis


def dense(site: Site, view: View, kernel: Numbers, bias: Numbers | None, shared: list[str]) -> View:
    """A product with a matrix ``[features, units]``; one that ends an attention is part of that."""
    if (found := projections.ended(site, view, kernel, bias)) is not None:
        return found
    view = site.forced(view)
    base, lies = site.features_last(view)
    units = axis(kernel.shape[1])
    held = {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}
    arguments: dict[str, Any] = {"units": kernel.shape[1], "bias": bias is not None}
    made = site.emit("dense", [base], (*lies[:-1], units), held, shared, **arguments)
    site.lowering.sources[made] = view
    return View(made, (*view.axes[:-1], units))


@reads("Gemm")
def gemm(site: Site) -> View:
    if site.attribute("transA", 0) or site.attribute("alpha", 1.0) != 1 or site.attribute("beta", 1.0) != 1:
        raise Unsupported("a product with transA, alpha or beta has no counterpart")
    weight = site.constant(1)
    kernel = weight.array.T if site.attribute("transB", 0) else weight.array
    bias = site.array(2) if site.has(2) else None
    if bias is not None and bias.size != kernel.shape[1]:
        bias = np.broadcast_to(bias.reshape(-1), (kernel.shape[1],))
    value = site.inputs[0]
    if not isinstance(value, View):
        raise Unsupported("a product of constants")
    shared = [weight.name] + ([site.constant(2).name] if site.has(2) else [])
    return dense(site, value, kernel, None if bias is None else bias.reshape(-1), shared)


@reads("MatMul")
def matmul(site: Site) -> View:
    one, other = site.inputs[:2]
    if isinstance(one, View) and isinstance(other, Constant):
        if other.array.ndim != 2:
            raise Unsupported(f"a product with an array {[*other.array.shape]} has no counterpart")
        return dense(site, one, other.array, None, [other.name])
    if not isinstance(one, View) or not isinstance(other, View):
        raise Unsupported("a product of a constant and a tensor has no counterpart")
    return attention.product(site, one, other)
