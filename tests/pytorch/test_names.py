"""Files under the names of published models: their state dicts load as they are, and answer alike."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.backends.torch.file import written
from tests.pytorch.running import module_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
models = pytest.importorskip("torchvision", reason="torchvision is not installed: pip install torchvision").models

_EVERY = {
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
    "resnet101": "resnet101",
    "resnet152": "resnet152",
    "resnext50": "resnext50_32x4d",
    "resnext101": "resnext101_32x8d",
    "resnext101_g64": "resnext101_64x4d",
    "wide_resnet50": "wide_resnet50_2",
    "wide_resnet101": "wide_resnet101_2",
}


def _error(name: str) -> float:
    """How far the answer is from torchvision's with its own weights, which are random, as a share of the largest."""
    torch.manual_seed(0)
    reference = getattr(models, _EVERY[name])().eval()
    for module in reference.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    graph = archdsl.load(name).graph
    model = getattr(module_of(written(graph, "torchvision").text), graph.name)()
    model.load_state_dict(reference.state_dict(), strict=True)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected, found = reference(x), model.eval()(x)
    return float((found - expected).abs().max() / expected.abs().max())


def test_resnet18() -> None:
    assert _error("resnet18") < 1e-5


@pytest.mark.full
@pytest.mark.parametrize("name", _EVERY)
def test_a_model(name: str) -> None:
    assert _error(name) < 1e-5
