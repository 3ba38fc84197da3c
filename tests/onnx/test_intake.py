"""Graphs of ONNX as specs: what is written in several operators is one op, and outputs stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_file

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from tests.onnx.nets import CHANCE, Net, conv, ops  # noqa: E402


def _gelu(net: Net) -> str:
    grown = net.add("Add", net.add("Erf", net.add("Div", "x", net.number(2**0.5))), net.number(1.0))
    return net.add("Mul", net.add("Mul", "x", grown), net.number(0.5))


def _gelu_tanh(net: Net) -> str:
    cubic = net.add("Mul", net.number(0.044715), net.add("Pow", "x", net.number(3.0)))
    inner = net.add("Mul", net.number((2 / np.pi) ** 0.5), net.add("Add", "x", cubic))
    grown = net.add("Add", net.add("Tanh", inner), net.number(1.0))
    return net.add("Mul", net.add("Mul", net.number(0.5), "x"), grown)


def _silu(net: Net) -> str:
    return net.add("Mul", "x", net.add("Sigmoid", "x"))


def _hard_silu(net: Net) -> str:
    gate = net.add(
        "Div", net.add("Clip", net.add("Add", "x", net.number(3.0)), net.number(0.0), net.number(6.0)), net.number(6.0)
    )
    return net.add("Mul", "x", gate)


def _mish(net: Net) -> str:
    return net.add("Mul", "x", net.add("Tanh", net.add("Softplus", "x")))


def _dense(net: Net) -> str:
    return net.add("Add", net.add("MatMul", "x", net.weight(8, 4)), net.weight(4))


def _layer_norm(net: Net) -> str:
    centred = net.add("Sub", "x", net.add("ReduceMean", "x", axes=[-1]))
    variance = net.add("ReduceMean", net.add("Pow", centred, net.number(2.0)), axes=[-1])
    root = net.add("Sqrt", net.add("Add", variance, net.number(1e-5)))
    normed = net.add("Div", centred, root)
    return net.add("Add", net.add("Mul", normed, net.weight(8)), net.weight(8))


def _scaled(net: Net) -> str:
    return net.add("Mul", net.add("Relu", "x"), net.weight(8))


def _placed(net: Net) -> str:
    return net.add("Add", "x", net.weight(1, 6, 8))


def _class_token(net: Net) -> str:
    tokens = net.add("Expand", net.weight(1, 1, 8), net.ints(1, 1, 8))
    return net.add(
        "Gather", net.add("Concat", tokens, net.weight(1, 1, 8), "x", axis=1), net.number(0, kind=np.int64), axis=1
    )


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (_gelu, ["gelu"]),
        (_gelu_tanh, ["gelu"]),
        (_silu, ["silu"]),
        (_hard_silu, ["hard_silu"]),
        (_mish, ["mish"]),
        (_dense, ["dense"]),
        (_layer_norm, ["layer_norm"]),
        (_scaled, ["relu", "scale"]),
        (_placed, ["position_embedding"]),
        (_class_token, ["class_token", "slice"]),
    ],
)
def test_what_is_written_in_several_operators_is_one_op(
    form: Callable[[Net], str], wanted: Sequence[str], tmp_path: Path
) -> None:
    net = Net(1, 6, 8)
    assert ops(net.saved(tmp_path, form(net))) == wanted


def _flattened(net: Net) -> str:
    return net.add("Gemm", net.add("Flatten", conv(net, "x", 8, 4), axis=1), net.weight(144, 3), net.weight(3))


def _shuffled(net: Net) -> str:
    split = net.add("Reshape", "x", net.ints(1, 2, 4, 8, 8))
    return conv(net, net.add("Reshape", net.add("Transpose", split, perm=[0, 2, 1, 3, 4]), net.ints(1, 8, 8, 8)), 8, 4)


def _excited(net: Net) -> str:
    pooled = net.add("ReduceMean", "x", axes=[2, 3], keepdims=1)
    gate = net.add("Sigmoid", conv(net, net.add("Relu", conv(net, pooled, 8, 2, k=1)), 2, 8, k=1))
    return net.add("Mul", "x", gate)


def _pixels(net: Net) -> str:
    return net.add("DepthToSpace", "x", blocksize=2, mode="CRD")


def _patches(net: Net) -> str:
    last = net.add("Transpose", "x", perm=[0, 2, 3, 1])
    parts = []
    for row, column in ((0, 0), (1, 0), (0, 1), (1, 1)):
        top = net.add("Slice", last, net.ints(row), net.ints(1000), net.ints(1), net.ints(2))
        parts.append(net.add("Slice", top, net.ints(column), net.ints(1000), net.ints(2), net.ints(2)))
    return net.add("MatMul", net.add("Concat", *parts, axis=-1), net.weight(32, 16))


def _tokens(net: Net) -> str:
    """What PyTorch's exporter writes for ``x.flatten(2).transpose(1, 2)``, with arithmetic of shapes."""
    sizes = net.add("Shape", "x")
    lead = net.add("Slice", sizes, net.ints(0), net.ints(2), net.ints(0))
    flat = net.add("Reshape", "x", net.add("Concat", lead, net.ints(-1), axis=0))
    return net.add("MatMul", net.add("Transpose", flat, perm=[0, 2, 1]), net.weight(8, 4))


def _rolled(net: Net) -> str:
    ends = (
        net.add("Slice", "x", net.ints(3), net.ints(1000), net.ints(2)),
        net.add("Slice", "x", net.ints(0), net.ints(3), net.ints(2)),
    )
    return net.add("Concat", *ends, axis=2)


def _padded(net: Net) -> str:
    around = net.add("Pad", "x", net.ints(0, 0, 1, 1, 0, 0, 1, 1))
    return net.add("Conv", around, net.weight(4, 8, 3, 3), strides=[2, 2])


def _pooled(net: Net) -> str:
    around = net.add("Pad", "x", net.ints(0, 0, 1, 1, 0, 0, 1, 1), net.number(-np.inf))
    return net.add("MaxPool", around, kernel_shape=[3, 3], strides=[2, 2])


def _gated(net: Net) -> str:
    gate = net.add("Expand", net.add("GlobalAveragePool", "x"), net.add("Shape", "x"))
    return net.add("Mul", "x", gate)


def _lengths(net: Net) -> str:
    return net.add("Div", "x", net.add("Add", net.add("ReduceL2", "x", axes=[2, 3]), net.number(1.0)))


def _resized(net: Net) -> str:
    factors = net.array(np.asarray([1, 1, 2, 2], np.float32))
    return net.add("Resize", "x", "", factors, mode="linear", coordinate_transformation_mode="half_pixel")


def _normed_map(net: Net) -> str:
    """A layer norm of channels that are first, by hand."""
    centred = net.add("Sub", "x", net.add("ReduceMean", "x", axes=[1]))
    variance = net.add("ReduceMean", net.add("Mul", centred, centred), axes=[1])
    normed = net.add("Div", centred, net.add("Sqrt", net.add("Add", variance, net.number(1e-6))))
    return net.add("Add", net.add("Mul", normed, net.weight(8, 1, 1)), net.weight(8, 1, 1))


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (_flattened, ["conv", "flatten", "dense"]),
        (_shuffled, ["reshape", "permute", "reshape", "conv"]),
        (_excited, ["global_avg_pool", "conv", "relu", "conv", "sigmoid", "mul"]),
        (_pixels, ["depth_to_space"]),
        (_patches, ["space_to_depth", "dense"]),
        (_tokens, ["dense", "flatten_spatial"]),
        (_rolled, ["roll"]),
        (_padded, ["conv"]),
        (_resized, ["upsample"]),
        (_pooled, ["max_pool"]),
        (_lengths, ["square", "sum", "sqrt", "rescale", "reshape", "divide"]),
        (_gated, ["global_avg_pool", "mul"]),
        (_normed_map, ["layer_norm"]),
    ],
)
def test_channels_first_becomes_channels_last_without_transposes(
    form: Callable[[Net], str], wanted: Sequence[str], tmp_path: Path
) -> None:
    net = Net(1, 8, 8, 8)
    assert ops(net.saved(tmp_path, form(net))) == wanted


@pytest.mark.parametrize("fused", [True, False])
def test_attention(fused: bool, tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    if fused:
        qkv = net.add("Add", net.add("MatMul", "x", net.weight(8, 24)), net.weight(24))
        split = net.add("Transpose", net.add("Reshape", qkv, net.ints(1, 6, 3, 2, 4)), perm=[2, 0, 3, 1, 4])
        query, key, value = (net.add("Gather", split, net.number(i, kind=np.int64), axis=0) for i in range(3))
    else:
        heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
        query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("MatMul", net.add("Mul", query, net.number(0.5)), net.add("Transpose", key, perm=[0, 1, 3, 2]))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    assert ops(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))) == ["attention"]


def test_another_scale_is_an_argument(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("Mul", net.add("MatMul", query, net.add("Transpose", key, perm=[0, 1, 3, 2])), net.number(0.25))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    text = import_file(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))).text
    assert "scale=0.25" in text


def test_attention_by_cosines(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    heads = [net.add("Reshape", net.add("MatMul", "x", net.weight(8, 8)), net.ints(1, 6, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    one, other = (
        net.add("Div", each, net.add("Clip", net.add("ReduceL2", each, axes=[-1]), net.number(1e-12)))
        for each in (query, key)
    )
    factors = net.add("Exp", net.weight(2, 1, 1))
    logits = net.add("Mul", net.add("MatMul", one, net.add("Transpose", other, perm=[0, 1, 3, 2])), factors)
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(1, 6, 8))
    text = import_file(net.saved(tmp_path, net.add("MatMul", merged, net.weight(8, 8)))).text
    assert 'attention(2, bias=false, scale="learned", qk_norm="l2")' in text


@pytest.mark.parametrize("is_shifted", [False, True])
def test_attention_in_windows(is_shifted: bool, tmp_path: Path) -> None:
    """Windows of 2 by 2 of a map of 4 by 4, biases by relative position, and a mask where the map was rolled: Swin."""
    from archdsl.backends.tables import relative_positions, shifted_window_mask

    net = Net(1, 8, 4, 4)
    x = net.add("Transpose", conv(net, "x", 8, 8, k=1), perm=[0, 2, 3, 1])
    cut = net.add("Transpose", net.add("Reshape", x, net.ints(1, 2, 2, 2, 2, 8)), perm=[0, 1, 3, 2, 4, 5])
    windows = net.add("Reshape", cut, net.ints(4, 4, 8))
    heads = [net.add("Reshape", net.add("MatMul", windows, net.weight(8, 8)), net.ints(4, 4, 2, 4)) for _ in range(3)]
    query, key, value = (net.add("Transpose", each, perm=[0, 2, 1, 3]) for each in heads)
    logits = net.add("MatMul", net.add("Mul", query, net.number(0.5)), net.add("Transpose", key, perm=[0, 1, 3, 2]))
    table = CHANCE.uniform(-1, 1, (9, 2)).astype("float32")
    logits = net.add("Add", logits, net.array(table[relative_positions((2, 2))].transpose(2, 0, 1)[None]))
    if is_shifted:
        mask = shifted_window_mask((4, 4), (2, 2), (1, 1))
        parts = net.add("Reshape", logits, net.ints(1, 4, 2, 4, 4))
        logits = net.add("Reshape", net.add("Add", parts, net.array(mask[None, :, None])), net.ints(4, 2, 4, 4))
    mixed = net.add("MatMul", net.add("Softmax", logits, axis=-1), value)
    merged = net.add("Reshape", net.add("Transpose", mixed, perm=[0, 2, 1, 3]), net.ints(4, 4, 8))
    out = net.add("Reshape", net.add("MatMul", merged, net.weight(8, 8)), net.ints(1, 2, 2, 2, 2, 8))
    whole = net.add("Reshape", net.add("Transpose", out, perm=[0, 1, 3, 2, 4, 5]), net.ints(1, 4, 4, 8))
    found = import_file(net.saved(tmp_path, whole))
    assert [node.op.name for node in found.graph] == [
        "conv",
        "window_partition",
        "attention",
        "window_merge",
    ]
    assert "relative_position=[2, 2]" in found.text
    assert ("map=[4, 4], shift=1" in found.text) == is_shifted


@pytest.mark.parametrize(
    ("shape", "places", "axis"),
    [
        ((1, 6, 4, 4), [0, 1, 2, 3, 4, 5], 1),
        ((1, 6, 4, 4), [2, 3, 4], 1),
        ((1, 6, 4, 8), [0, 2, 4, 6], 3),
        ((1, 6, 4, 4), [[0, 1, 2], [3, 4, 5]], 1),
        ((1, 6, 4, 4), [-2, -1], 2),
    ],
)
def test_places_at_equal_distances_are_parts(shape: tuple[int, ...], places: Any, axis: int, tmp_path: Path) -> None:
    net = Net(*shape)
    x = net.add("Gather", "x", net.array(np.asarray(places, np.int64)), axis=axis)
    found = import_file(net.saved(tmp_path, net.add("Relu", x)))
    assert "Outputs for random inputs are those of the source" in found.text


def test_places_in_another_order_have_no_reader(tmp_path: Path) -> None:
    net = Net(1, 6, 4, 4)
    x = net.add("Gather", "x", net.ints(0, 2, 1), axis=1)
    with pytest.raises(Unreadable, match="places of an axis by a list"):
        import_file(net.saved(tmp_path, net.add("Relu", x)))


def gained(net: Net, x: str, rank: int, axis: int, channels: int, *, offset: bool, of: str = "") -> str:
    """A layer norm as TensorFlow computes it; with ``of``, one whose squares are of another tensor."""
    shape = [channels if place == axis % rank else 1 for place in range(rank)]
    mean = net.add("ReduceMean", x, axes=[axis], keepdims=1)
    apart = net.add("Sub", of or x, mean)
    variance = net.add("ReduceMean", net.add("Mul", apart, apart), axes=[axis], keepdims=1)
    root = net.add("Sqrt", net.add("Add", variance, net.number(1e-3)))
    factor = net.add("Mul", net.add("Reciprocal", root), net.weight(*shape, low=0.5, high=1.5))
    shift = net.add("Mul", net.add("Neg", mean), factor)
    if offset:
        shift = net.add("Add", shift, net.weight(*shape))
    return net.add("Add", net.add("Mul", x, factor), shift)


@pytest.mark.parametrize("offset", [True, False])
@pytest.mark.parametrize(("shape", "axis"), [((1, 6, 8), -1), ((1, 8, 4, 5), 1)])
def test_a_norm_with_its_gain_first(shape: tuple[int, ...], axis: int, offset: bool, tmp_path: Path) -> None:
    net = Net(*shape)
    x = net.add("Relu", "x")
    found = import_file(net.saved(tmp_path, gained(net, x, len(shape), axis, 8, offset=offset)))
    assert [node.op.name for node in found.graph] == ["relu", "layer_norm"]
    assert "Outputs for random inputs are those of the source" in found.text


def test_a_variance_of_another_tensor_is_no_norm(tmp_path: Path) -> None:
    net = Net(1, 6, 8)
    x = net.add("Relu", "x")
    made = gained(net, x, 3, -1, 8, offset=True, of=net.add("Tanh", "x"))
    with pytest.raises(Unreadable):
        import_file(net.saved(tmp_path, made))
