"""What was measured of models beside the published ones that they are: a section of ``docs/exports.md``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts import keras_files
from scripts.exports.measure import LIMIT
from scripts.strict import results
from scripts.zoo import families, models_of

LIBRARIES = ("torchvision", "timm", "keras.applications")
_CONFORMANCE = Path(__file__).parent.parent.parent / "tests" / "conformance" / "results.toml"

_TEXT = """\
## Names of published models

For torchvision and timm: [PyTorch code](pytorch.md#names-of-published-models) under the library's names is loaded with
the state dict of the library's own model, `strict=True`. A cell has what the library calls the model, how many entries
its state dict has and how many are on one side alone, and the error of the answers to two random images with random
weights, relative to the largest number (`python -m scripts.strict`). For keras.applications: how many arrays its `.h5`
has, laid out as by Keras 2, and how many are on one side alone (`python -m scripts.keras_files`); and the error of the
Keras model with the library's random arrays, each found by [its name](weights.md#published-checkpoints), in answers to
two images (`make conformance`). More than {limit:.0e}, for Keras 1e-04, is in bold.
"""

_REASONS: Mapping[str, tuple[str, ...]] = {
    "published nowhere": ("lenet5", "light_cifar", "hybrid", "ablation"),
    "as keras.applications has it, which pads, norms or is wired otherwise than torchvision and timm": (
        "resnet50_v1",
        "resnet_v2",
        "inception_v3",
        "inception_resnet_v2",
        "xception",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilenet_v3",
        "nasnet",
        "efficientnet",
        "efficientnet_v2",
    ),
    "as transformers has it": ("cvt", "segformer", "gpt2"),
    "as diffusers has it": ("ddpm",),
    "as Ultralytics has it": ("yolov8",),
}
"""Why families, by their specs, are in neither torchvision nor timm."""


def section() -> Iterator[str]:
    """Lines of the page."""
    yield from _TEXT.format(limit=LIMIT).splitlines()
    rows = dict(_rows())
    yield ""
    for library in LIBRARIES:
        cells = [row[library] for row in rows.values() if library in row]
        right = sum("**" not in cell for cell in cells)
        yield f"- {library}: {right} of {len(cells)} load and answer alike"
    yield from ("", f"| model | {' | '.join(LIBRARIES)} |", f"|---|{'---|' * len(LIBRARIES)}")
    for name, row in rows.items():
        yield f"| `{name}` | {' | '.join(row.get(library, '') for library in LIBRARIES)} |"
    yield ""
    yield "An empty cell is a model that the library has not, or that was not measured. In neither of the first two:"
    yield ""
    for reason, specs in _REASONS.items():
        yield f"- {', '.join(f'`{spec}`' for spec in specs)}: {reason}"


def _rows() -> Iterator[tuple[str, dict[str, str]]]:
    strict = results()
    files = keras_files.results()
    conformance = tomllib.loads(_CONFORMANCE.read_text(encoding="utf-8"))
    for name in sorted(name for family in families() for name in models_of(family)):
        row = {library: _cell(facts) for library, facts in strict.get(name, {}).items()}
        error = conformance.get(name, {}).get("errors", {}).get("keras.applications")
        if error is not None:
            known = files.get(name)
            row["keras.applications"] = _cell({**known, "error": error}, 1e-4) if known else _marked(error, 1e-4)
        if row:
            yield name, row


def _cell(facts: Mapping[str, Any], limit: float = LIMIT) -> str:
    left = f"**{facts['left']}**" if facts["left"] else "0"
    return f"`{facts['theirs']}`: {facts['keys']}, {left} left, {_marked(facts['error'], limit)}"


def _marked(error: float, limit: float) -> str:
    return f"{error:.0e}" if error < limit else f"**{error:.0e}**"
