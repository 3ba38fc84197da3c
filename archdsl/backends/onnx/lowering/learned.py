"""Learned tokens, positions and scales; embedding tables."""

from __future__ import annotations

from typing import Final

from archdsl.backends.onnx.initial import ZEROS
from archdsl.backends.onnx.program import INT64
from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.init import Init
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale

_UNIFORM: Final = Init(kind="uniform")


@lowers(ClassToken)
def class_token(op: ClassToken, site: Site, x: str) -> str:
    shape = site.shapes["tokens"]
    tokens = site.repeated(site.weight("tokens", op.init, shape=(1, *shape)), shape, x)
    return site.emit("Concat", tokens, x, axis=1)


@lowers(PositionEmbedding, takes=AS_THEY_COME)
def position_embedding(op: PositionEmbedding, site: Site, x: str) -> str:
    return site.emit("Add", x, site.weight_beside("embeddings", op.init))


@lowers(Scale, takes=AS_THEY_COME)
def scale(op: Scale, site: Site, x: str) -> str:
    start = op.init or Init(kind="constant", values=(op.value,))
    scaled = site.emit("Mul", x, site.weight_beside("gamma", start))
    return site.emit("Add", scaled, site.weight_beside("bias", op.bias_init or ZEROS)) if op.bias else scaled


@lowers(Embedding, stretches=True)
def embedding(op: Embedding, site: Site, x: str, rows: str | None = None) -> str:
    places = site.emit("Cast", x, to=INT64)
    if rows is None:
        return site.emit("Gather", site.weight("embeddings", op.init or _UNIFORM), places, axis=0)
    if site.constant[1]:  # one table for all examples
        return site.emit("Gather", site.emit("Squeeze", rows, site.ints(0)), places, axis=0)
    if site.constant[0]:
        places = site.repeated(places, site.inputs[0], rows)
    return site.emit("GatherND", rows, site.emit("Unsqueeze", places, site.ints(-1)), batch_dims=1)
