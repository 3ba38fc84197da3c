"""Asks timm for the answers of vectors/*.json of the families that tests/conformance/test_timm.py lists.

The tests read those files and need no PyTorch. To write them anew, in an environment that has it:
``pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31``, then
``python -m tests.conformance.regenerate.timm_models``; with names of models, of them alone.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import NamedTuple

import timm
import torch

from tests.conformance.vectors import Vector

CLASSES = 10


class Case(NamedTuple):
    """One of our models, and what timm calls it."""

    model: str
    theirs: str
    size: int
    sized: bool = True
    """Whether the size of the image is an argument there."""
    head: bool = True
    factors: dict[str, float] = {}  # noqa: RUF012


RESMLP = {"ls1": 0.2, "ls2": 0.2}
"""Nothing norms the sum of its residuals."""
HRNET = {"bn2.weight": 0.2, "bn3.weight": 0.2, ".1.weight": 0.5, ".bias": 0.1, ".running_mean": 0.1}
"""The last gain of each residual, those of maps that are added, and what is the same for all images."""
NFNET = {"gain": 5}
"""Else the standardised kernels would hardly count beside what the residuals pass."""


def reference(case: Case) -> tuple[torch.nn.Module, Vector]:
    """The reference with drawn weights and statistics, and the question without its answer."""
    options = {"img_size": case.size} if case.sized else {}
    model = timm.create_model(case.theirs, num_classes=CLASSES if case.head else 0, **options).eval()
    arrays = {name: array for name, array in model.state_dict().items() if array.is_floating_point()}
    question = Vector(
        reference=f"timm {timm.__version__}, torch {torch.__version__}: create_model {case.theirs}",
        model=case.model,
        arguments={"size": case.size} | ({"classes": CLASSES} if case.head else {}),
        images=[2, case.size, case.size, 3],
        weights={name: list(array.shape) for name, array in arrays.items()},
        outputs={},
        factors=case.factors,
    )
    # A distilled DeiT gives both answers in training alone; its layers stay as in inference.
    model.distilled_training = model.training = "distilled" in case.theirs
    with torch.no_grad():
        for name, values in question.drawn_weights().items():
            arrays[name].copy_(torch.from_numpy(values))
    return model, question


def answers(model: torch.nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the reference says to images, by our names of the outputs."""
    answer = model(images)
    return {"head": answer[0], "head_dist": answer[1]} if isinstance(answer, tuple) else {"logits": answer}


def ask(case: Case) -> Vector:
    """The reference's answer, with drawn weights and statistics for drawn images."""
    model, question = reference(case)
    with torch.no_grad():
        outputs = answers(model, torch.from_numpy(question.drawn_images()).permute(0, 3, 1, 2))
    return replace(question, outputs={name: values.tolist() for name, values in outputs.items()})


CASES = [
    *(
        Case(f"deit_{ours}{end}", f"deit_{theirs}{end}_patch16_224", 48)
        for ours, theirs in (("ti", "tiny"), ("s", "small"), ("b", "base"))
        for end in ("", "_distilled")
    ),
    *(
        Case(f"dinov2{ours}", f"vit_{theirs}_patch14_reg4_dinov2", 42, head=False)
        for ours, theirs in (("s", "small"), ("b", "base"), ("l", "large"))
    ),
    *(Case(f"mixer_{kind}", f"mixer_{kind}_224", 96) for kind in ("s32", "s16", "b32", "b16", "l16")),
    *(Case(f"resmlp{depth}", f"resmlp_{depth}_224", 48, factors=RESMLP) for depth in (12, 24, 36)),
    Case("resmlp_b24", "resmlp_big_24_224", 48, factors=RESMLP),
    *(Case(f"poolformer_{kind}", f"poolformer_{kind}", 64, False) for kind in ("s12", "s24", "s36", "m36", "m48")),
    *(Case(f"mobilevit_{kind}", f"mobilevit_{kind}", 128, False) for kind in ("xxs", "xs", "s")),
    *(
        Case(f"cait_{kind}", f"cait_{kind}_{size}", 48)
        for size, kinds in ((224, ("xxs24", "xxs36", "s24")), (384, ("xs24", "s36", "m36")), (448, ("m48",)))
        for kind in kinds
    ),
    *(Case(f"coatnet{i}", f"coatnet_{i}_224", 96) for i in range(4)),
    *(
        Case(f"xcit_{ours}", f"xcit_{theirs}_p16_224", 48)
        for ours, theirs in (
            ("n12", "nano_12"),
            ("t12", "tiny_12"),
            ("s12", "small_12"),
            ("s24", "small_24"),
            ("m24", "medium_24"),
        )
    ),
    # Places are counted in units of a map of 16 by 16, which other sizes stretch.
    *(
        Case(f"eva02_{ours}", f"eva02_{theirs}_patch14_224", 224, head=False)
        for ours, theirs in (("ti", "tiny"), ("s", "small"), ("b", "base"), ("l", "large"))
    ),
    *(Case(f"hrnet_{kind}", f"hrnet_{kind}", 64, False, factors=HRNET) for kind in ("w18", "w30", "w32", "w48")),
    *(
        Case(f"convnextv2_{kind}", f"convnextv2_{kind}", 64, False)
        for kind in ("atto", "femto", "pico", "nano", "tiny", "base")
    ),
    *(
        Case(f"vit_{ours}", f"vit_{theirs}_224", 2 * int(theirs[-2:]))
        for ours, theirs in (("s16", "small_patch16"), ("b32", "base_patch32"), ("l16", "large_patch16"))
    ),
    *(Case(f"swin_{kind[0]}", f"swin_{kind}_patch4_window7_224", 224) for kind in ("small", "base")),
    # An odd size is halved unevenly, where TensorFlow pads otherwise than PyTorch.
    *(Case(f"efficientnet_lite{i}", f"tf_efficientnet_lite{i}", 75, False) for i in range(5)),
    Case("nfnet_f0", "dm_nfnet_f0", 64, False, factors=NFNET),
    *(Case(f"bit_{kind}", f"resnetv2_{kind}_bit", 64, False) for kind in ("50x1", "50x3", "101x1")),
]

if __name__ == "__main__":
    asked = set(sys.argv[1:]) or {case.model for case in CASES}
    for case in (case for case in CASES if case.model in asked):
        found = ask(case)
        found.write(case.model)
        print(found.reference, {name: float(found.expected(name).std()) for name in found.outputs}, flush=True)
