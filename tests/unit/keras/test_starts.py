"""How weights start: ``fan_out_normal`` as PyTorch's ``kaiming_normal_(mode="fan_out")``."""

from __future__ import annotations

import numpy as np
import pytest

import archdsl


@pytest.mark.parametrize(
    ("step", "weight", "fan_out"),
    [
        ("conv(64, k=3, init=fan_out_normal)", 0, 64 * 9),
        ("conv(64, k=3, groups=4, init=fan_out_normal)", 0, 64 * 9),
        ("depthwise_conv(3, init=fan_out_normal)", 0, 64 * 9),
        ("depthwise_conv(3, multiplier=2, init=fan_out_normal)", 0, 128 * 9),
        ("depthwise_conv(3, stride=[1, 2], init=fan_out_normal)", 0, 64 * 9),
        ("separable_conv(32, k=3, init=fan_out_normal)", 0, 64 * 9),
        ("separable_conv(32, k=3, init=fan_out_normal)", 1, 32),
        ("conv_transpose(32, k=3, init=fan_out_normal)", 0, 64 * 9),
        ("dense(32, init=fan_out_normal)", 0, 32),
    ],
)
def test_fan_out_normal(step: str, weight: int, fan_out: int) -> None:
    model = archdsl.load_text(f"model M() :: [8, 8, 64] -> [...] {{ {step} }}").build()
    values = np.asarray(model.layers[-1].weights[weight])
    assert values.std() == pytest.approx((2 / fan_out) ** 0.5, rel=0.15)
    assert abs(values.mean()) < 0.2 * values.std()
