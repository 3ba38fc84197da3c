"""Graphs of one op: arguments, numbers of inputs and shapes drawn at random."""

from __future__ import annotations

from random import Random
from typing import Any

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Instance, Node, Origin, Port
from archdsl.ops.base import NO_INPUT, Op
from archdsl.ops.call import Call
from archdsl.ops.registry import OPS
from tests.fuzz.calls import Drawn, drawn

SHAPES: tuple[Shape, ...] = (
    *((8, 8, 4), (6, 4, 2), (7, 5, 6), (4, 4, 4), (1, 7, 2), (3, 1, 1), (5, 6, 8)),  # maps
    *((16, 8), (9, 4), (4, 4), (1, 6), (12,), (4,)),  # tokens or signals, vectors
    *((4, 4, 4, 2), (5, 3, 3, 1), (2, 6, 4, 8)),  # volumes
)
_HERE = Origin(file="<text>", line=1, column=1, start=0, end=0)


def graph_of(op: Op, *shapes: Shape) -> Graph:
    """A model that is one op."""
    inputs = tuple(Port(name=f"x{i}", shape=shape, node=f"x{i}") for i, shape in enumerate(shapes))
    out, path = op.shape(*shapes), "part.0.op"
    names = () if op.arity == NO_INPUT else tuple(port.name for port in inputs)
    return Graph(
        name="One",
        inputs=inputs,
        outputs=(Port(name="output", shape=out, node=path),),
        nodes=(Node(path=path, op=op, inputs=names, shape=out, instance=0, origin=_HERE, layer=path),),
        instances=(Instance(path="", kind="model", block="One", call=Call("One"), parent=None, origin=_HERE),),
    )


def one(name: str, random: Random) -> Graph:
    """A graph of one op by its name."""
    found, shapes = draw(name, random)
    return graph_of(found.op, *shapes)


def draw(name: str, random: Random) -> tuple[Drawn, tuple[Shape, ...]]:
    """An op by its name, and shapes of inputs that it takes."""
    for _ in range(1_000):
        shape = random.choice(SHAPES)
        least, most = OPS[name].arity
        count = random.randint(least, least + 2 if most is None else most)
        shapes = (shape, *(_beside(OPS[name], shape, random) for _ in range(1, count)))
        found = drawn(name, random, *shapes, **_fixed(OPS[name], random, *shapes))
        if found is not None:
            return found, shapes
    raise AssertionError(f"no call of {name} was found")


def _beside(op: type[Op], shape: Shape, random: Random) -> Shape:
    """Another input to go with the first; it often has the same shape."""
    if "vocabulary" in op.model_fields:
        return (random.randint(1, 9), 3)
    if "kernel" in op.tensors:
        taps, channels = random.choices((1, 2, 3), k=len(shape) - 1), int(shape[-1])
        groups = _split(channels, random)[0] if "groups" in op.model_fields else 1
        return (*taps, channels // groups, groups * random.choice((1, 2)))
    if random.random() < 0.3 or not shape[1:]:
        return shape
    if "broadcast" in op.model_fields:
        return tuple(random.choice((dim, 1)) for dim in shape)
    if "axis" in op.model_fields:
        return (*shape[:-1], random.randint(1, 4))
    if "transpose_b" in op.model_fields:
        return (*shape[:-2], shape[-1], random.choice((1, 3, shape[-1])))
    return (*shape[:-2], random.choice((1, 3, 5)), random.choice((2, 8))) if op.tensors else shape


def _fixed(op: type[Op], random: Random, shape: Shape, *others: Shape) -> dict[str, Any]:
    """Arguments that must belong to the inputs, or to one another."""
    if "kernel" in op.tensors and others:
        ((*taps, channels, filters),) = others
        if "multiplier" in op.model_fields:
            return {"k": tuple(taps), "multiplier": filters}
        return {"k": tuple(taps), "groups": int(shape[-1]) // int(channels), "filters": filters}
    if "broadcast" in op.model_fields:
        return {"broadcast": True}
    if "vocabulary" in op.model_fields:
        return {"vocabulary": 40, "width": 3} if not others else {"vocabulary": None, "width": None}
    if "transpose_b" in op.model_fields:
        return {"transpose_b": random.random() < 0.5}
    if "relative_position" in op.model_fields and len(shape) == 3 and random.random() < 0.5:
        window = random.choice(((2, 2), (1, 4), (4, 1), (2, 4), (2, 1)))
        down, right = (random.randrange(n) for n in window)
        windows = int(shape[0])
        return {"relative_position": window, "map": (window[0], window[1] * windows), "shift": (down, right)}
    if {"window", "size"} <= op.model_fields.keys() and len(shape) == 3:
        count, window = (_split(int(n), random) for n in shape[:2])
        return {"window": window, "size": tuple(n * size for n, size in zip(count, window, strict=True))}
    return {}


def _split(n: int, random: Random) -> tuple[int, int]:
    """Two numbers whose product it is."""
    first = random.choice([i for i in range(1, n + 1) if n % i == 0])
    return first, n // first
