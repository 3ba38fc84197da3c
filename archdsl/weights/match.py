"""Matches the arrays of a file with those of a model, by name alone."""

from __future__ import annotations

from archdsl.graph.model import Graph
from archdsl.ops.base import Count
from archdsl.weights import surgery
from archdsl.weights.arrays import Array, Weights, WeightsError
from archdsl.weights.names import expected
from archdsl.weights.report import Changed, Match


class PartialWeights(UserWarning):
    """A model was started with only a part of its weights from a file; the message lists the others."""


def match(graph: Graph, weights: Weights) -> Match:
    """The match by name.

    Raises:
        WeightsError: the file does not say what some of its arrays are called.
    """
    refuse_unnamed(weights)
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
            carried = surgery.carried(graph, wanted, key, array) if fits_kind else None
            changed.append(Changed(key, had, has, is_of_type=not fits_kind, how=carried.how if carried else ""))
    return Match(
        weights.file,
        graph.name,
        tuple(kept),
        tuple(changed),
        tuple(key for key in wanted if key not in found),
        tuple(key for key in found if key not in wanted),
        {instance.path: str(instance.call) for instance in graph.instances if instance.call},
        has_order=weights.layers is not None,
    )


def fitting(graph: Graph, match: Match, weights: Weights, *, partial: bool = False) -> dict[str, Array]:
    """The arrays that fit, by key; with ``partial`` also those that can be adapted.

    Raises:
        WeightsError: something does not fit, and ``partial`` does not allow it.
    """
    if not match and not partial:
        raise WeightsError(str(match))
    found = {key: weights.arrays[key] for key in match.kept}
    wanted = expected(graph)
    for each in match.changed:
        if each.how and (carried := surgery.carried(graph, wanted, each.key, weights.arrays[each.key])):
            found[each.key] = carried.array
    return found


_SHOWN = 10


def refuse_unnamed(weights: Weights) -> None:
    """Raises ``WeightsError`` if a file does not name some of its arrays."""
    if not weights.unnamed:
        return
    places = weights.unnamed
    more = [f"and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    lines = "".join(f"\n  {line}" for line in (*places[:_SHOWN], *more))
    raise WeightsError(f"{weights.file} does not say what these arrays are called:{lines}")
