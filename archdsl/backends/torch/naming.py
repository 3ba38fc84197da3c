"""Renames a graph to the names of a published model, so that its state dict loads unchanged.

The names are those of ``archdsl/weights/published``: what a table calls the arrays says in which modules they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

from archdsl.backends.torch import lowering as lowering  # registers every op
from archdsl.backends.torch.fusing import fused
from archdsl.backends.torch.registry import Site, lower
from archdsl.diagnostics.suggest import closest
from archdsl.graph.model import Graph, Instance, Node
from archdsl.graph.tree import local_name
from archdsl.graph.uses import reuses
from archdsl.ops.convolution import Conv
from archdsl.ops.linear import Dense
from archdsl.weights.published import NameMap, Stored, sources, stored

SOURCES = ("timm", "torchvision")
"""Whose names there are: those that models of PyTorch have, which a module can have as well."""

Module: TypeAlias = tuple[str, ...]
"""The names along the way from the model to a module; the model itself is ``()``."""


class NoNames(ValueError):
    """There is no table of names for a model."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A graph with other paths."""

    graph: Graph
    before: Mapping[str, Sequence[str]]
    """For each new path the one that the node had, or those of the nodes that it is made of."""
    stored: Mapping[str, Mapping[str, Stored]]
    """For each new path of what owns weights, how the published model has its arrays."""
    open: frozenset[str]
    """Modules that are no step of the flow: what is between two of their parts is in another module."""


def renamed(graph: Graph, source: str) -> Renamed:
    """The graph with the paths of a published model's modules.

    What owns weights is called as the table says. The rest is in the module that has the weights of its block, or that
    it is between parts of. The instances are those that the names say; where one holds just the weights of a block of
    the spec, it is this block.

    Raises:
        NoNames: no table of this source has all that owns weights.
    """
    names = _table(graph, source)
    again = reuses(graph)
    graph, parts = fused(_pointwise(graph, names), names)
    keys = _Keys(graph, names, parts)
    homes, open_ = _homes(graph, keys.paths, again)
    paths = _paths(graph, keys.paths, homes, again)
    instances, places = _instances(graph, keys.paths, homes)
    nodes = tuple(
        node.model_copy(
            update={
                "path": paths[node.path],
                "layer": paths[node.layer],
                "inputs": tuple(paths.get(name, name) for name in node.inputs),
                "instance": places[homes[node.path]],
                "named": False,
            }
        )
        for node in graph
    )
    outputs = tuple(port.model_copy(update={"node": paths.get(port.node, port.node)}) for port in graph.outputs)
    made = graph.model_copy(update={"nodes": nodes, "instances": tuple(instances), "outputs": outputs})
    before = {after: tuple(parts.get(path, (path,))) for path, after in paths.items()}
    how = {paths[path]: found for path, found in keys.stored.items()}
    return Renamed(made, before, how, frozenset(map(".".join, open_)))


def _owners(graph: Graph) -> list[Node]:
    """Nodes with weights of their own."""
    return [node for node in graph if node.layer == node.path and node.op.weights(*graph.input_shapes(node))]


def _table(graph: Graph, source: str) -> NameMap:
    if source not in SOURCES:
        near = closest(source, SOURCES)
        meant = f": did you mean {near[0]}?" if near else f"; there are those of {' and '.join(SOURCES)}"
        raise NoNames(f"there are no names of {source}{meant}")
    owners = [node.path for node in _owners(graph)]
    fitting = [
        (of.partition("_")[0], names)
        for (_, of), names in sources().items()
        if names.is_of(graph.name) and names.names_all(owners)
    ]
    found = [names for of, names in fitting if of == source]
    if found:
        return next((names for names in found if names.models), found[0])
    known = ", ".join(sorted({of for of, _ in fitting}.intersection(SOURCES)))
    raise NoNames(f"{source} has no names for {graph.name}" + (f"; {known} has" if known else ""))


def _pointwise(graph: Graph, names: NameMap) -> Graph:
    """The graph with dense layers replaced by convolutions where the published model has these."""
    nodes = [*graph]
    for place, node in enumerate(nodes):
        if not isinstance(node.op, Dense) or node.layer != node.path or len(node.shape) != 3:
            continue
        if names.layout(node.path, "dense") == "dense_1x1":
            nodes[place] = node.model_copy(update={"op": Conv(filters=node.op.units, k=1, bias=node.op.bias)})
    return graph.model_copy(update={"nodes": tuple(nodes)})


class _Keys:
    """The published names of the modules and parameters that own a graph's arrays, and their layouts."""

    def __init__(self, graph: Graph, names: NameMap, parts: Mapping[str, Sequence[str]]) -> None:
        self.paths: dict[str, str] = {}
        self.stored: dict[str, Mapping[str, Stored]] = {}
        for node in _owners(graph):
            ours = parts.get(node.path, (node.path,))[0]
            shapes, how = graph.input_shapes(node), stored(names, ours, node.op.name)
            missing = [weight.name for weight in node.op.weights(*shapes) if weight.name not in how]
            if missing:
                raise NoNames(f"nothing says where the {missing[0]} of {node.op.name} lies")
            module = names(ours).partition("[")[0]
            entries = lower(node.op, Site(shapes, node.shape, stored=how)).entries
            for entry in entries:
                wanted = {how[source].key for source in entry.sources}
                if entry.key and wanted and wanted != {entry.key}:
                    raise NoNames(f"{module}.{' and '.join(sorted(wanted))} would be called {entry.key}")
            bare = next((entry for entry in entries if entry.key == ""), None)
            below = "" if bare is None else how[bare.sources[0]].key
            self.paths[node.path] = ".".join(filter(None, (module, below)))
            self.stored[node.path] = how


# --- modules ----------------------------------------------------------------------------------------------------------


def _module(path: str) -> Module:
    return tuple(path.split(".")[:-1])


def _common(modules: Sequence[Module]) -> Module:
    """The innermost module that contains all of these."""
    return tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*modules, strict=False)))


def _up(graph: Graph, node: Node) -> Iterator[int]:
    """The instances that contain a node, innermost first."""
    index: int | None = node.instance
    while index is not None:
        yield index
        index = graph.instances[index].parent


def _within(graph: Graph, names: Mapping[str, str]) -> list[list[str]]:
    """For each instance the new names of the owners of weights in it."""
    found: list[list[str]] = [[] for _ in graph.instances]
    for node in graph:
        if node.path in names:
            for index in _up(graph, node):
                found[index].append(names[node.path])
    return found


_ELSEWHERE = ("elsewhere",)


def _homes(graph: Graph, names: Mapping[str, str], again: Mapping[str, str]) -> tuple[dict[str, Module], set[Module]]:
    """The module of every node, and the modules that are not steps of the flow.

    Nodes that have weights ``again`` are in modules beside those of the first use, which are called in their place.
    """
    blocks = _modules_of_instances(graph, names)
    homes: dict[str, Module] = {}
    for node in graph:
        if node.path in names:
            homes[node.path] = _module(names[node.path])
        elif node.path in again or node.layer != node.path:
            homes[node.path] = _ELSEWHERE
        else:
            homes[node.path] = next((blocks[index] for index in _up(graph, node) if index in blocks), ())
    flow = _Flow(graph, homes)
    open_ = {module for module in flow.modules() if module != _ELSEWHERE and not flow.closes(module, names)}
    modules = {graph.instances[index].path: module for index, module in blocks.items()}
    for node in graph:
        if homes[node.path] == _ELSEWHERE:
            homes[node.path] = _beside(graph, node, homes, modules, again)
    return homes, open_


def _beside(
    graph: Graph, node: Node, homes: Mapping[str, Module], modules: Mapping[str, Module], again: Mapping[str, str]
) -> Module:
    """The module of a node that reuses weights: within a top-level one, at the position of the first use.

    ``modules`` are those of instances, by their paths.
    """
    first = again.get(node.path, "")
    below = {index: f".{local_name(node.path, graph.instances[index].path)}" for index in _up(graph, node)}
    uses = [index for index, name in below.items() if first.endswith(name)]
    if not uses:
        raise NoNames(f"{node.path} has the weights of {node.layer}, which is no part of a block that is used again")
    outermost = uses[-1]
    module = modules[first.removesuffix(below[outermost])]
    if homes[first][: len(module)] != module:
        raise NoNames(f"{first} is used again, and not in the module {'.'.join(module)}")
    return (f"again_{outermost}", *homes[first][len(module) :])


def _modules_of_instances(graph: Graph, names: Mapping[str, str]) -> dict[int, Module]:
    """The module that has the weights of an instance.

    What is around a module of a name is outside of it. What is around one of a number, a round of a loop, is in it.
    """
    within = _within(graph, names)
    found: dict[int, Module] = {}
    inner: dict[int, tuple[list[str], Module]] = {}
    for index in reversed(range(len(graph.instances))):
        if not within[index]:
            continue
        module = _common([_module(name) for name in within[index]])
        same, of = inner.get(index, ([], ()))
        if same == within[index]:
            module = of if not of or of[-1][-1].isdigit() else of[:-1]
        found[index] = module
        parent = graph.instances[index].parent
        if parent is not None:
            inner[parent] = (within[index], module)
    return found


class _Flow:
    """The flow between two parts of a module."""

    def __init__(self, graph: Graph, homes: dict[str, Module]) -> None:
        self._nodes = [*graph]
        self._homes = homes
        self._inside = defaultdict[Module, set[int]](set)
        """The places of the nodes that are in a module or below."""
        for place, node in enumerate(self._nodes):
            self._put(place, homes[node.path])

    def _put(self, place: int, home: Module) -> None:
        self._homes[self._nodes[place].path] = home
        for length in range(1, len(home) + 1):
            self._inside[home[:length]].add(place)

    def modules(self) -> list[Module]:
        """All modules, parents before children."""
        return sorted(self._inside, key=lambda module: (len(module), module))

    def closes(self, module: Module, names: Mapping[str, str]) -> bool:
        """Whether a module becomes one step of the flow once weightless steps between its parts are moved into it."""
        inside = self._inside[module]
        window = range(min(inside), max(inside) + 1)
        after = {self._nodes[place].path for place in inside}
        before = after.copy()
        for place in window:
            if not after.isdisjoint(self._nodes[place].inputs):
                after.add(self._nodes[place].path)
        for place in reversed(window):
            if self._nodes[place].path in before:
                before.update(self._nodes[place].inputs)
        both = after & before
        between = [place for place in window if place not in inside and self._nodes[place].path in both]
        for place in between:
            home = self._homes[self._nodes[place].path]
            if self._nodes[place].layer in names or home != module[: len(home)]:
                return False
        for place in between:
            self._put(place, module)
        return True


# --- the graph --------------------------------------------------------------------------------------------------------


def _paths(
    graph: Graph, names: Mapping[str, str], homes: Mapping[str, Module], again: Mapping[str, str]
) -> dict[str, str]:
    """The new path of every node."""
    taken = Counter(
        ".".join(name.split(".")[:length]) for name in names.values() for length in range(1, name.count(".") + 2)
    )
    found = dict(names)
    for node in graph:
        if node.path in found:
            continue
        if node.path in again:  # comes after the first use
            found[node.path] = ".".join((*homes[node.path], found[again[node.path]].rpartition(".")[2]))
            continue
        last = node.path.rpartition(".")[2]
        stem = ".".join((*homes[node.path], node.op.name if last.isdigit() else last))
        name, number = stem, 0
        while taken[name]:
            number += 1
            name = f"{stem}_{number}"
        taken[name] += 1
        found[node.path] = name
    return found


def _instances(
    graph: Graph, names: Mapping[str, str], homes: Mapping[str, Module]
) -> tuple[list[Instance], dict[Module, int]]:
    """The instances that the modules form, and their positions."""
    blocks: dict[tuple[str, ...], Instance] = {}
    for instance, owned in zip(graph.instances, _within(graph, names), strict=True):
        if instance.kind == "block" and owned:
            blocks.setdefault(tuple(sorted(owned)), instance)
    below = defaultdict[Module, list[str]](list)
    for name in sorted(names.values()):
        for length in range(1, name.count(".") + 1):
            below[tuple(name.split(".")[:length])].append(name)
    root = graph.instances[0]
    instances = [root]
    places: dict[Module, int] = {(): 0}
    for node in graph:
        home = homes[node.path]
        for length in range(1, len(home) + 1):
            module = home[:length]
            if module not in places:
                block = blocks.get(tuple(below[module]))
                places[module] = len(instances)
                instances.append(_instance(root, module, block, places[module[:-1]]))
    return instances, places


def _instance(root: Instance, module: Module, block: Instance | None, parent: int) -> Instance:
    if block is not None:
        return block.model_copy(update={"path": ".".join(module), "parent": parent, "named": False})
    words = [name for name in module if not name.isdigit()]
    name = words[-1].removesuffix("s") if module[-1].isdigit() else words[-1]
    update = {
        "path": ".".join(module),
        "kind": "group",
        "block": name,
        "parent": parent,
        "call": type(root.call)(),
        "doc": "",
    }
    return root.model_copy(update=update)
