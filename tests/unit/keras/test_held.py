"""Names and shapes of arrays that a layer of Keras holds otherwise than the op states."""

from __future__ import annotations

import archdsl
from archdsl.backends.keras.held import as_graph_has_them
from archdsl.weights import Array, Weights

GRAPH = archdsl.load_text("model Net() :: [8, 8, 4] -> [8, 8, 4] { scale as s }").graph


def file(**arrays: tuple[int, ...]) -> Weights:
    return Weights("file", {f"s/{name}": Array(shape, "float32", dict) for name, shape in arrays.items()})


def shapes(weights: Weights) -> dict[str, tuple[int, ...]]:
    return {key: array.shape for key, array in as_graph_has_them(GRAPH, weights).arrays.items()}


def test_the_kernel_of_keras_is_the_gain_of_the_graph() -> None:
    assert shapes(file(kernel=(1, 1, 4, 1))) == {"s/gamma": (4,)}
    assert shapes(file(gamma=(4,))) == {"s/gamma": (4,)}


def test_a_kernel_beside_the_gain_stays_to_be_listed() -> None:
    for arrays in (file(gamma=(4,), kernel=(1, 1, 4, 1)), file(kernel=(1, 1, 4, 1), gamma=(4,))):
        assert shapes(arrays) == {"s/gamma": (4,), "s/kernel": (1, 1, 4, 1)}
