"""Classes and functions that a file defines for itself, as text. Only what a model uses is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archdsl.backends.torch.helpers.attention import attention, relative_position_bias
from archdsl.backends.torch.helpers.functions import FUNCTIONS
from archdsl.backends.torch.helpers.layers import LAYERS, partial, ranked

_FIXED: Mapping[str, str] = {**FUNCTIONS, **LAYERS}
_MADE: Mapping[str, Callable[[frozenset[str]], str]] = {
    "Attention": attention,
    "RelativePositionBias": lambda _: relative_position_bias(),
}


def definition(name: str, features: frozenset[str]) -> str:
    """The text of a class or function, with what is used of it."""
    if name in _FIXED:
        return _FIXED[name]
    if name in _MADE:
        return _MADE[name](features)
    return partial(name) if name.startswith(("Frozen", "Partial")) else ranked(name)
