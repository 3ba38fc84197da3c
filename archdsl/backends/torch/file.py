"""A graph as a file of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archdsl.backends.code.body import bodies
from archdsl.backends.code.merge import Definition, definitions
from archdsl.backends.code.text import docstring
from archdsl.backends.code.values import Argument, Make
from archdsl.backends.known import need_known
from archdsl.backends.torch.dialect import Torch
from archdsl.backends.torch.helpers import definitions as helpers
from archdsl.backends.torch.helpers.starts import STARTS
from archdsl.backends.torch.idioms import with_idioms
from archdsl.backends.torch.keyed import keyed
from archdsl.backends.torch.naming import renamed
from archdsl.backends.torch.order import port_order
from archdsl.backends.torch.write import Writer
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph


@dataclass(frozen=True, slots=True)
class File:
    """The source text, and how a state dict of its model is computed."""

    text: str
    graph: Graph
    """Under the names of the file, with its ops."""
    dialect: Torch
    prefixes: Mapping[str, str]
    """Where the module of each node that has one is: ``c2.blocks.0.conv1``."""
    before: Mapping[str, Sequence[str]]
    """For what has another name in the file, the paths of the nodes that it is made of."""


def written(graph: Graph, names: str | None = None) -> File:
    """A file that imports only torch and defines the model, with a class for each kind of block.

    With ``names`` its modules are called as those of a published model: one of ``naming.SOURCES``.

    Raises:
        ArchError: what a step computes is not known.
        NoNames: there are none for this model.
    """
    need_known(graph, "PyTorch code")
    before: Mapping[str, Sequence[str]] = {}
    if names:
        given = renamed(graph, names)
        graph, before = with_idioms(given.graph), given.before
        dialect = Torch(graph, given.stored)
        found = keyed(dialect, given.open)
    else:
        graph = with_idioms(graph)
        dialect = Torch(graph)
        found = bodies(dialect)
    classes = definitions(found, dialect)
    writer = Writer(classes)
    parts: list[str] = [text.strip("\n") for text in _helpers(dialect, classes)]
    parts += ["\n".join(writer.definition(made)) for made in classes[:-1]]
    ports, outputs = [port.name for port in graph.inputs], [port.name for port in graph.outputs]
    parts.append("\n".join(writer.definition(classes[-1], ports, outputs)))
    body = "\n\n\n".join(parts)
    head = [*docstring(_about(dialect), ""), "", *_imports(body), "", ""]
    return File("\n".join(head) + "\n" + body + "\n", graph, dialect, found.prefixes, before)


def _about(dialect: Torch) -> str:
    graph = dialect.graph
    given = ", ".join(_shape(port.shape, port_order(port.shape)) for port in graph.inputs)
    made = ", ".join(_shape(port.shape, dialect.orders[port.node].gives) for port in graph.outputs)
    return f"{graph.name}: {given} -> {made}."


def _shape(shape: Shape, first: bool) -> str:
    dims = (shape[-1], *shape[:-1]) if first and len(shape) > 1 else shape
    return f"[{', '.join(['N', *map(str, dims)])}]"


def _imports(body: str) -> Iterator[str]:
    if "OrderedDict(" in body:
        yield "from collections import OrderedDict"
        yield ""
    if "math." in body:
        yield "import math"
        yield ""
    if "torch." in body:
        yield "import torch"
    if "F." in body:
        yield "import torch.nn.functional as F"
    yield "from torch import Tensor, nn"


def _helpers(dialect: Torch, classes: list[Definition]) -> Iterator[str]:
    """Definitions that the classes use."""
    features: dict[str, frozenset[str]] = {}
    for lowered in dialect.modules.values():
        for name, used in lowered.helpers.items():
            features[name] = features.get(name, frozenset()) | used
    for made in classes:
        for callee in _callees(made.body.attrs):
            if (callee.startswith("Conv") and callee.endswith("dSame")) or callee in STARTS:
                features.setdefault(callee, frozenset())
    yield from helpers(features)


def _callees(attrs: Mapping[str, Make]) -> Iterator[str]:
    queue: list[Argument] = [*attrs.values()]
    for term in queue:
        if isinstance(term, Make):
            yield term.callee
            queue += [argument for _, argument in term.args]
