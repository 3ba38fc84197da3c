"""Loads architectures from specs: by name, by file or as text."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.architecture import Architecture
from archdsl.bundled import plain
from archdsl.compiler import Program, needs_model, unknown_model
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.files import Located, locate
from archdsl.graph.model import Graph
from archdsl.limits import DEFAULT, Limits
from archdsl.parameters import Expression
from archdsl.source import SourceFile, Span

if TYPE_CHECKING:
    from archdsl.difference import Aspect, Difference
    from archdsl.intake.opaque import Asked


def op(text: str) -> Expression:
    """An op or a block as the value of a parameter, with or without some of its arguments.

    ``text`` is an expression of the language, which sees the names of the spec that it is given to.

    >>> text = "model Net(act: op = relu) :: [8] -> [4] { dense(4) -> act }"
    >>> [node.op.name for node in load_text(text, act=op("leaky_relu(0.1)")).graph]
    ['dense', 'leaky_relu']
    """
    return Expression(text)


def load(spec: str | os.PathLike[str], *, limits: Limits = DEFAULT, **params: Any) -> Architecture:
    """Loads a model: ``file.arch``, ``file.arch:Model``, or the name of a bundled one.

    ``file.arch@HEAD~1`` is a file as it was at a git revision, and ``file.json`` a graph that was saved. A file of
    another program, such as ``model.keras``, is read as the spec that ``archdsl import`` would write.

    ``params`` set the model's parameters, as in ``load("resnet50", classes=10)``; an op or a block is
    ``op("gelu")``. ``limits`` are for specs that need
    more than others, as in ``load("huge.arch", limits=Limits(nodes=1_000_000))``.

    Raises:
        ArchError: the spec has errors; all of them are in ``diagnostics``.
        FileNotFoundError: there is no such spec.
        Unreadable: a file of another program cannot be a spec; its ``problems`` say why.
        TypeError: the language has no value like that of a parameter.

    >>> architecture = load("resnet50", classes=10)
    >>> architecture.graph.outputs[0].shape
    (10,)
    """
    return select(find(spec, limits), params, limits)


def find(spec: str | os.PathLike[str], limits: Limits = DEFAULT) -> Located:
    """The text that a spec's name stands for. Raises ``FileNotFoundError``."""
    from archdsl.files import NotFound
    from archdsl.intake import is_foreign

    if is_foreign(os.fsdecode(spec)):
        from archdsl.intake.located import located

        return located(os.fsdecode(spec), limits)
    try:
        return locate(os.fsdecode(spec), limits)
    except NotFound as error:
        raise FileNotFoundError(str(error)) from None


def load_text(
    text: str, model: str | None = None, *, name: str = "<text>", limits: Limits = DEFAULT, **params: Any
) -> Architecture:
    """Loads a model from a text, which may import from ``std``.

    >>> load_text("model Net() :: [8] -> [4] { dense(4) }").name
    'Net'
    """
    from archdsl.files import DiskLoader

    return select(Located(SourceFile(name, text), DiskLoader(), model, name), params, limits)


def select(located: Located, params: Mapping[str, Any], limits: Limits = DEFAULT) -> Architecture:
    """Elaborates the model that was asked for, from a located spec."""
    if located.is_graph:
        if params:
            raise TypeError(f"{located.source.name} is a graph, which has no parameters")
        return Architecture(read_graph(located.source))
    program = Program(located.source, located.loader, limits)
    return elaborate(program, choose_model(program, located.model), params)


def read_graph(source: SourceFile) -> Graph:
    """Reads a graph saved as JSON and proves its shapes again. Raises ``ArchError`` with all that is wrong with it."""
    from archdsl.diagnostics.catalogue.contracts import InvalidGraph
    from archdsl.graph.json import GraphError, from_json

    try:
        return from_json(source.text)
    except GraphError as error:
        start = Span(source, 0, 0)
        raise ArchError([InvalidGraph(span=start, problem=problem) for problem in error.problems]) from None


def elaborate(program: Program, model: str, params: Mapping[str, Any]) -> Architecture:
    """Elaborates one model of a program. Raises ``ArchError`` when the model or the file has errors."""
    graph = None if program.has_errors else program.graph(model, params)
    if graph is None or program.has_errors:
        raise ArchError(program.diagnostics)
    return Architecture(graph, program.diagnostics, program.sources)


def choose_model(program: Program, asked: str | None) -> str:
    """The model's name: the one asked for, the only one, or the one that the file is named after."""
    if program.has_errors:
        raise ArchError(program.diagnostics)
    models = program.models
    if asked is not None:
        if asked not in models:
            raise ArchError([unknown_model(program, asked)])
        return asked
    stem = plain(Path(program.source.path or program.source.name).stem)
    named = [m for m in models if plain(m) == stem]
    if named or len(models) == 1:
        return (named or list(models))[0]
    raise ArchError([needs_model(program)])


def from_keras(model: Any, *, flat: bool = False, std: bool = True, opaque: Asked = False) -> Architecture:
    """A functional or sequential model of Keras as a spec with blocks and loops, its text in ``source``.

    The graph of the spec is proved to be that of the model, node for node. ``flat`` writes no blocks and loops,
    ``std=False`` calls none of the library. With ``opaque``, a layer that has no counterpart in the language is an
    opaque step: its name and its shapes. These may be given by the names of layers, without the batch, where the source
    does not say them.

    Raises:
        Unreadable: a layer has no counterpart in the language; all of them are in ``problems``.
        TypeError: it is no model of Keras.
    """
    from archdsl.intake.files import import_keras
    from archdsl.intake.opaque import asked
    from archdsl.intake.style import Style

    found = import_keras(model, style=Style(flat=flat, std=std), opaque=asked(opaque))
    return Architecture(found.graph, (), found.sources)


def from_onnx(
    file: str | os.PathLike[str], *, flat: bool = False, std: bool = True, opaque: Asked = False
) -> Architecture:
    """The model in a file of ONNX as a spec with blocks and loops, its text in ``source``.

    The graph of the spec is proved to be that of the model, node for node, and its outputs are compared where ONNX
    Runtime is installed. ``flat``, ``std`` and ``opaque`` are as for ``from_keras``.

    Raises:
        Unreadable: an operator has no counterpart in the language; all of them are in ``problems``.
        ImportError: the package ``onnx`` is not installed.
    """
    from archdsl.intake.files import import_onnx
    from archdsl.intake.opaque import asked
    from archdsl.intake.style import Style

    found = import_onnx(os.fspath(file), style=Style(flat=flat, std=std), opaque=asked(opaque))
    return Architecture(found.graph, (), found.sources)


def from_torch(module: Any, *example: Any, flat: bool = False, std: bool = True, opaque: Asked = False) -> Architecture:
    """A module of PyTorch in inference, or an ``ExportedProgram``, as a spec with blocks and loops in ``source``.

    ``torch.export`` runs the module once on the example. The graph of the spec is proved to be what it records, node
    for node, and outputs are compared where ONNX Runtime is installed. ``flat``, ``std`` and ``opaque`` are as for
    ``from_keras``.

    Raises:
        Unreadable: an operator has no counterpart in the language; all of them are in ``problems``.
    """
    from archdsl.intake.files import import_torch
    from archdsl.intake.opaque import asked
    from archdsl.intake.style import Style

    found = import_torch(module, example, style=Style(flat=flat, std=std), opaque=asked(opaque))
    return Architecture(found.graph, (), found.sources)


def diff(
    a: Architecture | str | os.PathLike[str],
    b: Architecture | str | os.PathLike[str],
    *,
    ignore: Collection[Aspect] = (),
) -> Difference:
    """How architecture ``b`` differs from ``a``, both loaded or named as ``load`` takes them.

    The result is true when they do not compute the same. Its ``edits`` are what differs, op by op and block by block,
    with the parameters and multiply-adds that each adds; ``sections`` are the same, folded for reading; ``str()`` reads
    like a reviewer's note. ``ignore`` leaves out ``"training"``, ``"eps"``, ``"names"`` or ``"facts"``.

    >>> difference = diff("resnet50", "resnet101")
    >>> [section.title for section in difference.sections], difference.delta.params
    (['c4  ResidualStage'], 19044352)
    """
    from archdsl.difference import compare

    (before, name_a), (after, name_b) = map(_side, (a, b))
    found = compare(before.graph, after.graph, ignore=ignore, names=(name_a, name_b))

    def draw() -> str:
        from archdsl.backends.graphviz import draw
        from archdsl.diagram.options import Options
        from archdsl.difference.overlay import overlay

        both = overlay(before.graph, after.graph, names=(name_a, name_b))
        return draw(both.graph, "svg", Options(marks=both.marks), costs=both.cost).decode()

    return replace(found, draw=draw)


def _side(side: Architecture | str | os.PathLike[str]) -> tuple[Architecture, str]:
    """An architecture, and what a difference calls it."""
    if isinstance(side, Architecture):
        return side, side.name
    located = find(side)
    return select(located, {}), located.asked


def check_text(text: str, *, name: str = "<text>", limits: Limits = DEFAULT) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a text: syntax, names, shapes, `check` lines. For editors and other tools.

    >>> [d.code for d in check_text("model Net() :: [8] -> [4] { dense(3) }")]
    ['contract-broken']
    """
    from archdsl.files import DiskLoader

    program = Program(SourceFile(name, text), DiskLoader(), limits)
    program.check()
    return program.diagnostics
