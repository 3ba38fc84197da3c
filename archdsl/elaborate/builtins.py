"""The language's built-in functions, and its table of names: ops, initialisers, functions and keywords for steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Final, NamedTuple

from archdsl.elaborate.values import POISON, Builtin, Bundle, InitRef, Keyword, OpRef, Unknown, Value, describe
from archdsl.graph.dims import Sym
from archdsl.graph.symbols import Var
from archdsl.names.language import KEYWORDS
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS
from archdsl.ops.types import INT, Type

_FLOAT, _LIST, _SEQUENCE = Type.named("float"), Type.named("list"), Type.named("list", "str")
_COMPARED: Final = Type.named("float", "str")
_FEW: Final = 9
"""Lengths that a message adds up in writing."""


class Made(NamedTuple):
    """The list that a function returns: its length, known before the elements are computed, which are lazy."""

    length: int
    elements: Iterable[Value]


class Misuse(Exception):
    """A function is undefined for its arguments. The text continues "`name` …"; ``value`` is the one at fault."""

    def __init__(self, reason: str, value: Value = None) -> None:
        super().__init__(reason)
        self.value = value


class Undecided(Exception):
    """An argument is not known, and its type may be one that the function takes."""


def _undecided(value: Value, wanted: Type) -> None:
    if value is POISON or (isinstance(value, Unknown) and value.type.overlaps(wanted)):
        raise Undecided()
    if isinstance(value, Var) and INT.overlaps(wanted):
        raise Undecided()


def _number(value: Value) -> int | float:
    _undecided(value, _FLOAT)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misuse(f"takes a number, not {describe(value)}", value)
    return value


def _list(value: Value) -> tuple[Value, ...]:
    _undecided(value, _LIST)
    if not isinstance(value, tuple):
        raise Misuse(f"takes a list, not {describe(value)}", value)
    return value


def _int(value: Value) -> int:
    _undecided(value, INT)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misuse(f"takes an int, not {describe(value)}", value)
    return value


def _length(value: Value) -> int:
    if isinstance(value, str | tuple):
        return len(value)
    if isinstance(value, Bundle):
        return len(value.fields)
    _undecided(value, _SEQUENCE)
    raise Misuse(f"takes a list or a string, not {describe(value)}", value)


def _sum(values: Value) -> Value:
    """The sum of numbers, or the concatenation of lists: ``+`` between the elements."""
    elements = _list(values)
    if elements and isinstance(elements[0], tuple):
        return _joined(elements)
    total: Value = 0
    for value in elements:
        number = value if isinstance(value, Sym) and not isinstance(total, float) else _number(value)
        if isinstance(total, Var) and isinstance(number, float):
            raise Undecided()
        total = total + number
    return total


def _joined(lists: tuple[Value, ...]) -> Made:
    for values in lists:
        _undecided(values, _LIST)
        if not isinstance(values, tuple):
            raise Misuse(f"adds lists to lists and numbers to numbers, not a list to {describe(values)}")
    return Made(sum(map(len, lists)), chain.from_iterable(lists))


def _count(values: Value, wanted: Value) -> int:
    """How many elements equal a number, a string or a bool; as with ``==``, a bool equals no number."""
    elements = _list(values)
    if any(value is POISON or isinstance(value, Unknown | Var) for value in (*elements, wanted)):
        raise Undecided()
    for value in (wanted, *(value for value in elements if isinstance(value, Sym))):
        if not isinstance(value, int | float | str):
            raise Misuse(f"counts numbers, strings or bools, not {describe(value)}", value)
    return sum(value == wanted and isinstance(value, bool) == isinstance(wanted, bool) for value in elements)


def _ordered(values: Value) -> tuple[Value, ...]:
    elements = _numbers_or_strings(values)
    if len({isinstance(value, str) for value in elements}) > 1:
        raise Misuse("takes numbers or strings, not both")
    return tuple(sorted(elements))


def _unique(values: Value) -> tuple[Value, ...]:
    """The elements without repetitions, in the order of first occurrence."""
    return tuple(dict.fromkeys(_numbers_or_strings(values)))


def _numbers_or_strings(values: Value) -> tuple[Value, ...]:
    elements = _list(values)
    for value in elements:
        _undecided(value, _COMPARED)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Misuse(f"takes a list of numbers or strings, not with {describe(value)} in it", values)
    return elements


def _extreme(choose: Callable[..., Value]) -> Callable[..., Value]:
    def function(first: Value, *rest: Value) -> Value:
        if not rest:
            _undecided(first, _LIST)
        values = (first, *rest) if rest or not isinstance(first, tuple) else first
        if not values:
            raise Misuse("takes at least one value")
        return choose(_number(v) for v in values)

    return function


def _whole(rounding: Callable[[float], int]) -> Callable[[Value], int]:
    def function(value: Value) -> int:
        number = _number(value)
        if not math.isfinite(number):
            raise Misuse("takes a finite number")
        return rounding(number)

    return function


def _round(value: Value, digits: Value = 0) -> int | float:
    number, places = _number(value), _int(digits)
    if not math.isfinite(number) or abs(places) > 15:
        raise Misuse("takes a finite number and at most 15 digits")
    return round(number, places) if places else round(number)


def _root(value: Value) -> float:
    number = _number(value)
    if number < 0:
        raise Misuse(f"takes a number of 0 or more, not {describe(value)}", value)
    return math.sqrt(number)


def _logarithm(function: Callable[[float], float]) -> Callable[[Value], float]:
    def logarithm(value: Value) -> float:
        number = _number(value)
        if number <= 0:
            raise Misuse(f"takes a positive number, not {describe(value)}", value)
        return function(number)

    return logarithm


def _real(function: Callable[[float], float]) -> Callable[[Value], float]:
    return lambda value: function(_number(value))


def _range(start: Value, stop: Value | None = None, step: Value = 1) -> Made:
    if _int(step) == 0:
        raise Misuse("takes a step that is not 0", step)
    numbers = range(_int(start)) if stop is None else range(_int(start), _int(stop), _int(step))
    # Python's own `len` ends at 2**63.
    length = max(0, (numbers.stop - numbers.start + numbers.step - (1 if numbers.step > 0 else -1)) // numbers.step)
    return Made(length, numbers)


def _enumerate(values: Value) -> tuple[tuple[int, Value], ...]:
    return tuple(enumerate(_list(values)))


def _zip(*lists: Value) -> tuple[tuple[Value, ...], ...]:
    taken = [_list(values) for values in lists]
    if len({len(values) for values in taken}) > 1:
        raise Misuse(f"takes lists of equal length, not of {' and '.join(str(len(v)) for v in taken)}")
    return tuple(zip(*taken, strict=True))


def _split(values: Value, lengths: Value) -> tuple[tuple[Value, ...], ...]:
    """A list cut into consecutive parts of given lengths: an outer loop hands them to its inner loops."""
    elements, counts = _list(values), [_int(length) for length in _list(lengths)]
    if min(counts, default=0) < 0 or sum(counts) != len(elements):
        added = " + ".join(map(str, counts)) if len(counts) < _FEW else str(sum(counts))
        raise Misuse(f"takes lengths that add up to that of the list: {len(elements)}, not {added or 0}", lengths)
    rest = iter(elements)
    return tuple(tuple(islice(rest, count)) for count in counts)


def _linspace(first: Value, last: Value, count: Value) -> Made:
    a, b, n = float(_number(first)), float(_number(last)), _int(count)
    if n < 0:
        raise Misuse(f"takes a count of 0 or more, not {n}", count)
    return Made(n, (a + (b - a) * i / (n - 1) if n > 1 else a for i in range(n)))


def make_divisible(value: Value, divisor: Value = 8, minimum: Value = 0) -> int:
    """Rounds channels to a multiple that hardware likes, never more than 10% down (Sandler et al. 2018).

    >>> make_divisible(32 * 1.1), make_divisible(24 * 0.75)
    (32, 24)
    """
    number, unit, least = _number(value), _int(divisor), _int(minimum)
    if unit <= 0 or not math.isfinite(number):
        raise Misuse("takes a finite number and a positive divisor")
    rounded = max(least or unit, int(number + unit / 2) // unit * unit)
    return rounded + unit if rounded < 0.9 * number else rounded


def _as_int(value: Value) -> int:
    return int(value) if isinstance(value, bool) else _whole(math.trunc)(value)


FUNCTIONS: Final[Mapping[str, Callable[..., Value]]] = {
    "len": _length,
    "sum": _sum,
    "count": _count,
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": lambda value: abs(_number(value)),
    "round": _round,
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "sqrt": _root,
    "exp": _real(math.exp),
    "log": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "sin": _real(math.sin),
    "cos": _real(math.cos),
    "int": _as_int,
    "float": lambda value: float(_number(value)),
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "reversed": lambda values: _list(values)[::-1],
    "sorted": _ordered,
    "unique": _unique,
    "split": _split,
    "linspace": _linspace,
    "make_divisible": make_divisible,
}

_NUMBER: Final = Type.named("int", "float")
_RESULTS: Final[Mapping[str, Type]] = {
    **dict.fromkeys(("len", "count", "ceil", "floor", "int", "make_divisible"), INT),
    **dict.fromkeys(("sqrt", "exp", "log", "log2", "sin", "cos", "float"), _FLOAT),
    **dict.fromkeys(("min", "max", "abs", "round"), _NUMBER),
    **dict.fromkeys(("enumerate", "zip"), Type.list_of(_LIST)),
    "range": Type.list_of(INT),
    "linspace": Type.list_of(_FLOAT),
}


def result(name: str, arguments: Sequence[Value]) -> Type:
    """The type of a function's result when some arguments are not known."""
    if name in _RESULTS:
        return _RESULTS[name]
    lists = arguments[0].type.taken_for(_LIST) if isinstance(arguments[0], Unknown) else _LIST
    if name != "sum":
        return Type.list_of(lists) if name == "split" else lists
    item = lists.item
    if item is None:
        return _NUMBER | _LIST
    return item.taken_for(_LIST) | (_NUMBER if item.overlaps(_FLOAT) else Type(()))


_OTHERS: Final[Mapping[str, Value]] = {
    **{kind: InitRef(kind) for kind in KINDS},
    **{name: Builtin(name) for name in FUNCTIONS},
    **{name: Keyword(name) for name in KEYWORDS},
}


class _Language(Mapping[str, Value]):
    """Every built-in name. An op is imported when it is first looked up.

    A name that an op shares with a function, such as ``max``, is the op; see ``CALLED``. ``constant`` is the
    initialiser, and the op where a step is meant.
    """

    def __init__(self) -> None:
        shared = OPS.keys() & FUNCTIONS.keys()
        self._values: dict[str, Value] = {name: value for name, value in _OTHERS.items() if name not in shared}

    def __getitem__(self, name: str) -> Value:
        value = self._values.get(name)
        if value is None:
            value = self._values[name] = OpRef(OPS[name])
        return value

    def __contains__(self, name: object) -> bool:
        return name in _OTHERS or name in OPS

    def __iter__(self) -> Iterator[str]:
        yield from OPS
        yield from (name for name in _OTHERS if name not in OPS)

    def __len__(self) -> int:
        return len(OPS.keys() | _OTHERS.keys())


LANGUAGE: Final = _Language()

CALLED: Final[Mapping[str, Value]] = {name: _OTHERS[name] for name in FUNCTIONS if name in OPS}
"""Functions whose names are ops too: what an expression calls, unless an argument is given by name.

So ``max(1, 2)`` is 2, and ``max(axis=0)`` the op with an argument, as the step ``max(0)`` is.
"""


@cache
def aliases() -> Mapping[str, str]:
    """What other libraries call things, for did-you-mean. Asked only after a mistake, as it imports every op."""
    return {alias: name for name, op in OPS.items() for alias in op.aliases} | dict(_ALIASES)


_ALIASES: Final[Mapping[str, str]] = {
    "Identity": "id",
    "identity": "id",
    "kaiming_normal": "he_normal",
    "xavier_uniform": "glorot_uniform",
    "trunc_normal": "truncated_normal",
    "trunc_normal_": "truncated_normal",
}
