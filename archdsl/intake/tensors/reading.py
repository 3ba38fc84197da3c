"""Lowering of a whole program to a flat graph, with the problems of unsupported operators."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.opaque import Opaque
from archdsl.intake.tensors import operators as operators
from archdsl.intake.tensors.holes import hole
from archdsl.intake.tensors.images import channel_axis
from archdsl.intake.tensors.lowering import READERS, Lowering, Reader, Site, Value
from archdsl.intake.tensors.operators.numbers import COMPUTED, computed
from archdsl.intake.tensors.program import Node, Program
from archdsl.intake.tensors.views import Atom, Unaligned, View, axis, leaves, length

_UNKNOWN: Final = "there is no such operator in the language"


def _known_only(_: Site) -> Value:
    raise Unsupported("it is read of constants alone")


def lowered(program: Program, file: str, opaque: Opaque | None = None) -> FlatGraph:
    """The flat graph of a program. With ``opaque``, what cannot be read is an opaque step.

    Raises:
        Unreadable: with all operators that no op of the language stands for, each by its place.
    """
    batch = Atom(next(iter(program.inputs.values()))[0] if program.inputs else 1, is_batch=True)
    lowering = Lowering(FlatGraph(program.name, {}), batch)
    for name, shape in program.inputs.items():
        axes = tuple(map(axis, shape[1:]))
        logical = (leaves((batch,)), *axes)
        last = channel_axis(program, name, len(shape))
        lies = (*(a for i, a in enumerate(axes, start=1) if i != last), *((axes[last - 1],) if last else ()))
        if last and last != len(axes):
            lowering.graph.turned.add(name)
        lowering.graph.inputs[name] = tuple(map(length, lies))
        lowering.layouts[name] = lies
        lowering.values[name] = View(name, logical)
    lowering.values |= program.constants
    problems = _run(program, lowering, opaque)
    if problems:
        raise Unreadable(file, problems)
    for place, name in enumerate(program.outputs):
        label = "output" if len(program.outputs) == 1 else f"output_{place}"
        value = lowering.values[name]
        if not isinstance(value, View):
            raise Unreadable(file, [Problem(name, "an output does not depend on the model's input")])
        try:
            lowering.graph.outputs[label], is_turned = _output(lowering, value, name)
        except Unsupported as error:
            raise Unreadable(file, [Problem(name, str(error))]) from None
        if is_turned:
            lowering.graph.turned.add(label)
    return lowering.graph.live()


def _output(lowering: Lowering, view: View, name: str) -> tuple[str, bool]:
    """An output as it lies, if only its channels are last, and whether it is so; else in the order of the source."""
    site = Site(lowering, Node("Output", [name], [], {}, name), (view,))
    view = site.forced(view)
    ordered, lies = tuple(map(site.unbatched, view.axes[1:])), site.lies(view)
    if site.unbatched(view.axes[0]):
        ordered = site.in_order(view)
    if not view.picks and len(ordered) > 2 and lies == (*ordered[1:], ordered[0]):
        return view.base, True
    if len(ordered) > 2 and lies[-1:] != ordered[-1:] and len(view.axes) == len(ordered) + 1 and lowering.graph.turned:
        return site.laid(view, (*ordered[1:], ordered[0])), True
    return site.laid(view, ordered), False


def _made(site: Site, reader: Reader) -> dict[str, Value]:
    """The results of an operator: computed, where all that it takes is known."""
    known = tuple(value for value in site.inputs if not isinstance(value, View))
    found: Value | tuple[Value, ...] | None = None
    if len(known) == len(site.inputs):
        found = computed(site.node, known)
    found = reader(site) if found is None else found
    values = found if isinstance(found, tuple) else (found,)
    return {name: value for name, value in zip(site.node.outputs, values, strict=False) if name}


def _read(site: Site, reader: Reader) -> dict[str, Value] | str:
    """The results of an operator, or why it cannot be read."""
    try:
        return _made(site, reader)
    except Unsupported as error:
        return str(error)
    except Unaligned:
        return "a reshape cuts across the axes that it needs"
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError) as error:
        return f"its arguments do not fit: {error}"


def _run(program: Program, lowering: Lowering, opaque: Opaque | None) -> list[Problem]:
    problems: list[Problem] = []
    failed: set[str] = set()
    used = program.users()
    for node in program.nodes:
        reader = READERS.get(node.kind, _known_only if node.kind in COMPUTED else None)
        refused = node.refused or ("" if reader else _UNKNOWN)
        if refused and opaque is None:
            problems.append(Problem(node.place, refused, node.kind))
            failed.update(node.outputs)
            continue
        if any(name in failed for name in node.inputs):
            failed.update(node.outputs)
            continue
        missing = next((name for name in node.inputs if name and name not in lowering.values), None)
        if missing is not None:
            problems.append(Problem(node.place, f"nothing before it makes its input {missing}", node.kind))
            failed.update(node.outputs)
            continue
        site = Site(lowering, node, tuple(lowering.values[name] if name else None for name in node.inputs))
        found = _read(site, reader) if reader and not refused else refused
        if isinstance(found, str) and opaque is not None:
            found = _opaque(site, program, used, opaque, found)
        if isinstance(found, str):
            problems.append(Problem(node.place, found, node.kind))
            failed.update(node.outputs)
        else:
            lowering.values.update(found)
    return problems


def _opaque(site: Site, program: Program, used: Collection[str], told: Opaque, reason: str) -> dict[str, Value] | str:
    """The results of what cannot be read, as opaque steps, or why that is not possible either."""
    try:
        return {**hole(site, program.shapes, used, told)}
    except Unsupported as error:
        return f"{reason}; no opaque step can stand for it: {error}"
