"""What is added to logits over windows: biases by relative position, and the mask of shifted maps."""

from __future__ import annotations

from math import isqrt, prod
from typing import Any

import numpy as np

from archdsl.backends.tables import relative_positions, shifted_window_mask
from archdsl.intake.tensors.operators.attention import Logits
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Axis, length


def in_windows(logits: Logits, heads: int, lead: Axis, tokens: Axis) -> tuple[Numbers, dict[str, Any]] | None:
    """The table of biases by relative position, and the arguments, if that is what is added."""
    count, windows = length(tokens), length(lead)
    table: Numbers | None = None
    masked: Numbers | None = None
    side = _window(tokens, count)
    for bias in logits.biases:
        # Axes of heads and windows that are of size 1 are none of the value's.
        numbers = bias.numbers.reshape(-1, count, count)
        per_head, per_window = numbers.shape[0] == heads, numbers.shape[0] == windows
        if per_head and table is None and (found := _table(numbers, side)) is not None:
            table = found
        elif per_window and masked is None:
            masked = numbers
        else:
            return None
    if table is None:
        return None
    arguments: dict[str, Any] = {"relative_position": side}
    if masked is not None:
        found_ = _mask(masked, side, lead)
        if found_ is None:
            return None
        arguments |= found_
    return table, arguments


def _window(tokens: Axis, count: int) -> tuple[int, int]:
    sizes = [atom.size for atom in tokens]
    if len(sizes) == 2:
        return sizes[0], sizes[1]
    root = isqrt(count)
    return (root, root) if root * root == count else (1, count)


def _table(numbers: Numbers, window: tuple[int, int]) -> Numbers | None:
    """The rows by relative position that make such biases ``[heads, n, n]``."""
    index = relative_positions(window)
    if index.shape != numbers.shape[1:]:
        return None
    rows = (2 * window[0] - 1) * (2 * window[1] - 1)
    table = np.zeros((rows, numbers.shape[0]), np.float32)
    table[index.reshape(-1)] = numbers.reshape(numbers.shape[0], -1).T
    return table if np.array_equal(table[index].transpose(2, 0, 1), numbers) else None


def _mask(masked: Numbers, window: tuple[int, int], lead: Axis) -> dict[str, Any] | None:
    """The map and its shift whose windows have such a mask."""
    sizes = [atom.size for atom in lead]
    root = isqrt(len(masked))
    grid = (sizes[0], sizes[1]) if len(sizes) == 2 else (root, root)
    if prod(grid) != len(masked):
        return None
    map_ = (grid[0] * window[0], grid[1] * window[1])
    shift = tuple(n // 2 for n in window)
    wanted = np.asarray(shifted_window_mask(map_, window, shift))  # type: ignore[arg-type]
    if not np.array_equal(wanted.reshape(masked.shape), masked):
        return None
    return {"map": map_, "shift": shift[0] if shift[0] == shift[1] else shift}
