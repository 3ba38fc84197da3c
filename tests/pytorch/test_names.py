"""Files under the names of published models: their state dicts are those of the models, and they answer alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archdsl
from archdsl.backends.torch.file import File, written
from archdsl.backends.torch.naming import NoNames
from archdsl.backends.torch.state import places, state
from archdsl.weights.names import expected
from archdsl.weights.published import find
from tests.conformance import vectors
from tests.pytorch.vision import torchvision

_FOLDER = Path(vectors.__file__).parent / "vectors"


def _library(name: str) -> str:
    """What the vector is of."""
    return vectors.read(name).reference.partition(" ")[0]


NAMES = sorted(file.stem for file in _FOLDER.glob("*.json") if _library(file.stem) in ("timm", "torchvision"))
# One with each kind of name: sequences with gaps, layers that are fused or points, gains, heads that are called again.
SMALL = {
    "alexnet",
    "bit_50x1",
    "cait_xxs24",
    "coatnet0",
    "convnextv2_atto",
    "efficientnet_lite0",
    "eva02_ti",
    "nfnet_f0",
    "poolformer_s12",
    "regnet_y400mf",
    "resmlp12",
    "resnet18",
    "retinanet_resnet50",
    "shufflenet_v2_x05",
    "squeezenet11",
    "swin_t_padded",
    "vgg11_bn",
    "xcit_n12",
}
TURNED = {"coatnet0", "eva02_ti", "poolformer_s12", "resmlp12", "swin_t_padded", "xcit_n12"}
"""Some with arrays in other orders, and parts of others."""
ANSWERING = {"alexnet", "cait_xxs24", "resnet18", "regnet_y400mf", "nfnet_f0", "xcit_n12"}


def _marked(small: set[str]) -> list[Any]:
    return [pytest.param(name, marks=() if name in small else pytest.mark.full) for name in NAMES]


@cache
def _file(name: str) -> File:
    vector = vectors.read(name)
    return written(archdsl.load(vector.model, **vector.arguments).graph, _library(name))


def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Of the state dict's arrays that have numbers of the graph."""
    vector = vectors.read(name)
    weights = expected(archdsl.load(vector.model, **vector.arguments).graph)
    return {
        place.key: place.entry.transform([np.zeros(weights[source].shape, "float32") for source in place.sources]).shape
        for place in places(_file(name))
        if place.sources
    }


@pytest.mark.parametrize("name", _marked(SMALL))
def test_its_arrays_are_those_of_the_published_model(name: str) -> None:
    assert _shapes(name) == {key: tuple(shape) for key, shape in vectors.read(name).weights.items()}


@pytest.mark.parametrize("name", _marked(TURNED))
def test_arrays_of_the_published_model_come_back(name: str) -> None:
    """What the tables make of a state dict for a graph, the file's state dict has as it was."""
    vector, file = vectors.read(name), _file(name)
    graph = archdsl.load(vector.model, **vector.arguments).graph
    drawn = vector.drawn_weights()
    _, found = find(graph, {key: array.shape for key, array in drawn.items()})
    arrays = state(file, {key: piece.of(drawn[piece.name]) for key, piece in found.items()})
    assert all(np.array_equal(arrays[key], array) for key, array in drawn.items())


def _answers(name: str, weights: Mapping[str, Any]) -> dict[str, Any]:
    """What the file's model says, loaded with the published model's arrays under their own names."""
    from tests.pytorch.running import module_of, outputs, torch

    vector, file = vectors.read(name), _file(name)
    model = getattr(module_of(file.text), file.graph.name)()
    state = {key: torch.from_numpy(np.array(array)) for key, array in weights.items()}
    counted = {key: value for key, value in model.state_dict().items() if not value.is_floating_point()}
    model.load_state_dict(state | counted, strict=True)
    given = {port.name: vector.drawn_images() for port in file.graph.inputs}
    found = outputs(file.graph, model.eval(), given, file, torch.float32)
    return found if len(found) > 1 else {"logits": next(iter(found.values()))}


def _error(name: str, weights: Mapping[str, Any]) -> float:
    vector = vectors.read(name)
    found = _answers(name, weights)
    errors = []
    for output in vector.outputs:
        wanted = vector.expected(output)
        answer = vectors.kept(np.asarray(found[output])) if found[output].ndim > 2 else found[output]
        errors.append(float(np.abs(answer - wanted).max() / np.abs(wanted).max()))
    return max(errors)


@pytest.mark.parametrize("name", _marked(ANSWERING))
def test_it_answers_as_the_published_model(name: str) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    assert _error(name, vectors.read(name).drawn_weights()) < 1e-5


def test_a_swap_of_equal_shapes_is_seen() -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    weights = dict(vectors.read("resnet18").drawn_weights())
    one, other = "layer1.0.conv1.weight", "layer1.0.conv2.weight"
    weights[one], weights[other] = weights[other], weights[one]
    assert _error("resnet18", weights) > 1e-3


def test_the_library_s_own_state_dict_loads() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    from tests.pytorch.running import module_of

    reference = torchvision().models.swin_t(num_classes=10).eval()  # with a buffer of indices
    graph = archdsl.load("swin_t", classes=10).graph
    model = getattr(module_of(written(graph, "torchvision").text), graph.name)().eval()
    model.load_state_dict(reference.state_dict(), strict=True)
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        assert (model(x) - reference(x)).abs().max() < 1e-5 * reference(x).abs().max()


def test_a_model_without_names_is_refused() -> None:
    with pytest.raises(NoNames, match="torchvision has no names for LeNet5"):
        written(archdsl.load("lenet5").graph, "torchvision")
    with pytest.raises(NoNames, match="torchvision has no names for MixerS32; timm has"):
        written(archdsl.load("mixer_s32").graph, "torchvision")


def test_a_source_that_there_is_not() -> None:
    with pytest.raises(NoNames, match="did you mean torchvision"):
        written(archdsl.load("resnet18").graph, "torchvison")
    with pytest.raises(NoNames, match="there are those of timm and torchvision"):
        written(archdsl.load("resnet18").graph, "jax")
