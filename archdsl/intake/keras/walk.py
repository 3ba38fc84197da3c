"""From the configuration of a functional or sequential model to a flat graph: which layer takes which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from archdsl.graph.dims import Sym
from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.layers import READERS, TENSOR, Use

Key: TypeAlias = tuple[str, int, int]
"""A layer by its name, a use of it, and which of its results: how Keras names a tensor."""
_MODELS: Final = ("Functional", "Model", "Sequential")
_SPATIAL: Final = {1: "l", 2: "hw", 3: "dhw"}
"""What the spatial dimensions of an input are called where their sizes are left open, by how many there are."""
_DEEPEST: Final = 32
_MOST: Final = 20_000
"""Uses of layers: far more than a model has."""


def read(document: Mapping[str, Any], file: str) -> FlatGraph:
    """The graph of a model. ``document`` is what ``config.json`` has.

    Raises:
        Unreadable: with all layers that no op of the language stands for, each by its name.
    """
    reader = _Reader(file)
    config = document["config"]
    name = config.get("name")
    graph = FlatGraph(name if isinstance(name, str) else "model", {})
    outputs = reader.model(document, graph, None, "")
    if not reader.problems:
        for place, (label, value) in enumerate(outputs):
            graph.outputs[label or ("output" if len(outputs) == 1 else f"output_{place}")] = value
    if reader.problems:
        raise Unreadable(file, reader.problems)
    return graph.live()


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    uses: int = 0

    def model(
        self, document: Mapping[str, Any], graph: FlatGraph, given: list[str] | None, within: str, depth: int = 0
    ) -> list[tuple[str, str]]:
        """Appends a model to a graph, applied to values or to inputs of its own; gives labels and values of outputs."""
        if depth > _DEEPEST:
            raise Unreadable(self.file, [Problem(within, "models within models are too many")])
        kind, config = document.get("class_name"), document.get("config")
        if kind not in _MODELS or not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
            reason = "only functional and sequential models say in a file what they do"
            raise Unreadable(self.file, [Problem(within or str(kind), reason)])
        layers = [layer for layer in config["layers"] if isinstance(layer, Mapping)]
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
        arguments: tuple[Any, ...] = (),
    ) -> list[str] | None:
        """One use of a layer; ``None`` where it could not be read, which is noted."""
        self.uses += 1
        if self.uses > _MOST:
            raise Unreadable(self.file, [Problem("", f"it has more than {_MOST} uses of layers")])
        kind, config = layer.get("class_name"), layer.get("config")
        if kind in _MODELS:
            if owner != name:
                self.problems.append(Problem(name, "a model within the model is used more than once"))
                return None
            return [value for _, value in self.model(layer, graph, inputs, f"{name}.", depth + 1)] or None
        reader = READERS.get(kind) if isinstance(kind, str) else None
        if not isinstance(kind, str) or reader is None or not isinstance(config, Mapping):
            self._note(name, kind, "there is no such layer in the language")
            return None
        graph.held.setdefault(owner, layer_name(layer))
        try:
            return [reader(Config(config), Use(graph, kind, name, owner, tuple(inputs), arguments))]
        except Unsupported as error:
            self._note(name, kind, str(error))
            return None

    def _note(self, name: str, kind: object, reason: str) -> None:
        self.problems.append(Problem(f"{name} ({kind})", reason))

    def _sequential(
        self, layers: list[Mapping[str, Any]], graph: FlatGraph, given: list[str] | None, within: str, depth: int
    ) -> list[tuple[str, str]]:
        values = given
        for layer in layers:
            name = f"{within}{layer_name(layer)}"
            if layer.get("class_name") == "InputLayer":
                if values is None:
                    values = [self.input(layer, graph, name)]
                continue
            if values is None:
                raise Unreadable(self.file, [Problem(name, "the model does not say the shape of its input")])
            made = self.layer(layer, graph, values, name, name, depth)
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


_Call: TypeAlias = tuple[Mapping[str, Any], list[Key], tuple[Any, ...]]
"""A layer, the tensors that a use of it takes, and all of its arguments."""


@dataclass(slots=True)
class _Functional:
    reader: _Reader
    config: Mapping[str, Any]
    layers: list[Mapping[str, Any]]
    graph: FlatGraph
    within: str
    depth: int
    known: dict[Key, str] = field(default_factory=dict)
    """Values by the tensors that they are."""
    failed: set[Key] = field(default_factory=set)

    def run(self, given: list[str] | None) -> list[tuple[str, str]]:
        self._inputs(given)
        calls: dict[tuple[str, int], _Call] = {}
        for layer in self.layers:
            nodes = layer.get("inbound_nodes")
            for number, node in enumerate(nodes if isinstance(nodes, list) else ()):
                calls[layer_name(layer), number] = (layer, [*_tensors(node)], _arguments(node))
        outputs = [*_outputs(self.config.get("output_layers"))]
        if not outputs:
            raise Unreadable(self.reader.file, [Problem(self.within, "the model has no outputs")])
        for _, key in outputs:
            self._demand(key, calls)
        return [(label, self.known[key]) for label, key in outputs if key in self.known]

    def _inputs(self, given: list[str] | None) -> None:
        by_name = {layer_name(layer): layer for layer in self.layers}
        keys = [key for _, key in _outputs(self.config.get("input_layers"))]
        if given is not None and len(given) != len(keys):
            raise Unreadable(self.reader.file, [Problem(self.within, f"{len(given)} values for {len(keys)} inputs")])
        for place, key in enumerate(keys):
            layer = by_name.get(key[0])
            if layer is None:
                raise Unreadable(self.reader.file, [Problem(key[0], "no layer has that name")])
            self.known[key] = given[place] if given is not None else self.reader.input(layer, self.graph, key[0])

    def _demand(self, key: Key, calls: Mapping[tuple[str, int], _Call]) -> None:
        """Makes what a tensor depends on, each before what uses it. The stack is a list: models may be deep."""
        stack, open_ = [key], set[Key]()
        while stack:
            top = stack[-1]
            if top in self.known or top in self.failed:
                stack.pop()
                continue
            if (call := calls.get(top[:2])) is None:
                place = f"{self.within}{top[0]}"
                raise Unreadable(self.reader.file, [Problem(place, "a tensor of it is used, and it makes none")])
            layer, inputs, arguments = call
            missing = [each for each in inputs if each not in self.known and each not in self.failed]
            if missing:
                if top in open_:
                    raise Unreadable(self.reader.file, [Problem(f"{self.within}{top[0]}", "it depends on itself")])
                open_.add(top)
                stack += reversed(missing)
                continue
            stack.pop()
            self._make(top, layer, inputs, arguments)

    def _make(self, key: Key, layer: Mapping[str, Any], inputs: list[Key], arguments: tuple[Any, ...]) -> None:
        if any(each in self.failed for each in inputs):
            # What hangs on a layer that could not be read is looked at for its class alone.
            kind = layer.get("class_name")
            if kind not in READERS and kind not in _MODELS:
                self.reader._note(f"{self.within}{key[0]}", kind, "there is no such layer in the language")
            self.failed.add(key)
            return
        owner = f"{self.within}{key[0]}"
        name = owner if key[1] == 0 else f"{owner}#{key[1] + 1}"
        values = [self.known[each] for each in inputs]
        made = self.reader.layer(layer, self.graph, values, name, owner, self.depth, arguments)
        if made is None:
            self.failed.add(key)
            return
        for place, value in enumerate(made):
            self.known[key[0], key[1], place] = value
        if key not in self.known:
            raise Unreadable(self.reader.file, [Problem(owner, f"it has no result {key[2]}")])


def layer_name(layer: Mapping[str, Any]) -> str:
    """The name of a layer, without what no name may have."""
    name = layer.get("name")
    config = layer.get("config")
    if not isinstance(name, str) and isinstance(config, Mapping):
        name = config.get("name")
    return name if isinstance(name, str) else "layer"


def _tensors(node: object) -> Iterator[Key]:
    """The tensors that a use takes, in order: of its arguments, in lists too."""
    if not isinstance(node, Mapping):
        return
    kwargs = node.get("kwargs")
    queue = [node.get("args"), *(kwargs.values() if isinstance(kwargs, Mapping) else ())]
    while queue:
        item = queue.pop(0)
        if isinstance(item, list):
            queue = [*item, *queue]
        elif isinstance(item, Mapping) and item.get("class_name") == "__keras_tensor__":
            config = item.get("config")
            history = config.get("keras_history") if isinstance(config, Mapping) else None
            if (key := _key(history)) is not None:
                yield key


def _arguments(node: object) -> tuple[Any, ...]:
    """The arguments of a use by position, then those by name, tensors as ``TENSOR``."""
    if not isinstance(node, Mapping):
        return ()
    args, kwargs = node.get("args"), node.get("kwargs")
    given = [*(args if isinstance(args, list) else ()), *(kwargs.values() if isinstance(kwargs, Mapping) else ())]
    return tuple(TENSOR if isinstance(each, Mapping) else each for each in given)


def _key(of: object) -> Key | None:
    if isinstance(of, list) and len(of) == 3 and isinstance(of[0], str) and type(of[1]) is int and type(of[2]) is int:
        return (of[0], of[1], of[2])
    return None


def _outputs(struct: object, label: str = "", depth: int = 0) -> Iterator[tuple[str, Key]]:
    """The tensors of a structure, each with its label if it has one. No model has them deep."""
    if depth > _DEEPEST:
        return
    if (key := _key(struct)) is not None:
        yield label, key
    elif isinstance(struct, list):
        for each in struct[:1000]:
            yield from _outputs(each, "", depth + 1)
    elif isinstance(struct, Mapping):
        for name, each in struct.items():
            yield from _outputs(each, str(name), depth + 1)
