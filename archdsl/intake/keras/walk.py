"""From the configuration of a functional or sequential model to a flat graph: which layer takes which values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from archdsl.diagnostics.catalogue.imports import SubclassedModel
from archdsl.graph.dims import Sym
from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.keras import layers as layers  # registers every class
from archdsl.intake.keras.calls import Call, Key, call, layer_name, ports
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.holes import Known, Results, hole
from archdsl.intake.keras.use import READERS, Tensor, Use, kind_of
from archdsl.source import SourceFile, Span

_MODELS: Final = ("Functional", "Model", "Sequential")
_SPATIAL: Final = {1: "l", 2: "hw", 3: "dhw"}
"""What the spatial dimensions of an input are called where their sizes are left open, by how many there are."""
_DEEPEST: Final = 32
_UNKNOWN: Final = "there is no such layer in the language"
_MOST: Final = 20_000
"""Uses of layers: far more than a model has."""
_TOO_MANY: Final = f"it has more than {_MOST} uses of layers"


def read(document: Mapping[str, Any], file: str, opaque: Known | None = None) -> FlatGraph:
    """The graph of a model. ``document`` is what ``config.json`` has.

    With ``opaque``, layers that cannot be read are opaque steps, for which it has what the document does not say.

    Raises:
        Unreadable: with all layers that no op of the language stands for, each by its name.
    """
    reader = _Reader(file, opaque)
    config = document["config"]
    name = config.get("name")
    graph = FlatGraph(name if isinstance(name, str) else "model", {})
    gives = dict(enumerate(opaque.outputs)) if opaque is not None else {}
    outputs = reader.model(document, graph, None, _Within(), gives)
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


class _Place(NamedTuple):
    """A use of a layer: what its nodes and its weights are called, and which of its results are used."""

    name: str
    owner: str
    depth: int
    results: Results


@dataclass(slots=True)
class _Reader:
    file: str
    opaque: Known | None
    problems: list[Problem] = field(default_factory=list)
    uses: int = 0

    def model(
        self,
        document: Mapping[str, Any],
        graph: FlatGraph,
        given: list[str] | None,
        within: _Within,
        gives: Results,
        depth: int = 0,
    ) -> list[tuple[str, str]]:
        """Appends a model to a graph, applied to values or to inputs of its own; gives labels and values of outputs.

        ``gives`` has the shapes of outputs, as far as they are known.
        """
        if depth > _DEEPEST:
            raise Unreadable(self.file, [Problem(within.name, "models within models are too many")])
        kind, config = document.get("class_name"), document.get("config")
        if kind not in _MODELS:
            raise Unreadable(self.file, [Problem.of(_subclassed(str(kind), self.file))])
        if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
            raise Unreadable(self.file, [Problem(within.name or str(kind), "its configuration has no layers")])
        layers = [layer for layer in config["layers"] if isinstance(layer, Mapping)]
        if len(layers) > _MOST:
            raise Unreadable(self.file, [Problem(within.name, _TOO_MANY)])
        if kind == "Sequential":
            return self._sequential(layers, graph, given, within, gives, depth)
        return _Functional(self, config, layers, graph, within, gives, depth).run(given)

    def layer(
        self, layer: Mapping[str, Any], graph: FlatGraph, inputs: list[str], place: _Place, call: Call | None = None
    ) -> dict[int, str] | None:
        """The results of one use of a layer; ``None`` where it could not be read, which is noted."""
        self.uses += 1
        if self.uses > _MOST:
            raise Unreadable(self.file, [Problem("", _TOO_MANY)])
        kind, config = kind_of(layer), layer.get("config")
        if kind in _MODELS:
            within = _Within(f"{place.name}.", f"{place.owner}.")
            made = self.model(layer, graph, inputs, within, place.results, place.depth + 1)
            return dict(enumerate(value for _, value in made)) or None
        arguments = config if isinstance(config, Mapping) else {}
        graph.held.setdefault(place.owner, layer_name(layer))
        call = call or Call(args=(Tensor(0),))
        use = Use(graph, kind, place.name, place.owner, tuple(inputs), call.args, call.kwargs)
        reader, reason = READERS.get(kind), _UNKNOWN
        try:
            if reader is not None and isinstance(config, Mapping):
                return {0: reader(Config(config), use)}
        except Unsupported as error:
            reason = str(error)
        if self.opaque is not None:
            try:
                return hole(use, layer_name(layer), arguments, place.results, self.opaque)
            except Unsupported as error:
                reason = f"{reason}; no opaque step can stand for it: {error}"
        self._note(place.name, kind if kind in READERS else str(layer.get("class_name")), reason)
        return None

    def unread(self, layer: Mapping[str, Any], name: str, depth: int) -> None:
        """Looks at a layer for its class alone, since it takes what could not be read: notes it if it is unknown."""
        kind, config = kind_of(layer), layer.get("config")
        if kind in _MODELS:
            inner = config.get("layers") if isinstance(config, Mapping) else None
            for each in inner if isinstance(inner, list) and depth < _DEEPEST else ():
                if isinstance(each, Mapping):
                    self.unread(each, f"{name}.{layer_name(each)}", depth + 1)
        elif kind not in READERS and kind != "InputLayer" and self.opaque is None:
            self._note(name, str(layer.get("class_name")), _UNKNOWN)

    def _note(self, name: str, kind: str, reason: str) -> None:
        self.problems.append(Problem(name, reason, kind))

    def _sequential(
        self,
        layers: list[Mapping[str, Any]],
        graph: FlatGraph,
        given: list[str] | None,
        within: _Within,
        gives: Results,
        depth: int,
    ) -> list[tuple[str, str]]:
        values, failed = given, False
        for layer, after in zip_longest(layers, layers[1:]):
            name, owner = (f"{prefix}{layer_name(layer)}" for prefix in within)
            if layer.get("class_name") == "InputLayer":
                if values is None:
                    values = [self.input(layer, graph, name)]
                continue
            if values is None:
                raise Unreadable(self.file, [Problem(name, "the model does not say the shape of its input")])
            if failed:
                self.unread(layer, name, depth)
                continue
            results = {0: _built_for(after)} if after is not None else gives or {0: None}
            made = self.layer(layer, graph, values, _Place(name, owner, depth, results))
            failed = made is None
            values = [*made.values()] if made is not None else values
        return [] if failed else [("", value) for value in values or []]

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
    gives: Results
    depth: int
    known: dict[Key, str] = field(default_factory=dict)
    """Values by the tensors that they are."""
    failed: set[Key] = field(default_factory=set)
    results: defaultdict[tuple[str, int], dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    """For each use of a layer, the shapes of its results that are used."""

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
        for place, (_, (name, number, result)) in enumerate(outputs):
            self.results[name, number][result] = self.gives.get(place)
        for _, each in calls.values():
            for (name, number, result), shape in zip(each.inputs, each.shapes, strict=True):
                self.results[name, number][result] = shape
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
        name, owner = (f"{prefix}{key[0]}" for prefix in self.within)
        if any(each in self.failed for each in call.inputs):
            self.reader.unread(layer, name, self.depth)
            self._fail(key)
            return
        place = _Place(name if key[1] == 0 else f"{name}#{key[1] + 1}", owner, self.depth, self.results[key[:2]])
        made = self.reader.layer(layer, self.graph, [self.known[each] for each in call.inputs], place, call)
        if made is None:
            self._fail(key)
            return
        for result, value in made.items():
            self.known[key[0], key[1], result] = value
        if key not in self.known:
            raise Unreadable(self.reader.file, [Problem(owner, f"it has no result {key[2]}")])

    def _fail(self, key: Key) -> None:
        """Notes that all results of a use of a layer are missing."""
        self.failed.update((*key[:2], result) for result in self.results[key[:2]])


def _subclassed(kind: str, file: str) -> SubclassedModel:
    return SubclassedModel(
        span=Span(SourceFile(file, ""), 0, 0),
        kind=kind,
        help=(
            "load it with Keras, which runs the code of the class, and import the model in memory: "
            "archdsl.from_keras(model), or archdsl import MODULE:NAME with a function that loads it",
        ),
    )


def _built_for(layer: Mapping[str, Any]) -> Any:
    """The shape that a layer takes, if its configuration says it."""
    built = layer.get("build_config")
    return built.get("input_shape") if isinstance(built, Mapping) else None
