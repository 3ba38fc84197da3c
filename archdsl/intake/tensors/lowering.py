"""From a program over tensors to a flat graph: each operator in turn, its tensors as views or constants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.tensors.moves import moves
from archdsl.intake.tensors.program import Constant, Node, Numbers
from archdsl.intake.tensors.views import Atom, Axes, Axis, View, leaves, length, places
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS
from archdsl.weights import Array

Value: TypeAlias = View | Constant
Held: TypeAlias = Mapping[str, Numbers]
"""The arrays of an op by the names that it gives them."""


class Pending(ABC):
    """What several operators make together, until the last of them is met. ``force`` says it in ops one by one."""

    @abstractmethod
    def force(self) -> str:
        """The value of the graph, whose axes are those of what was pending."""


@dataclass(frozen=True, slots=True)
class Spread(Pending):
    """A tensor repeated along axes of size 1, for a join with one that has them."""

    view: View
    """With as many axes as the result."""

    def force(self) -> str:
        raise Unsupported(f"a tensor {[*self.view.shape]} is repeated, and not for a join")


@dataclass(slots=True)
class Lowering:
    """The graph so far, and the representation of each tensor in it."""

    graph: FlatGraph
    batch: Atom
    values: dict[str, Value] = field(default_factory=dict)
    layouts: dict[str, Axes] = field(default_factory=dict)
    """The axes of each value of the graph, as they lie."""
    pending: dict[str, Pending] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """What became of pending values that had to be said in ops."""
    sources: dict[str, View] = field(default_factory=dict)
    """The inputs of dense layers by their results."""
    cut: set[Axis] = field(default_factory=set)
    """Axes of windows that maps were cut into."""
    _moved: dict[tuple[str, Any], str] = field(default_factory=dict)
    _owners: dict[tuple[str, ...], str] = field(default_factory=dict)

    def layout(self, base: str) -> Axes:
        return tuple(map(leaves, self.layouts[base]))

    def emit(
        self, name: str, op: Op, inputs: Sequence[str], axes: Axes, held: Held | None = None, shared: Sequence[str] = ()
    ) -> str:
        """Appends an op that makes a value with such axes, and gives its name. ``shared`` are names of its weights."""
        axes = tuple(map(_without_batch, axes))
        key = tuple(shared) if held and shared and any(a.ndim > 1 for a in held.values()) else ()
        made = self.graph.add(name, op, inputs, self._owners.get(key))
        if key:
            self._owners.setdefault(key, made)
        shape = self.graph.nodes[made].shape
        if shape != tuple(map(length, axes)):
            raise Unsupported(f"`{op.name}` makes {list(shape)}, where the source has {[*map(length, axes)]}")
        if held and self.graph.nodes[made].layer == made:
            self.graph.arrays[made] = {key: _array(value) for key, value in held.items()}
        self.layouts[made] = axes
        return made

    def wait(self, pending: Pending, axes: Axes) -> str:
        """A name for what several operators make together, with its axes."""
        name = f"pending {len(self.pending)}"
        self.pending[name] = pending
        self.layouts[name] = axes
        return name

    def laid(self, view: View, groups: Axes, place: str) -> str:
        """The value of a view with its axes in an order, for which ops are appended where it lies otherwise."""
        target = tuple(map(_without_batch, groups))
        key = (view.base, (places(view), target))
        if key in self._moved:
            return self._moved[key]
        base = self._without(view, place)
        for op, axes in moves(self.layout(base), target, self.cut):
            base = self.emit(f"{place}.{op.name}", op, [base], axes)
            if op.name == "window_partition":
                self.cut.add(axes[0])
        self._moved[key] = base
        return base

    def _without(self, view: View, place: str) -> str:
        """A value after selection of the picked places."""
        base = view.base
        for atom, at in places(view):
            key = (base, ("pick", atom, at))
            if key not in self._moved:
                self._moved[key] = self._taken(base, atom, at, place)
            base = self._moved[key]
        return base

    def _taken(self, base: str, atom: Atom, at: int, place: str) -> str:
        layout = self.layout(base)
        index = next(i for i, row in enumerate(layout) if atom in row)
        row = layout[index]
        where = index - len(layout) if index == len(layout) - 1 else index
        if row == (atom,):
            op = made("slice", start=at, axis=where, keepdims=False)
            return self.emit(f"{place}.slice", op, [base], (*layout[:index], *layout[index + 1 :]))
        rest = tuple(each for each in row if each is not atom)
        after = (*layout[:index], rest, *layout[index + 1 :])
        if row[0] is atom:
            size = length(rest)
            op = made("slice", start=at * size, stop=(at + 1) * size, axis=where)
        elif row[-1] is atom:
            op = made("slice", start=at, step=atom.size, axis=where)
        else:
            cut = row.index(atom)
            split = (*layout[:index], row[:cut], row[cut:], *layout[index + 1 :])
            base = self.emit(f"{place}.reshape", made("reshape", to=tuple(map(length, split))), [base], split)
            return self.laid(View(self._taken(base, atom, at, place), after), after, place)
        return self.emit(f"{place}.slice", op, [base], after)


@dataclass(frozen=True, slots=True)
class Site:
    """One operator: its arguments, and what it appends ops with."""

    lowering: Lowering
    node: Node
    inputs: tuple[Value | None, ...]

    # --- arguments ---------------------------------------------------------------------------------------------------

    def has(self, place: int) -> bool:
        return place < len(self.inputs) and self.inputs[place] is not None

    def view(self, place: int = 0) -> View:
        """An input that is no constant; what is pending is said in ops first."""
        value = self.inputs[place] if self.has(place) else None
        if not isinstance(value, View):
            raise Unsupported("an input that must depend on the model's input is a constant")
        return self.forced(value)

    def forced(self, view: View) -> View:
        lowering = self.lowering
        if (pending := lowering.pending.get(view.base)) is None:
            return view
        if view.base not in lowering.said:
            lowering.said[view.base] = pending.force()
        return View(lowering.said[view.base], view.axes, view.picks)

    def constant(self, place: int) -> Constant:
        value = self.inputs[place] if self.has(place) else None
        if not isinstance(value, Constant):
            raise Unsupported(f"its input {place + 1} depends on the model's input, and must be a constant")
        return value

    def array(self, place: int) -> Numbers:
        return self.constant(place).array

    def integers(self, place: int) -> tuple[int, ...] | None:
        """The numbers of a constant input, or ``None`` where there is none."""
        if not self.has(place):
            return None
        array = self.array(place)
        if array.dtype.kind not in "iu" or array.size > 64:
            raise Unsupported(f"its input {place + 1} must be a few integers")
        return tuple(int(n) for n in array.reshape(-1))

    def number(self, place: int, default: float | None = None) -> float:
        if not self.has(place) and default is not None:
            return default
        array = self.array(place)
        if array.size != 1:
            raise Unsupported(f"its input {place + 1} must be a number")
        return short(array.reshape(-1)[0])

    def attribute(self, name: str, default: Any) -> Any:
        return self.node.attributes.get(name, default)

    def shape(self, place: int = 0) -> tuple[int, ...]:
        value = self.inputs[place]
        return value.shape if isinstance(value, View) else value.array.shape if value is not None else ()

    def axis(self, number: int, rank: int | None = None) -> int:
        """An axis counted from the front."""
        rank = len(self.shape()) if rank is None else rank
        if not -rank <= number < rank:
            raise Unsupported(f"axis {number} of a tensor with {rank} axes")
        return number % rank

    # --- ops ---------------------------------------------------------------------------------------------------------

    @property
    def place(self) -> str:
        return self.node.place or self.node.kind.lower()

    def emit(
        self,
        name: str,
        inputs: Sequence[str],
        axes: Axes,
        held: Held | None = None,
        shared: Sequence[str] = (),
        **arguments: Any,
    ) -> str:
        """Appends an op of the language that makes a value whose axes lie so."""
        return self.lowering.emit(self.place, made(name, **arguments), inputs, axes, held, shared)

    def same(self, view: View, name: str, held: Held | None = None, **arguments: Any) -> View:
        """Appends an op that keeps the shape, to a tensor as it lies."""
        base = self.laid(view, self.lies(view))
        return View(self.emit(name, [base], self.lowering.layout(base), held, **arguments), view.axes)

    def laid(self, view: View, groups: Axes) -> str:
        return self.lowering.laid(view, groups, self.place)

    def lies(self, view: View) -> Axes:
        """The axes of a view in the order of its value's layout, without those that are picked."""
        picked = {atom for atom, _ in places(view)}
        found = []
        for row in self.lowering.layout(view.base):
            rest = tuple(atom for atom in row if atom not in picked)
            if rest or not row:
                found.append(rest)
        return tuple(found)

    def features_last(self, view: View) -> tuple[str, Axes]:
        """A value whose last axis is the last one of a tensor; the others lie as they do, or in the tensor's order."""
        last = self.unbatched(view.axes[-1])
        lies = self.lies(view)
        units = sum(not row for row in lies)
        wanted = sum(not leaves(row) for row in view.axes[1:-1])
        if not lies or lies[-1] != last or units > wanted:
            lies = (*(row for row in self.in_order(view)[:-1] if row), last)
        return self.laid(view, lies), lies

    def unbatched(self, row: Axis) -> Axis:
        return _without_batch(row)

    def in_order(self, view: View) -> Axes:
        """The axes of a tensor in its own order, without the batch."""
        first, *others = view.axes
        lead = self.unbatched(first)
        return (*((lead,) if lead else ()), *map(self.unbatched, others))

    def spatial(self, view: View) -> Axes:
        """The axes of a tensor ``[batch, channels, spatial…]`` as our ops take them."""
        if len(view.axes) < 3 or self.unbatched(view.axes[0]):
            raise Unsupported(f"a tensor {[*view.shape]} is no batch of maps")
        return (*map(self.unbatched, view.axes[2:]), self.unbatched(view.axes[1]))

    def as_map(self, base: str, axes: Axes) -> View:
        """The view ``[batch, channels, spatial…]`` of a value whose channels are last."""
        return View(base, ((self.lowering.batch,), axes[-1], *axes[:-1]))


def _without_batch(row: Axis) -> Axis:
    return tuple(atom for atom in leaves(row) if not atom.is_batch)


def made(name: str, **arguments: Any) -> Op:
    """An op of the language. Raises ``Unsupported`` where its arguments are outside of what it allows."""
    try:
        return OPS[name](**arguments)
    except ValueError as error:
        lines = str(error).splitlines()
        raise Unsupported(f"`{name}`: {lines[2].strip() if len(lines) > 2 else error}") from None


def short(value: Any) -> float:
    """A number of a file in as few digits as tell it apart from others of its type."""
    return float(str(value)) if isinstance(value, np.floating) else float(value)


def _array(value: Numbers) -> Array:
    return Array(tuple(value.shape), "float32", lambda: np.ascontiguousarray(value, np.float32))


Reader: TypeAlias = Callable[[Site], Value | tuple[Value, ...]]
READERS: Final[dict[str, Reader]] = {}


def reads(*kinds: str) -> Callable[[Reader], Reader]:
    def register(function: Reader) -> Reader:
        for kind in kinds:
            assert kind not in READERS, f"{kind} is read twice"
            READERS[kind] = function
        return function

    return register
