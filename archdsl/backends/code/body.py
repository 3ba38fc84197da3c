"""Bodies of classes: the modules that an instance of a block makes, and the steps of its ``forward``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archdsl.backends.code.dialect import Dialect
from archdsl.backends.code.items import Item, attributes, class_name, is_chain, joined, module_path, sequence
from archdsl.backends.code.sharing import Sharing
from archdsl.backends.code.values import LIST, Argument, Code, Make, code
from archdsl.graph.model import Node
from archdsl.graph.tree import Branch, local_name, tree


@dataclass(frozen=True, slots=True)
class Operand:
    """A value that a step takes, with an expression appended to it: a change of axis order, or of the batch."""

    value: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of ``forward``."""

    attr: str
    """The attribute that it uses, such as ``conv`` or ``blocks[0]``; empty if none."""
    code: Code
    operands: tuple[Operand, ...]
    results: tuple[str, ...]
    label: str
    """The group that it is of, by which its result is called; empty if none."""
    tap: str
    """What the result is called where more than one step uses it."""
    note: str = ""
    """The shape of the result."""


@dataclass(slots=True)
class Body:
    """The body of one instance of a block. Values are named by the paths of the graph."""

    name: str
    doc: str
    inputs: tuple[str, ...]
    returns: tuple[Operand, ...]
    attrs: dict[str, Make] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    """Values that parameters may be, by the names by which they go: what the author gave, and ``in_channels``."""
    derived: bool = False
    """Whether ``in_channels`` is known of the first input alone, and no argument of the block."""
    height: int = 0
    """The nesting depth of classes below it."""


@dataclass(frozen=True, slots=True)
class Bodies:
    """The bodies of all instances that become classes, in post-order; the model is the last."""

    bodies: Mapping[int, Body]
    """By the index of the instance. A module of another class is called ``@index`` until that has a name."""
    prefixes: Mapping[str, str]
    """Where the module of each node that has one is: ``c2.blocks.0.conv1``."""


def bodies(dialect: Dialect) -> Bodies:
    return Builder(dialect).build()


class Builder:
    """Builds the bodies of a graph's instances. Attributes have the names that the author gave the parts."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._named = dialect.names_modules
        self._graph = dialect.graph
        self._shapes = self._graph.shapes
        self._users = defaultdict[str, list[str]](list)
        for node in self._graph:
            for name in node.inputs:
                self._users[name].append(node.path)
        self._final = {port.node for port in self._graph.outputs}
        self._inner: dict[int, dict[str, str]] = {}
        """For each class, where the modules of nodes are in it."""
        self._found: dict[int, Body] = {}

    def build(self) -> Bodies:
        root = tree(self._graph)
        self._sharing = Sharing(self._dialect, root)
        self._class(root)
        return Bodies(self._found, self._inner[0])

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _node(self, node: Node) -> Item:
        lowered = self._dialect.lowered[node.path]
        owned = ((node.path, ""),) if lowered.module is not None and node.layer == node.path else ()
        return Item(
            path=node.path,
            inputs=node.inputs,
            outputs=(node.path,),
            module=lowered.module,
            code=lowered.code,
            nodes=owned,
            named=node.named,
            after=self._dialect.after(node),
            reuses=node.layer if node.layer != node.path else "",
            note=self._dialect.note(node.path),
            shared=node.path in self._sharing.called,
        )

    # --- branches ----------------------------------------------------------------------------------------------------

    def _ends(self, nodes: Sequence[Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The inputs of some nodes from outside, and their values that are used outside."""
        inside = {node.path for node in nodes}
        given = dict.fromkeys(name for node in nodes for name in node.inputs if name not in inside)
        made = [
            node.path
            for node in nodes
            if node.path in self._final or any(user not in inside for user in self._users[node.path])
        ]
        return tuple(given), tuple(made)

    def _items(self, branch: Branch) -> Iterator[Item]:
        for child in branch.children:
            if isinstance(child, Node):
                yield self._node(child)
            else:
                yield from self._branch(child)

    def _parts(self, branch: Branch) -> list[Item]:
        """The parts of the class of a branch."""
        return self._joined(branch, self._ends([*branch.nodes()])[1])

    def _joined(self, branch: Branch, made: Collection[str]) -> list[Item]:
        """The parts, with loops that are chains merged into sequences; ``made`` are the values used outside."""
        return joined([*self._items(branch)], branch.instance.path, made, is_named=self._named)

    def _branch(self, branch: Branch) -> Iterator[Item]:
        nodes = [*branch.nodes()]
        inside = {node.path for node in nodes}
        _, made = self._ends(nodes)
        if branch.index in self._sharing.owners:
            yield self._call(branch, nodes, reuses=self._sharing.owners[branch.index])
        elif branch.index in self._sharing.open or any(node.layer not in inside for node in nodes) or not made:
            yield from self._items(branch)
        elif branch.instance.kind == "block":
            yield self._call(branch, nodes)
        else:
            yield from self._group(branch, nodes, made)

    def _group(self, branch: Branch, nodes: list[Node], made: Collection[str]) -> Iterator[Item]:
        """A chain of modules becomes a sequence, other rounds of loops become classes, other groups are inlined."""
        items = self._joined(branch, made)
        numbered = branch.instance.path.rpartition(".")[2].isdigit()
        chained = is_chain(items) and not any(item.outputs[0] in made for item in items[:-1])
        named = any(item.named for item in items) and len(items) > 1
        if len(items) == 1 and (chained or (numbered and items[0].module is not None and not items[0].reuses)):
            below = module_path(items[0], branch.instance.path)
            yield replace(items[0], path=branch.instance.path, named=True, below=below)
        elif chained and (numbered or not named):
            yield sequence(branch.instance.path, items, is_named=self._named)
        elif numbered and len(nodes) > 1 and not any(item.reuses or item.shared for item in items):
            yield self._call(branch, nodes)
        else:
            for item in items:
                yield replace(item, group=item.group or branch.instance.path)

    def _call(self, branch: Branch, nodes: list[Node], reuses: str = "") -> Item:
        given, made = self._ends(nodes)
        if not reuses:
            self._class(branch)
        places = {} if reuses else self._inner[branch.index]
        arguments = ", ".join(f"{{{i}}}" for i in range(len(given)))
        return Item(
            path=branch.instance.path,
            inputs=given,
            outputs=made,
            module=Make(f"@{branch.index}"),
            code=code(f"{{self}}({arguments})"),
            nodes=tuple(places.items()),
            named=branch.instance.named,
            after=("",) * len(given),
            reuses=reuses,
            note=self._dialect.note(made[0]) if len(made) == 1 else "",
            shared=branch.instance.path in self._sharing.called,
        )

    def _class(self, branch: Branch) -> None:
        nodes = [*branch.nodes()]
        given, made = self._ends(nodes)
        is_model = branch.index == 0
        if is_model:
            given = tuple(port.name for port in self._graph.inputs)
            made = tuple(port.node for port in self._graph.outputs)
        items = self._parts(branch)
        name = branch.instance.block if branch.instance.kind != "group" else class_name(branch.instance.block)
        body = Body(name, branch.instance.doc, given, tuple(Operand(path) for path in made))
        if given and self._shapes[given[0]]:
            body.known = {"in_channels": self._shapes[given[0]][-1]}
        body.known |= {name: value for name, value in branch.instance.call.given().items() if _is_plain(value)}
        body.derived = "in_channels" not in branch.instance.call.given()
        attrs = self._held(items, branch.instance.path, body.attrs)
        places: dict[str, str] = {}
        owned: dict[str, str] = {}
        for item, attr in zip(items, attrs, strict=True):
            if item.module is not None and not item.reuses:
                owned[item.path] = attr
                for path, below in item.nodes:
                    places[path] = ".".join(filter(None, (_key(attr), below)))
        for item, attr in zip(items, attrs, strict=True):
            used = owned[item.reuses] if item.reuses else attr if item.module is not None else ""
            operands = tuple(Operand(name, after) for name, after in zip(item.inputs, item.after, strict=True))
            label = local_name(item.group, branch.instance.path) if item.group else ""
            tap = local_name(item.path, branch.instance.path)
            body.steps.append(Step(used, item.code, operands, item.outputs, label, tap, item.note))
        if is_model:
            body.returns = tuple(Operand(port.node, self._dialect.whole(port.node)) for port in self._graph.outputs)
        inner = [self._found[int(callee[1:])].height for callee in _callees(body.attrs.values())]
        body.height = max(inner, default=-1) + 1
        self._found[branch.index] = body
        self._inner[branch.index] = places

    def _held(self, items: Sequence[Item], path: str, attrs: dict[str, Make]) -> list[str]:
        """Makes the modules of items attributes of a class, and returns how to access them: ``conv``, ``blocks[0]``."""
        found = attributes(items, path, self._dialect)
        for item, attr in zip(items, found, strict=True):
            if item.module is not None and not item.reuses:
                _hold(attrs, attr, replace(item.module, path=module_path(item, path)) if self._named else item.module)
        return found


def _is_plain(value: Any) -> bool:
    """Whether an argument of a block can be an argument of a class in Python."""
    return isinstance(value, int | float) or (isinstance(value, tuple) and bool(value) and all(map(_is_plain, value)))


def _callees(made: Iterable[Argument]) -> Iterator[str]:
    """The classes of other bodies that some modules call."""
    for each in made:
        if isinstance(each, Make):
            if each.callee.startswith("@"):
                yield each.callee
            yield from _callees(value for _, value in each.args)


def _key(attr: str) -> str:
    """
    >>> _key('features[3]["conv"]')
    'features.3.conv'
    """
    return attr.replace("[", ".").replace("]", "").replace('"', "")


def _hold(attrs: dict[str, Make], attr: str, module: Make) -> None:
    name, bracket, _ = attr.partition("[")
    if not bracket:
        attrs[name] = module
        return
    held = attrs.get(name, Make(LIST))
    attrs[name] = replace(held, args=(*held.args, (str(len(held.args)), module)), placed=len(held.args) + 1)
