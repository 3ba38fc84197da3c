"""The least sizes of a proof: Keras runs them to the shapes that were proved, and not what lies one step below."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from archdsl import load_text
from archdsl.backends.keras.build import build
from archdsl.graph.dims import Shape, Sym
from archdsl.passes.sizes import least_sizes
from tests.reference.definitions import size
from tests.unit.passes.test_sizes import LEAST, text


def _proved(shape: Shape, sizes: dict[str, int]) -> tuple[int, ...] | None:
    """A shape for these sizes, if it is one."""
    try:
        found = tuple(size(dim, sizes) for dim in shape)
    except AssertionError:
        return None
    return found if min(found) > 0 else None


def _input(shape: Shape, sizes: dict[str, int]) -> tuple[int | None, ...]:
    return (2, *(sizes.get(str(dim)) if isinstance(dim, Sym) else dim for dim in shape))


def _computed(model: keras.Model, shape: Shape, sizes: dict[str, int]) -> tuple[int, ...] | None:
    """The shape of what the model computes, if it takes such an input and something is left of it.

    What Keras infers is asked first: where nothing is left of a map, TensorFlow's pooling divides by zero, which ends
    the process.
    """
    dims = (2, *(sizes.get(str(dim)) if isinstance(dim, Sym) else dim for dim in shape))
    try:
        if 0 in model(keras.Input(batch_shape=dims)).shape:
            return None
        return tuple(model(np.zeros(dims, "float32"), training=False).shape[1:])
    except Exception:  # noqa: BLE001 -- backends have many ways to refuse what does not fit
        return None


@pytest.mark.parametrize(("shape", "flow", "_least"), LEAST)
def test_least_sizes(shape: str, flow: str, _least: str) -> None:
    graph = load_text(text(shape, flow)).graph
    model = build(graph)
    found = least_sizes(graph)
    sizes = {least.name: least.size for least in found}
    (port,), (out,) = graph.inputs, graph.outputs
    assert _computed(model, port.shape, sizes) == _proved(out.shape, sizes) is not None
    for least in found:
        below = sizes | {least.name: least.size - least.step}
        if below[least.name] < 1:
            continue
        computed = _computed(model, port.shape, below)
        assert computed is None or 0 in computed or computed != _proved(out.shape, below)
