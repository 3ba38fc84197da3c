"""One class for many instances of a block: the least general generalisation of their bodies, with parameters.

Instances that lack steps of the longest one get conditions for these. What is not known of an instance, since it lacks
the step, may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from archdsl.backends.code.body import Bodies, Body, Operand, Step
from archdsl.backends.code.dialect import Dialect
from archdsl.backends.code.lists import aligned
from archdsl.backends.code.parameters import MISSING, Parameter, Parameters
from archdsl.backends.code.terms import leaves, skeleton, substituted
from archdsl.backends.code.values import Argument, Code, Literal, Make, Name


@dataclass(slots=True)
class Definition:
    """A class. Literals of its body may be ``Name``s of parameters, and expressions over them."""

    name: str
    doc: str
    body: Body
    parameters: list[Parameter] = field(default_factory=list)
    reads_channels: bool = False
    """Whether ``in_channels``, if it is one of them, is no argument but read from the first input."""
    kept: dict[str, str] = field(default_factory=dict)
    """Attributes that ``forward`` reads, and what they are."""
    module_conditions: dict[str, str] = field(default_factory=dict)
    """For attributes that some instances lack, when they have them."""
    step_conditions: dict[int, tuple[str, int]] = field(default_factory=dict)
    """For steps that some instances lack, when they have them, and which operand passes otherwise."""

    @property
    def arguments(self) -> list[Parameter]:
        """The parameters to which values are given."""
        return [p for p in self.parameters if not (p.name == "in_channels" and self.reads_channels)]


def definitions(found: Bodies, dialect: Dialect) -> list[Definition]:
    """The classes of a model, each defined before it is used."""
    return _Merger(found, dialect).all()


class _Merger:
    def __init__(self, found: Bodies, dialect: Dialect) -> None:
        self._found = found
        self._dialect = dialect
        self._calls: dict[str, Make] = {}
        """By ``@index``, how an instance is made."""
        self._names: set[str] = set()

    def all(self) -> list[Definition]:
        groups: dict[tuple[int, str], list[int]] = {}
        heights: dict[str, set[int]] = {}
        for body in self._found.bodies.values():
            heights.setdefault(body.name, set()).add(body.height)
        recursive = self._recursive()
        for index, body in self._found.bodies.items():
            height = body.height if body.name in recursive else max(heights[body.name])
            groups.setdefault((height, body.name), []).append(index)
        made: list[Definition] = []
        for _, indices in sorted(groups.items(), key=lambda group: group[0][0]):
            made += self._group(indices)
        return made

    def _recursive(self) -> set[str]:
        """Names of blocks that contain each other, or that would have to be defined before their own parts."""
        below: dict[str, set[str]] = {}
        for body in self._found.bodies.values():
            inner = {self._found.bodies[int(name[1:])].name for name in _callees(body)}
            below.setdefault(body.name, set()).update(inner)
        tallest = dict.fromkeys(below, 0)
        for body in self._found.bodies.values():
            tallest[body.name] = max(tallest[body.name], body.height)
        return {name for name, inner in below.items() if any(tallest[other] >= tallest[name] for other in inner)}

    def _group(self, indices: Sequence[int]) -> list[Definition]:
        bodies = {index: self._resolved(self._found.bodies[index]) for index in indices}
        left, made = [*indices], []
        while left:
            base = max(left, key=lambda index: (len(bodies[index].steps), -index))
            family, matches = _family(bodies, base, left, self._dialect)
            definition, calls = _merged(family, matches, self._free(bodies[base].name), self._dialect)
            self._calls |= {f"@{index}": call for index, call in calls.items()}
            made.append(definition)
            left = [index for index in left if index not in calls]
        return made

    def _free(self, name: str) -> str:
        number, free = 1, name
        while free in self._names or free in self._dialect.reserved:
            number += 1
            free = f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"
        self._names.add(free)
        return free

    def _resolved(self, body: Body) -> Body:
        attrs = {name: self._made(made) for name, made in body.attrs.items()}
        return replace(body, attrs=attrs)

    def _made(self, made: Make) -> Make:
        if made.callee in self._calls:
            return replace(self._calls[made.callee], path=made.path)
        general = None if made.general is None else self._made(made.general)
        args = tuple((name, self._made(arg) if isinstance(arg, Make) else arg) for name, arg in made.args)
        return replace(made, args=args, general=general)


def _callees(body: Body) -> Iterator[str]:
    queue: list[Argument] = [*body.attrs.values()]
    for made in queue:
        if isinstance(made, Make):
            if made.callee.startswith("@"):
                yield made.callee
            queue += [arg for _, arg in made.args]


# --- which instances are one class ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Match:
    """How an instance is obtained from the base by omitting steps."""

    steps: tuple[int | None, ...]
    """For each step of the base that of the instance."""
    passes: Mapping[int, int]
    """For steps that it lacks, the operand that passes."""


def _family(
    bodies: Mapping[int, Body], base: int, left: Sequence[int], dialect: Dialect
) -> tuple[dict[int, Body], dict[int, _Match]]:
    """The instances that are the base with steps omitted, their modules brought into one form."""
    formed, found = _together({index: bodies[index] for index in left}, base, dialect)
    if len(found) == len(left):  # which is usual, and one pass
        return {index: formed[index] for index in sorted(found)}, found
    chosen: dict[int, Body] = {}
    passes: dict[int, int] = {}
    for index in left:
        first, tried = _in_one_form({**chosen, index: bodies[index]}, bodies[base] if index != base else None, dialect)
        match = _match(first, tried[index], dialect)
        if match is not None and all(passes.setdefault(place, i) == i for place, i in match.passes.items()):
            chosen[index] = bodies[index]
    if base not in chosen:
        chosen[base] = bodies[base]
    formed, found = _together(chosen, base, dialect)
    if len(found) < len(formed):  # together they are of no one form
        found = {base: found[base]}
        _, formed = _in_one_form({base: bodies[base]}, None, dialect)
    return {index: formed[index] for index in sorted(found)}, found


def _together(bodies: Mapping[int, Body], base: int, dialect: Dialect) -> tuple[dict[int, Body], dict[int, _Match]]:
    """Bodies in one form, with those that are the base with the same steps omitted and the same ones passed through."""
    _, formed = _in_one_form(bodies, None, dialect)
    passes: dict[int, int] = {}
    found: dict[int, _Match] = {}
    for index, body in formed.items():
        match = _match(formed[base], body, dialect)
        if match is not None and all(passes.setdefault(place, i) == i for place, i in match.passes.items()):
            found[index] = match
    return formed, found


def _in_one_form(bodies: Mapping[int, Body], base: Body | None, dialect: Dialect) -> tuple[Body, dict[int, Body]]:
    """Each attribute of all bodies in one form: the same class with the same arguments, lists written alike."""
    all_bodies = {**bodies, **({} if base is None else {-1: base})}
    attrs: dict[int, dict[str, Make]] = {index: {} for index in all_bodies}
    names = dict.fromkeys(name for body in all_bodies.values() for name in body.attrs)
    for name in names:
        owners = [index for index, body in all_bodies.items() if name in body.attrs]
        forms = aligned([all_bodies[index].attrs[name] for index in owners], name, dialect.usual)
        for index, form in zip(owners, forms, strict=True):
            attrs[index][name] = form
    formed = {index: replace(body, attrs=attrs[index]) for index, body in all_bodies.items()}
    first = formed.pop(-1) if base is not None else formed[next(reversed(formed))]
    return first, formed


_TRIES = 4_000


def _match(base: Body, other: Body, dialect: Dialect) -> _Match | None:
    """How an instance is obtained from the base by omitting steps, by backtracking over the steps."""
    if len(base.inputs) != len(other.inputs) or len(base.returns) != len(other.returns):
        return None
    tries = 0
    then = partial(_then, undone=dialect.undone)

    def at(i: int, j: int, values: dict[str, Operand]) -> tuple[list[int | None], dict[int, int]] | None:
        nonlocal tries
        tries += 1
        if tries > _TRIES or len(base.steps) - i < len(other.steps) - j:
            return None
        if i == len(base.steps):
            ends = all(then(values[a.value], a.after) == b for a, b in zip(base.returns, other.returns, strict=True))
            return ([], {}) if ends else None
        step = base.steps[i]
        if j < len(other.steps) and _alike(base, step, other, other.steps[j], values, then):
            known = values | dict(zip(step.results, map(Operand, other.steps[j].results), strict=True))
            if (rest := at(i + 1, j + 1, known)) is not None:
                return [j, *rest[0]], rest[1]
        if len(step.results) == 1:
            for place, operand in enumerate(step.operands):
                known = values | {step.results[0]: then(values[operand.value], operand.after)}
                if (rest := at(i + 1, j, known)) is not None:
                    return [None, *rest[0]], {i: place, **rest[1]}
        return None

    found = at(0, 0, dict(zip(base.inputs, map(Operand, other.inputs), strict=True)))
    if found is None or not other.attrs.keys() <= base.attrs.keys():
        return None
    return _Match(tuple(found[0]), found[1])


def _then(operand: Operand, after: str, undone: Sequence[tuple[str, str]]) -> Operand:
    """A value with another change of layout appended; two that cancel leave none."""
    changes = operand.after + after
    for one, other in undone:
        changes = changes.replace(one + other, "")
    return Operand(operand.value, changes)


def _alike(
    base: Body, a: Step, other: Body, b: Step, values: Mapping[str, Operand], then: Callable[[Operand, str], Operand]
) -> bool:
    """Whether two steps differ only in literals."""
    return (
        a.attr == b.attr
        and a.code.template == b.code.template
        and [name for name, _ in a.code.literals] == [name for name, _ in b.code.literals]
        and len(a.results) == len(b.results)
        and len(a.operands) == len(b.operands)
        and all(then(values[x.value], x.after) == y for x, y in zip(a.operands, b.operands, strict=True))
        and (not a.attr or skeleton(base.attrs[_name(a)]) == skeleton(other.attrs[_name(b)]))
    )


def _name(step: Step) -> str:
    return step.attr.partition("[")[0]


# --- parameters -------------------------------------------------------------------------------------------------------


def _merged(
    family: Mapping[int, Body], matches: Mapping[int, _Match], name: str, dialect: Dialect
) -> tuple[Definition, dict[int, Make]]:
    indices = [*family]
    base = family[max(indices, key=lambda index: (len(family[index].steps), -index))]
    known = {key: [family[i].known.get(key, MISSING) for i in indices] for i in indices for key in family[i].known}
    loops = {v.text for made in base.attrs.values() for _, v in leaves(made) if isinstance(v, Name)}
    table = Parameters(known, loops, dialect.reserved)
    attrs: dict[str, Make] = {}
    neutral: set[str] = set()
    for attr, made in base.attrs.items():
        rows = [
            [value for _, value in leaves(family[i].attrs[attr])] if attr in family[i].attrs else None for i in indices
        ]
        if made.callee in dialect.neutral:
            rest = [value for _, value in leaves(made)][1:]
            rows = [[0.0, *rest] if row is None else row for row in rows]
            neutral.add(attr)
        attrs[attr] = substituted(made, table.columns([label for label, _ in leaves(made)], rows, attr))
    steps = [_with_names(step, place, family, matches, table) for place, step in enumerate(base.steps)]
    definition = Definition(name, base.doc, base)
    solved = table.solve(
        {attr: [attr in family[i].attrs or attr in neutral for i in indices] for attr in attrs},
        {
            place: [matches[i].steps[place] is not None or step.attr in neutral for i in indices]
            for place, step in enumerate(steps)
        },
        [step.tap for step in steps],
    )
    definition.parameters = [*solved.parameters]
    definition.reads_channels = dialect.reads_channels and base.derived
    definition.body = replace(
        base,
        attrs={attr: substituted(made, [solved.text(v) for _, v in leaves(made)]) for attr, made in attrs.items()},
        steps=[_kept(step, solved.text, definition, dialect.keeps) for step in steps],
    )
    for attr in attrs:
        if (condition := solved.modules.get(attr)) is not None:
            definition.module_conditions[attr] = condition
    for place in range(len(base.steps)):
        if (condition := solved.steps.get(place)) is not None:
            passes = next(m.passes[place] for m in matches.values() if place in m.passes)
            definition.step_conditions[place] = (condition, passes)
    calls = {
        index: Make(name, tuple((p.name, p.values[row]) for p in definition.arguments), 0)
        for row, index in enumerate(indices)
    }
    return definition, calls


def _with_names(
    step: Step, place: int, family: Mapping[int, Body], matches: Mapping[int, _Match], table: Parameters
) -> Step:
    """The step with its literals replaced by the columns of a table."""
    rows: list[list[Literal] | None] = []
    for index, body in family.items():
        own = matches[index].steps[place]
        rows.append(None if own is None else [value for _, value in body.steps[own].code.literals])
    labels = [label for label, _ in step.code.literals]
    columns: list[Any] = [*table.columns(labels, rows, step.label)]
    literals = tuple(zip(labels, columns, strict=True))
    return replace(step, code=Code(step.code.template, literals))


def _kept(step: Step, text: Callable[[Any], Any], definition: Definition, keeps: bool) -> Step:
    """A step whose literals are numbers or parameters; with ``keeps``, attributes that store these."""
    literals: list[tuple[str, Literal]] = []
    for label, column in step.code.literals:
        value = text(column)
        if keeps and isinstance(value, Name):
            attr = next((kept for kept, of in definition.kept.items() if of == value.text), "")
            if not attr:
                attr = value.text if value.text.isidentifier() else label
                while attr in definition.kept or attr in definition.body.attrs:
                    attr = f"{attr}_"
                definition.kept[attr] = value.text
            value = Name(f"self.{attr}")
        literals.append((label, value))
    return replace(step, code=Code(step.code.template, tuple(literals)))
