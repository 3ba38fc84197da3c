"""Asks torchvision and timm for the logits of vectors/*.json that are of their CNNs.

The tests read those files and need no PyTorch. To write them anew, in an environment that has it:
``pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31``, then
``python -m tests.conformance.regenerate.torch_cnn``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import NamedTuple

import timm
import torch
import torchvision

from tests.conformance.vectors import Vector

CLASSES = 10


class Case(NamedTuple):
    """One of our models, and what the library calls it."""

    model: str
    theirs: str
    size: int
    aux: bool = False
    factors: dict[str, float] = {}  # noqa: RUF012
    file: str = ""
    library: ModuleType = torchvision


# The last gain of each residual.
BASIC, BOTTLENECK = ({f"bn{last}.weight": 0.2} for last in (2, 3))
# Its name gives it the scale of a bias, with which attention is but a choice, and small errors are large.
ATTENTION = {"in_proj_weight": 0.2}
REGNET = {"f.c.1.weight": 0.2}
SMALL, LARGE = ("400mf", "800mf"), ("8gf", "16gf", "32gf")
REGNETS = {f"{kind}{flops}": f"{kind}_{flops}" for kind in "xy" for flops in (*SMALL, *LARGE)}
REGNETS |= {f"{kind}{flops}00mf": f"{kind}_{flops[0]}_{flops[1]}gf" for kind in "xy" for flops in ("16", "32")}


def reference(case: Case) -> tuple[torch.nn.Module, Vector]:
    """The reference with drawn weights and statistics, and the question without its answer."""
    options = {"aux_logits": case.aux, "init_weights": False} if case.theirs == "googlenet" else {}
    options |= {"image_size": case.size} if case.theirs.startswith("vit_") else {}
    make = timm.create_model if case.library is timm else torchvision.models.get_model
    model = make(case.theirs, num_classes=CLASSES, **options).eval()
    if case.theirs.startswith("vgg"):  # images of 32 pixels leave one place, which torchvision would repeat 49 times
        model.avgpool, model.classifier[0] = torch.nn.Identity(), torch.nn.Linear(512, 4096)
    heads = " with auxiliary classifiers" if case.aux else ""
    library = f"{case.library.__name__} {case.library.__version__}"
    arrays = {name: array for name, array in model.state_dict().items() if array.is_floating_point()}
    question = Vector(
        reference=f"{library}, torch {torch.__version__}: {case.theirs}{heads}",
        model=case.model,
        arguments={"classes": CLASSES, "size": case.size},
        images=[2, case.size, case.size, 3],
        weights={name: list(array.shape) for name, array in arrays.items()},
        outputs={},
        factors=case.factors,
    )
    # GoogLeNet asks its auxiliary classifiers only in training; its layers stay as in inference.
    model.training = case.aux
    with torch.no_grad():
        for name, values in question.drawn_weights().items():
            arrays[name].copy_(torch.from_numpy(values))
    return model, question


def answers(model: torch.nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the reference says to images, by our names of the outputs."""
    answer = model(images)
    if isinstance(answer, torch.Tensor):
        return {"logits": answer}
    return {"logits": answer.logits, "aux1": answer.aux_logits1, "aux2": answer.aux_logits2}


def ask(case: Case) -> Vector:
    """The reference's answer, with drawn weights and statistics for drawn images."""
    model, question = reference(case)
    with torch.no_grad():
        outputs = answers(model, torch.from_numpy(question.drawn_images()).permute(0, 3, 1, 2))
    return replace(question, outputs={name: logits.tolist() for name, logits in outputs.items()})


# At 191 pixels AlexNet pools maps of 5 by 5 to 6 by 6, at 96 GoogLeNet's auxiliary classifiers pool 6 by 6 to 4 by 4.
CASES = [
    Case("alexnet", "alexnet", 191),
    Case("googlenet_bn", "googlenet", 64),
    Case("googlenet_bn_aux", "googlenet", 96, aux=True),
    Case("resnet18", "resnet18", 64, factors=BASIC),
    Case("resnet34", "resnet34", 64, factors=BASIC),
    Case("resnet50", "resnet50", 64, factors=BOTTLENECK),
    Case("resnet50", "resnet50", 225, factors={"bn3.weight": 0.1}, file="resnet50_odd"),
    Case("resnet101", "resnet101", 64, factors=BOTTLENECK),
    Case("resnet152", "resnet152", 64, factors=BOTTLENECK),
    *(Case(f"shufflenet_v2_x{x}", f"shufflenet_v2_x{x[0]}_{x[1]}", 64) for x in ("05", "10", "15", "20")),
    *(Case(f"regnet_{ours}", f"regnet_{theirs}", 64, factors=REGNET) for ours, theirs in REGNETS.items()),
    Case("squeezenet10", "squeezenet1_0", 64),
    Case("squeezenet11", "squeezenet1_1", 65),
    Case("resnext50", "resnext50_32x4d", 64, factors=BOTTLENECK),
    Case("resnext101", "resnext101_32x8d", 64, factors=BOTTLENECK),
    Case("resnext101_g64", "resnext101_64x4d", 64, factors=BOTTLENECK),
    Case("wide_resnet50", "wide_resnet50_2", 64, factors=BOTTLENECK),
    Case("wide_resnet101", "wide_resnet101_2", 64, factors=BOTTLENECK),
    *(Case(f"vgg{depth}{norm}", f"vgg{depth}{norm}", 32) for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    *(Case(f"densenet{n}", f"densenet{n}", 64, file=f"densenet{n}_torchvision") for n in (121, 169, 201)),
    Case("vit_b16", "vit_b_16", 32, factors=ATTENTION, file="vit_b16_torchvision"),
    Case("vit_b32", "vit_b_32", 64, factors=ATTENTION, file="vit_b32_torchvision"),
    Case("vit_l16", "vit_l_16", 32, factors=ATTENTION, file="vit_l16_torchvision"),
    *(Case(f"seresnet{depth}", f"seresnet{depth}", 64, factors=BOTTLENECK, library=timm) for depth in (50, 101, 152)),
    Case("seresnext50", "seresnext50_32x4d", 64, factors=BOTTLENECK, library=timm),
    Case("senet154", "senet154", 64, factors=BOTTLENECK, library=timm),
    *(Case(f"res2net{n}", f"res2net{n}_26w_4s", 64, factors=BOTTLENECK, library=timm) for n in (50, 101)),
    *(
        Case(f"repvgg_{kind}", f"repvgg_{kind}", 64, factors={"bn.weight": 0.6, "identity.weight": 0.6}, library=timm)
        for kind in ("a0", "a1", "a2", "b0", "b1")
    ),
]

if __name__ == "__main__":
    # Some of them by name, or all.
    asked = set(sys.argv[1:]) or {case.model for case in CASES}
    for case in (case for case in CASES if {case.model, case.file} & asked):
        answer = ask(case)
        answer.write(case.file or case.model)
        print(answer.reference, {name: float(answer.expected(name).std()) for name in answer.outputs})
