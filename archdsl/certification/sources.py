"""Runs the original code of published weights with the weights as published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from inspect import signature
from typing import Any, Final, NamedTuple

import numpy as np

from archdsl.certification.ours import Answers
from archdsl.certification.places import Place, as_ours
from archdsl.graph.model import Graph
from archdsl.ops.input import Normalize
from archdsl.weights import Weights


class CannotRun(Exception):
    """The reason why a source cannot be run."""


class Ran(NamedTuple):
    """The outputs of a source."""

    code: str
    """What was run, with versions."""
    places: tuple[Place, ...]
    """The first of each stage that both have."""
    answers: Answers


def run(library: str, code: str, graph: Graph, weights: Weights, inputs: Mapping[str, Any], at: Sequence[Place]) -> Ran:
    """The outputs of a library's model, called ``code`` there, with the weights of an open file.

    Raises:
        CannotRun: the library is not known or not installed, or its model is not of this size.
    """
    if library not in _LIBRARIES:
        raise CannotRun(f"archdsl knows no code of {library} to run")
    packages, runs = _LIBRARIES[library]
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise CannotRun(f"not installed: {', '.join(missing)}")
    if len(inputs) != 1 or len(graph.outputs) != 1:
        raise CannotRun("the model has several inputs or outputs")
    (image,) = inputs.values()
    try:
        found, output = runs(code, graph, weights, image, at)
    except (RuntimeError, TypeError, ValueError) as error:  # as frameworks raise them for sizes that a model has not
        raise CannotRun(f"{code} refuses: {str(error).strip().partition(chr(10))[0]}") from error
    (port,) = graph.outputs
    seen = {place.stage: place for place in reversed(at) if place.path in found}
    kept = tuple(place for place in at if seen.get(place.stage) is place)
    answers = {**{(place.path, False): found[place.path] for place in kept}, (port.name, True): output}
    versions = ", ".join(f"{name.replace('_', '-')} {version(name.replace('_', '-'))}" for name in packages)
    return Ran(f"{versions}: {code}", kept, answers)


def _classes(graph: Graph) -> int:
    size = graph.outputs[0].shape[-1]
    assert isinstance(size, int)
    return size


# --- PyTorch ----------------------------------------------------------------------------------------------------------


def _torchvision(code: str, graph: Graph) -> Any:
    import torchvision

    takes = signature(torchvision.models.get_model_builder(code)).parameters
    options: dict[str, Any] = {"weights_backbone": None} if "weights_backbone" in takes else {}
    return torchvision.models.get_model(code, weights=None, num_classes=_classes(graph), **options)


def _timm(code: str, graph: Graph) -> Any:
    import timm

    size = graph.inputs[0].shape[0]
    config = timm.get_pretrained_cfg(code)
    sized = {"img_size": size} if config.fixed_input_size and config.input_size[1] != size else {}
    return timm.create_model(code, num_classes=_classes(graph) if config.num_classes else 0, **sized)


def _efficientnet_lite(code: str, graph: Graph) -> Any:
    import efficientnet_lite_pytorch

    return efficientnet_lite_pytorch.EfficientNet.from_name(code, num_classes=_classes(graph))


def _of_torch(make: Callable[[str, Graph], Any]) -> Callable[..., tuple[dict[str, Any], Any]]:
    def runs(code: str, graph: Graph, weights: Weights, image: Any, at: Sequence[Place]) -> tuple[dict[str, Any], Any]:
        import torch

        model = make(code, graph).eval()
        state = {name: torch.from_numpy(np.array(array.read())) for name, array in weights.arrays.items()}
        found = model.load_state_dict(state, strict=False)
        floats = {name for name, value in model.state_dict().items() if value.is_floating_point()}
        wrong = [name for name in found.missing_keys if name in floats]
        wrong += [name for name in found.unexpected_keys if state[name].is_floating_point()]
        if wrong:
            raise CannotRun(f"its weights have other names than the file's: {', '.join(wrong[:3])}")
        modules, seen = dict(model.named_modules()), dict[str, Any]()

        def watch(place: Place) -> Any:
            def look(_module: Any, given: tuple[Any, ...]) -> None:
                if given and isinstance(given[0], torch.Tensor) and place.stage not in stages:
                    value = as_ours(given[0].numpy(), place.shape, channels_first=True)
                    if value is not None:
                        stages.add(place.stage)
                        seen[place.path] = value.copy()

            return modules[place.module].register_forward_pre_hook(look)

        stages = set[str]()
        handles = [watch(place) for place in at if place.module in modules]
        with torch.no_grad():
            output = model(torch.from_numpy(np.moveaxis(_normalised(graph, image), -1, 1).copy()))
        for handle in handles:
            handle.remove()
        answer = as_ours(output.numpy(), [_known(size) for size in graph.outputs[0].shape], channels_first=True)
        if answer is None:
            raise CannotRun(f"it answers {[*output.shape[1:]]}")
        return seen, answer

    return runs


def _normalised(graph: Graph, image: Any) -> Any:
    """The source's input: if ours begins with a normalisation by given statistics, it is preprocessing there."""
    first = graph.nodes[0].op
    if not isinstance(first, Normalize) or first.mean is None:
        return image
    mean, variance = (np.array(given, dtype="float32") for given in (first.mean, first.variance))
    return (image - mean) / np.sqrt(variance)


def _known(size: Any) -> int:
    if not isinstance(size, int):
        raise CannotRun("the output has no size that is known")
    return size


# --- Keras ------------------------------------------------------------------------------------------------------------


def _keras(code: str, graph: Graph, weights: Weights, image: Any, at: Sequence[Place]) -> tuple[dict[str, Any], Any]:
    import keras

    keras.utils.clear_session()  # so that layers without a name of their own are counted from the first
    make: Any = getattr(keras.applications, code)
    model = make(weights=None, input_shape=image.shape[1:], classes=_classes(graph), classifier_activation=None)
    model.load_weights(weights.file)
    layers = {layer.name: layer for layer in model.layers}
    found: dict[str, Any] = {}
    stages = set[str]()
    for place in at:
        layer = layers.get(place.module)
        tensor = None if layer is None else layer.input
        if tensor is None or place.stage in stages or tuple(tensor.shape[1:]) != place.shape:
            continue
        stages.add(place.stage)
        found[place.path] = tensor
    whole = keras.Model(model.inputs, {"output": model.output, **found})
    answers = {name: np.asarray(value) for name, value in whole([image], training=False).items()}
    return answers, answers.pop("output")


_LIBRARIES: Final[Mapping[str, tuple[tuple[str, ...], Callable[..., tuple[dict[str, Any], Any]]]]] = {
    "torchvision": (("torchvision", "torch"), _of_torch(_torchvision)),
    "timm": (("timm", "torch"), _of_torch(_timm)),
    "efficientnet-lite-pytorch": (("efficientnet_lite_pytorch", "torch"), _of_torch(_efficientnet_lite)),
    "keras": (("keras",), _keras),
}
"""The packages that have the code, and what runs it."""
