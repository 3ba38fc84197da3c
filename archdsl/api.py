"""What Python programs use: load a spec, look at it, build it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archdsl.atomic import replacing
from archdsl.bundled import plain
from archdsl.compiler import Expression, Program, needs_model, unknown_model
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.files import Located, locate
from archdsl.graph.dims import show
from archdsl.graph.model import Graph
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile, Span

if TYPE_CHECKING:
    import keras

    from archdsl.difference import Aspect, Difference
    from archdsl.passes.memory import DType
    from archdsl.summary import Summary
    from archdsl.weights import Match, Weights


@dataclass(frozen=True, repr=False)
class Architecture:
    """A model that was elaborated and checked: every shape in ``graph`` is proved.

    ``diagnostics`` are the warnings; a spec with errors raises ``ArchError`` instead. ``sources`` are the texts that it
    was written in, by the names of files that the graph's origins have.
    """

    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return self.graph.name

    def __repr__(self) -> str:
        """``<Architecture ResNet50 :: [224, 224, 3] -> [1000], 174 nodes>``."""
        given, made = (
            ports[0] if len(ports) == 1 else f"({', '.join(ports)})"
            for ports in ([show(port.shape) for port in ports] for ports in (self.graph.inputs, self.graph.outputs))
        )
        warned = f", {len(self.diagnostics)} warnings" if self.diagnostics else ""
        return f"<Architecture {self.name} :: {given} -> {made}, {len(self.graph)} nodes{warned}>"

    def __hash__(self) -> int:
        return hash((self.name, len(self.graph), self.graph.inputs, self.graph.outputs))

    def _repr_svg_(self) -> str:
        """For notebooks: the diagram."""
        picture: str = self.render()
        return picture

    def _repr_html_(self) -> str:
        """For notebooks: the diagram, above the parts of the model with their figures."""
        return f"<div>{self.render()}</div>{self.summary()._repr_html_()}"

    def render(self, file: str | os.PathLike[str] | None = None, *, format: str = "", **options: Any) -> Any:
        """The diagram, as ``archdsl render`` draws it.

        It is returned as text (``svg``, the default, ``dot``, ``mmd``, ``html``) or as bytes (``png``, ``pdf``), or is
        written to ``file``, whose ending is the format. ``options`` are the fields of
        ``archdsl.diagram.Options``: ``depth``, ``fold``, ``unfold``, ``color``, ``direction``, ``theme``.

        Raises:
            DiagramError: ``fold`` or ``unfold`` name what there is not. It is a ``ValueError``.
            RenderError: another format, or no Graphviz that could write it.
            OSError: the file cannot be written.

        >>> load("lenet5").render(depth=1).startswith("<svg")
        True
        """
        from archdsl.backends.drawing import drawn
        from archdsl.diagram.options import Options

        target = Path(file) if file is not None else None
        form = format or (target.suffix.removeprefix(".").lower() if target else "svg")
        picture = drawn(self.graph, form, Options(**options), self.sources)
        if target is None:
            return picture if form in ("png", "pdf") else picture.decode()
        with replacing(target) as written:
            written.write_bytes(picture)
        return None

    def summary(self, *, batch: int = 1, dtype: DType = "float32") -> Summary:
        """Shapes, parameters, multiply-adds, memory and receptive fields by instance. ``str()`` of it is a table.

        ``batch`` and ``dtype`` are those that the peaks of memory are for.

        >>> estimate = load("resnet50").summary(batch=32, dtype="mixed").estimate
        >>> estimate.batch, estimate.dtype
        (32, 'mixed')
        """
        from archdsl.summary import summarise

        return summarise(self.graph, batch=batch, dtype=dtype)

    def build(
        self, weights: str | os.PathLike[str] | None = None, *, partial: bool = False, by_order: bool = False
    ) -> keras.Model:
        """The Keras model. Layers go by the paths of the graph's nodes.

        Its weights are initialised, or read from ``weights``: a ``.safetensors``, ``.keras`` or ``.weights.h5`` file,
        whose arrays are matched by name: path and weight, as in ``stem.conv/kernel``; or a published checkpoint,
        ``.safetensors``, ``.pth`` or ``.h5``, whose names a table translates. Reading takes the place of initialising.
        With ``partial``, what does not fit is initialised, and a ``PartialWeights`` warning lists it; ``match_weights``
        gives the same list as a value. With ``by_order``, names are not compared: layers are matched by class and
        order, as Keras does, and everything must fit.

        Imports Keras, with the backend that ``KERAS_BACKEND`` names.

        Raises:
            WeightsError: the file is broken, does not say the names of its arrays, or has not the arrays of the model,
                all of which the message lists. It is a ``ValueError``.
            ValueError: ``partial`` or ``by_order`` without a file, or both.
            OSError: the file cannot be read.
        """
        from archdsl.backends.keras.build import build

        if partial and by_order:
            raise ValueError("partial is for weights by name: by order, all must fit")
        if weights is None and (partial or by_order):
            raise ValueError(f"{'partial' if partial else 'by_order'} is about a file of weights, and none is given")
        if weights is None:
            return build(self.graph)
        from archdsl.backends.keras.files import opened
        from archdsl.backends.keras.order import by_order as ordered
        from archdsl.weights import PartialWeights, fitting, report

        if by_order:
            with opened(weights) as source:
                return build(self.graph, lambda model: ordered(self.graph, source, model))
        with self._matched(weights) as (arrays, found):
            model = build(self.graph, lambda _: fitting(found, arrays, partial=partial))
        if not found:
            warnings.warn(report(found, partial=True), PartialWeights, stacklevel=2)
        return model

    def to_onnx(
        self,
        file: str | os.PathLike[str],
        *,
        weights: str | os.PathLike[str] | None = None,
        partial: bool = False,
        inline: bool = False,
        seed: int = 0,
    ) -> Path | None:
        """Writes the model as ONNX, whole or not at all; loads no framework.

        Inputs and outputs have the shapes of the spec, the batch before them, which may be of any size. Each block is a
        local function, unless ``inline``. Weights are read from ``weights`` as ``build`` does, with ``partial``
        too, or are initialised with random numbers that depend on ``seed`` and their names.

        Gives the file beside ``file`` that has the weights, where these are more than 2 GB, and otherwise ``None``.

        Raises:
            ImportError: the package ``onnx`` is not installed.
            WeightsError: as ``build`` raises it.
            ValueError: ``partial`` without a file of weights.
            OSError: a file cannot be read or written.
        """
        from archdsl.backends.onnx.write import need_onnx, save

        need_onnx()
        if weights is None:
            if partial:
                raise ValueError("partial is about a file of weights, and none is given")
            return save(self.graph, Path(file), inline=inline, seed=seed)
        from archdsl.weights import PartialWeights, fitting, report

        with self._matched(weights) as (arrays, found):
            fits = fitting(found, arrays, partial=partial)
            beside = save(self.graph, Path(file), fits, inline=inline, seed=seed)
        if not found:
            warnings.warn(report(found, partial=True), PartialWeights, stacklevel=2)
        return beside

    def match_weights(self, weights: str | os.PathLike[str]) -> Match:
        """How a file of weights fits, by name, without building anything: what ``build`` would keep and what not.

        Raises:
            WeightsError: the file is broken, or does not say the names of its arrays.
            OSError: the file cannot be read.
        """
        with self._matched(weights) as (_, found):
            return found

    @contextmanager
    def _matched(self, weights: str | os.PathLike[str]) -> Iterator[tuple[Weights, Match]]:
        """An open file of weights, and how it fits by name. Loads no Keras."""
        from archdsl.backends.keras.files import opened
        from archdsl.backends.keras.held import as_graph_has_them
        from archdsl.weights import match

        with opened(weights) as source:
            arrays = as_graph_has_them(self.graph, source)
            found = match(self.graph, arrays)
            if not found.kept and source.is_foreign:
                from archdsl.weights.published import under_our_names

                arrays = under_our_names(self.graph, source)
                found = match(self.graph, arrays)
            yield arrays, found

    def to_torch(self, *, names: str | None = None) -> str:
        """A file of PyTorch that defines the model, and imports torch alone.

        It has a class for each kind of block, and a model's class that is made without arguments. Images and maps have
        their channels first, as PyTorch's own models do. Nothing here imports torch. With ``names="torchvision"``
        modules are called as in torchvision's model, whose published weights load as they are.

        Raises:
            NoNames: there are no such names for the model. It is a ``ValueError``.

        >>> "class LeNet5(nn.Module):" in load("lenet5").to_torch()
        True
        """
        from archdsl.backends.torch.file import written

        return written(self.graph, names).text

    def torch_state(self, weights: str | os.PathLike[str], *, names: str | None = None) -> dict[str, Any]:
        """The arrays of a file of weights as the state dict of ``to_torch()``'s model has them, in NumPy.

        ``model.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})`` loads them.

        Raises:
            WeightsError: the file is broken, or has not the arrays of the model, all of which the message lists.
            OSError: the file cannot be read.
        """
        from archdsl.backends.torch.file import written
        from archdsl.backends.torch.state import state
        from archdsl.weights import fitting

        with self._matched(weights) as (arrays, found):
            fit = fitting(found, arrays)
            return state(written(self.graph, names), {key: array.read() for key, array in fit.items()})

    def save_weights(self, model: keras.Model, file: str | os.PathLike[str]) -> None:
        """Writes the weights of a model that was built from this architecture, each under its path and name.

        ``file`` ends in ``.safetensors``, or in ``.weights.h5``, which Keras's ``load_weights`` takes as well. It is
        written whole or not at all.

        Raises:
            WeightsError: the model is not one of this architecture.
            ValueError: ``file`` ends in neither.
            OSError: the file cannot be written.
        """
        from archdsl.backends.keras.weights import save

        save(self.graph, model, Path(file))


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

    ``file.arch@HEAD~1`` is a file as it was at a git revision, and ``file.json`` a graph that was saved.

    ``params`` set the model's parameters, as in ``load("resnet50", classes=10)``; an op or a block is
    ``op("gelu")``. ``limits`` are for specs that need
    more than others, as in ``load("huge.arch", limits=Limits(nodes=1_000_000))``.

    Raises:
        ArchError: the spec has errors; all of them are in ``diagnostics``.
        FileNotFoundError: there is no such spec.
        TypeError: the language has no value like that of a parameter.

    >>> architecture = load("resnet50", classes=10)
    >>> architecture.graph.outputs[0].shape
    (10,)
    """
    return select(find(spec, limits), params, limits)


def find(spec: str | os.PathLike[str], limits: Limits = DEFAULT) -> Located:
    """The text that a spec's name stands for. Raises ``FileNotFoundError``."""
    from archdsl.files import NotFound

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
    """The model that was asked for, from a spec that was found."""
    if located.is_graph:
        if params:
            raise TypeError(f"{located.source.name} is a graph, which has no parameters")
        return Architecture(read_graph(located.source))
    program = Program(located.source, located.loader, limits)
    return elaborate(program, choose_model(program, located.model), params)


def read_graph(source: SourceFile) -> Graph:
    """A graph that was saved as JSON, its shapes proved again. Raises ``ArchError`` with all that is wrong with it."""
    from archdsl.diagnostics.catalogue.contracts import InvalidGraph
    from archdsl.graph.json import GraphError, from_json

    try:
        return from_json(source.text)
    except GraphError as error:
        start = Span(source, 0, 0)
        raise ArchError([InvalidGraph(span=start, problem=problem) for problem in error.problems]) from None


def elaborate(program: Program, model: str, params: Mapping[str, Any]) -> Architecture:
    """One model of a program. Raises ``ArchError`` when there is an error in it, or was one in the file."""
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
