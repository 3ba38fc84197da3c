"""Asks transformers, diffusers, torchvision and others for the answers of vectors/*.json that test_tasks.py lists.

The tests read those files and need no PyTorch. To write them anew, in an environment that has it:
``pip install torch==2.13.0 torchvision==0.28.0 transformers==5.24.0 diffusers==0.42.1 ultralytics==8.3.253`` and
``efficientnet-lite-pytorch==0.1.0``, then ``python -m tests.conformance.regenerate.torch_tasks``; with names of models,
of them alone. Ultralytics is under AGPL-3.0: none of its code is here, and only who writes yolov8n.json anew needs it.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from tests.conformance.vectors import Vector, kept

CLASSES = 10

Answer = Callable[[nn.Module, Tensor], Mapping[str, Tensor]]
"""What the reference says to images, by our names of the outputs; channels last, where it is a map."""


@dataclass(frozen=True)
class Case:
    """One of our models, and how the library makes and asks it."""

    library: str
    theirs: str
    size: int
    make: Callable[[], nn.Module]
    answer: Answer
    factors: dict[str, float] = field(default_factory=dict)
    constants: str = " "
    """Arrays that are computed and no weights have this in their names."""
    given: dict[str, list[list[float]]] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=lambda: {"classes": CLASSES})
    model: str = ""
    """Ours, where the vector's name is another."""


def reference(name: str, case: Case) -> tuple[nn.Module, Vector]:
    """The reference with drawn weights and statistics, and the question without its answer."""
    versions = ", ".join(f"{each} {importlib.metadata.version(each)}" for each in (case.library, "torch"))
    model = case.make().eval()
    arrays = {
        name: array
        for name, array in model.state_dict().items()
        if array.is_floating_point() and case.constants not in name
    }
    question = Vector(
        reference=f"{versions}: {case.theirs}",
        model=case.model or name,
        arguments={"size": case.size, **case.classes},
        images=[2, case.size, case.size, 3],
        weights={name: list(array.shape) for name, array in arrays.items()},
        outputs={},
        factors=case.factors,
        given=case.given,
    )
    with torch.no_grad():
        for array, values in question.drawn_weights().items():
            arrays[array].copy_(torch.from_numpy(values))
    return model, question


def ask(name: str, case: Case) -> Vector:
    """The reference's answer, with drawn weights and statistics for drawn images."""
    model, question = reference(name, case)
    with torch.no_grad():
        answers = case.answer(model, torch.from_numpy(question.drawn_images()).permute(0, 3, 1, 2))
    return replace(question, outputs={name: kept(value.numpy()).tolist() for name, value in answers.items()})


def channels_last(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1)


# --- transformers -----------------------------------------------------------------------------------------------------


class QuickGELU(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


def cvt(widths: list[int], depths: list[int], heads: list[int]) -> nn.Module:
    """With the activation of the authors' code, which trained the checkpoints; transformers has GELU in its place."""
    import transformers

    config = transformers.CvtConfig(embed_dim=widths, depth=depths, num_heads=heads, num_labels=CLASSES)
    model = transformers.CvtForImageClassification(config)
    for stage in model.cvt.encoder.stages:
        for layer in stage.layers:
            layer.intermediate.activation = QuickGELU()
    return model


def segformer(widths: list[int], depths: list[int], decoder: int) -> nn.Module:
    import transformers

    config = transformers.SegformerConfig(
        hidden_sizes=widths, depths=depths, decoder_hidden_size=decoder, num_labels=CLASSES
    )
    return transformers.SegformerForSemanticSegmentation(config)


def logits(model: nn.Module, images: Tensor) -> Mapping[str, Tensor]:
    found = model(images).logits
    return {"logits": channels_last(found) if found.ndim == 4 else found}


# --- torchvision ------------------------------------------------------------------------------------------------------


def deeplab(backbone: str) -> nn.Module:
    import torchvision

    make = getattr(torchvision.models.segmentation, f"deeplabv3_{backbone}")
    return make(weights=None, weights_backbone=None, num_classes=CLASSES, aux_loss=True)


def segmentation(model: nn.Module, images: Tensor) -> Mapping[str, Tensor]:
    return {name: channels_last(maps) for name, maps in model(images).items()}


def retinanet() -> nn.Module:
    import torchvision

    make = torchvision.models.detection.retinanet_resnet50_fpn
    return make(weights=None, weights_backbone=None, num_classes=CLASSES)


def anchors(model: Any, images: Tensor) -> Mapping[str, Tensor]:
    """What the heads say of every anchor, before boxes are chosen."""
    found = model.head(list(model.backbone(images).values()))
    return {"logits": found["cls_logits"], "boxes": found["bbox_regression"]}


# --- diffusers --------------------------------------------------------------------------------------------------------


def ddpm() -> nn.Module:
    """As google/ddpm-cifar10-32 is configured."""
    import diffusers

    return diffusers.UNet2DModel(
        sample_size=32,
        block_out_channels=(128, 256, 256, 256),
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
        attention_head_dim=None,
    )


TIMES = [7.0, 250.0]


def noise_in(model: nn.Module, images: Tensor) -> Mapping[str, Tensor]:
    return {"logits": channels_last(model(images, torch.tensor(TIMES)).sample)}


# --- ultralytics ------------------------------------------------------------------------------------------------------


def yolo() -> nn.Module:
    from ultralytics.nn.tasks import DetectionModel

    return DetectionModel("yolov8n.yaml", nc=CLASSES, verbose=False)


def places(model: Any, images: Tensor) -> Mapping[str, Tensor]:
    """For each place the distances to the sides of its box, in cells of its map, and the scores."""
    head = model.model[-1]
    _, maps = model(images)
    rows = torch.cat([each.flatten(2) for each in maps], dim=2)
    boxes, scores = rows.split([4 * head.reg_max, CLASSES], dim=1)
    return {"logits": torch.cat([head.dfl(boxes), scores.sigmoid()], dim=1).transpose(1, 2)}


# --- efficientnet-lite-pytorch ----------------------------------------------------------------------------------------


def lite() -> nn.Module:
    from efficientnet_lite_pytorch import EfficientNet

    return EfficientNet.from_name("efficientnet-lite0", num_classes=CLASSES)


def classes(model: nn.Module, images: Tensor) -> Mapping[str, Tensor]:
    return {"logits": model(images)}


RESIDUALS = {"bn3.weight": 0.2}
"""The last gain of each residual."""
SEGFORMERS = {
    "b0": ([32, 64, 160, 256], [2, 2, 2, 2], 256),
    "b1": ([64, 128, 320, 512], [2, 2, 2, 2], 256),
    "b2": ([64, 128, 320, 512], [3, 4, 6, 3], 768),
    "b3": ([64, 128, 320, 512], [3, 4, 18, 3], 768),
    "b4": ([64, 128, 320, 512], [3, 8, 27, 3], 768),
    "b5": ([64, 128, 320, 512], [3, 6, 40, 3], 768),
}
CVTS = {
    "cvt13": ([64, 192, 384], [1, 2, 10], [1, 3, 6]),
    "cvt21": ([64, 192, 384], [1, 4, 16], [1, 3, 6]),
    "cvt_w24": ([192, 768, 1024], [2, 2, 20], [3, 12, 16]),
}
CASES = {
    **{
        name: Case("transformers", f"CvtForImageClassification, {name}", 64, lambda shape=shape: cvt(*shape), logits)
        for name, shape in CVTS.items()
    },
    **{
        f"segformer_{name}": Case(
            "transformers",
            f"SegformerForSemanticSegmentation, {name}",
            64,
            lambda shape=shape: segformer(*shape),
            logits,
        )
        for name, shape in SEGFORMERS.items()
    },
    # Maps of 38 by 38 are larger than the largest rate, so that every weight of the pyramid is used.
    **{
        f"deeplabv3_resnet{depth}": Case(
            "torchvision",
            f"deeplabv3_resnet{depth}",
            297,
            lambda depth=depth: deeplab(f"resnet{depth}"),
            segmentation,
            RESIDUALS,
        )
        for depth in (50, 101)
    },
    "retinanet_resnet50": Case("torchvision", "retinanet_resnet50_fpn", 128, retinanet, anchors, RESIDUALS),
    "ddpm": Case(
        "diffusers", "UNet2DModel", 32, ddpm, noise_in, given={"time": [[time] for time in TIMES]}, classes={}
    ),
    "efficientnet_lite0_original": Case(
        "efficientnet-lite-pytorch", "efficientnet-lite0", 224, lite, classes, model="efficientnet_lite0"
    ),
    "yolov8n": Case("ultralytics", "DetectionModel yolov8n", 64, yolo, places, constants="dfl"),
}

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        found = ask(name, CASES[name])
        found.write(name)
        print(found.reference, {output: float(found.expected(output).std()) for output in found.outputs}, flush=True)
