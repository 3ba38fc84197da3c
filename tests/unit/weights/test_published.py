"""Tables of names against the names and shapes that references state: bijections, and nothing else is taken."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archdsl
from archdsl.graph.model import Graph
from archdsl.weights import WeightsError, expected
from archdsl.weights.published import NameMap, find, pieces, sources, table

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors"
_QUICK = {"coatnet0", "deit_ti_distilled", "efficientnet_lite0", "eva02_ti", "gpt2", "xcit_n12", "yolov8n"}


def stated(name: str) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return vector


@cache
def graph(name: str) -> Graph:
    vector = stated(name)
    return archdsl.load(vector["model"], **vector["arguments"]).graph


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=() if path.stem in _QUICK else pytest.mark.full)
        for path in sorted(_VECTORS.iterdir())
    ],
)
def test_every_number_of_a_reference_has_one_place(name: str) -> None:
    shapes = stated(name)["weights"]
    _, found = find(graph(name), shapes)
    numbers = {array: np.arange(np.prod(shape, dtype=int)).reshape(shape) for array, shape in shapes.items()}
    is_taken = {array: np.zeros(values.size, dtype=bool) for array, values in numbers.items()}
    for key, weight in expected(graph(name)).items():
        array = found[key].name
        values = found[key].of(numbers[array])
        assert values.shape == weight.shape
        assert not is_taken[array][values.ravel()].any()
        is_taken[array][values.ravel()] = True
    assert all(taken.all() for taken in is_taken.values())


def test_parts_of_a_fused_array_are_told_apart() -> None:
    shapes = stated("deit_ti_distilled")["weights"]
    _, found = find(graph("deit_ti_distilled"), shapes)
    fused = {key: piece.part for key, piece in found.items() if piece.name == "blocks.3.attn.qkv.weight"}
    assert fused == {f"trunk.blocks.3.attention/{part}/kernel": i for i, part in enumerate(("query", "key", "value"))}


def test_what_does_not_fit_is_refused() -> None:
    net, shapes = graph("efficientnet_lite0"), stated("efficientnet_lite0")["weights"]
    names = table("efficientnet_lite", "timm")
    assert len(pieces(net, names, shapes)) == len(shapes)
    kernel = "blocks.3.1.conv_pwl.weight"
    for wrong, words in (
        ({name: shape for name, shape in shapes.items() if name != kernel}, "is none of blocks.3.1.conv_pwl.weight"),
        (shapes | {"more.weight": [3]}, "left over: more.weight"),
        (shapes | {kernel: [*shapes[kernel][1::-1], 1, 1]}, "stages.3.blocks.1.projection.conv/kernel is"),
    ):
        with pytest.raises(WeightsError, match=words):
            pieces(net, names, wrong)
        with pytest.raises(WeightsError, match="no table of names makes these the arrays of EfficientNetLite0"):
            find(net, wrong)


def test_two_nodes_never_share_an_array() -> None:
    net = archdsl.load_text("model Net() :: [4] -> [4] { dense(4) as a -> dense(4) as b }").graph
    with pytest.raises(WeightsError, match=r"one\.weight is used twice"):
        pieces(net, NameMap([("a", "one"), ("b", "one")]), {"one.weight": [4, 4], "one.bias": [4]})
    with pytest.raises(WeightsError, match="2 rules fit a"):
        pieces(net, NameMap([("a", "one"), ("{x}", "two")], {"x": {"a": "a"}}), {})


def test_half_of_a_fused_array_is_no_bijection() -> None:
    net = archdsl.load_text("model Net() :: [4] -> [4] { dense(4) as a }").graph
    with pytest.raises(WeightsError, match=r"left over: one\.weight, one\.bias"):
        pieces(net, NameMap([("a", "one[0/2]")]), {"one.weight": [8, 4], "one.bias": [8]})


def test_every_table_is_of_a_bundled_family() -> None:
    assert {source.partition("_")[0] for _, source in sources()} == {
        *("keras", "torchvision", "timm", "transformers", "diffusers", "ultralytics", "efficientnet-lite-pytorch")
    }
