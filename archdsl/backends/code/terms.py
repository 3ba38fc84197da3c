"""Makes as terms: their leaves, which are literals, and their skeletons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from archdsl.backends.code.values import Argument, Literal, Make, Name

REPEAT, REST, EACH, CALL, TUPLE = "*repeat", "*rest", "*each", "*call", "*tuple"
"""Callees of what is no call: a module again and again, or as often but once, one for each row of columns, and one of a
class that is given; and a tuple whose elements are leaves."""


def leaves(term: Argument, label: str = "") -> Iterator[tuple[str, Literal]]:
    """The literals in order, each with the name of its argument."""
    if not isinstance(term, Make):
        yield label, term
        return
    for name, argument in term.args:
        own = label if name.isdigit() else name
        yield from leaves(argument, f"{own}s" if term.callee == EACH and own != "item" else own)


def substituted(term: Make, values: Sequence[Any]) -> Make:
    """The term with other leaves in the same order."""
    rest = iter(values)

    def changed(argument: Argument) -> Argument:
        if not isinstance(argument, Make):
            value: Argument = next(rest)
            return value
        args = tuple((name, changed(each)) for name, each in argument.args)
        return Make(argument.callee, args, argument.placed, path=argument.path)

    result = changed(term)
    assert isinstance(result, Make)
    return result


def only_row(term: Make) -> Make | None:
    """The module for columns with a single row; ``None`` if there are more, or not all are numbers.

    >>> only_row(Make(EACH, (("item", Make("nn.Linear", (("n", Name("n")),))), ("n", (4,)))))
    Make(callee='nn.Linear', args=(('n', 4),), placed=0, general=None, path='')
    """
    (_, item), *columns = term.args
    first = {name: column[0] for name, column in columns if isinstance(column, tuple) and len(column) == 1}
    if len(first) < len(columns) or not isinstance(item, Make):
        return None
    return substituted(item, [first.get(v.text, v) if isinstance(v, Name) else v for _, v in leaves(item)])


def skeleton(term: Argument) -> Any:
    """The term without its leaves: terms of one skeleton differ only in literals."""
    if not isinstance(term, Make):
        return None
    return (term.callee, term.path, tuple((name, skeleton(argument)) for name, argument in term.args))


def progression(values: Argument) -> Name | None:
    """An arithmetic progression as ``range`` writes it; ``None`` for others, or short ones.

    >>> progression((64, 96, 128, 160))
    Name(text='range(64, 192, 32)')
    """
    if not isinstance(values, tuple) or len(values) < 4:
        return None
    numbers = [value for value in values if type(value) is int]
    step = numbers[1] - numbers[0] if len(numbers) == len(values) else 0
    if step == 0 or any(b - a != step for a, b in pairwise(numbers)):
        return None
    end = numbers[-1] + step
    return Name(f"range({numbers[0]}, {end}, {step})" if step != 1 else f"range({numbers[0]}, {end})")


def same(a: Any, b: Any) -> bool:
    """Whether two literals are written alike: 1 and True are not."""
    return repr(a) == repr(b)
