"""Calls of ops that fit: arguments are drawn by their names, and what the op refuses is drawn again."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any, NamedTuple

from pydantic import ValidationError

from archdsl.graph.dims import Shape
from archdsl.ops.base import NO_INPUT, Misfit, Op
from archdsl.ops.registry import OPS
from tests.fuzz.domains import needs_positive

_TRIES = 12
_LARGEST = 5_000
"""Elements of a tensor, so that models stay quick to build."""


class Step(NamedTuple):
    """A step as it is written, and the shape that comes out of it."""

    text: str
    shape: Shape


def _sizes(*choices: int) -> Callable[[Random, Shape], Any]:
    """One of these for all spatial dimensions, or a list with one for each."""

    def draw(random: Random, shape: Shape) -> Any:
        rank = max(1, len(shape) - 1)
        return random.choice(choices) if random.random() < 0.7 else tuple(random.choices(choices, k=rank))

    return draw


def _one_of(*choices: Any) -> Callable[[Random, Shape], Any]:
    return lambda random, _: random.choice(choices)


def _pad(random: Random, shape: Shape) -> Any:
    pair = (random.randint(0, 1), random.randint(0, 2))
    return random.choice(("same", "valid", 0, 1, 2, (1,) * (len(shape) - 1), (pair,) * (len(shape) - 1)))


def _reshaped(random: Random, shape: Shape) -> Any:
    """The same elements with the last dimension in two, or the first two in one."""
    if len(shape) > 1 and random.random() < 0.5:
        return (shape[0] * shape[1], *shape[2:])
    return (*shape[:-1], 2, shape[-1] // 2)


def _permutation(random: Random, shape: Shape) -> Any:
    return tuple(random.sample(range(len(shape)), len(shape)))


def _ends(random: Random, shape: Shape) -> Any:
    """How much at each end of each spatial dimension."""
    return tuple((random.randint(0, 2), random.randint(0, 2)) for _ in shape[1:])


def _grid(random: Random, shape: Shape) -> Any:
    """Two sides whose product is a number of tokens."""
    tokens = shape[-2] if len(shape) > 1 else 4
    side = random.choice([n for n in range(1, int(tokens) + 1) if tokens % n == 0])
    return (side, tokens // side)


_FILTERS = _one_of(1, 2, 4, 6, 8)
_ARGUMENTS: dict[str, Callable[[Random, Shape], Any]] = {
    "filters": _FILTERS,
    "units": _FILTERS,
    "k": _sizes(1, 2, 3, 5),
    "stride": _sizes(1, 2, 3),
    "dilation": _sizes(1, 2),
    "pad": _pad,
    "groups": _one_of(1, 2, 4),
    "multiplier": _one_of(1, 2),
    "output_pad": _one_of(0, 1),
    "heads": _one_of(1, 2, 4),
    "key_dim": _one_of(1, 3, 8),
    "value_dim": _one_of(2, 3),
    "kv_heads": _one_of(1, 2),
    "attention.bias": _one_of(True, False, ("query", "output"), ("key", "value", "talking")),
    "attention.scale": _one_of(0.5, "learned"),
    "qk_norm": _one_of("layer", "rms", "l2"),
    "rotary": lambda random, shape: random.choice((_grid(random, shape), (shape[-2] if len(shape) > 1 else 4,), (2,))),
    "rotary_base": _one_of(10.0, 10_000.0),
    "rotary_pairs": _one_of("interleaved", "halves"),
    "relative_position": _grid,
    "map": _one_of((4, 4), (6, 6), (8, 8)),
    "shift": _one_of(-1, 0, 1, 2, (1, 2), (1, 0), (2, -1, 3)),
    "dropout": _one_of(0.0, 0.1),
    "rate": _one_of(0.0, 0.25),
    "eps": _one_of(1e-3, 1e-6),
    "momentum": _one_of(0.9, 0.99),
    "alpha": _one_of(0.5, 1.0),
    "beta": _one_of(0.5, 0.75),
    "slope": _one_of(0.1, 0.2),
    "size": lambda random, shape: random.choice((1, 2, 3, 4, _grid(random, shape), _ends(random, shape))),
    "window": _one_of(1, 2, 3, (2, 4)),
    "to": _reshaped,
    "order": lambda random, shape: random.choice(("hwc", "chw", _permutation(random, shape))),
    "axis": _one_of(-1, 0, 1, (0, 1), (-1, 0)),
    "exponent": _one_of(2.0, 3.0, 0.5, -1.0),
    "min": _one_of(-1.0, -0.5),
    "max": _one_of(0.25, 1.0),
    "start": _one_of(0, 1, -2),
    "stop": _one_of(2, 3, -1),
    "step": _one_of(1, 2),
    "count": _one_of(1, 2),
    "relative_position_bias.map": lambda _, shape: (1, shape[0]) if len(shape) < 3 else (shape[0], 2),
    "vocabulary": _one_of(16, 40),
    "width": _one_of(2, 4),
    "values": lambda random, shape: random.choice((0.5, tuple(float(i) for i in range(prod(shape))))),
    "constant.size": lambda _, shape: shape,
    "parameter.size": lambda _, shape: shape,
    "ramp.count": lambda _, shape: shape[0],
    "causal_mask.count": lambda _, shape: shape[0],
    "sinusoid.places": lambda _, shape: shape[0],
    "rotary.places": lambda random, shape: random.choice(((shape[0],), (1, shape[0]))),
    "features": _one_of(4, 8, 12),
    "base": _one_of(10.0, 10_000.0),
    "pairs": _one_of("interleaved", "halves"),
    "ramp.start": _one_of(0.0, -1.5),
    "ramp.step": _one_of(1.0, 0.25),
    "per": _one_of("channel", "tensor", "element"),
    "method": _one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    "mode": _one_of("constant", "reflect"),
    "channels": _one_of(0, 1, 2, (1, 2)),
    "value": _one_of(0.0, 0.5, 1.0),
    "factor": _one_of(0.5, 2.0),
    "offset": _one_of(-1.0, 0.0),
    "mean": lambda random, shape: random.choice((0.5, (0.25,) * int(shape[-1]))),
    "variance": lambda random, shape: random.choice((4.0, (2.0,) * int(shape[-1]))),
}
_FLAGS = frozenset(
    {
        *("bias", "scale", "center", "trainable", "divide", "count_pad", "ceil_mode", "keepdims", "approximate"),
        *("antialias", "causal", "talking_heads"),
    }
)
_SKIPPED = frozenset({"init", "bias_init", "l2", "broadcast", "transpose_b"})
"""They change neither shapes nor values, or belong to joins, which are written with branches."""


def call(name: str, random: Random, shape: Shape) -> Step | None:
    """A call of an op that takes ``shape``, or ``None`` if none was found in a few tries."""
    found = drawn(name, random, shape)
    if found is None:
        return None
    text = written(found.op, found.arguments)
    if (rows := found.op.looks_up(shape)) is not None:
        return beside(*looked_up(text, found.shape[-1], shape), shape) if shape[0] <= rows else None
    if found.op.arity == NO_INPUT:
        return beside(text, found.shape, shape)
    return Step(f"sigmoid -> {text}" if needs_positive(found.op) else text, found.shape)


def looked_up(text: str, width: int, shape: Shape) -> tuple[str, Shape]:
    """A flow in which an op looks up as many rows as there are first of, and the shape that comes out of it."""
    return f"ramp({shape[0]}) -> {text}", (shape[0], width)


def beside(text: str, out: Shape, shape: Shape) -> Step:
    """A step in which a flow of a shape meets what an op without an input makes."""
    if out == shape:
        return Step(f"add {{ id, {text} }}", shape)
    if out[:-1] == shape[:-1]:
        return Step(f"concat {{ id, {text} }}", (*shape[:-1], shape[-1] + out[-1]))
    axes, ones = literal(tuple(range(len(out)))), literal((1,) * len(shape))
    return Step(f"mul(broadcast=true) {{ id, {text} -> max({axes}, keepdims=true) -> reshape({ones}) }}", shape)


class Drawn(NamedTuple):
    """An op with some of its arguments, and the shape that comes out of it."""

    op: Op
    arguments: dict[str, Any]
    shape: Shape


def drawn(name: str, random: Random, *shapes: Shape, **fixed: Any) -> Drawn | None:
    """An op that takes inputs of these shapes, or ``None`` if none was found in a few tries."""
    kind = OPS[name]
    for _ in range(_TRIES):
        arguments = _arguments(kind, random, shapes[0]) | fixed
        try:
            op = kind(**arguments)
            out = op.shape(*shapes)
            op.weights(*shapes)
        except (Misfit, ValidationError, ArithmeticError, ValueError):
            continue
        if all(isinstance(dim, int) for dim in out) and prod(out) <= _LARGEST and 1 <= len(out) <= 4:
            return Drawn(op, arguments, out)
    return None


def _arguments(kind: type[Op], random: Random, shape: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        if name in _SKIPPED or not (field.is_required() or random.random() < 0.4):
            continue
        draw = _ARGUMENTS.get(f"{kind.name}.{name}")
        if draw is None and name in _FLAGS:
            found[name] = random.random() < 0.5
        else:
            found[name] = (draw or _ARGUMENTS[name])(random, shape)
    return found


def written(op: Op, arguments: dict[str, Any]) -> str:
    """The call as a spec has it: some arguments by place, the rest by name."""
    rest = dict(arguments)
    parts: list[str] = []
    for name in op.positional:
        if name not in rest:
            break
        parts.append(literal(rest.pop(name)))
    parts += [f"{name}={literal(value)}" for name, value in rest.items()]
    return f"{op.name}({', '.join(parts)})" if parts else op.name


def literal(value: Any) -> str:
    """A Python value as the language writes it.

    >>> literal((1, ("same", True)))
    '[1, ["same", true]]'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
