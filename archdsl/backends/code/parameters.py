"""Infers which literals of several instances become parameters of their class, and which follow from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, TypeAlias

from archdsl.backends.code.terms import progression, same
from archdsl.backends.code.values import Literal, Name


class _Missing:
    """A literal that an instance lacks, and that may have any value."""

    def __repr__(self) -> str:
        return "_"


MISSING = _Missing()
REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    values: tuple[Any, ...]
    """Of each instance."""
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one literal in all instances."""

    index: int


@dataclass(slots=True)
class _Variable:
    values: list[Any]
    label: str
    where: str
    text: str = ""
    is_needed: bool = True


@dataclass(slots=True)
class Solved:
    parameters: list[Parameter] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    """For modules that some instances lack, an expression that says when they have them."""
    steps: dict[int, str] = field(default_factory=dict)
    _texts: dict[int, Any] = field(default_factory=dict)

    def text(self, column: Any) -> Any:
        """The literal of a constant column, or the expression over parameters."""
        return self._texts[column.index]


_NAMES: Mapping[str, str] = {
    "p": "dropout",
    "rate": "drop",
    "num_features": "features",
    "normalized_shape": "dim",
    "fill_value": "value",
    "pad": "padding",
}
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "kernel_size": ("k", "kernel", "patch"),
    "padding": ("pad",),
    "strides": ("stride",),
    "dilation_rate": ("dilation",),
    "use_bias": ("bias",),
    "rate": ("drop",),
    "p": ("dropout", "dropout_rate"),
    "key_dim": ("head_dim",),
    "val": ("start", "value"),
    **{f"size{axis}": ("k", "filters") for axis in range(6)},
    "value": ("start",),
    "std": ("stddev",),
}
"""What authors call arguments of modules: what they left to a default is known to be one of these by its name."""
_WIDTHS = frozenset({"channels", "features", "filters", "width", "units", "dim"})
_UNNAMED = frozenset({"in_channels", "out_channels", "in_features", "out_features"})
"""Of which a block has one that goes by the name; others are between its modules."""
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "stride": (1,),
    "strides": (1,),
    "padding": (0,),
    "dilation": (1,),
    "dilation_rate": (1,),
    "use_bias": (True,),
    "groups": (1,),
    "bias": (True,),
    "dropout": (0.0,),
    "drop": (0.0,),
}


class Parameters:
    """The columns of a class: the value of every literal in each instance."""

    def __init__(
        self, known: Mapping[str, Sequence[Any]], taken: Collection[str] = (), reserved: Collection[str] = ()
    ) -> None:
        """``known`` are candidate parameters by name; they become parameters only if something needs them.

        Names that are ``taken``, as those of loops are, no parameter has; nor ``reserved`` ones, which a file imports.
        """
        self._known = {name: [*map(_rounded, values)] for name, values in known.items()}
        self._columns: list[tuple[str, str, list[Any]]] = []
        self._taken = frozenset(("self", "x", *taken))
        self._reserved = frozenset(reserved)
        self._names: set[str] = set()

    def columns(self, labels: Sequence[str], rows: Sequence[Sequence[Literal] | None], where: str) -> list[Column]:
        """A column for each label; an instance whose row is ``None`` lacks the part."""
        made: list[Column] = []
        for place, label in enumerate(labels):
            values = [MISSING if row is None else row[place] for row in rows]
            made.append(Column(len(self._columns)))
            self._columns.append((label, where, values))
        return made

    def solve(
        self, modules: Mapping[str, Sequence[bool]], steps: Mapping[int, Sequence[bool]], taps: Sequence[str] = ()
    ) -> Solved:
        """Decides which columns are parameters. Unneeded known values reserve no names.

        ``modules`` and ``steps`` say which instances have each; ``taps`` are what the results of steps are called.
        """
        needed = [p.name for p in self._solved(self._known, modules, steps, taps).parameters]
        known = {name: values for name, values in self._known.items() if name in needed}
        return self._solved(known, modules, steps, taps)

    def _solved(
        self,
        known_values: Mapping[str, Sequence[Any]],
        modules: Mapping[str, Sequence[bool]],
        steps: Mapping[int, Sequence[bool]],
        taps: Sequence[str],
    ) -> Solved:
        solved, self._names = Solved(), {*self._taken}
        variables = [
            _Variable([*values], name, name, is_needed=False)
            for name, values in known_values.items()
            if len(set(map(repr, values))) > 1
        ]
        of: dict[int, _Variable] = {}
        for index, (label, where, values) in enumerate(self._columns):
            known = [value for value in values if value is not MISSING]
            if not known:
                solved._texts[index] = None
            elif all(same(value, known[0]) for value in known):
                solved._texts[index] = known[0]
            else:
                of[index] = _joined(variables, values, label, where)
        for variable in variables:
            if variable.is_needed or MISSING not in variable.values:
                _fill(variable)
        for variable in variables:
            if not variable.is_needed:
                variable.text = self._name(variable)
        for place, variable in enumerate(variables):
            if variable.text:
                continue
            variable.text, used = next(_followed(variable, variables[:place]), ("", ()))
            for other in used:
                other.is_needed = True
            if not variable.text:
                variable.text = self._name(variable)
        for index, variable in of.items():
            solved._texts[index] = Name(variable.text)
        flags: dict[tuple[bool, ...], str] = {}
        parts: list[tuple[dict[Any, str], Any, Sequence[bool], str]] = [
            *((solved.modules, attr, present, attr) for attr, present in modules.items()),
            *((solved.steps, place, present, taps[place]) for place, present in steps.items()),
        ]
        for found, key, present, name in parts:
            if not all(present):
                row = tuple(present)
                if row not in flags:
                    flags[row], used = next(_conditions(row, variables), ("", ()))
                    for variable in used:
                        variable.is_needed = True
                    flags[row] = flags[row] or self._flag(row, name, variables)
                found[key] = flags[row]
        own = [variable for variable in variables if variable.is_needed and variable.text.isidentifier()]
        solved.parameters = sorted(map(_parameter, own), key=lambda p: p.default is not REQUIRED)
        return solved

    def _name(self, variable: _Variable) -> str:
        label = _NAMES.get(variable.label, variable.label)
        label = f"{label}_" if label in self._reserved else label
        name = label
        if name in self._names:
            if label in _UNNAMED:
                name = f"hidden_{label.partition('_')[2]}"
            stem = "".join(c if c.isalnum() else "_" for c in variable.where).strip("_")
            if name in self._names and stem:
                name = f"{stem}_{label}"
        number = 1
        while name in self._names:
            number += 1
            name = f"{label}{number}"
        self._names.add(name)
        return name

    def _flag(self, row: tuple[bool, ...], name: str, own: list[_Variable]) -> str:
        words = [part for part in name.split(".") if part and not part.isdigit()]
        label = f"has_{words[-1] if words else 'step'}"
        variable = _Variable([*row], label, label)
        variable.text = self._name(variable)
        own.append(variable)
        return variable.text


def _joined(variables: list[_Variable], values: list[Any], label: str, where: str) -> _Variable:
    """The variable with these values, reusing one that exists."""

    def agrees(variable: _Variable) -> bool:
        if not variable.is_needed and MISSING in variable.values:
            names = (label, *_ALIASES.get(label, ()))
            if variable.label not in names:
                return False
        both = [(a, b) for a, b in zip(variable.values, values, strict=True) if MISSING not in (a, b)]
        return bool(both) and all(same(a, b) for a, b in both)

    fits = [variable for variable in variables if agrees(variable)]
    if MISSING in values or any(MISSING in variable.values for variable in fits):
        fits.sort(key=lambda variable: variable.label != label)
    if not fits:
        variables.append(_Variable(values, label, where))
        return variables[-1]
    chosen = fits[0]
    chosen.is_needed = True
    chosen.values = [b if a is MISSING else a for a, b in zip(chosen.values, values, strict=True)]
    return chosen


def _rounded(value: Any) -> Any:
    """Rates rounded as in the modules."""
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _fill(variable: _Variable) -> None:
    """Fills missing values in: 0 for rates, else the most frequent value."""
    if MISSING not in variable.values:
        return
    known = [value for value in variable.values if value is not MISSING]
    most: Any = Counter(map(repr, known)).most_common(1)[0][0]
    value = next(value for value in known if repr(value) == most)
    if all(isinstance(each, float) for each in known):
        value = 0.0
    variable.values = [value if each is MISSING else each for each in variable.values]


_Found: TypeAlias = "tuple[str, tuple[_Variable, ...]]"
"""An expression, and the variables in it."""


def _followed(variable: _Variable, others: Sequence[_Variable]) -> Iterator[_Found]:
    """Expressions over other variables that equal a variable in all instances."""
    if not _whole(variable):
        yield from _tuples(variable, others)
        return
    values = variable.values
    for other in others:
        if not _whole(other) or not other.text.isidentifier():
            continue
        pairs = [*zip(values, other.values, strict=True)]
        if all(a == -b for a, b in pairs):
            yield f"-{other.text}", (other,)
        for factor in range(2, 9):
            if all(a == factor * b for a, b in pairs):
                yield f"{factor} * {other.text}", (other,)
            if all(a == b // factor and (b % factor == 0 or "pad" in variable.label) for a, b in pairs):
                yield f"{other.text} // {factor}", (other,)
    whole = [other for other in others if _whole(other) and other.text.isidentifier()]
    for a, b in combinations(whole, 2):
        if all(x == y * z for x, y, z in zip(values, a.values, b.values, strict=True)):
            yield f"{b.text} * {a.text}", (a, b)


def _tuples(variable: _Variable, others: Sequence[_Variable]) -> Iterator[_Found]:
    """Tuples of one length whose elements are constant or equal to other variables."""
    if not all(isinstance(value, tuple) and value for value in variable.values):
        return
    if len({len(value) for value in variable.values}) > 1:
        return
    parts: list[str] = []
    used: list[_Variable] = []
    for column in zip(*variable.values, strict=True):
        if not all(type(value) is int for value in column):
            return
        if len(set(column)) == 1:
            parts.append(str(column[0]))
            continue
        other = next((o for o in others if o.text.isidentifier() and _whole(o) and o.values == [*column]), None)
        if other is None:
            return
        parts.append(other.text)
        used.append(other)
    yield f"({', '.join(parts)}{',' if len(parts) == 1 else ''})", tuple(used)


def _whole(variable: _Variable) -> bool:
    return all(type(value) is int for value in variable.values)


def _conditions(row: tuple[bool, ...], variables: Sequence[_Variable]) -> Iterator[_Found]:
    """Boolean expressions over variables that are true exactly for a set of rows; channels and strides before rates."""
    widths = [v for v in variables if _whole(v) and v.label.removeprefix("in_").removeprefix("out_") in _WIDTHS]
    strides = [v for v in variables if v.label in ("stride", "strides")]
    for a, b in combinations(widths, 2):
        equal = tuple(x == y for x, y in zip(a.values, b.values, strict=True))
        if equal == row:
            yield f"{a.text} == {b.text}", (a, b)
        if tuple(not value for value in equal) == row:
            yield f"{a.text} != {b.text}", (a, b)
        for stride in strides:
            both = tuple(x and y == 1 for x, y in zip(equal, stride.values, strict=True))
            if both == row:
                yield f"{stride.text} == 1 and {a.text} == {b.text}", (stride, a, b)
            if tuple(not value for value in both) == row:
                yield f"{stride.text} != 1 or {a.text} != {b.text}", (stride, a, b)
    for variable in sorted(variables, key=lambda v: not _whole(v)):
        values = variable.values
        if all(type(value) is bool for value in values) and [*row] == values:
            yield variable.text, (variable,)
        if all(type(value) in (int, float) for value in values):
            for bound in (0, 1):
                if tuple(value > bound for value in values) == row:
                    yield f"{variable.text} > {bound}", (variable,)
                if tuple(value != bound for value in values) == row:
                    yield f"{variable.text} != {bound}", (variable,)
        if all(type(value) is tuple for value in values) and tuple(any(value) for value in values) == row:
            yield f"any({variable.text})", (variable,)


def _parameter(variable: _Variable) -> Parameter:
    name = variable.text
    most, _ = Counter(map(repr, variable.values)).most_common(1)[0]
    value = next(each for each in variable.values if repr(each) == most)
    ranges = [progression(each) for each in variable.values]
    if all(ranges):
        return Parameter(name, tuple(ranges))
    label = next((of for of, names in _ALIASES.items() if variable.label in names), variable.label)
    label = _NAMES.get(label, label)
    is_usual = value in _NEUTRAL.get(label, ()) and type(value) is not tuple
    neutral = next((v for v in variable.values if v in _NEUTRAL.get(label, ())), REQUIRED)
    if is_usual or neutral is not REQUIRED:
        return Parameter(name, tuple(variable.values), neutral)
    return Parameter(name, tuple(variable.values))
