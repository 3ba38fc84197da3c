"""Sizes that are known only when the model runs: what is accepted for them can be built and run."""

from __future__ import annotations

import re

import numpy as np
import pytest

import archdsl
from archdsl.diagnostics import ArchError
from tests.computed import COMPUTED


def opened(example: str, first: int) -> archdsl.Architecture | None:
    """The example of an op with sizes open from the axis ``first`` on; ``None`` where that is refused."""
    parts = re.fullmatch(r"\[(.*?)\] -> \[(.*?)\]: (.*)", example)
    assert parts is not None, example
    given, results = parts[1].split(","), parts[2].split(",")
    sizes = [*given[:first], *["?"] * len(given[first:])]
    text = f"model Net() :: [{', '.join(sizes)}] -> [{', '.join('_' * len(results))}] {{ {parts[3]} }}"
    try:
        return archdsl.load_text(text)
    except ArchError:
        return None


@pytest.mark.parametrize("first", [0, -1], ids=["all", "channels"])
def test_what_is_accepted_can_be_built(first: int) -> None:
    accepted = [name for name, op in COMPUTED.items() if (net := opened(op.example, first)) and net.build()]
    assert {"relu", "dropout", "max_pool", "space_to_depth", "window_partition"} <= {*accepted}
    assert {"conv", "dense", "batch_norm", "local_response_norm"}.isdisjoint(accepted)


@pytest.mark.parametrize("body", ["space_to_depth(2)", "window_partition(2)"])
def test_tiling_with_any_channels(body: str) -> None:
    """Where TensorFlow knows no size while it traces."""
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 5)).astype("float32")
    texts = (f"model Net() :: [{given}] -> [_, _, _] {{ {body} }}" for given in ("?, ?, ?", "4, 6, 5"))
    run_time, known = (archdsl.load_text(text).build().predict(x, verbose=0) for text in texts)
    np.testing.assert_array_equal(run_time, known)
