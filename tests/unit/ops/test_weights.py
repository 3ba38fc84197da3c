"""Arrays and work of each op, counted by hand. Frozen arrays are the same ones; an op that is not listed has none."""

from __future__ import annotations

from typing import Any

import pytest

import archdsl
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.registry import OPS

Arrays = dict[str, tuple[int, ...]]

OWNED: list[tuple[str, dict[str, Any], Shape, Arrays]] = [
    ("conv", {"filters": 8, "k": (3, 5)}, (9, 9, 4), {"kernel": (3, 5, 4, 8), "bias": (8,)}),
    ("conv", {"filters": 8, "groups": 2, "bias": False}, (9, 4), {"kernel": (3, 2, 8)}),
    ("conv", {"filters": 8, "k": 1}, (2, 9, 9, 4), {"kernel": (1, 1, 1, 4, 8), "bias": (8,)}),
    ("depthwise_conv", {"multiplier": 3}, (9, 9, 4), {"kernel": (3, 3, 1, 12), "bias": (12,)}),
    ("depthwise_conv", {"multiplier": 3}, (2, 9, 9, 4), {"kernel": (3, 3, 3, 1, 12), "bias": (12,)}),
    (
        "separable_conv",
        {"filters": 8, "multiplier": 3},
        (9, 9, 4),
        {"depthwise_kernel": (3, 3, 1, 12), "pointwise_kernel": (1, 1, 12, 8), "bias": (8,)},
    ),
    (
        "separable_conv",
        {"filters": 8, "k": 5, "bias": False},
        (9, 4),
        {"depthwise_kernel": (5, 1, 4), "pointwise_kernel": (1, 4, 8)},
    ),
    ("conv_transpose", {"filters": 8, "k": 2}, (9, 9, 4), {"kernel": (2, 2, 8, 4), "bias": (8,)}),
    ("dense", {"units": 8}, (3, 4), {"kernel": (4, 8), "bias": (8,)}),
    ("dense", {"units": 8, "bias": False}, (4,), {"kernel": (4, 8)}),
    (
        "attention",
        {"heads": 2},
        (5, 8),
        {
            "query/kernel": (8, 2, 4),
            "query/bias": (2, 4),
            "key/kernel": (8, 2, 4),
            "key/bias": (2, 4),
            "value/kernel": (8, 2, 4),
            "value/bias": (2, 4),
            "attention_output/kernel": (2, 4, 8),
            "attention_output/bias": (8,),
        },
    ),
    (
        "attention",
        {"heads": 3, "key_dim": 5, "bias": False, "relative_position": (2, 3)},
        (6, 8),
        {
            "relative_position_bias": (15, 3),  # (2 * 2 - 1) * (2 * 3 - 1) differences of places
            "query/kernel": (8, 3, 5),
            "key/kernel": (8, 3, 5),
            "value/kernel": (8, 3, 5),
            "attention_output/kernel": (3, 5, 8),
        },
    ),
    ("layer_norm", {}, (3, 4), {"gamma": (4,), "beta": (4,)}),
    ("layer_norm", {"scale": False}, (3, 4), {"beta": (4,)}),
    ("layer_norm", {"center": False}, (3, 4), {"gamma": (4,)}),
    ("group_norm", {"groups": 2}, (3, 3, 4), {"gamma": (4,), "beta": (4,)}),
    ("instance_norm", {}, (3, 3, 4), {"gamma": (4,), "beta": (4,)}),
    ("instance_norm", {"scale": False, "center": False}, (3, 3, 4), {}),
    ("rms_norm", {}, (3, 4), {"scale": (4,)}),
    ("rms_norm", {"scale": False}, (3, 4), {}),
    ("prelu", {}, (3, 3, 4), {"alpha": (1, 1, 4)}),
    ("prelu", {"per": "element"}, (3, 3, 4), {"alpha": (3, 3, 4)}),
    ("embedding", {"vocabulary": 9, "width": 4}, (3,), {"embeddings": (9, 4)}),
    ("class_token", {"count": 2}, (3, 4), {"tokens": (2, 4)}),
    ("position_embedding", {}, (3, 4), {"embeddings": (3, 4)}),
    ("scale", {}, (3, 4), {"gamma": (4,)}),
    ("relative_position_bias", {"heads": 3, "map": (2, 3)}, (3, 4), {"relative_position_bias": (15, 3)}),
    ("parameter", {"size": (2, 5)}, (3, 4), {"value": (2, 5)}),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "arrays"), OWNED)
@pytest.mark.parametrize("trainable", [True, False])
def test_arrays(name: str, arguments: dict[str, Any], shape: Shape, arrays: Arrays, trainable: bool) -> None:
    weights = OPS[name](**arguments, trainable=trainable).weights(shape)
    assert {weight.name: weight.shape for weight in weights} == arrays
    assert [weight.name for weight in weights] == list(arrays)
    assert {weight.trainable for weight in weights} <= {trainable}


@pytest.mark.parametrize("trainable", [True, False])
def test_running_statistics_never_learn(trainable: bool) -> None:
    weights = OPS["batch_norm"](trainable=trainable).weights((8, 8, 6))
    assert [tuple(weight) for weight in weights] == [
        ("gamma", (6,), trainable),
        ("beta", (6,), trainable),
        ("moving_mean", (6,), False),
        ("moving_variance", (6,), False),
    ]


@pytest.mark.parametrize("name", sorted(set(OPS) - {row[0] for row in OWNED} - {"batch_norm", "normalize", "opaque"}))
def test_the_others_own_none(name: str) -> None:
    shapes, _, line = OPS[name].example.partition(": ")
    graph = archdsl.load_text(f"model Example :: {shapes} {{ {line} }}").graph
    uses = [node for node in graph if node.op.name == name]
    assert uses
    assert [node.op.weights(*graph.input_shapes(node)) for node in uses] == [()] * len(uses)


WORK: list[tuple[str, dict[str, Any], list[Shape], int, int]] = [
    # op, arguments, inputs, multiply-adds, activations
    ("conv", {"filters": 8, "k": (3, 5), "stride": 2}, [(8, 8, 4)], 4 * 4 * 8 * 15 * 4, 4 * 4 * 8),
    ("conv", {"filters": 8, "groups": 2}, [(8, 8, 4)], 8 * 8 * 8 * 9 * 2, 8 * 8 * 8),
    ("depthwise_conv", {"multiplier": 2}, [(8, 8, 4)], 8 * 8 * 8 * 9, 8 * 8 * 8),
    # 3x3 on 4 channels into 8, then 1x1 into 6
    ("separable_conv", {"filters": 6, "multiplier": 2}, [(8, 8, 4)], 64 * 8 * 9 + 64 * 6 * 8, 64 * 8 + 64 * 6),
    ("conv_transpose", {"filters": 6, "k": 2, "stride": 2}, [(8, 8, 4)], 64 * 4 * 4 * 6, 16 * 16 * 6),
    ("dense", {"units": 6}, [(3, 4)], 3 * 6 * 4, 3 * 6),
    # four projections 5 x 8 x 8, q k^T and the sum of values 5 x 5 x 8 each; q, k, v, logits of 2 heads, sum, output
    ("attention", {"heads": 2}, [(5, 8)], 4 * 5 * 8 * 8 + 2 * 5 * 5 * 8, 5 * 8 * 4 + 2 * 25 + 5 * 8),
    # queries 5 x 8, context 7 x 6, inner width 3 x 4
    (
        "attention",
        {"heads": 3, "key_dim": 4},
        [(2, 5, 8), (2, 7, 6)],
        2 * (5 * 8 * 12 + 2 * 7 * 6 * 12 + 2 * 5 * 7 * 12 + 5 * 12 * 8),
        2 * (5 * 12 + 2 * 7 * 12 + 3 * 5 * 7 + 5 * 12 + 5 * 8),
    ),
    ("matmul", {}, [(3, 4), (4, 5)], 3 * 4 * 5, 3 * 5),
    ("matmul", {"transpose_b": True}, [(2, 3, 4), (2, 5, 4)], 2 * 3 * 4 * 5, 2 * 3 * 5),
    ("batch_norm", {}, [(8, 8, 4)], 0, 0),
    ("max_pool", {"k": 2}, [(8, 8, 4)], 0, 0),
    ("add", {}, [(8, 8, 4), (8, 8, 4)], 0, 0),
]


@pytest.mark.parametrize(("name", "arguments", "inputs", "macs", "activations"), WORK)
def test_work(name: str, arguments: dict[str, Any], inputs: list[Shape], macs: int, activations: int) -> None:
    op = OPS[name](**arguments)
    out = op.shape(*inputs)
    assert op.macs(inputs, out) == macs
    assert op.activations(inputs, out) == activations


def test_work_over_sizes_that_are_open() -> None:
    """Counts are polynomials in the sizes of the run."""
    n = Sym.named("n")
    assert OPS["dense"](units=6).macs([(n, 4)], (n, 6)) == 24 * n
    assert OPS["attention"](heads=2).macs([(n, 8)], (n, 8)) == 256 * n + 16 * n * n
