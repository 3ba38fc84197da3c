"""Ops as calls in the language's syntax."""

import pytest

from archdsl.ops.init import Init
from archdsl.ops.show import TRAINING, call, value
from tests.unit.graph.build import op


@pytest.mark.parametrize(
    ("name", "arguments", "shown"),
    [
        ("conv", {"filters": 64}, "conv(64)"),
        ("conv", {"filters": 64, "k": 7, "stride": 2}, "conv(64, k=7, stride=2)"),
        ("conv", {"filters": 64, "k": (3, 1), "pad": "valid"}, 'conv(64, k=[3, 1], pad="valid")'),
        ("conv", {"filters": 8, "trainable": False, "groups": 2}, "conv(8, groups=2, trainable=false)"),
        ("conv", {"filters": 8, "init": Init(kind="truncated_normal", values=(0.02,)), "l2": 1e-05},
         "conv(8, init=truncated_normal(0.02), l2=1e-5)"),
        ("relu", {}, "relu"),
        ("max_pool", {"k": 3, "stride": 2}, "max_pool(3, stride=2)"),
        ("depthwise_conv", {"stride": 2}, "depthwise_conv(stride=2)"),
        ("depthwise_conv", {"k": 5, "stride": 2}, "depthwise_conv(5, stride=2)"),
    ],
)  # fmt: skip
def test_call(name: str, arguments: dict[str, object], shown: str) -> None:
    assert str(call(op(name, **arguments))) == shown


def test_hidden_arguments() -> None:
    conv = op("conv", filters=8, l2=0.1, init=Init(kind="zeros"), bias=False)
    assert str(call(conv, hide=TRAINING)) == "conv(8, bias=false)"


@pytest.mark.parametrize(
    ("of", "shown"),
    [(1e16, "1e16"), (1.5e-07, "1.5e-7"), (-0.5, "-0.5"), ('"\\\n', '"\\"\\\\\\n"'), ((), "[]")],
)
def test_value(of: object, shown: str) -> None:
    assert value(of) == shown
