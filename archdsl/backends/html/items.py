"""The graph as a list of items: all that a page can show as a box or frame, describe and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from archdsl.diagram.outline import Item as Part
from archdsl.diagram.outline import Outline
from archdsl.diagram.runs import Step
from archdsl.diagram.words import Words, given_name, merged, short
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node, Origin
from archdsl.graph.tree import local_name
from archdsl.ops.call import Call
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import Cost, NodeCost

Kind: TypeAlias = Literal["model", "input", "op", "block", "group", "repeat", "unit", "output"]

_NOTHING: Final = NodeCost()


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the list. It refers to others by index."""

    kind: Kind
    """A ``repeat`` holds what it stands for: all that are alike, or a ``unit`` of several steps for each time."""
    parent: int
    path: str
    shape: Shape
    """Of the output."""
    part: int = 0
    """The item of the outline that it comes from."""
    label: str = ""
    """What its path adds to that of its parent, where the call does not say that anyway."""
    call: str = ""
    brief: str = ""
    """The call as boxes and frames show it."""
    inside: tuple[str, ...] = ()
    """What a box says of what it holds, where it has no call."""
    cost: NodeCost = _NOTHING
    inputs: tuple[int, ...] = ()
    """Of an op and an output: where the values come from."""
    block: str = ""
    family: str = ""
    doc: str = ""
    times: int = 0
    """Of a repeat: how many it stands for."""
    layer: str = ""
    """The path of the op whose weights this one uses, where they are not its own."""
    float32: bool = False
    """Whether it computes in float32, whatever the precision of the rest."""
    origin: Origin | None = None


def items(graph: Graph, costs: Cost, outline: Outline) -> tuple[Item, ...]:
    """The model, then inputs, ops, blocks, groups, repeats and outputs in flow order.

    An outline has one part for all that repeats; here each copy is listed, so that it can be found and shown. A parent
    stands before what it holds.
    """
    return tuple(_Listing(graph, costs, outline).items)


class _Listing:
    def __init__(self, graph: Graph, costs: Cost, outline: Outline) -> None:
        self.items: list[Item] = []
        self._costs = costs
        self._outline = outline
        self._words = Words(outline, costs)
        self._numbers: dict[str, int] = {}
        """Of inputs and nodes, by name."""
        self._said: dict[int, tuple[str, tuple[str, ...]]] = {}
        """What a repeat says of all its copies, wherever in the model: by its part, asked for once."""
        self._add(Item("model", 0, "", (), cost=costs.total, doc=graph.doc))
        for port in graph.inputs:
            self._numbers[port.name] = self._add(Item("input", 0, port.name, port.shape, label=port.name))
        self._inside(outline.items[0], 0, 0, "")
        for port in graph.outputs:
            source = (self._numbers[port.node],)
            self._add(Item("output", 0, port.name, port.shape, label=port.name, inputs=source))

    def _add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items) - 1

    def _inside(self, part: Part, copy: int, parent: int, above: str) -> None:
        """Adds the contents of one copy of a part to item ``parent``; ``above`` is the enclosing instance's path."""
        for number in part.children:
            child = self._outline.items[number]
            copies = range(copy * child.times, (copy + 1) * child.times)
            if child.times == 1:
                self._copy(child, copy, parent, above)
            elif child.kind == "repeat":
                self._units(child, copies, parent, above)
            else:
                around = self._repeat(child, [child.copies[each] for each in copies], parent)
                for each in copies:
                    self._copy(child, each, around, above)

    def _copy(self, part: Part, copy: int, parent: int, above: str) -> None:
        step = part.copies[copy]
        item = self._item(part, step, parent, above)
        if isinstance(step, Node):
            self._numbers[step.path] = self._add(item)
        else:
            self._inside(part, copy, self._add(item), item.path)

    def _units(self, part: Part, copies: range, parent: int, above: str) -> None:
        """A repeat of several steps: its units, each with its steps."""
        steps = [self._outline.items[child] for child in part.children]
        units = [[step.copies[each] for step in steps] for each in copies]
        around = self._repeat(part, [step for unit in units for step in unit], parent)
        for time, (each, unit) in enumerate(zip(copies, units, strict=True), 1):
            first, last = _path(unit[0]), local_name(_path(unit[-1]), above)
            path, shape, cost = f"{first} … {last}", _shape(unit[-1]), self._cost(unit)
            number = self._add(Item("unit", around, path, shape, part.index, label=str(time), cost=cost))
            self._inside(part, each, number, above)

    def _repeat(self, part: Part, steps: Sequence[Step], parent: int) -> int:
        """The item of a repeat. Its path does not depend on the number of its units."""
        first = self._item(part, steps[0], parent, "")
        calls = [] if part.kind == "repeat" else [_call(step) for step in steps]
        if part.index not in self._said:
            inside = () if part.kind in ("op", "block") else tuple(self._words.contents(part))
            self._said[part.index] = self._words.call(part), inside
        brief, inside = self._said[part.index]
        return self._add(
            replace(
                first,
                kind="repeat",
                path=f"{first.path}…",
                label=self._words.name(part),
                call=short(merged(calls)) if all(calls) and calls else "",
                brief=brief,
                inside=inside,
                block=first.block if part.kind == "block" else "",
                family="" if part.kind == "repeat" else first.family,
                inputs=(),
                shape=_shape(steps[-1]),
                cost=self._cost(steps),
                times=part.times,
                layer=self._words.owner(part),
                float32=self._words.is_float32(part),
            )
        )

    def _item(self, part: Part, step: Step, parent: int, above: str) -> Item:
        """One copy of a part."""
        only = replace(part, copies=(step,), times=1)
        path, shape, cost = _path(step), _shape(step), self._cost([step])
        label = given_name(step, above)
        brief, family = self._words.call(only), self._words.family(only)
        if isinstance(step, Node):
            inputs = tuple(self._numbers[name] for name in step.inputs)
            return Item(
                "op", parent, path, shape, part.index, label, str(_call(step)), brief,
                cost=cost, inputs=inputs, family=family, layer=self._words.owner(only),
                float32=self._words.is_float32(only), origin=step.origin,
            )  # fmt: skip
        instance = step.instance
        inside = tuple(self._words.contents(only)) if instance.kind == "group" else ()
        return Item(
            instance.kind, parent, path, shape, part.index, label, str(instance.call), brief, inside,
            cost=cost, block=instance.block, family=family, doc=instance.doc, layer=self._words.owner(only),
            float32=self._words.is_float32(only), origin=instance.origin,
        )  # fmt: skip

    def _cost(self, steps: Sequence[Step]) -> NodeCost:
        nodes = (node for step in steps for node in ([step] if isinstance(step, Node) else step.nodes()))
        return NodeCost.sum(self._costs.nodes[node.path] for node in nodes)


def _path(step: Step) -> str:
    return step.path if isinstance(step, Node) else step.instance.path


def _call(step: Step) -> Call:
    return call(step.op, hide=TRAINING) if isinstance(step, Node) else step.instance.call


def _shape(step: Step) -> Shape:
    return step.shape if isinstance(step, Node) else [*step.nodes()][-1].shape
