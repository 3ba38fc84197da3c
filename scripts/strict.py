"""Whether PyTorch code under the names of published models is what they are: state dicts and answers.

``python -m scripts.strict [MODEL…]`` needs PyTorch, torchvision and timm. For each bundled model that is there and was
not measured, or for those that are named, it writes the file under the library's names, loads its state dict strictly,
and compares the answers to two random images with random weights. What it finds is in ``tests/pytorch/strict.toml``.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent.parent / "tests" / "pytorch" / "strict.toml"


class Reference(NamedTuple):
    """A model of a library, and ours that is the same."""

    model: str
    library: str
    theirs: str
    make: Callable[[], Any]
    """The library's model with random weights, and the question: a ``Vector`` without answers."""
    answers: Callable[[Any, Any], Mapping[str, Any]]


def references() -> Iterator[Reference]:
    """Those that the vectors of ``tests/conformance`` are of, and more whose names there are."""
    import timm
    import torchvision

    from tests.conformance.regenerate import timm_models, torch_cnn, torch_tasks, torch_transformers

    def of(module: ModuleType, case: Any) -> Callable[[], Any]:
        return partial(module.reference, case)

    more = [torch_cnn.Case(*names, library=timm) for names in OF_TIMM]
    more += [torch_cnn.Case(*names, library=torchvision) for names in OF_TORCHVISION]
    for cnn in (*torch_cnn.CASES, *more):
        answers = _normalised if cnn.model.startswith("convnext_") else torch_cnn.answers
        case = cnn._replace(factors=_DEEP | cnn.factors)
        yield Reference(cnn.model, cnn.library.__name__, cnn.theirs, of(torch_cnn, case), answers)
    for model in timm_models.CASES:
        case_of_timm = model._replace(factors=_DEEP | model.factors)
        yield Reference(model.model, "timm", model.theirs, of(timm_models, case_of_timm), timm_models.answers)
    for each in torch_transformers.CASES:
        theirs = each.theirs[0] if each.theirs else each.make.__name__
        make = of(torch_transformers, each)
        yield Reference(each.model, each.package.__name__, theirs, make, _logits)
    for name, task in torch_tasks.CASES.items():
        if task.library == "torchvision":
            yield Reference(name, task.library, task.theirs, partial(torch_tasks.reference, name, task), task.answer)


_DEEP = {"bn3.weight": 0.5, "conv3.bn.weight": 0.2}
"""The last gains of residuals: without them sums grow with each, and what is rounded with them."""
_SIZES = ("tiny", "small", "base")
_FLOPS = {"800mf": "008", "1600mf": "016", "3200mf": "032", "8gf": "080", "16gf": "160", "32gf": "320"}
OF_TIMM = [
    *((f"resnet{depth}", f"resnet{depth}", 64) for depth in (18, 34, 50, 101, 152)),
    ("resnext50", "resnext50_32x4d", 64),
    ("resnext101", "resnext101_32x8d", 64),
    ("resnext101_g64", "resnext101_64x4d", 64),
    ("wide_resnet50", "wide_resnet50_2", 64),
    ("wide_resnet101", "wide_resnet101_2", 64),
    *((f"regnet_x{ours}", f"regnetx_{theirs}", 64) for ours, theirs in _FLOPS.items()),
    *(
        (f"regnet_y{ours}", f"regnety_{theirs}{'_tv' if theirs in ('008', '080') else ''}", 64)
        for ours, theirs in _FLOPS.items()
    ),
    ("regnet_x400mf", "regnetx_004_tv", 64),
    ("regnet_y400mf", "regnety_004", 64),
    *((f"convnext_{size}", f"convnext_{size}", 64) for size in _SIZES),
]
OF_TORCHVISION = [
    *((f"convnext_{size}", f"convnext_{size}", 64) for size in _SIZES),
]
"""Our models, theirs, and sizes of images."""


def _normalised(model: Any, images: Any) -> Mapping[str, Any]:
    """What a model answers whose normalisation is before it; in ours it is the first layer."""
    import torch

    means, deviations = (torch.tensor(values).view(3, 1, 1) for values in _IMAGENET)
    return {"logits": model((images - 255 * means) / (255 * deviations))}


_IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
"""Means and standard deviations of its channels."""


def _logits(model: Any, images: Any) -> Mapping[str, Any]:
    return {"logits": model(images)}


class Found(NamedTuple):
    """What was found of a model beside its reference."""

    theirs: str
    keys: int
    """Entries of the reference's state dict."""
    left: int
    """Entries of one side alone."""
    error: float
    """The largest difference of an answer, relative to its largest number; infinite if it did not load."""


def measure(reference: Reference) -> Found:
    import torch

    import archdsl
    from archdsl.backends.torch.file import written
    from tests.pytorch.running import module_of, outputs

    theirs, question = reference.make()
    graph = archdsl.load(reference.model, **question.arguments).graph
    file = written(graph, reference.library)
    model = getattr(module_of(file.text), graph.name)()
    state = theirs.state_dict()
    left = len(state.keys() ^ model.state_dict().keys())
    if left:
        return Found(reference.theirs, len(state), left, float("inf"))
    model.load_state_dict(state, strict=True)
    images = question.drawn_images()
    with torch.no_grad():
        wanted = reference.answers(theirs, torch.from_numpy(images).permute(0, 3, 1, 2))
    given = {port.name: images for port in graph.inputs}
    found = outputs(graph, model.eval(), given, file, torch.float32)
    if len(wanted) == 1:
        found = dict(zip(wanted, found.values(), strict=True))
    return Found(
        reference.theirs, len(state), 0, max(relative(found[name], value.numpy()) for name, value in wanted.items())
    )


def relative(found: Any, wanted: Any) -> float:
    """The largest difference, relative to the largest number wanted; infinite where one is no number."""
    import numpy

    if found.shape != wanted.shape or not numpy.isfinite(wanted).all():
        return float("inf")
    return float(numpy.abs(found - wanted).max() / numpy.abs(wanted).max())


def results() -> dict[str, dict[str, dict[str, Any]]]:
    """By model and library."""
    return tomllib.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def keep(model: str, library: str, found: Found) -> None:
    """Writes what was measured of a model, beside what is known of others, in the order of names."""
    known = results()
    known.setdefault(model, {})[library] = found._asdict()
    lines = ["# State dicts and answers beside published models: `python -m scripts.strict` writes it."]
    for name in sorted(known):
        forms = ", ".join(f"{of} = {{ {_figures(Found(**each))} }}" for of, each in sorted(known[name].items()))
        lines.append(f"{name} = {{ {forms} }}")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _figures(found: Found) -> str:
    return f'theirs = "{found.theirs}", keys = {found.keys}, left = {found.left}, error = {found.error:.2e}'


def _turn() -> Callable[[Reference], int]:
    """The first model of each family and library before the second ones."""
    seen = Counter[tuple[str, str]]()

    def turn(reference: Reference) -> int:
        family = reference.model.partition("_")[0].rstrip("0123456789"), reference.library
        seen[family] += 1
        return seen[family]

    return turn


def main(names: Sequence[str]) -> None:
    from archdsl.backends.torch.naming import NoNames

    known = results()
    for reference in sorted(references(), key=_turn()):
        if reference.model in names or (not names and reference.library not in known.get(reference.model, {})):
            try:
                found = measure(reference)
            except (NoNames, RuntimeError) as error:
                print(f"{reference.model}: {error}", flush=True)
                continue
            keep(reference.model, reference.library, found)
            print(f"{reference.model}: {found}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
