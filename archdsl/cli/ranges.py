"""``--over name=values``: the values of a parameter, from ``0..7``, ``64..256 step 64`` or a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite

from archdsl.cli.exits import Refusal
from archdsl.cli.settings import OVER, expression, unknown
from archdsl.compiler import Program
from archdsl.elaborate.values import Given
from archdsl.survey import MOST

_RANGE = re.compile(r"(?P<first>[^\[\"].*?)\.\.(?P<last>.+?)(\s+step\s+(?P<step>.+))?")


def parse(program: Program, model: str, ranges: Sequence[str]) -> dict[str, Sequence[Given]]:
    """The values of each parameter, in the order of the options."""
    known = program.parameters(model)
    values: dict[str, Sequence[Given]] = {}
    for text in ranges:
        name, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not name or not written:
            raise Refusal(f"--over {text}: write `--over name=0..7`, `--over name=64..256 step 64` or a list")
        if name not in known:
            raise Refusal(unknown(model, name, known))
        if name in values:
            raise Refusal(f"--over {name} is given twice")
        found = _RANGE.fullmatch(written)
        if found:
            counted = count(*(_number(program, name, part) for part in found.group("first", "last", "step")))
            values[name] = [expression(program, OVER, name, repr(number)) for number in counted]
        else:
            values[name] = _listed(expression(program, OVER, name, written))
    return values


def _number(program: Program, name: str, text: str | None) -> int | float:
    value = 1 if text is None else expression(program, OVER, name, text).value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refusal(f"--over {name}: `{text}` is not a number")
    return value


def count(first: float, last: float, step: float) -> list[int | float]:
    """From the first to the last, inclusive if the step meets it, ascending or descending.

    >>> count(0, 3, 1), count(0.5, 1.0, 0.25), count(3, 1, -1)
    ([0, 1, 2, 3], [0.5, 0.75, 1.0], [3, 2, 1])
    """
    if not all(map(isfinite, (first, last, step))):
        raise Refusal(f"--over {first}..{last} step {step}: numbers must be finite")
    exact = [Fraction(str(number)) for number in (first, last, step)]  # 0.1 is a tenth, so that three steps make 0.3
    if exact[0] > exact[1] and step == 1:
        exact[2] = Fraction(-1)
    if not exact[2] or (steps := (exact[1] - exact[0]) / exact[2]) < 0:
        raise Refusal(f"--over {first}..{last} step {step}: the steps do not lead there")
    if steps >= MOST:
        raise Refusal(f"--over {first}..{last} step {step}: more than {MOST:_} values")
    whole = all(isinstance(number, int) for number in (first, last, step))
    reached = [exact[0] + index * exact[2] for index in range(int(steps) + 1)]
    return [int(value) if whole else float(value) for value in reached]


def _listed(given: Given) -> Sequence[Given]:
    """The elements of a list, each with the span of the list; another value is the only element."""
    if not isinstance(given.value, tuple):
        return [given]
    return [Given(element, given.span) for element in given.value]
