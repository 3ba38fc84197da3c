"""Names that Keras numbers by itself, numbered anew from the first: in memory it counts the layers of all models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archdsl.backends.keras.names import unnumbered
from archdsl.intake.keras.calls import key, layer_name


@dataclass(frozen=True, slots=True)
class Renumbered:
    """The configuration of a model in memory, whatever was built before it in the process."""

    document: Mapping[str, Any]
    names: Mapping[str, str]
    """By the names that layers have in memory, what they are called."""

    def called(self, place: str) -> str:
        """A place that begins with names of layers, as the document has it."""
        return _replaced(place, self.names)

    def in_memory(self, place: str) -> str:
        """A place of the document, by the names that layers have in memory."""
        return _replaced(place, {new: old for old, new in self.names.items()})


def renumbered(document: Mapping[str, Any], kind: str) -> Renumbered:
    """A configuration in which names that Keras gave are numbered anew. ``kind`` is the class of the model.

    >>> layers = [{"class_name": "Dense", "config": {"name": name}} for name in ("dense_18", "dense_17", "head")]
    >>> found = renumbered({"config": {"name": "sequential_4", "layers": layers}}, "Sequential")
    >>> found.document["config"]["name"], [layer["config"]["name"] for layer in found.document["config"]["layers"]]
    ('sequential', ['dense_1', 'dense', 'head'])
    >>> found.in_memory("dense_1"), found.called("dense_18#2")
    ('dense_18', 'dense_1#2')
    """
    layers = dict(_layers(document))
    stems = {name: stem for name, each in layers.items() if (stem := _stem(name, each)) is not None}
    taken = {name for name in layers if name not in stems}
    names: dict[str, str] = {}
    for name in sorted(stems, key=_number):
        names[name] = _free(stems[name], taken)
        taken.add(names[name])
    found = _renamed(document, names)
    own = layer_name(document)
    return Renumbered({**found, "config": {**found["config"], "name": _stem(own, kind) or own}}, names)


def _layers(of: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name and the class of each layer, also of those of models within."""
    config = of.get("config")
    inner = config.get("layers") if isinstance(config, Mapping) else None
    for layer in inner if isinstance(inner, list) else ():
        yield layer_name(layer), str(layer.get("class_name"))
        yield from _layers(layer)


def _stem(name: str, kind: str) -> str | None:
    """The name of a layer without its number, if Keras gave it."""
    if kind == "InputLayer" and unnumbered(name, "KerasTensor") is not None:  # of a model that was cloned
        return "input_layer"
    return unnumbered(name, kind)


def _number(name: str) -> int:
    """The number of a layer, which tells when it was made."""
    found = re.search(r"_(\d+)$", name)
    return int(found[1]) if found else 0


def _free(stem: str, taken: set[str]) -> str:
    name, number = stem, 0
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _renamed(of: Any, names: Mapping[str, str]) -> Any:
    if isinstance(of, Mapping):
        return {
            name: names.get(each, each) if name == "name" and isinstance(each, str) else _renamed(each, names)
            for name, each in of.items()
        }
    if (tensor := key(of)) is not None:
        return [names.get(tensor[0], tensor[0]), *tensor[1:]]
    return [_renamed(each, names) for each in of] if isinstance(of, list) else of


def _replaced(place: str, names: Mapping[str, str]) -> str:
    return re.sub(r"[^.#]+", lambda found: names.get(found[0], found[0]), place)
