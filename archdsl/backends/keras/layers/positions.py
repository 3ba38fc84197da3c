"""Rotary positions of queries and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops


def turned(x: Any, angles: np.ndarray[Any, Any], interleaved: bool) -> Any:
    """``[…, n, heads, features]`` with pairs of features rotated by their angles; leading tokens are not rotated."""
    leading = x.shape[-3] - len(angles)
    angles = np.concatenate([np.zeros((leading, angles.shape[1])), angles])
    shape = (
        (*x.shape[-3:-1], x.shape[-1] // 2, 2)
        if interleaved
        else (*x.shape[-3:-1], 2, x.shape[-1] // 2)
    )
    axis = len(x.shape) if interleaved else len(x.shape) - 1
    outer = tuple(-1 if n is None else n for n in x.shape[1:-3])
    outer = outer if outer.count(-1) < 2 else tuple(ops.shape(x)[1:-3])
    batch = ops.shape(x)[0]
    pairs = ops.reshape(x, (batch, *outer, *shape))
    a, b = (ops.take(pairs, index, axis=axis) for index in (0, 1))
    cos, sin = (
        ops.convert_to_tensor(f(angles)[:, None].astype("float32"))
        for f in (np.cos, np.sin)
    )
    cos, sin = ops.cast(cos, x.dtype), ops.cast(sin, x.dtype)
    first = ops.subtract(ops.multiply(a, cos), ops.multiply(b, sin))
    second = ops.subtract(ops.multiply(b, cos), ops.negative(ops.multiply(a, sin)))
    return ops.reshape(ops.stack([first, second], axis=axis), ops.shape(x))
