"""``docs/exports.md``: which bundled models become which other form, and how far they are from Keras then.

``python -m scripts.exports [MODEL…]`` measures them, all when none is named, keeps what it finds in
``tests/onnx/results.toml`` and writes the page.
"""

from __future__ import annotations

import gc
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from math import prod, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

import archdsl
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens
from archdsl.summary.figures import human
from archdsl.weights import Array, expected
from scripts.zoo import families, models_of

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "tests" / "onnx" / "results.toml"
PAGE = ROOT / "docs" / "exports.md"


LIMIT = 1e-5
"""What the error may be."""


class Measured(NamedTuple):
    """What was found of a model in one form."""

    error: float
    """The largest difference of an output from Keras's, relative to the largest number of that output."""
    size: int
    """Bytes of the file."""
    functions: int
    """Local functions in it."""


def drawn(graph: Graph) -> dict[str, Array]:
    """Random weights that each show in the outputs: kernels scaled by their fan-in, factors around 1."""
    found = {}
    for key, weight in expected(graph).items():
        values: Any = np.random.default_rng(crc32(key.encode())).standard_normal(weight.shape, np.float32)
        name = key.rpartition("/")[2]
        if "variance" in name:
            values = np.exp(values / 4)
        elif "kernel" in name and len(weight.shape) > 1:
            values *= np.float32(sqrt(1 / prod(weight.shape[:-1])))
        else:
            values = values / 5 + (1 if name in ("gamma", "scale") else 0)
        found[key] = Array(weight.shape, "float32", lambda values=values: values)  # type: ignore[misc]  # of this round
    return found


def images(graph: Graph) -> dict[str, Any]:
    """Two random inputs. Sizes that the spec leaves open are 64."""
    rng, whole = np.random.default_rng(0), tokens(graph)
    found: dict[str, Any] = {}
    for port in graph.inputs:
        shape = (2, *(dim if isinstance(dim, int) else 64 for dim in port.shape))
        if port.name in whole:
            found[port.name] = rng.integers(0, int(str(whole[port.name])), shape).astype(np.int32)
        else:
            found[port.name] = rng.standard_normal(shape, np.float32)
    return found


def measure(name: str) -> Measured:
    """Writes a model as ONNX and compares ONNX Runtime's answers with Keras's, with the same random weights."""
    import onnx
    import onnxruntime

    from archdsl.backends.onnx.write import save

    graph = archdsl.load(name).graph
    weights, inputs = drawn(graph), images(graph)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "net.onnx"
        save(graph, file, weights)
        onnx.checker.check_model(file, full_check=True)
        functions = len(onnx.load(file, load_external_data=False).functions)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        names = [port.name for port in session.get_outputs()]
        answers = dict(zip(names, session.run(names, inputs), strict=True))
    error = max(relative(answers[key], value) for key, value in _keras(graph, weights, inputs).items())
    return Measured(error, size, functions)


def relative(found: Any, wanted: Any) -> float:
    """The largest difference, relative to the largest number wanted; infinite where one is no number."""
    if found.shape != wanted.shape or not np.isfinite(wanted).all():
        return float("inf")
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def _keras(graph: Graph, weights: Mapping[str, Array], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What Keras answers, by the names of the outputs."""
    import keras

    from archdsl.backends.keras.build import build

    keras.utils.clear_session()
    model = build(graph, lambda _: weights)
    answer = model(list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values())), training=False)
    answers = answer if isinstance(answer, dict) else {graph.outputs[0].name: answer}
    return {name: keras.ops.convert_to_numpy(value) for name, value in answers.items()}


def models() -> list[str]:
    """Every bundled model."""
    return [name for family in families() for name in models_of(family)]


def results() -> dict[str, dict[str, Any]]:
    return tomllib.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def keep(name: str, found: Measured) -> None:
    """Writes what was measured of a model, beside what is known of others, in the order of names."""
    known = results() | {name: {"onnx": found._asdict()}}
    lines = ["# What ONNX Runtime answers beside Keras: `python -m scripts.exports` writes it."]
    for model in sorted(known):
        onnx = known[model]["onnx"]
        figures = f"error = {onnx['error']:.2e}, size = {onnx['size']}, functions = {onnx['functions']}"
        lines.append(f"{model} = {{ onnx = {{ {figures} }} }}")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def page() -> str:
    """``docs/exports.md``."""
    found = results()
    lines = [
        "# Other forms of a model",
        "",
        *_INTRODUCTION,
        "",
        "## ONNX",
        "",
        *_ONNX,
        "",
        f"{len(found)} of {len(models())} bundled models are in the table; the others were not measured.",
        "",
        "| model | works | relative error | size | functions |",
        "|---|---|---:|---:|---:|",
        *_rows(found),
    ]
    return "\n".join(lines) + "\n"


_INTRODUCTION = (
    "`archdsl compile SPEC -o OUT` writes what the ending of OUT says; `--to` names it. `make exports` measures the",
    "tables of this page: each model has random weights and statistics, the same ones in all forms, and answers to two",
    "random images. The error is the largest difference from what Keras answers, relative to the largest number of the",
    "output.",
)
_ONNX = (
    "`archdsl compile resnet50 -o resnet50.onnx` needs the package `onnx` (`pip install 'archdsl[onnx]'`) and loads no",
    "framework. Opset 21 and IR version 10, which ONNX Runtime takes since 1.20. Inputs and outputs have the names and",
    "shapes of the spec, channels last, after a batch of any size; sizes that the spec leaves open have its names.",
    "Each block is a local function, whose tensors are called by their paths within the block; `--inline` writes one",
    "flat graph. Arrays have the names that files of weights have (`stem.conv/kernel`), in ONNX's order of axes.",
    'In Python it is `archdsl.load("resnet50").to_onnx("resnet50.onnx")`. [ADR 27](adr/0027-onnx.md) says why.',
)


def _rows(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, forms in found.items():
        onnx = forms["onnx"]
        works = "yes" if onnx["error"] < LIMIT else "**no**"
        yield f"| `{name}` | {works} | {onnx['error']:.0e} | {human(onnx['size'])}B | {onnx['functions']} |"


def main(names: Sequence[str]) -> None:
    for name in names or models():
        found = measure(name)
        keep(name, found)
        print(f"{name}: {found.error:.2e}, {human(found.size)}B, {found.functions} functions", flush=True)
        gc.collect()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
