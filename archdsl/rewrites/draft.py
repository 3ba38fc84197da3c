"""A graph under rewriting, with its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.passes.liveness import dead
from archdsl.passes.shapes import prove
from archdsl.weights.names import expected

Array: TypeAlias = np.ndarray[Any, Any]
Arrays: TypeAlias = Mapping[str, Array]
"""Weights by ``path/name``."""


class Draft:
    """Nodes in topological order, their users, and weights, in float64 for precision."""

    def __init__(self, graph: Graph, arrays: Arrays) -> None:
        self._graph = graph
        self._arrays = dict(arrays)
        self._nodes = {node.path: node for node in graph}
        self._beside: dict[str, tuple[list[str], list[str]]] = {}
        """New nodes by the one that they stand before and after."""
        self._shapes = dict(graph.shapes)
        self._outputs = {port.name: port.node for port in graph.outputs}
        self._users: dict[str, list[str]] = {name: [] for name in self._shapes}
        self._owned: dict[str, int] = {}
        for node in graph:
            self._owned[node.layer] = self._owned.get(node.layer, 0) + 1
            for name in node.inputs:
                self._users[name].append(node.path)

    # --- looking ------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Node]:
        """The nodes, inputs first. Nodes removed during iteration are skipped, new ones are not visited."""
        for path in [*self._order()]:
            if path in self._nodes:
                yield self._nodes[path]

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def get(self, name: str) -> Node | None:
        """The current node of a path; ``None`` for an input of the model, or a removed node."""
        return self._nodes.get(name)

    def shape(self, name: str) -> Shape:
        return self._shapes[name]

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        return tuple(self._shapes[name] for name in node.inputs)

    def users(self, name: str) -> tuple[Node, ...]:
        """The users of a value, once per use."""
        return tuple(self._nodes[path] for path in self._users[name])

    def is_output(self, name: str) -> bool:
        return name in self._outputs.values()

    def only_user(self, name: str) -> Node | None:
        """The only user of a value, if there is exactly one use."""
        users = self.users(name)
        return users[0] if len(users) == 1 and not self.is_output(name) else None

    def is_own(self, node: Node) -> bool:
        """Whether the node's weights are not shared."""
        return node.layer == node.path and self._owned[node.path] == 1

    def weight(self, node: Node, name: str) -> Array:
        """An array that the node owns, in float64."""
        return np.asarray(self._arrays[f"{node.layer}/{name}"], np.float64)

    # --- changing -----------------------------------------------------------------------------------------------------

    def set_weight(self, node: Node, name: str, values: Array) -> None:
        self._arrays[f"{node.path}/{name}"] = values

    def change(self, node: Node, *, op: Op | None = None, inputs: tuple[str, ...] | None = None) -> Node:
        """Changes a node's op or inputs, and derives its shape."""
        new = node.model_copy(update={"op": op or node.op, "inputs": node.inputs if inputs is None else inputs})
        for name in node.inputs:
            self._users[name].remove(node.path)
        return self._put(new)

    def add(self, like: Node, name: str, op: Op, inputs: tuple[str, ...], *, after: bool = False) -> Node:
        """Adds a node before or after ``like``, in its block, with a unique path below that of the block."""
        path, number = self._path(like, name), 0
        while path in self._shapes:
            number += 1
            path = f"{self._path(like, name)}_{number}"
        before, behind = self._beside.setdefault(like.path, ([], []))
        if after:
            behind.insert(0, path)
        else:
            before.append(path)
        self._users[path] = []
        self._owned[path] = 1
        return self._put(
            like.model_copy(update={"path": path, "layer": path, "op": op, "inputs": inputs, "named": False})
        )

    def redirect(self, old: str, new: str, *, but: str = "") -> None:
        """Replaces a value by an earlier one of the same shape in all its users, except for one."""
        assert self._shapes[old] == self._shapes[new]
        for path in [path for path in dict.fromkeys(self._users[old]) if path != but]:
            user = self._nodes[path]
            self.change(user, inputs=tuple(new if name == old else name for name in user.inputs))
        self._outputs = {port: new if node == old else node for port, node in self._outputs.items()}

    def remove(self, node: Node) -> None:
        """Removes a node without users."""
        assert not self._users[node.path]
        assert not self.is_output(node.path)
        for name in node.inputs:
            self._users[name].remove(node.path)
        self._owned[node.layer] -= 1
        del self._nodes[node.path]

    def discard(self, name: str) -> None:
        """Removes a value without users, and recursively the inputs that become dead."""
        names = [name]
        while names:
            node = self._nodes.get(names.pop())
            if node is not None and not self._users[node.path] and not self.is_output(node.path):
                self.remove(node)
                names += node.inputs

    def give_way(self, node: Node, new: str) -> None:
        """Removes a node; its users take another value."""
        self.redirect(node.path, new)
        self.remove(node)

    def finished(self) -> tuple[Graph, dict[str, Array]]:
        """The graph with proved shapes and without dead nodes, and its weights in float32."""
        nodes = [node for path in self._order() if (node := self._nodes.get(path)) is not None]
        outputs = tuple(port.model_copy(update={"node": self._outputs[port.name]}) for port in self._graph.outputs)
        gone = set(dead([(node.path, node.inputs) for node in nodes], [port.node for port in outputs]))
        kept = {name: getattr(self._graph, name) for name in Graph.model_fields}
        nodes = _owned([node for node in nodes if node.path not in gone], self._arrays)
        graph = Graph(**kept | {"nodes": tuple(nodes), "outputs": outputs})
        assert not (problems := prove(graph)), problems
        arrays = {key: self._arrays[key] for key in expected(graph)}
        return graph, {
            key: array if np.issubdtype(array.dtype, np.integer) else np.asarray(array, np.float32)
            for key, array in arrays.items()
        }

    def _put(self, node: Node) -> Node:
        shapes = self.input_shapes(node)
        node = node.model_copy(update={"shape": node.op.shape(*shapes)})
        self._nodes[node.path] = node
        self._shapes[node.path] = node.shape
        for name in node.inputs:
            self._users[name].append(node.path)
        return node

    def _path(self, like: Node, name: str) -> str:
        within = self._graph.instances[like.instance].path if like.instance else ""
        return f"{within}.{name}" if within else name

    def _order(self) -> Iterator[str]:
        for node in self._graph:
            yield from self._around(node.path)

    def _around(self, path: str) -> Iterator[str]:
        before, behind = self._beside.get(path, ((), ()))
        for new in before:
            yield from self._around(new)
        yield path
        for new in behind:
            yield from self._around(new)


def _owned(nodes: list[Node], arrays: dict[str, Array]) -> list[Node]:
    """The nodes, with ownership of shared weights moved to nodes that remain, and the weights renamed accordingly."""
    owner: dict[str, str] = {}
    for node in nodes:
        owner.setdefault(node.layer, node.path)
    for old, new in owner.items():
        if old != new:
            arrays |= {f"{new}{key[len(old) :]}": arrays[key] for key in [*arrays] if key.startswith(f"{old}/")}
    return [n if owner[n.layer] == n.layer else n.model_copy(update={"layer": owner[n.layer]}) for n in nodes]
