"""Arguments of calls of ops and blocks, and their source text.

A call is kept as a value; its text is for people and is never read back.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from pydantic import ConfigDict
from typing_extensions import TypeAliasType

Value = TypeAliasType("Value", "bool | int | float | str | Call | tuple[Value, ...] | None")
"""An argument's value. An op, a block, a function or an initialiser is a call, if without arguments a bare name."""

SHORT: Final = 4
"""Significant digits of a fraction in tables and notes."""
_LONG: Final = 6
"""Decimals from which on a number is rounded where there is little room."""
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call."""

    name: str
    """The parameter; empty for one that has no name, such as the number in ``truncated_normal(0.02)``."""
    value: Value
    bare: bool = False
    """Whether it is written without its name."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Call:
    """An op, a block, a function or an initialiser with its arguments in the order in which they are written.

    Without arguments it is a name, or words for a value that no expression makes. Without a callee it is a row of a
    table; without either it is nothing, and false.

    >>> str(Call("conv", (Argument("filters", 64, bare=True), Argument("stride", (2, 1)))))
    'conv(64, stride=[2, 1])'
    """

    callee: str = ""
    arguments: tuple[Argument, ...] = ()

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def __str__(self) -> str:
        return self.text()

    def __bool__(self) -> bool:
        return bool(self.callee or self.arguments)

    def text(self, digits: int | None = None) -> str:
        """The source text. With ``digits``, long fractions are rounded to that many significant digits.

        >>> rate = Argument("rate", 0.07272727272727274, bare=True)
        >>> Call("drop_path", (rate,)).text(digits=4)
        'drop_path(0.07273)'
        """
        words = []
        for argument in self.arguments:
            said = text(argument.value, digits)
            words.append(said if argument.bare or not argument.name else f"{argument.name}={said}")
        return f"{self.callee}({', '.join(words)})" if words else self.callee

    def given(self) -> dict[str, Value]:
        """The arguments by name; positional ones by their index.

        >>> Call("normal", (Argument("", 0.02), Argument("mean", 0.0))).given()
        {'0': 0.02, 'mean': 0.0}
        """
        return {each.name or str(place): each.value for place, each in enumerate(self.arguments)}

    def without(self, names: Container[str]) -> Call:
        """The call without some of its arguments."""
        return Call(self.callee, tuple(each for each in self.arguments if each.name not in names))


NOTHING: Final = Call()
"""The call of what was not called: a labelled group of steps."""


def words(given: str) -> Call:
    """A description in place of a value, shown verbatim."""
    return Call(given)


def number(of: int | float) -> str:
    """The shortest text that parses to the same number.

    >>> number(0.00001), number(1e22), number(0.1), number(2.0), number(25_000)
    ('1e-5', '1e22', '0.1', '2.0', '25000')
    """
    mantissa, e, exponent = repr(of).partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def text(value: Value, digits: int | None = None) -> str:
    """A value as a literal of the language. With ``digits``, long fractions are rounded to that many significant
    digits.

    >>> text((0.00001, True, 'a "b"', None)), text(1.0000001e-5, digits=4)
    ('[1e-5, true, "a \\\\"b\\\\"", none]', '1e-5')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case float() if digits is not None:
            return _rounded(value, digits)
        case int() | float():
            return number(value)
        case str():
            return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
        case tuple():
            return f"[{_listed(value, digits)}]"
        case Call():
            return value.text(digits)
    raise TypeError(f"{value!r} is no value of a call")


def _listed(values: Iterable[Value], digits: int | None) -> str:
    return ", ".join(text(each, digits) for each in values)


def _rounded(of: float, digits: int) -> str:
    exact = number(of)
    mantissa = exact.partition("e")[0]
    return number(float(f"{of:.{digits}g}")) if len(mantissa.partition(".")[2]) >= _LONG else exact
