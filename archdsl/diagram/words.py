"""Texts of boxes and frames: names, calls, variations among repeats, figures."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2
from typing import Final

from archdsl.diagram.outline import Item, Outline
from archdsl.diagram.runs import Step
from archdsl.graph.dims import Shape
from archdsl.graph.model import Node
from archdsl.graph.tree import local_name
from archdsl.ops.call import Argument, Call, Value, text, words
from archdsl.ops.pattern import common
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import Cost, NodeCost
from archdsl.summary.figures import exact, human

LINES: Final = 5
"""Lines that a folded group is described in; more are counted."""

TITLE: Final = 60
"""Letters that the title of a frame has on a line."""

_DIGITS: Final = 3
"""Of fractions that come out of schedules."""
_DETAILS: Final = (*TRAINING, "eps", "momentum")
"""Arguments that boxes leave out; tooltips have them."""
_NESTED: Final = 9
"""Letters of the arguments of a call within a call, from which on boxes leave it out,"""
_LISTED: Final = 20
"""and of the elements of a list, from which on they stand for them as `…`."""
_MORE: Final = words("…")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of an outline's items."""

    outline: Outline
    costs: Cost
    _telling: dict[str, frozenset[str]] = field(default_factory=dict, init=False)
    """By the names of blocks, the arguments in which their calls differ."""

    def name(self, item: Item) -> str:
        """The name of an item, unless its call or the number of repeats implies it."""
        name = "" if item.kind == "repeat" else given_name(item.first, self._above(item))
        is_one = item.times == 1 and (len(item.copies) == 1 or not _is_numbered(name))
        return name if is_one or not name[-1:].isdecimal() else ""

    def call(self, item: Item) -> str:
        """The call of an op or block, with the arguments that vary among its copies; empty for a group."""
        if item.kind == "op":
            return brief(merged([call(node.op, hide=_DETAILS) for node in item.nodes()]))
        return brief(self._called(item), self._tells(item.instance.block)) if item.kind == "block" else ""

    def _tells(self, block: str) -> frozenset[str]:
        """The arguments that distinguish boxes of one block in this model."""
        if block not in self._telling:
            copies = (copy for item in self.outline.items if item.kind == "block" for copy in item.copies)
            instances = (copy.instance for copy in copies if not isinstance(copy, Node))
            every = [each.given() for each in {each.call for each in instances if each.block == block}]
            names = {name for given in every for name in given}
            differ = frozenset(name for name in names if len({given.get(name) for given in every}) > 1)
            self._telling[block] = differ
        return self._telling[block]

    def _called(self, item: Item) -> Call:
        return merged([copy.instance.call for copy in item.copies if not isinstance(copy, Node)])

    def title(self, item: Item) -> str:
        """The title of a frame: ``c2: ResidualStage(Bottleneck, …)``, ``Bottleneck(64) ×3``."""
        called = ": ".join(filter(None, [self.name(item), self.call(item)])) + times(item)
        return ", ".join([called, *self._borrowed(item)])

    def lines(self, item: Item) -> list[str]:
        """The lines of a box: the name and the call, or the contents of a group. Loop indices get no line."""
        name, called = self.name(item), self.call(item)
        if called:
            return [
                *([name] if name and not _is_numbered(name) else []),
                *wrap(called + times(item)),
                *self._borrowed(item),
                *self._precision(item),
            ]
        return [name + times(item), *self.contents(item), *self._precision(item)]

    def contents(self, item: Item) -> list[str]:
        """A summary of a group's contents, for its box."""
        return [line for text in self._inside(item) for line in wrap(text)]

    def cost(self, item: Item) -> NodeCost:
        """The total cost of all copies."""
        if item.kind == "op":
            return NodeCost.sum(self.costs.nodes[node.path] for node in item.nodes())
        return NodeCost.sum(self.cost(self.outline.items[child]) for child in item.children)

    def is_list(self, item: Item) -> bool:
        """Whether an item is only a few ops in a row, which a box can list."""
        inside = [self.outline.items[child].first for child in item.children]
        nodes = [each for each in inside if isinstance(each, Node)]
        in_a_row = all(before.path in node.inputs for before, node in pairwise(nodes))
        return len(nodes) == len(inside) <= LINES and in_a_row

    def family(self, item: Item) -> str:
        """The family of an op; of a group that lists its ops, that of the costliest; empty for a block."""
        if isinstance(item.first, Node):
            return item.first.op.family
        if item.kind != "group" or not self.is_list(item):
            return ""
        ops = [self.outline.items[child] for child in item.children]
        return self.family(max(ops, key=lambda op: self.cost(op).params))

    def details(self, item: Item) -> tuple[str, ...]:
        """The tooltip of a box or frame."""
        paths = item.path if len(item.copies) == 1 else f"{item.path}, {len(item.copies)} times"
        lines = [paths]
        if isinstance(item.first, Node):
            lines.append(short(merged([call(node.op) for node in item.nodes()])))
        elif item.kind == "block":
            lines += [short(self._called(item)), *item.instance.doc.partition("\n\n")[0].splitlines()]
        share = self.cost(item)
        if share.params:
            lines.append(f"{exact(share.params)} parameters")
        if share.macs:
            lines.append(f"{human(share.macs)} MACs")
        if owner := self.owner(item):
            lines.append(f"weights of {owner}")
        if self.is_float32(item):
            lines.append("computes in float32")
        return tuple(lines)

    def is_float32(self, item: Item) -> bool:
        """Whether all of it computes in float32, whatever the precision of the rest."""
        return all(node.float32 for node in item.nodes())

    def _precision(self, item: Item) -> list[str]:
        return ["float32"] if self.is_float32(item) else []

    def _borrowed(self, item: Item) -> list[str]:
        """The owner of its weights, unless an ancestor says so."""
        owner, around = self.owner(item), self.outline.items[item.parent]
        while owner and around.index and not self.owner(around):
            around = self.outline.items[around.parent]
        return [f"weights of {owner}"] if owner and not around.index else []

    def owner(self, item: Item) -> str:
        """The path of the block or op that owns its weights; empty if it owns some itself, or has none."""
        if item.kind not in ("block", "op"):
            return ""
        nodes = [item.first] if isinstance(item.first, Node) else item.first.nodes()
        owner = ""
        for node in nodes:
            if self.costs.nodes[node.layer].params:
                if node.layer == node.path:
                    return ""
                owner = owner or node.layer.removesuffix(node.path[len(item.path) :])
        return owner

    def _above(self, item: Item) -> str:
        parent = self.outline.items[item.parent]
        return self._above(parent) if parent.kind == "repeat" else parent.path

    def _told(self, item: Item) -> str:
        """The call, or the name, of an element of a group; of a repeat of several, their words."""
        if item.kind == "repeat":
            inside = [self.outline.items[child] for child in item.children]
            return ", ".join(self._told(child).partition("(")[0] for child in inside)
        return self.call(item) or self.name(item)

    def _inside(self, item: Item) -> list[str]:
        children = [self.outline.items[child] for child in item.children]
        lines = [self._told(child) + times(child) for child in children]
        return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"and {len(lines) - LINES + 1} more"]


def given_name(step: Step, above: str) -> str:
    """The name that the author gave to a part at ``above``, unless it is the default name of its target."""
    item = step if isinstance(step, Node) else step.instance
    return local_name(item.path, above) if item.named else ""


def _is_numbered(name: str) -> bool:
    """Whether a name ends in a loop index."""
    return name.rpartition(".")[2].isdecimal()


def times(item: Item) -> str:
    return f" ×{item.times}" if item.times > 1 else ""


def merged(calls: Sequence[Call]) -> Call:
    """Calls of one op or block as one; varying arguments become a range from first to last.

    >>> units = [Call("Unit", (Argument("width", 64, bare=True), Argument("drop", rate))) for rate in (0.1, 0.2, 0.3)]
    >>> gelu = Call("Unit", (units[0].arguments[0], Argument("act", Call("gelu"))))
    >>> print(merged(units), merged([gelu, Call("Unit", gelu.arguments[:1])]), merged([Call("relu")] * 2))
    Unit(64, drop=0.1…0.3) Unit(64, …) relu
    """
    return common(calls, _span, _MORE)


def _span(values: Sequence[Value]) -> Value | None:
    """A number, or the first and last of several; other variations are left out."""
    if not all(map(_is_number, values)):
        return None
    return values[0] if len(values) == 1 else words(f"{short(values[0])}…{short(values[-1])}")


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def brief(call: Call, telling: Collection[str] = (), length: int = 44) -> str:
    """A call without arguments that are calls or long lists, and without those that boxes leave out.

    Where it is long it goes without the last ones: those first that are not ``telling``.

    >>> norm = Call("batch_norm", (Argument("eps", 0.001),))
    >>> brief(Call("Unit", (Argument("width", 64, bare=True), Argument("norm", norm), Argument("depths", (3, 4)))))
    'Unit(64, depths=[3, 4], …)'
    >>> squeezed = Argument("squeeze", 0.25), Argument("stride", 2), Argument("eps", 0.001)
    >>> brief(Call("Unit", (Argument("width", 64, bare=True), *squeezed)), ["stride"], 24)
    'Unit(64, stride=2, …)'
    """
    given = [argument for argument in call.arguments if argument.name not in _DETAILS]
    kept = [(each.name, f"{'' if each.bare else f'{each.name}='}{short(_elided(each.value))}") for each in given]
    kept = [*kept[:1], *((name, said) for name, said in kept[1:] if "…)" not in said)]
    room = length - len(f"{call.callee}(, …)")
    total = len(", ".join(said for _, said in kept))
    last_first = sorted(range(1, len(kept)), key=lambda place: (kept[place][0] in telling, -place))
    gone = set[int]()
    for place in last_first:
        if total <= room:
            break
        gone.add(place)
        total -= len(kept[place][1]) + 2
    shown = [said for place, (_, said) in enumerate(kept) if place not in gone]
    more = ["…"] * (len(shown) < len(given))
    return f"{call.callee}({', '.join([*shown, *more])})" if given else call.callee


def _elided(value: Value) -> Value:
    """A value with long arguments of calls and long lists elided."""
    if isinstance(value, Call) and value.arguments:
        inside = len(short(value)) - len(value.callee) - len("()")
        return Call(value.callee, (Argument("", _MORE),)) if inside >= _NESTED else value
    if isinstance(value, tuple):
        shown = tuple(map(_elided, value))
        return shown if len(short(shown)) - len("[]") < _LISTED else words("[…]")
    return value


def short(value: Value) -> str:
    """A value with rounded fractions."""
    return text(value, _DIGITS)


def wrap(text: str, width: int = 50) -> list[str]:
    """A call wrapped after commas.

    >>> wrap("conv(256, k=3, stride=2, bias=false)", 24)
    ['conv(256, k=3, stride=2,', 'bias=false)']
    """
    lines = [""]
    for part in re.split(r"(?<=,) ", text):
        if lines[-1] and len(lines[-1]) + 1 + len(part) > width:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    return lines


def size(shape: Shape) -> str:
    """A shape as in figures of papers.

    >>> size((56, 56, 256))
    '56×56×256'
    """
    return "×".join(map(str, shape))


def block(shape: Shape) -> tuple[int, int] | None:
    """Width and height, in points, of the block that is drawn for a tensor, scaled as in Net2Vis.

    It is higher for more places and wider for more channels, both by logarithms, so that what halves the map and
    doubles the channels is seen at a glance. A vector is a line. ``None`` for sizes that are known at run time alone.

    >>> block((56, 56, 64)), block((7, 7, 2048)), block((1000,))
    ((6, 9), (11, 4), (10, 1))
    """
    sizes = [size for size in shape if isinstance(size, int)]
    if not shape or len(sizes) < len(shape):
        return None
    *axes, channels = sizes
    side = sum(log2(axis or 1) for axis in axes) / len(axes) if axes else 0.0
    return max(1, int(log2(channels or 1) + 0.5)), max(1, int(1.5 * side + 0.5))


def printable(text: str) -> str:
    """The text without characters that XML or DOT cannot hold, or that change the direction of text."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
