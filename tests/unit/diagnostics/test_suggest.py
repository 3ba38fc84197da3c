"""Did you mean: the right name first, nothing far-fetched, never slow."""

from __future__ import annotations

import random
from time import process_time

import pytest

from archdsl.diagnostics.suggest import closest, did_you_mean
from tests.patience import patience

OPS = (
    "conv depthwise_conv separable_conv conv_transpose dense attention batch_norm layer_norm group_norm rms_norm relu "
    "relu6 leaky_relu prelu elu gelu silu hard_silu max_pool avg_pool global_avg_pool global_max_pool dropout flatten "
    "reshape add concat"
).split()
ALIASES = {"Conv2D": "conv", "bn": "batch_norm", "swish": "silu", "BatchNorm2d": "batch_norm", "Linear": "dense"}


@pytest.mark.parametrize(
    ("written", "meant"),
    {
        "Conv2D": "conv",
        "conv2d": "conv",
        "BN": "batch_norm",
        "swish": "silu",
        "linear": "dense",
        "Dense": "dense",
        "BatchNorm": "batch_norm",
        "globalAvgPool": "global_avg_pool",
        "cnov": "conv",
        "rellu": "relu",
        "flaten": "flatten",
        "batchnrom": "batch_norm",
        "Conv2DD": "conv",
    }.items(),
)
def test_best_first(written: str, meant: str) -> None:
    assert closest(written, OPS, ALIASES)[0] == meant


@pytest.mark.parametrize("written", ["", "x", "zzz", "q" * 10_000])
def test_nothing_close(written: str) -> None:
    assert closest(written, OPS, ALIASES) == ()


def test_never_the_name_itself_nor_one_twice() -> None:
    assert closest("conv", ["conv"]) == ()
    assert closest("Conv2D", ["conv"], {"Conv2D": "conv", "conv2d": "conv"}) == ("conv",)


def test_time_is_bounded() -> None:
    letters = random.Random(0)
    names = ["".join(letters.choices("ab", k=60)) for _ in range(20_000)]
    start = process_time()
    closest("ab" * 30, names)
    assert process_time() - start < patience(2)


def test_help() -> None:
    assert did_you_mean("norm", ["rms_norm", "layer_norm"]) == ("did you mean `rms_norm` or `layer_norm`?",)
    assert did_you_mean("zzz", OPS) == ()
