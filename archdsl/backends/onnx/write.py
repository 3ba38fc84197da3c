"""``save``: a graph as a file of ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from archdsl.atomic import replacing
from archdsl.backends.known import need_known
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.passes.tokens import tokens
from archdsl.version import __version__
from archdsl.weights import Array

ENDING: Final = ".onnx"


class OnnxMissing(ImportError):
    """The package ``onnx`` is not installed."""


def need_onnx() -> None:
    """Raises ``OnnxMissing`` unless the package is installed."""
    if find_spec("onnx") is None:
        raise OnnxMissing("writing ONNX takes the package onnx: `pip install 'archdsl[onnx]'`")


def save(
    graph: Graph, file: Path, arrays: Mapping[str, Array] | None = None, *, inline: bool = False, seed: int = 0
) -> Path | None:
    """Writes a model, whole or not at all.

    Its weights are those of ``arrays``, by key; others start as the spec says, with random numbers that depend on the
    seed and on the key alone. Each block is a local function, or with ``inline`` its steps stand where it is used.
    Weights of more than 2 GB, which a message of ONNX cannot have, go to a file beside it that is called like it, with
    ``.data`` after the name. Gives that file, if there is one.

    Raises:
        ArchError: what a step computes is not known.
        OnnxMissing: the package ``onnx`` is not installed.
        OSError: a file cannot be written.
    """
    need_onnx()
    need_known(graph, "an ONNX model")
    from archdsl.backends.onnx.build import program
    from archdsl.backends.onnx.file import Content, write
    from archdsl.backends.onnx.functions import folded
    from archdsl.backends.onnx.weights import source

    made, outputs = program(graph, source(arrays or {}, seed), blocks=not inline)
    steps, functions = folded(made, graph, outputs)
    properties = {"archdsl.version": __version__, "archdsl.graph": fingerprint(graph)}
    properties |= {f"archdsl.about.{name}": str(value) for name, value in graph.about}
    content = Content(graph, steps, functions, made.arrays, outputs, frozenset(tokens(graph)), properties)
    with ExitStack() as files:
        target = files.enter_context(replacing(file))
        # Left first, so that the model never names a file that is not there.
        location = f"{file.name}.data"
        beside = files.enter_context(replacing(file.with_name(location))) if content.is_large else None
        write(content, target, beside, location)
    return file.with_name(location) if content.is_large else None
