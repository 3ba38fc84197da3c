"""The definitions themselves, on numbers that were worked out by hand."""

from __future__ import annotations

from math import exp, sqrt, tanh
from typing import Any

import numpy as np
import pytest

from archdsl.graph.dims import Sym
from archdsl.ops.registry import OPS
from tests.reference.definitions import Array, Call, same, size
from tests.reference.run import compute, undefined


def of(name: str, *inputs: Any, weights: dict[str, Any] | None = None, training: bool = False, **arguments: Any) -> Any:
    """The output of an op for one example, without the batch."""
    arrays = tuple(np.array([x], float) for x in inputs)
    own: dict[str, Array] = {key: np.array(value, float) for key, value in (weights or {}).items()}
    return compute(OPS[name](**arguments), Call(arrays, own, training))[0].tolist()


def signal(*values: float) -> list[list[float]]:
    """A sequence with one channel."""
    return [[float(value)] for value in values]


def test_every_op_has_a_definition() -> None:
    assert undefined() == []


def test_same_padding() -> None:
    """TensorFlow's rule, its guide's example: 13 elements, 6 taps, stride 5 are padded by 1 and 2."""
    assert same(13, 6, 5) == (1, 2)
    assert [same(n, 3, 2) for n in (1, 2, 3, 4)] == [(1, 1), (0, 1), (1, 1), (0, 1)]


def test_convolution() -> None:
    """A correlation: the kernel is not turned around."""
    kernel = [[[1]], [[10]], [[100]]]
    assert of("conv", signal(1, 2, 3), filters=1, weights={"kernel": kernel, "bias": [0.5]}) == signal(
        210.5, 321.5, 32.5
    )
    assert of("conv", signal(1, 2, 3, 4), filters=1, stride=2, bias=False, weights={"kernel": kernel}) == signal(
        321, 43
    )
    assert of("conv", signal(1, 2, 3), filters=1, pad=((2, 0),), bias=False, weights={"kernel": kernel}) == signal(
        100, 210, 321
    )
    assert of(
        "conv", signal(1, 2, 3, 4, 5), filters=1, pad="valid", dilation=2, bias=False, weights={"kernel": kernel}
    ) == signal(531)


def test_windows_beyond_the_padding() -> None:
    """What torch.nn.functional.avg_pool2d (2.13) makes of 1 to 30: what lies beyond the padding never counts."""
    x = np.arange(1, 31).reshape(5, 6, 1).tolist()
    arguments = {"k": 3, "stride": 2, "pad": 1, "ceil_mode": True}
    counted, inside = (
        [[2.0, 4.0, 5.3333, 3.0], [9.0, 15.0, 17.0, 9.0], [10.0, 16.0, 17.3333, 9.0]],
        [[4.5, 6.0, 8.0, 9.0], [13.5, 15.0, 17.0, 18.0], [22.5, 24.0, 26.0, 27.0]],
    )
    assert np.round(of("avg_pool", x, **arguments), 4)[..., 0].tolist() == counted
    assert np.round(of("avg_pool", x, **arguments, count_pad=False), 4)[..., 0].tolist() == inside


def test_groups() -> None:
    """The first filters see the first channels."""
    weights = {"kernel": [[[1, 2, 3, 4]]]}
    assert of("conv", [[1, 10]], filters=4, k=1, groups=2, bias=False, weights=weights) == [[1, 2, 30, 40]]


def test_depthwise_convolution() -> None:
    """Channel ``c * multiplier + m``."""
    weights = {"kernel": [[[1, 2, 3, 4]]]}
    assert of("depthwise_conv", [[1, 10]], k=1, multiplier=2, bias=False, weights=weights) == [[1, 2, 30, 40]]


def test_separable_convolution() -> None:
    weights = {"depthwise_kernel": [[[2, 3]]], "pointwise_kernel": [[[1], [100]]], "bias": [7]}
    assert of("separable_conv", [[1, 10]], filters=1, k=1, weights=weights) == [[2 + 3000 + 7]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"pad": "valid", "stride": 2}, (1, 10, 102, 20, 203, 30, 300)),
        ({"pad": "same", "stride": 2}, (1, 10, 102, 20, 203, 30)),
        ({"pad": "same", "stride": 1}, (12, 123, 230)),
        ({"pad": 1, "stride": 2}, (10, 102, 20, 203, 30)),
        ({"pad": 1, "stride": 2, "output_pad": 1}, (10, 102, 20, 203, 30, 300)),
        ({"pad": 0, "stride": 4, "output_pad": 1}, (1, 10, 100, 0, 2, 20, 200, 0, 3, 30, 300, 0)),
    ],
    ids=str,
)
def test_transposed_convolution(arguments: dict[str, Any], expected: tuple[float, ...]) -> None:
    weights = {"kernel": [[[1]], [[10]], [[100]]]}
    answer = of("conv_transpose", signal(1, 2, 3), filters=1, bias=False, weights=weights, **arguments)
    assert answer == signal(*expected)


def test_poolings() -> None:
    x = signal(-4, -2, -6, -8)
    assert of("max_pool", x, k=3, stride=2) == signal(-2, -6)
    assert of("max_pool", x, k=3, stride=2, pad=1) == signal(-2, -2)
    assert of("avg_pool", x, k=3, stride=2) == signal(-4, -7)
    assert of("avg_pool", x, k=3, stride=2, pad=1) == signal(-2, -16 / 3)
    assert of("avg_pool", x, k=3, stride=2, pad=1, count_pad=False) == signal(-3, -16 / 3)
    assert of("avg_pool", x, k=2) == signal(-3, -7)
    assert of("global_avg_pool", x) == [-5]
    assert of("global_max_pool", x, keepdims=True) == [[-2]]


def test_adaptive_pooling() -> None:
    """Five places in three windows: 0 to 1, 1 to 3, 3 to 4."""
    assert of("adaptive_avg_pool", signal(0, 6, 12, 18, 24), size=3) == signal(3, 12, 21)
    assert of("adaptive_avg_pool", signal(1, 2), size=4) == signal(1, 1, 2, 2)


def test_normalisations() -> None:
    assert of("layer_norm", [1, 3], eps=0.25, scale=False, center=False) == pytest.approx(
        [-1 / sqrt(1.25), 1 / sqrt(1.25)]
    )
    grouped = of("group_norm", [[1, 10], [3, 30]], groups=2, eps=1e-9, weights={"gamma": [1, 2], "beta": [0, 5]})
    assert np.array(grouped) == pytest.approx(np.array([[-1, 3], [1, 7]]))
    assert of("rms_norm", [3, 4], eps=1e-12, scale=False) == pytest.approx([3 / sqrt(12.5), 4 / sqrt(12.5)])
    frozen = {"moving_mean": [1.0], "moving_variance": [4.0]}
    for training in (False, True):
        answer = of(
            *("batch_norm", [[5.0], [9.0]]),
            scale=False,
            center=False,
            eps=1e-9,
            trainable=False,
            weights=frozen,
            training=training,
        )
        assert answer == pytest.approx(np.array([[2.0], [4.0]]))


def test_batch_statistics() -> None:
    """In training by those of the batch, of which the running averages take a tenth."""
    weights = {"moving_mean": np.array([10.0]), "moving_variance": np.array([2.0])}
    op = OPS["batch_norm"](scale=False, center=False, eps=1e-9)
    call = Call((np.array([[1.0], [3.0]]),), weights, training=True)
    assert compute(op, call) == pytest.approx(np.array([[-1.0], [1.0]]))
    assert call.updates["moving_mean"] == pytest.approx(0.9 * 10 + 0.1 * 2)
    assert call.updates["moving_variance"] == pytest.approx(0.9 * 2 + 0.1 * 1)


def test_local_response() -> None:
    """An even size reaches one channel further down than up."""
    answer = of("local_response_norm", [1, 2, 3], size=2, alpha=2.0, beta=1.0, k=1.0)
    assert answer == pytest.approx([1 / 2, 2 / 6, 3 / 14])
    answer = of("local_response_norm", [1, 2, 3], size=3, alpha=1.0, beta=1.0, k=1.0, divide=False)
    assert answer == pytest.approx([1 / 6, 2 / 15, 3 / 14])


def test_activations() -> None:
    assert of("leaky_relu", [-2, 3], slope=0.1) == [-0.2, 3]
    assert of("prelu", [-2, 3], weights={"alpha": [0.5, 7]}) == [-1, 3]
    assert of("elu", [-1, 3], alpha=2.0) == pytest.approx([2 * (exp(-1) - 1), 3])
    assert of("gelu", [1, -1]) == pytest.approx([0.8413447, -0.1586553])
    assert of("gelu", [1], approximate=True) == pytest.approx([0.5 * (1 + tanh(sqrt(2 / np.pi) * 1.044715))])
    assert of("hard_silu", [-4, -1, 1, 5]) == pytest.approx([0, -1 / 3, 2 / 3, 5])
    assert of("relu6", [-1, 3, 9]) == [0, 3, 6]
    assert of("softmax", [[0, 5], [0, 5]], axis=0) == [[0.5, 0.5], [0.5, 0.5]]


def test_attention() -> None:
    """Two tokens, one feature, all weights 1: logits are products of tokens."""
    ones = {f"{part}/kernel": [[[1]]] for part in ("query", "key", "value", "attention_output")}
    p = 1 / (1 + exp(-1 * (3 - 1)))  # of the second, seen from the first: logits 1 and 3
    q = 1 / (1 + exp(-3 * (3 - 1)))
    assert np.array(of("attention", [[1], [3]], heads=1, bias=False, weights=ones)) == pytest.approx(
        np.array([[(1 - p) + 3 * p], [(1 - q) + 3 * q]])
    )
    # Of two keys with the logits 2 * 1 / 1 and 2 * 5 / 1, from a context of its own.
    r = 1 / (1 + exp(-2 * (5 - 1)))
    answer = of("attention", [[2]], [[1], [5]], heads=1, bias=False, weights=ones)
    assert np.array(answer) == pytest.approx(np.array([[(1 - r) + 5 * r]]))


def test_relative_positions_and_masks() -> None:
    """A row of four tokens in two windows of two, rolled by one: in the last window the second came around."""
    weights = {f"{part}/kernel": [[[0]]] for part in ("query", "key")}
    weights |= {f"{part}/kernel": [[[1]]] for part in ("value", "attention_output")}
    # Differences of columns -1, 0, 1: a token looks at itself, and twice as much at the one after it.
    weights["relative_position_bias"] = [[np.log(2)], [0], [-50]]  # type: ignore[list-item]
    windows = [[[1], [4]], [[7], [9]]]
    op = {"heads": 1, "bias": False, "relative_position": (1, 2), "weights": weights}
    assert np.array(of("attention", windows, **op)) == pytest.approx(np.array([[[3], [4]], [[25 / 3], [9]]]))
    shifted = of("attention", windows, **op, map=(1, 4), shift=(0, 1))
    assert np.array(shifted) == pytest.approx(np.array([[[3], [4]], [[7], [9]]]))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("hwc", [1, 10, 2, 20, 3, 30, 4, 40]),
        ("whc", [1, 10, 3, 30, 2, 20, 4, 40]),
        ("chw", [1, 2, 3, 4, 10, 20, 30, 40]),
    ],
)
def test_blocks(order: str, expected: list[float]) -> None:
    x = [[[1, 10], [2, 20]], [[3, 30], [4, 40]]]
    assert of("space_to_depth", x, order=order) == [[expected]]
    assert of("depth_to_space", [[expected]], order=order) == x


def test_windows() -> None:
    x = np.arange(8).reshape(2, 4, 1).tolist()
    windows = [[[0], [1], [4], [5]], [[2], [3], [6], [7]]]
    assert of("window_partition", x, window=2) == windows
    assert of("window_merge", windows, window=2, size=(2, 4)) == x


def test_given_kernels() -> None:
    assert of("conv", signal(1, 2, 4), [[[1, 10]], [[-1, 0]]], filters=2, k=2, pad="valid", bias=False) == [
        [1 - 2, 10],
        [2 - 4, 20],
    ]
    blurred = of("depthwise_conv", signal(0, 4, 0), [[[0.25]], [[0.5]], [[0.25]]], weights={"bias": [1]})
    assert blurred == signal(1 + 1, 1 + 2, 1 + 1)


def test_resampling() -> None:
    assert of("upsample", [[[0], [4]]], size=(1, 2), method="bilinear") == [[[0], [1], [3], [4]]]
    assert of("upsample", signal(1, 2)) == signal(1, 1, 2, 2)
    assert of("resize", [[[0], [4], [8], [12]]], size=(1, 2)) == [[[2], [10]]]
    assert of("resize", [[[0], [1], [2]]], size=(1, 2), method="nearest") == [[[0], [2]]]
    # A triangle twice as wide: 1/4, 3/4 | 3/4, 1/4, of which the first falls off the edge.
    wide = of("resize", [[[0], [4], [8], [12]]], size=(1, 2), antialias=True)
    assert np.array(wide) == pytest.approx(np.array([[[(0.75 * 0 + 0.75 * 4 + 0.25 * 8) / 1.75], [12 - 5 / 1.75]]]))
    # Keys's cubic half way: -1/16, 9/16, 9/16, -1/16, of which one falls off an edge.
    cubic = of("resize", [[[0], [0], [16], [0]]], size=(1, 2), method="bicubic")
    assert np.array(cubic) == pytest.approx(np.array([[[-16 / 17], [144 / 17]]]))


def test_extents() -> None:
    assert of("pad", signal(1, 2), size=((1, 0),), value=9.0) == signal(9, 1, 2)
    assert of("pad", signal(1, 2, 3), size=1, mode="reflect") == signal(2, 1, 2, 3, 2)
    assert of("pad", [[1]], channels=(1, 2)) == [[0, 1, 0, 0]]
    assert of("crop", signal(1, 2, 3, 4), size=((1, 2),)) == signal(2)
    assert of("roll", signal(1, 2, 3), shift=1) == signal(3, 1, 2)
    assert of("slice", [1, 2, 3, 4], start=-3, stop=-1) == [2, 3]
    assert of("slice", [1, 2, 3, 4], start=0, step=3) == [1, 4]
    assert of("slice", signal(1, 2, 3), start=-1, axis=0, keepdims=False) == [3]


def test_shapes() -> None:
    x = np.arange(8).reshape(2, 2, 2).tolist()
    assert of("flatten", x, order="chw") == [0, 2, 4, 6, 1, 3, 5, 7]
    assert of("permute", [[1, 2, 3]], order=(1, 0)) == signal(1, 2, 3)
    assert of("reshape", x, to=(-1, 4)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert of("unflatten_spatial", of("flatten_spatial", x), size=(2, 2)) == x


def test_joins() -> None:
    assert of("add", [[1, 2], [3, 4]], [[10, 20]], broadcast=True) == [[11, 22], [13, 24]]
    assert of("subtract", [1], [3]) == [-2]
    assert of("average", [1], [2], [6]) == [3]
    assert of("concat", [[1]], [[2]], axis=0) == [[1], [2]]
    assert of("matmul", [[1, 2]], [[3, 4], [5, 6]], transpose_b=True) == [[11, 17]]
    assert of("matmul", [[1, 2]], [[3, 4], [5, 6]]) == [[13, 16]]


def test_functions_of_elements() -> None:
    assert of("exp", [0, 1]) == pytest.approx([1, 2.718281828])
    assert of("log", [1, 10]) == pytest.approx([0, 2.302585093])
    assert of("sqrt", [9, 2.25]) == [3, 1.5]
    assert of("square", [-3, 0.5]) == [9, 0.25]
    assert of("power", [-2, 3], exponent=3) == [-8, 27]
    assert of("power", [4, 0.25], exponent=-0.5) == [0.5, 2]
    assert of("abs", [-3, 2]) == [3, 2]
    assert of("negative", [-3, 2]) == [3, -2]
    assert of("reciprocal", [4, -0.5]) == [0.25, -2]
    assert of("sin", [np.pi / 6]) == pytest.approx([0.5])
    assert of("cos", [np.pi / 3]) == pytest.approx([0.5])
    assert of("clip", [-3, 0.5, 8], min=-1, max=6) == [-1, 0.5, 6]
    assert of("clip", [-3, 8], min=0) == [0, 8]
    assert of("clip", [-3, 8], max=0) == [-3, 0]
    assert of("divide", [[1, 2], [3, 4]], [[2, 8]], broadcast=True) == [[0.5, 0.25], [1.5, 0.5]]
    assert of("subtract", [[1, 2], [3, 4]], [[1], [2]], broadcast=True) == [[0, 1], [1, 2]]


def test_reductions() -> None:
    x = [[1, 2, 6], [3, 5, 1]]
    assert of("mean", x, axis=-1) == [3, 3]
    assert of("mean", x, axis=0, keepdims=True) == [[2, 3.5, 3.5]]
    assert of("sum", x, axis=(0, 1), keepdims=True) == [[18]]
    assert of("sum", [x, x], axis=(-1, 0)) == [18, 18]
    assert of("max", x, axis=0) == [3, 5, 6]
    assert of("min", x, axis=1) == [1, 1]
    assert of("variance", x, axis=0) == [1, 2.25, 6.25]
    assert of("variance", x, axis=1) == pytest.approx([14 / 3, 8 / 3])
    assert of("l2_normalize", [[3, 4], [0, 0]]) == [[0.6, 0.8], [0, 0]]
    assert of("l2_normalize", [[1, 1], [1, -1]], axis=(0, 1)) == [[0.5, 0.5], [0.5, -0.5]]


def test_learned_and_given_values() -> None:
    assert of("class_token", [[1, 2]], count=1, weights={"tokens": [[8, 9]]}) == [[8, 9], [1, 2]]
    assert of("scale", [[1, 2]], bias=True, weights={"gamma": [2, 3], "bias": [0, 1]}) == [[2, 7]]
    assert of("rescale", [[1, 2]], factor=(2.0, 3.0), offset=1.0) == [[3, 7]]
    assert of("normalize", [[1e-9]], mean=0.0, variance=1e-20) == pytest.approx(np.array([[10]]))


def test_sizes_of_a_run() -> None:
    h = Sym.named("h")
    assert size((h + 1) * h // 2, {"h": 4}) == 10
    with pytest.raises(AssertionError):
        size(h / 2, {"h": 7})
