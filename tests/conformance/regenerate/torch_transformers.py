"""Asks timm and torchvision for the logits of vectors/vit_*.json and vectors/swin_*.json.

The tests read those files and need no PyTorch. To write them anew, in an environment that has it:
``pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31``, then
``python -m tests.conformance.regenerate.torch_transformers``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import timm
import torch
import torchvision

from tests.conformance.drawn import draw
from tests.conformance.vectors import Vector

CLASSES = 10


class Case(NamedTuple):
    file: str
    model: str
    images: list[int]
    package: Any
    make: Callable[..., torch.nn.Module]
    theirs: tuple[str, ...]
    arguments: dict[str, int] = {}  # noqa: RUF012


def reference(case: Case) -> tuple[torch.nn.Module, Vector]:
    """The reference with drawn weights, and the question without its answer."""
    model = case.make(*case.theirs, num_classes=CLASSES).eval()
    shapes = {name: list(value.shape) for name, value in model.named_parameters()}
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(torch.from_numpy(draw(name, shapes[name])))
    question = Vector(
        reference=f"{case.package.__name__} {case.package.__version__}, torch {torch.__version__}: "
        + " ".join((case.make.__name__, *case.theirs)),
        model=case.model,
        arguments={"classes": CLASSES, **case.arguments},
        images=case.images,
        weights=shapes,
        outputs={},
    )
    return model, question


def ask(case: Case) -> Vector:
    """The reference's answer, with drawn weights for drawn images."""
    model, question = reference(case)
    with torch.no_grad():
        logits = model(torch.from_numpy(question.drawn_images()).permute(0, 3, 1, 2))
    return replace(question, outputs={"logits": logits.tolist()})


timms = timm, timm.create_model
CASES = [
    Case("vit_ti16", "vit_ti16", [2, 224, 224, 3], *timms, ("vit_tiny_patch16_224",)),
    Case("vit_b16", "vit_b16", [2, 224, 224, 3], *timms, ("vit_base_patch16_224",)),
    Case("swin_t", "swin_t", [2, 224, 224, 3], *timms, ("swin_tiny_patch4_window7_224",)),
    # Maps of 48, 24, 12 and 6: none is a multiple of the window, and one window covers the last. timm, unlike the
    # authors, rolls before it pads.
    Case("swin_t_padded", "swin_t", [2, 192, 192, 3], torchvision, torchvision.models.swin_t, (), {"size": 192}),
]

if __name__ == "__main__":
    for case in CASES:
        answer = ask(case)
        answer.write(case.file)
        print(answer.reference, answer.expected().std())
