"""``docs/exports.md``, from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archdsl.summary.figures import human
from scripts.exports.forms import FORMS
from scripts.exports.measure import LIMIT
from scripts.exports.models import models
from scripts.exports.published import section
from scripts.exports.results import results

_TEXT = """\
# Other forms of a model

`archdsl compile SPEC -o OUT` writes what the ending of OUT says; `--to` names it. In Python, an architecture has a
method for each: `archdsl.load("resnet50").to_onnx("resnet50.onnx")`. All but those of code take `weights=` and
`partial=` as `build` does, and `--weights` and `--partial` on the command line, where PyTorch code has its weights
written beside it. Weights that no file gives are initialised, the same ones each time with `--seed`. Inputs and outputs
have the names and shapes of the spec, channels last, in all but [PyTorch code](pytorch.md), after the batch.

| form | file | written by | run by | batch |
|---|---|---|---|---|
| `keras` | `NAME.keras` | Keras | Keras | any |
| `python` | `NAME.py`, [code](keras-code.md) | archdsl | Keras | any |
| `torch` | `NAME.py`, [code](pytorch.md), weights in `NAME.safetensors` | archdsl | PyTorch 2.5 or later | any |
| `onnx` | `NAME.onnx` | archdsl, with `archdsl[onnx]` | ONNX Runtime 1.20 or later | any |
| `openvino` | `NAME.xml`, weights in `NAME.bin` | OpenVINO, with `archdsl[openvino]` | OpenVINO | any |
| `savedmodel` | folder `NAME.savedmodel`, any with `--to` | TensorFlow | TensorFlow, TensorFlow Serving | any |
| `litert` | `NAME.tflite` | TensorFlow | LiteRT, with `archdsl[litert]` | 1 |

## ONNX

`archdsl compile resnet50 -o resnet50.onnx` loads no framework. Opset 21 and IR version 10. Sizes that the spec leaves
open have its names. Each block is a local function, whose tensors are called by their paths within the block;
`--inline` writes one flat graph, as OpenVINO needs it. Arrays have the names that files of weights have
(`stem.conv/kernel`), in ONNX's order of axes. [ADR 27](adr/0027-onnx.md) says why.

## OpenVINO

`archdsl compile resnet50 --to openvino` loads no framework either: OpenVINO reads the flat graph of ONNX and writes
its own representation, in float32, with archdsl's version and the hash of the graph among its `rt_info`. On the CPU,
OpenVINO computes in lower precision where it has it (`INFERENCE_PRECISION_HINT`); the table was measured with `f32`.

## SavedModel and LiteRT

Both take Keras on TensorFlow. Their signature `serving_default` has the names of the spec for inputs and outputs. A
SavedModel goes to a folder, which is written whole and replaced only if it is a SavedModel: `--to savedmodel -o
models/resnet50/1` is what TensorFlow Serving looks for. A file for LiteRT has LiteRT's own kernels alone and takes
one image at a time, which is what its accelerators ask for. What it has no kernel for is an error at the op
(`no-kernel`): filters of `resize` and `upsample` wider than a bilinear one, and steps of many dimensions, as
attention over a volume. [ADR 35](adr/0035-forms-for-serving.md) says why.

## Every model

`make exports` measures the table: each model has random weights and statistics, the same ones in all forms, and
answers to one random image. A cell has the error, the size of the files, and the seconds of processor time from the
files to the first answer, imports of the runtime not counted. ONNX Runtime, OpenVINO, LiteRT and PyTorch ran on one
thread, Keras and SavedModel on as many as TensorFlow takes, whose times are added up. The error is the largest
difference, relative to the largest number of the output, from what Keras answers, or in cells with a ° from what ONNX
Runtime answers.
More than {limit:.0e} is in bold.

BiT is above that for what float32 takes from group norms, whose mean and variance are one number each for a whole
group, as Keras and PyTorch compute them themselves. Beside PyTorch in float64, `bit_50x1` is off by 1.4e-05 in Keras,
2.2e-05 in PyTorch and 2.6e-06 in ONNX Runtime. PyTorch in float32 with nothing but its group norms in float64 is off by
2.9e-06, with nothing but its convolutions in float64 by 2.1e-05, and with nothing but the norms of kernels by 2.3e-05
(2026-11-29).

`bit_101x3` and `bit_152x4`, with 1.55 and 3.75 GB of weights, were not measured: all forms of a model are compared in
one process, for which 24 GB of memory were too few.
"""


def page() -> str:
    found = results()
    lines = [
        _TEXT.format(limit=LIMIT),
        *_counts(found),
        "",
        f"| model | {' | '.join(FORMS)} |",
        f"|---|{'---|' * len(FORMS)}",
        *_rows(found),
        *_reasons(found),
        "",
        *section(),
    ]
    return "\n".join(lines) + "\n"


def _counts(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    whole = len(models())
    parts = []
    for form in FORMS:
        cells = [forms[form] for forms in found.values() if form in forms]
        works = sum("error" in cell and cell["error"] < LIMIT for cell in cells)
        parts.append(f"{works} of {len(cells)} as `{form}`")
    yield f"There are {whole} bundled models. Of those that were measured, these are right: {', '.join(parts)}."
    yield "An empty cell was not measured yet; `make exports` goes on with these. `no` has its reason below the table."


def _rows(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name in sorted({*models(), *found}):
        forms = found.get(name, {})
        yield f"| `{name}` | {' | '.join(_cell(form, forms.get(form)) for form in FORMS)} |"


def _cell(form: str, facts: Mapping[str, Any] | None) -> str:
    if facts is None:
        return ""
    if "missing" in facts:
        return "no"
    error = f"{facts['error']:.0e}"
    error = error if facts["error"] < LIMIT else f"**{error}**"
    mark = "°" if facts["against"] == "onnx" else ""
    first = [f"{facts['first']:.2g} s"] if "first" in facts else []
    compared = [f"{error}{mark}"] if facts["against"] != form else []
    return ", ".join([*compared, f"{human(facts['size'])}B", *first])


def _reasons(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    reasons = [
        f"- `{name}` as `{form}`: {facts['missing']}"
        for name, forms in found.items()
        for form, facts in forms.items()
        if "missing" in facts
    ]
    if reasons:
        yield from ("", "Forms that a model has not:", "", *reasons)
