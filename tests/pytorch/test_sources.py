"""Published models that weights are compared with: what they are given is what they take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import archdsl
from archdsl.certification import sources
from archdsl.weights import Weights, in_memory
from tests.pytorch.vision import torchvision


def test_a_model_that_normalises_itself_is_compared_with_one_that_does_not(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    reference = torchvision().models.convnext_tiny(num_classes=4).eval()
    weights = Weights(tmp_path / "net.pth", in_memory({k: v.numpy() for k, v in reference.state_dict().items()}))
    graph = archdsl.load("convnext_tiny", size=32, classes=4).graph
    image = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    ran = sources.run("torchvision", "convnext_tiny", graph, weights, {"input": image}, ())
    means, deviations = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    with torch.no_grad():
        normalised = ((image / 255 - means) / deviations).astype("float32")
        wanted = reference(torch.from_numpy(np.moveaxis(normalised, -1, 1).copy())).numpy()
        raw = reference(torch.from_numpy(np.moveaxis(image, -1, 1).copy())).numpy()
    (answer,) = ran.answers.values()
    scale = np.abs(wanted).max()
    assert np.abs(answer - wanted).max() < 1e-5 * scale
    assert np.abs(raw - wanted).max() > 1e-2 * scale
