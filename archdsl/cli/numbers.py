"""Numbers on the command line, in the language's notation: ``5M``, ``4.1G``, ``2 ** 20``, and ``100MB`` for bytes."""

from __future__ import annotations

import re
from typing import Any

import click

_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


class Number(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A nonnegative number. With ``unit``, it may have a unit: ``B`` for ``100MB`` and ``64MiB``."""

    name = "number"

    def __init__(self, unit: str = "") -> None:
        self.unit = unit

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return value
        text, factor = self._plain(str(value).strip())
        number = evaluate(text)
        if number is None or not 0 <= number < float("inf"):
            like = "100MB, 64MiB or 25M" if self.unit else "5M, 4.1G or 250_000"
            self.fail(f"`{value}` is no number such as {like}", param, ctx)
        return number * factor

    def _plain(self, text: str) -> tuple[str, int]:
        found = re.fullmatch(rf"(.*?)\s*(Ki|Mi|Gi)?{self.unit}", text) if self.unit else None
        return (found[1], _BINARY.get(found[2], 1)) if found else (text, 1)


class Duration(Number):
    """A time in seconds, given with a unit: ``5ms``, ``0.8 s``, ``250us``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return value
        found = re.fullmatch(r"(.*?)\s*(us|ms|s)", str(value).strip())
        number = evaluate(found[1]) if found and found[1] else None
        if found is None or number is None or not 0 < number < float("inf"):
            self.fail(f"`{value}` is no time such as 5ms or 0.8s", param, ctx)
        return number * _SECONDS[found[2]]


class Percent(Number):
    """A number from 0 to 100. A fraction is refused: 0.8 probably means 80."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if 0 < number < 1:
            self.fail(f"`{value}` is less than one percent: {100 * number:g} is meant?", param, ctx)
        if number > 100:
            self.fail(f"`{value}` is more than 100 percent", param, ctx)
        return number


def evaluate(text: str) -> int | float | None:
    """The value of an expression of the language, if it is a number.

    >>> evaluate("4.1G"), evaluate("2 ** 20"), evaluate("many")
    (4100000000.0, 1048576, None)
    """
    from archdsl.compiler import Program
    from archdsl.source import SourceFile

    given = Program(SourceFile("", "")).value(SourceFile("number", f"let number = {text}"))
    value = given.value if given is not None else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
