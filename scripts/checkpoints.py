"""``archdsl/weights/published/checkpoints/*.toml``: the weights that reference packages publish, as they state it.

``python -m scripts.checkpoints keras``, ``torchvision`` or ``timm``, in an environment that has the package, writes its
file. Nothing is downloaded. A model is listed if a table of names makes the arrays of the reference its own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from math import floor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import archdsl
from archdsl.ops.input import Normalize
from archdsl.weights import WeightsError
from archdsl.weights.published import find
from scripts.strict import OF_TIMM, OF_TORCHVISION

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "archdsl" / "weights" / "published" / "checkpoints"

Entry = dict[str, Any]

KERAS = {
    **{f"convnext_{size}": f"ConvNeXt{size.title()}" for size in ("tiny", "small", "base")},
    **{f"densenet{depth}": f"DenseNet{depth}" for depth in (121, 169, 201)},
    **{f"efficientnet_b{i}": f"EfficientNetB{i}" for i in range(8)},
    **{f"efficientnet_v2_{kind.lower()}": f"EfficientNetV2{kind}" for kind in ("B0", "B1", "B2", "B3", "S", "M", "L")},
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet_v1": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_large": "MobileNetV3Large",
    "mobilenet_v3_small": "MobileNetV3Small",
    "nasnet_large": "NASNetLarge",
    "nasnet_mobile": "NASNetMobile",
    **{f"resnet{depth}_v1": f"ResNet{depth}" for depth in (50, 101, 152)},
    **{f"resnet{depth}_v2": f"ResNet{depth}V2" for depth in (50, 101, 152)},
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}
"""What keras.applications calls our models."""
TORCHVISION = {
    **{f"densenet{depth}": f"densenet{depth}" for depth in (121, 169, 201)},
    **{f"swin_{size}": f"swin_{size}" for size in "tsb"},
    **{f"vgg{depth}": f"vgg{depth}" for depth in (16, 19)},
    **{f"vit_{size}{patch}": f"vit_{size}_{patch}" for size, patch in (("b", 16), ("b", 32), ("l", 16))},
    **{ours: theirs for ours, theirs, _ in OF_TORCHVISION},
}
"""What torchvision calls those of which tests/conformance/vectors has no answers of torchvision's."""
TIMM = {
    **{f"nfnet_f{i}": f"dm_nfnet_f{i}" for i in (1, 2)},
    **{f"bit_{kind}": f"resnetv2_{kind}_bit" for kind in ("101x3", "152x2", "152x4")},
    **{ours: theirs for ours, theirs, _ in OF_TIMM},
}
"""The same of timm."""


def named(package: str, more: Mapping[str, str]) -> dict[str, str]:
    """What a package calls our models: those that vectors have answers of, and more."""
    found = {}
    for path in sorted((ROOT / "tests" / "conformance" / "vectors").iterdir()):
        vector = json.loads(path.read_text(encoding="utf-8"))
        if match := re.fullmatch(rf"{package} [^:]*: (?:create_model )?(\w+)(?: with .*)?", vector["reference"]):
            found[vector["model"]] = match[1]
    return {**found, **more}


def arguments(model: str, shapes: Mapping[str, Sequence[int]], size: int, classes: int) -> dict[str, int] | None:
    """The fewest with which our model has these arrays; ``None`` if none do."""
    tried: Sequence[dict[str, Any]] = ({}, {"size": size}, {"classes": classes}, {"size": size, "classes": classes})
    for given in tried:
        try:
            find(archdsl.load(model, **given).graph, shapes)
        except (WeightsError, archdsl.ArchError):
            continue
        return given
    return None


def normalisation(model: str, given: Mapping[str, Any], mean: Sequence[float], std: Sequence[float]) -> Entry:
    """What is left to do before the model, which may begin with these means and deviations itself, for 0 to 255.

    Raises:
        ValueError: it begins with others.
    """
    first = archdsl.load(model, **given).graph.nodes[0].op
    if not isinstance(first, Normalize) or first.mean is None:
        return {"mean": list(mean), "std": list(std)}
    assert isinstance(first.mean, tuple)
    assert isinstance(first.variance, tuple)
    own = zip(first.mean, first.variance, mean, std, strict=True)
    if any(abs(a / 255 - m) > 1e-3 or abs(v**0.5 / 255 - s) > 1e-3 for a, v, m, s in own):
        raise ValueError(f"{model} normalises by other numbers than {mean}, {std}")
    return {"range": [0, 255], "mean": [0.0] * len(mean), "std": [1.0] * len(std)}


# --- keras.applications -----------------------------------------------------------------------------------------------


class _Found(Exception):
    """Ends the making of a model with its weights, before they are fetched."""

    def __init__(self, file: str, url: str, digest: str) -> None:
        super().__init__(url)
        self.stated = url, digest, file


def _get_file(name: str, origin: str, file_hash: str = "", **_: Any) -> str:
    raise _Found(name, origin, file_hash)


def keras_stated(name: str) -> tuple[str, str, str]:
    """The URL and the digest of the file that a model of keras.applications would fetch, and what it would call it.

    Some have no digest.
    """
    import keras

    make: Any = getattr(keras.applications, name)
    with patch("keras.src.utils.file_utils.get_file", _get_file):
        try:
            make(weights="imagenet")
        except _Found as found:
            return found.stated
    raise AssertionError(f"{name} fetches nothing")


def keras_preprocessing(name: str, size: int) -> Entry:
    """What the module's ``preprocess_input`` does, in our terms: it is affine, and may swap channels."""
    import keras
    import numpy as np

    module: Any = sys.modules[getattr(keras.applications, name).__module__]
    ramp = np.zeros((1, 2, 3, 3), dtype="float32")
    ramp[0, 1] = 255 * np.eye(3)
    found = module.preprocess_input(ramp.copy())
    low, slopes = found[0, 0, 0], found[0, 1] - found[0, 0]
    is_bgr = bool(slopes[0, 0] == 0)
    slope = slopes[:, ::-1].diagonal() if is_bgr else slopes.diagonal()
    factors = [float(each) / 255 for each in (slope[::-1] if is_bgr else slope)]
    mean = [round(-float(each) / factor, 3) + 0.0 for each, factor in zip(low, factors, strict=True)]
    std = [round(1 / factor, 3) for factor in factors]
    return {
        "size": [size, size],
        "resize": size,
        "interpolation": "bilinear",
        "range": [0, 255],
        "mean": mean,
        "std": std,
        "channels": "bgr" if is_bgr else "rgb",
    }


def of_keras() -> Iterator[Entry]:
    import keras

    for model, name in KERAS.items():
        keras.utils.clear_session()
        url, digest, file = keras_stated(name)
        (port, *_) = archdsl.load(model).graph.inputs
        size = port.shape[0]
        assert isinstance(size, int)
        yield {
            "model": model,
            "code": name,
            "name": "imagenet",
            "url": url,
            **({"file": file} if not url.endswith(f"/{file}") else {}),
            **({"digest": f"{'sha256' if len(digest) == 64 else 'md5'}:{digest}"} if digest else {}),
            "licence": "Apache-2.0",
            "preprocessing": keras_preprocessing(name, size),
        }


# --- torchvision ------------------------------------------------------------------------------------------------------


def of_torchvision() -> Iterator[Entry]:
    import torch
    import torchvision

    for model, name in named("torchvision", TORCHVISION).items():
        known = torchvision.models.get_model_weights(name)
        for weights in sorted(known, key=lambda weights: weights != known.DEFAULT):
            how = weights.transforms()
            crop, resize = (getattr(how, key, [0])[0] for key in ("crop_size", "resize_size"))
            classes = len(weights.meta["categories"] or ())
            if not classes:
                print(f"left out: {model}, {weights}")
                continue
            takes = signature(torchvision.models.get_model_builder(name)).parameters
            options: dict[str, Any] = {"weights_backbone": None} if "weights_backbone" in takes else {}
            options |= {"aux_logits": True, "init_weights": False} if name == "googlenet" else {}
            with torch.device("cpu" if name.startswith("regnet") else "meta"):  # whose sizes are computed by tensors
                reference = torchvision.models.get_model(name, num_classes=classes, **options)
            given = arguments(model, _shapes(reference), crop, classes)
            if given is None or not crop:
                print(f"left out: {model}, {weights}")
                continue
            try:
                numbers = normalisation(model, given, how.mean, how.std)
            except ValueError as error:
                print(f"left out: {model}, {weights}: {error}")
                continue
            digest = re.fullmatch(r".*-([0-9a-f]{8,})\.pth", weights.url)
            assert digest, weights.url
            yield {
                "model": model,
                **({"arguments": given} if given else {}),
                "code": name,
                "name": weights.name,
                "url": weights.url,
                "digest": f"sha256:{digest[1]}",
                **({"classes": classes} if classes != 1000 else {}),
                "licence": "BSD-3-Clause",
                "preprocessing": {
                    "size": [crop, crop],
                    "resize": resize,
                    "interpolation": how.interpolation.value,
                    **numbers,
                },
            }


def _shapes(reference: Any) -> dict[str, Sequence[int]]:
    return {name: tuple(each.shape) for name, each in reference.state_dict().items() if each.is_floating_point()}


# --- timm -------------------------------------------------------------------------------------------------------------


def of_timm() -> Iterator[Entry]:
    import timm
    import torch

    for model, name in named("timm", TIMM).items():
        with torch.device("meta"):
            reference = timm.create_model(name)
        default = timm.get_pretrained_cfg(name).tag
        tags = [each.partition(".")[2] for each in timm.list_pretrained(f"{name}.*")]
        for tag in sorted(tags, key=lambda tag: tag != default):
            config = timm.get_pretrained_cfg(f"{name}.{tag}")
            size = config.input_size[1]
            modes = {"center": floor(size / config.crop_pct), "squash": [floor(size / config.crop_pct)] * 2}
            if not config.hf_hub_id or config.crop_mode not in modes or config.num_classes != reference.num_classes:
                print(f"left out: {model}, {name}.{tag}: {config.crop_mode}, {config.num_classes} classes")
                continue
            given = arguments(model, _shapes(reference), size, config.num_classes)
            if given is None:
                print(f"left out: {model}, {name}.{tag}: no table of names")
                continue
            try:
                numbers = normalisation(model, given, config.mean, config.std)
            except ValueError as error:
                print(f"left out: {model}, {name}.{tag}: {error}")
                continue
            yield {
                "model": model,
                **({"arguments": given} if given else {}),
                "code": name,
                "name": tag,
                "url": f"https://huggingface.co/{config.hf_hub_id}/resolve/main/model.safetensors",
                **({"classes": config.num_classes} if config.num_classes != 1000 else {}),
                "licence": config.license,
                "preprocessing": {
                    "size": [size, size],
                    "resize": modes[config.crop_mode],
                    "interpolation": config.interpolation,
                    **numbers,
                },
            }


# --- the files --------------------------------------------------------------------------------------------------------

LIBRARIES = {"keras": of_keras, "torchvision": of_torchvision, "timm": of_timm}


def written(library: str, entries: Sequence[Entry]) -> str:
    """The file of a library. The first checkpoint of a model is its default: what the library itself would take."""
    how = f"written by `python -m scripts.checkpoints {library}`"
    lines = [f"# Weights that {library} publishes, as it states them; {how}."]
    for entry in entries:
        lines += ["", "[[checkpoint]]", *(f"{key} = {_value(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """
    >>> _value({"size": [224, 224], "channels": "rgb", "scale": 0.5})
    '{ size = [224, 224], channels = "rgb", scale = 0.5 }'
    """
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(each)}' for key, each in value.items())} }}"
    return json.dumps(value)


if __name__ == "__main__":
    (asked,) = sys.argv[1:]
    found = [*LIBRARIES[asked]()]
    (FOLDER / f"{asked}.toml").write_text(written(asked, found), encoding="utf-8")
    print(f"{len(found)} checkpoints")
