"""Helper classes and functions as source; a file defines only those that its model uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archdsl.backends.torch.helpers import attention
from archdsl.backends.torch.helpers.functions import FUNCTIONS
from archdsl.backends.torch.helpers.layers import LAYERS, affine, partial, ranked
from archdsl.backends.torch.helpers.starts import STARTS

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "rotary_table": ("rotary_angles",),
    "RelativePositionBias": ("relative_positions",),
}
"""What the text of another one calls."""


def definitions(used: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The sources of classes and functions, each with its used features, and of their dependencies; functions first."""
    found = dict(used)
    for name in (queue := [*used]):
        for needed in _needs(name, found[name]):
            if needed not in found:
                found[needed] = frozenset()
                queue.append(needed)
    texts = [_text(name, features) for name, features in sorted(found.items())]
    yield from sorted(texts, key=lambda text: not text.lstrip().startswith("def "))


def _needs(name: str, features: frozenset[str]) -> tuple[str, ...]:
    return attention.needs(features) if name in attention.CLASSES else _NEEDS.get(name, ())


def _text(name: str, features: frozenset[str]) -> str:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in STARTS:
        return STARTS[name]
    if name == "Affine":
        return affine(features)
    if name in LAYERS:
        return LAYERS[name]
    if name in attention.CLASSES:
        return attention.attention(name, features)
    return partial(name) if name.startswith(("Frozen", "Partial")) else ranked(name)
