"""How the parameters of a written file start: as Keras's initialisers have it, where the spec says how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import archdsl
from archdsl.backends.onnx.weights import initial
from archdsl.backends.torch.file import written
from archdsl.backends.torch.state import state

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import module_of  # noqa: E402 -- needs torch

_SPEC = """
block Head(out: int, start: float) :: [h, w, c] -> [h, w, out] {
  repeat 3 { conv(c, init=normal(0.01)) as convs -> relu }
  -> depthwise_conv(7, init=he_normal) as depthwise -> separable_conv(32, k=7, init=he_uniform) as separable
  -> conv(out, init=normal(0.01), bias_init=constant(start)) as last
}
model Net() :: [8, 8, 64] -> [64] {
  Head(48, -4.5) -> Head(32, -2.0)
  -> conv_transpose(64, k=2, stride=2, init=glorot_uniform)
  -> conv(64, init=fan_out_normal) as fan_out -> conv(64, groups=4, init=lecun_normal) as grouped
  -> conv(64, init=fan_out_normal(1.0)) as scaled -> prelu(init=constant(0.1)) -> batch_norm(init=zeros)
  -> add(broadcast=true) { id, { parameter([16, 16, 64], he_normal) as offset } }
  -> for n in [0.1, 0.2, 0.4] { conv(64, k=1, init=normal(n)) as spread }
  -> flatten_spatial -> position_embedding(init=lecun_uniform)
  -> attention(4, relative_position=[16, 16], init=truncated_normal(0.02), bias_init=ones)
  -> layer_norm(init=constant(0.5)) -> global_avg_pool -> dense(64, init=orthogonal(2.0)) as head
}
"""
_FEW = 2_000
"""Numbers from which on a deviation says something."""


def _likeness(found: Any, wanted: Any) -> str:
    """What two arrays differ in as draws of one distribution; empty if they do not."""
    if wanted.size < _FEW:
        return "" if np.array_equal(found, wanted) or wanted.std() > 0 else f"{found.mean()} and not {wanted.mean()}"
    differs = abs(found.std() / max(wanted.std(), 1e-12) - 1) > 0.08 or abs(found.mean() - wanted.mean()) > 0.08 * (
        wanted.std() + 1e-12
    )
    return f"{found.mean()} ± {found.std()} and not {wanted.mean()} ± {wanted.std()}" if differs else ""


def _different(text: str) -> dict[str, str]:
    """Parameters of the spec's file that start otherwise than the spec above says."""
    architecture = archdsl.load_text(_SPEC)
    wanted = state(written(architecture.graph), initial(architecture.graph, 0))
    torch.manual_seed(0)
    model = module_of(archdsl.load_text(text).to_torch()).Net()
    said = {key: value.detach().numpy() for key, value in model.named_parameters()}
    found = {key: _likeness(said[key], wanted[key]) for key in said if _is_said(key)}
    return {key: difference for key, difference in found.items() if difference}


def _is_said(key: str) -> bool:
    """Whether the spec says how a parameter starts: all kernels and gains, and the biases of two layers."""
    return not key.endswith("bias") or key.startswith("attention") or ".last." in key


def test_parameters_start_as_the_spec_says() -> None:
    assert _different(_SPEC) == {}


def test_other_starts_are_seen() -> None:
    """Each initialiser that is left out is missed."""
    for said in ("init=normal(0.01)", "init=he_normal", "init=fan_out_normal", "bias_init=ones", "init=normal(n)"):
        assert _different(_SPEC.replace(f", {said})", ")")), said


def test_nothing_is_said_of_what_starts_as_layers_do() -> None:
    assert "nn.init" not in archdsl.load("resnet18").to_torch()
