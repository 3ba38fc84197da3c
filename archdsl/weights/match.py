"""Which arrays of a file fit which of a model, by their names and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archdsl.graph.model import Graph
from archdsl.ops.base import Count
from archdsl.weights.arrays import Array, Weights, WeightsError
from archdsl.weights.names import expected


@dataclass(frozen=True, slots=True)
class Changed:
    """An array that is there and does not fit."""

    key: str
    found: str
    """Shape, and type where that is what is wrong, as in ``[3, 3, 64, 128]``."""
    wanted: str
    is_of_type: bool = False
    """Whether the type is wrong, and not only the shape."""


@dataclass(frozen=True)
class Match:
    """How a file fits a model. ``str()`` lists what does not, by blocks; it is true when everything fits.

    All names are keys, ``path/weight``, in the order of the model, those of the file in the order of the file.
    """

    file: str
    model: str
    kept: tuple[str, ...]
    """In both, with one shape."""
    changed: tuple[Changed, ...]
    """In both, with shapes or types that differ."""
    new: tuple[str, ...]
    """In the model only."""
    dropped: tuple[str, ...]
    """In the file only."""
    calls: Mapping[str, str]
    """What the blocks of the model are calls of, by path."""
    has_order: bool = True
    """Whether the file's layers can be matched by order instead."""

    def __bool__(self) -> bool:
        return not (self.changed or self.new or self.dropped)

    def __str__(self) -> str:
        from archdsl.weights.report import report

        return report(self)


class PartialWeights(UserWarning):
    """A model started with a part of its weights from a file; the message lists the others."""


def match(graph: Graph, weights: Weights) -> Match:
    """Compares by name.

    Raises:
        WeightsError: the file does not say what some of its arrays are called.
    """
    if weights.unnamed:
        raise WeightsError(_unnamed(weights))
    wanted, found = expected(graph), weights.arrays
    kept, changed = [], []
    for key, weight in wanted.items():
        array = found.get(key)
        if array is None:
            continue
        kind = "integer" if isinstance(weight, Count) else "float"
        fits_kind = array.kind == kind
        if fits_kind and array.shape == weight.shape:
            kept.append(key)
        else:
            had, has = str([*array.shape]), str([*weight.shape])
            if not fits_kind:
                had, has = f"{array.dtype} {had}", f"{kind} {has}"
            changed.append(Changed(key, had, has, is_of_type=not fits_kind))
    return Match(
        weights.file,
        graph.name,
        tuple(kept),
        tuple(changed),
        tuple(key for key in wanted if key not in found),
        tuple(key for key in found if key not in wanted),
        {instance.path: instance.call for instance in graph.instances if instance.call},
        has_order=weights.layers is not None,
    )


def fitting(match: Match, weights: Weights, *, partial: bool = False) -> dict[str, Array]:
    """The arrays that fit, by key.

    Raises:
        WeightsError: something does not fit, and ``partial`` does not allow it.
    """
    if not match and not partial:
        raise WeightsError(str(match))
    return {key: weights.arrays[key] for key in match.kept}


_SHOWN = 10


def _unnamed(weights: Weights) -> str:
    places = weights.unnamed
    more = [f"and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    lines = "".join(f"\n  {line}" for line in (*places[:_SHOWN], *more))
    return f"{weights.file} does not say what these arrays are called:{lines}"
