"""The weights of an imported model, under the names of its spec."""

from __future__ import annotations

from collections import defaultdict

from archdsl.backends.keras.files import opened
from archdsl.backends.keras.held import Held, held_elsewhere
from archdsl.intake.imported import Imported
from archdsl.weights import Array, Weights, WeightsError, expected

_SHOWN = 10


def carried(found: Imported, weights: Weights) -> dict[str, Array]:
    """The arrays of the source's file by the keys of the spec's graph: matched by name, each exactly once.

    Raises:
        WeightsError: the file lacks an array, has one more, or one of another shape.
    """
    held, arrays, wrong = held_elsewhere(found.graph), {}, []
    left = dict(weights.arrays)
    for key, weight in expected(found.graph).items():
        path, _, own = key.partition("/")
        place = held.get(key, Held(weight.name, weight.shape))
        layer = found.layers.get(path, path)
        name = f"{layer}/{place.name}" if found.graph[path].op.computes else _numbered(weights, layer, int(own))
        array = left.pop(name, None)
        if array is None:
            # A layer that the file has no names for: its arrays are numbered, and it has one.
            alone = [name for name in left if name.startswith(f"{layer}/")]
            array = left.pop(alone[0]) if alone == [f"{layer}/0"] else None
        if array is None:
            wrong.append(f"{layer}: it has no {own}")
        elif array.shape not in (place.shape, weight.shape):
            wrong.append(f"{layer}/{own}: {[*array.shape]} where the spec has {[*weight.shape]}")
        else:
            arrays[key] = array if array.shape == weight.shape else array.reshaped(weight.shape)
    wrong += [f"{name}: nothing of the spec has it" for name in left]
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise WeightsError(f"{weights.file}: " + "".join(f"\n  {line}" for line in (*wrong[:_SHOWN], *more)))
    return arrays


def by_layer(file: str) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of the arrays of each layer in a file of Keras; none where it does not say whose they are."""
    found: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    try:
        with opened(file) as weights:
            for name, array in weights.arrays.items():
                found[name.partition("/")[0]].append(array.shape)
    except WeightsError:
        return {}
    return dict(found)


def _numbered(weights: Weights, layer: str, number: int) -> str:
    """The name of an array of a layer by its place among them."""
    names = [name for name in weights.arrays if name.startswith(f"{layer}/")]
    return names[number] if number < len(names) else f"{layer}/{number}"
