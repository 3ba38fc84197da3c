"""Initial weights in NumPy: the distributions of Keras's initialisers, which the language's are named after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod, sqrt
from typing import Any, Final, TypeAlias
from zlib import crc32

import numpy as np

from archdsl.ops.init import Init, fans

Array: TypeAlias = np.ndarray[Any, Any]
Generator: TypeAlias = np.random.Generator

ZEROS: Final = Init(kind="zeros")
ONES: Final = Init(kind="ones")
GLOROT_UNIFORM: Final = Init(kind="glorot_uniform")

_TRUNCATED: Final = 0.87962566103423978
"""Standard deviation of a standard normal distribution that is cut at 2 on both sides."""


def fresh(key: str, shape: tuple[int, ...], start: Init, drawn: tuple[int, ...], seed: int) -> Array:
    """The initial array of a key, in float32, which depends only on the seed and the key.

    ``drawn`` is the shape in which Keras holds it, and from which it counts fans; ``fan_out_normal`` counts from the
    shape of the array itself.
    """
    generator = np.random.Generator(np.random.SFC64([seed, crc32(key.encode())]))
    whole = shape if start.kind == "fan_out_normal" else drawn
    return _KINDS[start.kind](generator, whole, **start.parameters()).reshape(shape)


def _normal(generator: Generator, shape: tuple[int, ...], stddev: float, mean: float = 0.0) -> Array:
    array = generator.standard_normal(shape, np.float32)
    array *= np.float32(stddev)
    if mean:
        array += np.float32(mean)
    return array


def _truncated_normal(generator: Generator, shape: tuple[int, ...], stddev: float, mean: float = 0.0) -> Array:
    """Values beyond two standard deviations are drawn again."""
    array = generator.standard_normal(prod(shape), np.float32)
    beyond = np.flatnonzero(np.abs(array) > 2)
    while beyond.size:
        array[beyond] = generator.standard_normal(beyond.size, np.float32)
        beyond = beyond[np.abs(array[beyond]) > 2]
    array *= np.float32(stddev)
    if mean:
        array += np.float32(mean)
    return array.reshape(shape)


def _uniform(generator: Generator, shape: tuple[int, ...], minval: float, maxval: float) -> Array:
    array = generator.random(shape, np.float32)
    array *= np.float32(maxval - minval)
    array += np.float32(minval)
    return array


def _orthogonal(generator: Generator, shape: tuple[int, ...], gain: float) -> Array:
    rows, columns = prod(shape[:-1]), shape[-1]
    matrix = generator.standard_normal((max(rows, columns), min(rows, columns)), np.float32)
    q, r = np.linalg.qr(matrix)
    q = q * np.sign(np.diag(r))
    return np.asarray(gain * (q.T if rows < columns else q), np.float32).reshape(shape)


def _mean_fan(shape: Sequence[int]) -> float:
    return sum(fans(shape)) / 2


def _scaled(draw: Callable[..., Array], scale: float, fan: Callable[[Sequence[int]], float]) -> Callable[..., Array]:
    """Samples with the variance ``scale / fan``, for a fan of the shape."""

    def array(generator: Generator, shape: tuple[int, ...]) -> Array:
        variance = scale / fan(shape)
        if draw is _uniform:
            return _uniform(generator, shape, -sqrt(3 * variance), sqrt(3 * variance))
        return draw(generator, shape, sqrt(variance) / _TRUNCATED)

    return array


def _fan_in(shape: Sequence[int]) -> float:
    return fans(shape)[0]


_KINDS: Final[Mapping[str, Callable[..., Array]]] = {
    "zeros": lambda _, shape: np.zeros(shape, np.float32),
    "ones": lambda _, shape: np.ones(shape, np.float32),
    "constant": lambda _, shape, value: np.full(shape, value, np.float32),
    "normal": _normal,
    "truncated_normal": _truncated_normal,
    "uniform": _uniform,
    "glorot_normal": _scaled(_truncated_normal, 1, _mean_fan),
    "glorot_uniform": _scaled(_uniform, 1, _mean_fan),
    "he_normal": _scaled(_truncated_normal, 2, _fan_in),
    "he_uniform": _scaled(_uniform, 2, _fan_in),
    "lecun_normal": _scaled(_truncated_normal, 1, _fan_in),
    "lecun_uniform": _scaled(_uniform, 1, _fan_in),
    "orthogonal": _orthogonal,
    "fan_out_normal": lambda generator, shape, scale: _normal(generator, shape, sqrt(scale / fans(shape)[1])),
}
