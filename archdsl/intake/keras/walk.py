"""From the configuration of a functional or sequential model to a flat graph: which layer takes which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from archdsl.graph.dims import Sym
from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.keras import layers as layers  # registers every class
from archdsl.intake.keras.calls import Call, Key, call, layer_name, ports
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import READERS, Tensor, Use, kind_of

_MODELS: Final = ("Functional", "Model", "Sequential")
_SPATIAL: Final = {1: "l", 2: "hw", 3: "dhw"}
"""What the spatial dimensions of an input are called where their sizes are left open, by how many there are."""
_DEEPEST: Final = 32
_UNKNOWN: Final = "there is no such layer in the language"
_MOST: Final = 20_000
"""Uses of layers: far more than a model has."""
_TOO_MANY: Final = f"it has more than {_MOST} uses of layers"


def read(document: Mapping[str, Any], file: str) -> FlatGraph:
    """The graph of a model. ``document`` is what ``config.json`` has.

    Raises:
        Unreadable: with all layers that no op of the language stands for, each by its name.
    """
    reader = _Reader(file)
    config = document["config"]
    name = config.get("name")
    graph = FlatGraph(name if isinstance(name, str) else "model", {})
    outputs = reader.model(document, graph, None, _Within())
    if not reader.problems:
        for place, (label, value) in enumerate(outputs):
            graph.outputs[label or ("output" if len(outputs) == 1 else f"output_{place}")] = value
    if reader.problems:
        raise Unreadable(file, reader.problems)
    return graph.live()


class _Within(NamedTuple):
    """What names of layers begin with inside a model that is within another one."""

    name: str = ""
    """In the names of nodes, of which each use of the model has its own."""
    owner: str = ""
    """In those of what owns weights, which all uses of the model have."""


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    uses: int = 0

    def model(
        self, document: Mapping[str, Any], graph: FlatGraph, given: list[str] | None, within: _Within, depth: int = 0
    ) -> list[tuple[str, str]]:
        """Appends a model to a graph, applied to values or to inputs of its own; gives labels and values of outputs."""
        if depth > _DEEPEST:
            raise Unreadable(self.file, [Problem(within.name, "models within models are too many")])
        kind, config = document.get("class_name"), document.get("config")
        if kind not in _MODELS or not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
            reason = "only functional and sequential models say in a file what they do"
            raise Unreadable(self.file, [Problem(within.name or str(kind), reason)])
        layers = [layer for layer in config["layers"] if isinstance(layer, Mapping)]
        if len(layers) > _MOST:
            raise Unreadable(self.file, [Problem(within.name, _TOO_MANY)])
        if kind == "Sequential":
            return self._sequential(layers, graph, given, within, depth)
        return _Functional(self, config, layers, graph, within, depth).run(given)

    def layer(
        self,
        layer: Mapping[str, Any],
        graph: FlatGraph,
        inputs: list[str],
        name: str,
        owner: str,
        depth: int,
        call: Call | None = None,
    ) -> list[str] | None:
        """One use of a layer; ``None`` where it could not be read, which is noted."""
        self.uses += 1
        if self.uses > _MOST:
            raise Unreadable(self.file, [Problem("", _TOO_MANY)])
        kind, config = kind_of(layer), layer.get("config")
        if kind in _MODELS:
            within = _Within(f"{name}.", f"{owner}.")
            return [value for _, value in self.model(layer, graph, inputs, within, depth + 1)] or None
        reader = READERS.get(kind)
        if reader is None or not isinstance(config, Mapping):
            self.note(name, layer.get("class_name"), _UNKNOWN)
            return None
        graph.held.setdefault(owner, layer_name(layer))
        call = call or Call(args=(Tensor(0),))
        try:
            return [reader(Config(config), Use(graph, kind, name, owner, tuple(inputs), call.args, call.kwargs))]
        except Unsupported as error:
            self.note(name, kind, str(error))
            return None

    def note(self, name: str, kind: object, reason: str) -> None:
        self.problems.append(Problem(f"{name} ({kind})", reason))

    def _sequential(
        self, layers: list[Mapping[str, Any]], graph: FlatGraph, given: list[str] | None, within: _Within, depth: int
    ) -> list[tuple[str, str]]:
        values = given
        for layer in layers:
            name, owner = (f"{prefix}{layer_name(layer)}" for prefix in within)
            if layer.get("class_name") == "InputLayer":
                if values is None:
                    values = [self.input(layer, graph, name)]
                continue
            if values is None:
                raise Unreadable(self.file, [Problem(name, "the model does not say the shape of its input")])
            made = self.layer(layer, graph, values, name, owner, depth)
            if made is None:
                return []
            values = made
        return [("", value) for value in values or []]

    def input(self, layer: Mapping[str, Any], graph: FlatGraph, name: str) -> str:
        config = layer.get("config")
        shape = config.get("batch_shape") if isinstance(config, Mapping) else None
        if not isinstance(shape, list) or not shape or not all(n is None or (type(n) is int and n > 0) for n in shape):
            raise Unreadable(self.file, [Problem(name, f"its shape {shape!r} is none")])
        names = _SPATIAL.get(len(shape) - 2, "")
        if len(shape) < 2 or any(n is None for n in shape[1 + len(names) :]):
            raise Unreadable(self.file, [Problem(name, f"its shape {shape!r} leaves open what must be known")])
        number = str(len(graph.inputs) + 1) if graph.inputs else ""
        sizes = (Sym.named(f"{names[place]}{number}") if size is None else size for place, size in enumerate(shape[1:]))
        graph.inputs[name] = tuple(sizes)
        return name


@dataclass(slots=True)
class _Functional:
    reader: _Reader
    config: Mapping[str, Any]
    layers: list[Mapping[str, Any]]
    graph: FlatGraph
    within: _Within
    depth: int
    known: dict[Key, str] = field(default_factory=dict)
    """Values by the tensors that they are."""
    failed: set[Key] = field(default_factory=set)

    def run(self, given: list[str] | None) -> list[tuple[str, str]]:
        self._inputs(given)
        calls: dict[tuple[str, int], tuple[Mapping[str, Any], Call]] = {}
        for layer in self.layers:
            nodes = layer.get("inbound_nodes")
            for number, node in enumerate(nodes if isinstance(nodes, list) else ()):
                calls[layer_name(layer), number] = (layer, call(node))
        outputs = [*ports(self.config.get("output_layers"))]
        if not outputs:
            raise Unreadable(self.reader.file, [Problem(self.within.name, "the model has no outputs")])
        for _, key in outputs:
            self._demand(key, calls)
        return [(label, self.known[key]) for label, key in outputs if key in self.known]

    def _inputs(self, given: list[str] | None) -> None:
        by_name = {layer_name(layer): layer for layer in self.layers}
        keys = [key for _, key in ports(self.config.get("input_layers"))]
        if given is not None and len(given) != len(keys):
            raise Unreadable(
                self.reader.file, [Problem(self.within.name, f"{len(given)} values for {len(keys)} inputs")]
            )
        for place, key in enumerate(keys):
            layer = by_name.get(key[0])
            if layer is None:
                raise Unreadable(self.reader.file, [Problem(key[0], "no layer has that name")])
            self.known[key] = given[place] if given is not None else self.reader.input(layer, self.graph, key[0])

    def _demand(self, key: Key, calls: Mapping[tuple[str, int], tuple[Mapping[str, Any], Call]]) -> None:
        """Makes what a tensor depends on, each before what uses it. The stack is a list: models may be deep."""
        stack, open_ = [key], set[Key]()
        while stack:
            top = stack[-1]
            if top in self.known or top in self.failed:
                stack.pop()
                continue
            if (found := calls.get(top[:2])) is None:
                place = f"{self.within.name}{top[0]}"
                raise Unreadable(self.reader.file, [Problem(place, "a tensor of it is used, and it makes none")])
            layer, made = found
            missing = [each for each in made.inputs if each not in self.known and each not in self.failed]
            if missing:
                if top in open_:
                    raise Unreadable(self.reader.file, [Problem(f"{self.within.name}{top[0]}", "it depends on itself")])
                open_.add(top)
                stack += reversed(missing)
                continue
            stack.pop()
            self._make(top, layer, made)

    def _make(self, key: Key, layer: Mapping[str, Any], call: Call) -> None:
        if any(each in self.failed for each in call.inputs):
            # What hangs on a layer that could not be read is looked at for its class alone.
            kind = kind_of(layer)
            if kind not in READERS and kind not in _MODELS:
                self.reader.note(
                    f"{self.within.name}{key[0]}", layer.get("class_name"), "there is no such layer in the language"
                )
            self.failed.add(key)
            return
        name, owner = (f"{prefix}{key[0]}" for prefix in self.within)
        name = name if key[1] == 0 else f"{name}#{key[1] + 1}"
        values = [self.known[each] for each in call.inputs]
        made = self.reader.layer(layer, self.graph, values, name, owner, self.depth, call)
        if made is None:
            self.failed.add(key)
            return
        for place, value in enumerate(made):
            self.known[key[0], key[1], place] = value
        if key not in self.known:
            raise Unreadable(self.reader.file, [Problem(owner, f"it has no result {key[2]}")])
