"""Learned values that join the flow, and values of the data set."""

from __future__ import annotations

import numpy as np

from archdsl.ops.input import Normalize, Rescale
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale
from tests.reference.definitions import Array, Call, defines


@defines(ClassToken)
def class_token(op: ClassToken, call: Call) -> Array:
    tokens = call.weights["tokens"]
    return np.concatenate([np.broadcast_to(tokens, (len(call.x), *tokens.shape)), call.x], 1)


@defines(PositionEmbedding)
def position_embedding(op: PositionEmbedding, call: Call) -> Array:
    return call.x + call.weights["embeddings"]


@defines(Scale)
def scale(op: Scale, call: Call) -> Array:
    return call.x * call.weights["gamma"] + call.weights.get("bias", 0)


@defines(Rescale)
def rescale(op: Rescale, call: Call) -> Array:
    return call.x * np.array(op.factor) + np.array(op.offset)


@defines(Normalize)
def normalize(op: Normalize, call: Call) -> Array:
    mean = call.weights["mean"] if op.mean is None else np.array(op.mean)
    variance = call.weights["variance"] if op.variance is None else np.array(op.variance)
    return (call.x - mean) / np.sqrt(variance)


@defines(Embedding)
def embedding(op: Embedding, call: Call) -> Array:
    places = call.x.astype(int)
    if len(call.inputs) == 1:
        return call.weights["embeddings"][places]
    return np.stack([table[row] for table, row in zip(call.inputs[1], places, strict=True)])
