"""A graph under the names that a published model has, so that its state dict loads as it is."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from archdsl import resources
from archdsl.graph.model import Graph, Instance, Node

SOURCES = ("torchvision",)
"""Whose names there are."""


class NoNames(ValueError):
    """No table has the names of a model."""


class Renamed(NamedTuple):
    """A graph with other paths, and for each of them the one that the node had."""

    graph: Graph
    before: Mapping[str, str]


def renamed(graph: Graph, source: str) -> Renamed:
    """The same graph whose paths are those of a published model's modules.

    What owns weights is called as the table says. The rest is beside what owns weights in the same block. The instances
    are those that the names say; where one holds just the weights of a block of the spec, it is this block.

    Raises:
        NoNames: no family of the table has all that owns weights.
    """
    owners = [node for node in graph if node.layer == node.path and node.op.weights(*graph.input_shapes(node))]
    names = _names([node.path for node in owners], source)
    if names is None:
        raise NoNames(f"{source} has no names for {graph.name}")
    paths = _paths(graph, names)
    instances, places = _instances(graph, names, paths)
    nodes = tuple(
        node.model_copy(
            update={
                "path": paths[node.path],
                "layer": paths[node.layer],
                "inputs": tuple(paths.get(name, name) for name in node.inputs),
                "instance": places[paths[node.path].rpartition(".")[0]],
                "named": False,
            }
        )
        for node in graph
    )
    outputs = tuple(port.model_copy(update={"node": paths.get(port.node, port.node)}) for port in graph.outputs)
    made = graph.model_copy(update={"nodes": nodes, "instances": tuple(instances), "outputs": outputs})
    return Renamed(made, {after: before for before, after in paths.items()})


def _names(owners: Sequence[str], source: str) -> dict[str, str] | None:
    text = (resources.directory("backends") / "torch" / "tables" / f"{source}.toml").read_text(encoding="utf-8")
    for family in tomllib.loads(text)["family"]:
        found: dict[str, str] = {}
        for path in owners:
            name = path
            for pattern, replacement in family["substitutions"]:
                name = re.sub(pattern, replacement, name)
            found[path] = name
        if all(re.fullmatch(family["result"], name) for name in found.values()) and len({*found.values()}) == len(
            found
        ):
            return found
    return None


def _within(graph: Graph, names: Mapping[str, str]) -> list[list[str]]:
    """For each instance the new names of what owns weights in it."""
    found: list[list[str]] = [[] for _ in graph.instances]
    for node in graph:
        if node.path in names:
            for index in _up(graph, node):
                found[index].append(names[node.path])
    return found


def _up(graph: Graph, node: Node) -> Iterator[int]:
    """The instances that a node is in, the innermost first."""
    index: int | None = node.instance
    while index is not None:
        yield index
        index = graph.instances[index].parent


def _common(names: Sequence[str]) -> str:
    """The module in which all of these are."""
    parts = zip(*(name.split(".")[:-1] for name in names), strict=False)
    return ".".join(part[0] for part in takewhile(lambda part: len(set(part)) == 1, parts))


def _paths(graph: Graph, names: Mapping[str, str]) -> dict[str, str]:
    """The new path of every node."""
    within = _within(graph, names)
    taken = Counter(names.values())
    found = dict(names)
    for node in graph:
        if node.path in found:
            continue
        held = next((within[index] for index in _up(graph, node) if within[index]), [])
        stem = ".".join(filter(None, (_common(held) if held else "", node.path.split(".")[-1])))
        name = stem
        while taken[name]:
            name = f"{stem}_{taken[stem]}"
            taken[stem] += 1
        taken[name] += 1
        found[node.path] = name
    return found


def _instances(
    graph: Graph, names: Mapping[str, str], paths: Mapping[str, str]
) -> tuple[list[Instance], dict[str, int]]:
    """The instances that paths say, and their places by path."""
    blocks: dict[tuple[str, ...], Instance] = {}
    for instance, owned in zip(graph.instances, _within(graph, names), strict=True):
        if instance.kind == "block" and owned:
            blocks.setdefault(tuple(sorted(owned)), instance)
    below = defaultdict[str, list[str]](list)
    for name in sorted(names.values()):
        parts = name.split(".")[:-1]
        for length in range(1, len(parts) + 1):
            below[".".join(parts[:length])].append(name)
    root = graph.instances[0]
    instances, places = [root], {"": 0}
    for node in graph:
        parts = paths[node.path].split(".")[:-1]
        for length in range(1, len(parts) + 1):
            path = ".".join(parts[:length])
            if path not in places:
                held = tuple(below[path])
                block = blocks.get(held)
                places[path] = len(instances)
                parent = places[".".join(parts[: length - 1])]
                instances.append(_instance(root, path, block, parent, is_list=_is_list(path, held)))
    return instances, places


def _is_list(path: str, held: Sequence[str]) -> bool:
    """Whether all that is in a module has a number."""
    return all(name[len(path) + 1 :].split(".")[0].isdigit() for name in held)


def _instance(root: Instance, path: str, block: Instance | None, parent: int, *, is_list: bool) -> Instance:
    if block is not None and not is_list:
        return block.model_copy(update={"path": path, "parent": parent, "named": False})
    name = path.rpartition(".")[2]
    return root.model_copy(
        update={"path": path, "kind": "group", "block": name, "parent": parent, "call": type(root.call)(), "doc": ""}
    )
