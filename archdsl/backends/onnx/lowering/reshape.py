"""Reshapes and permutations. ONNX's Reshape infers one size known only at run time."""

from __future__ import annotations

from archdsl.backends.onnx.program import Value
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial


@lowers(Flatten, takes=AS_THEY_COME)
def flatten(op: Flatten, site: Site, x: str) -> Value:
    """Permutes the axes if the tensor does not have the wanted order."""
    wants_first = op.order == "chw"
    rank = site.rank
    if rank and site.first != wants_first:
        order = (0, rank + 1, *range(1, rank + 1)) if wants_first else (0, *range(2, rank + 2), 1)
        x = site.emit("Transpose", x, perm=order)
    return Value(site.emit("Flatten", x, axis=1))


@lowers(Reshape)
def reshape(_: Reshape, site: Site, x: str) -> str:
    return site.reshape(x, *site.output)


@lowers(FlattenSpatial, takes=AS_THEY_COME)
def flatten_spatial(_: FlattenSpatial, site: Site, x: str) -> str:
    tokens, channels = site.output
    return site.reshape(x, *((channels, tokens) if site.first else (tokens, channels)))


@lowers(UnflattenSpatial, takes=AS_THEY_COME)
def unflatten_spatial(_op: UnflattenSpatial, site: Site, x: str, *like: str) -> str:
    *size, channels = site.output
    sizes = [site.lengths_given(1, i, i + 1) if like and not isinstance(n, int) else n for i, n in enumerate(size)]
    return site.reshape(x, *((channels, *sizes) if site.first else (*sizes, channels)))


@lowers(Permute, takes=AS_THEY_COME)
def permute(op: Permute, site: Site, x: str) -> Value:
    return Value(site.emit("Transpose", x, perm=(0, *map(site.axis, op.order))))
