"""Symbolic dimensions for definitions that are checked without a call, with bounds on their values.

A ``Var`` is a polynomial over names, as ``Sym`` is, but takes nothing for granted: a division that need not come out
even is a name of its own, which is known to lie near the quotient. So two may be known to differ for every value.
"""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import Final, NamedTuple, Self

from archdsl.graph.dims import Dim, Sym, _plain, total

_Bound = Fraction | float
_SMALL: Final = Fraction(4)
"""Sizes below it do not count where a size is compared with its own half: both are 1 on a map of one place."""

_ROUNDINGS: Final = 32
"""The most roundings in one number that are analysed; with more, nothing is known."""


class Range(NamedTuple):
    low: _Bound
    high: _Bound


ANYTHING: Final = Range(-inf, inf)


class Atom(str):
    """A variable of a polynomial with what is known of its value: it is ``near`` plus a number in ``range``."""

    range: Range
    near: Dim

    def __new__(cls, name: str, range_: Range = ANYTHING, near: Dim = 0) -> Self:
        made = super().__new__(cls, name)
        made.range, made.near = range_, near
        return made


class _Nameless(Atom):
    """An atom that equals no other."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = object.__hash__


class Var(Sym):
    """A number that is known only when its definition is called, a symbol while that is checked without a call.

    >>> h = Var.dimension("h")
    >>> h + 2, (h - 1) // 2, h / 2
    (Sym('h + 2'), Sym('⌊(h - 1)/2⌋'), Sym('h/2'))
    >>> never_equal(h, h / 2), never_equal(h // 2, h / 4), never_equal(h // 2, (h - 1) // 2)
    (True, True, False)
    """

    __slots__ = ()
    is_open = False

    @classmethod
    def dimension(cls, name: str) -> Var:
        """The size of an axis: at least 1."""
        return cls._of(Atom(name, Range(Fraction(1), inf)))

    @classmethod
    def number(cls, name: str) -> Var:
        """Any integer: a parameter of type ``int``."""
        return cls._of(Atom(name))

    @classmethod
    def some(cls, least: int | None = None) -> Var:
        """A number without a name; its least value may be known."""
        return cls._of(_Nameless("_", Range(-inf if least is None else Fraction(least), inf)))

    @classmethod
    def _of(cls, atom: Atom) -> Var:
        return cls({(atom,): Fraction(1)})

    def __bool__(self) -> bool:
        """True only if it is certainly not 0: a remainder that may be 0 is taken to be."""
        return never_equal(self, 0)

    def _scaled(self, by: int) -> Var:
        return Var({m: c / by for m, c in self.terms})

    def __truediv__(self, other: Dim) -> Dim:
        """The quotient, which is assumed to be whole."""
        if not isinstance(other, int | Sym):
            return NotImplemented
        if other == 0:
            raise ZeroDivisionError
        if isinstance(other, Sym):
            try:
                return super().__truediv__(other)
            except ArithmeticError:
                if self._leading() < 0:
                    return -(-self / other)
                return self._of(Atom(f"{_in_brackets(self)}/{_in_brackets(other)}"))
        return self._scaled(other)

    def __floordiv__(self, other: Dim) -> Dim:
        if not isinstance(other, int | Sym):
            return NotImplemented
        if other == 0:
            raise ZeroDivisionError
        if isinstance(other, Sym):
            near, most = self / other, Fraction(1)
            return self._rounded(other, near, most) if isinstance(near, Sym) else near
        near, most = self._scaled(other), Fraction(abs(other) - 1, abs(other))
        return near if all(c.denominator == 1 for _, c in near.terms) else self._rounded(other, near, most)

    def _rounded(self, other: Dim, near: Sym, most: Fraction) -> Dim:
        if self._leading() < 0:  # as of ``ceil_div``
            text = f"⌈{_in_brackets(-self)}/{_in_brackets(other)}⌉"
            return -self._of(Atom(text, Range(Fraction(0), most), -near))
        return self._of(Atom(f"⌊{_in_brackets(self)}/{_in_brackets(other)}⌋", Range(-most, Fraction(0)), near))

    def __rtruediv__(self, other: int) -> Dim:
        if not isinstance(other, int):
            return NotImplemented
        return self._of(Atom(f"{other}/{_in_brackets(self)}"))

    __rfloordiv__ = __rtruediv__

    def __mod__(self, other: Dim) -> Dim:  # type: ignore[override]
        if not isinstance(other, int | Sym):
            return NotImplemented
        if other == 0:
            raise ZeroDivisionError
        if isinstance(other, int) and all((c / other).denominator == 1 for m, c in self.terms if m):
            return int(dict(self.terms).get((), Fraction(0))) % other
        return self._of(Atom(f"({self} % {other})"))

    def __rmod__(self, other: int) -> Dim:
        if not isinstance(other, int):
            return NotImplemented
        return self._of(Atom(f"({other} % {self})"))


def _in_brackets(dim: Dim) -> str:
    text = str(dim)
    return f"({text})" if " " in text or "*" in text or "/" in text else text


def never_equal(one: Dim, other: Dim) -> bool:
    """Whether two dimensions differ for all values of their variables."""
    difference = one - other
    if not isinstance(difference, Var):
        return difference != 0
    if isinstance(one, Var) and isinstance(other, Var) and one.monomials == other.monomials:
        factors = {a / b for (_, a), (_, b) in zip(one.terms, other.terms, strict=True)}
        if len(factors) == 1:  # a dimension is not 0
            return True
    low, high = _range(difference, _SMALL if isinstance(one, Sym) and isinstance(other, Sym) else Fraction(1))
    return low > 0 or high < 0


def _range(value: Var, size: Fraction) -> Range:
    """The bounds of a value for sizes of at least ``size``; rounded parts are substituted first."""
    exact = _unrounded(value)
    if exact is None:
        return ANYTHING
    if isinstance(exact, int):
        return Range(Fraction(exact), Fraction(exact))
    low: _Bound = Fraction(0)
    high: _Bound = Fraction(0)
    for monomial, factor in exact.terms:
        least, most = _product([_bounds(name, size) for name in monomial])
        ends = (_times(factor, least), _times(factor, most))
        low, high = low + min(ends), high + max(ends)
    return Range(low, high)


def _unrounded(value: Dim) -> Dim | None:
    """The value with each rounding replaced by the quotient and an error term; ``None`` if there are too many."""
    for _ in range(_ROUNDINGS):
        names = (name for m in value.monomials for name in m) if isinstance(value, Var) else iter(())
        rounded = next((name for name in names if isinstance(name, Atom) and name.near != 0), None)
        if rounded is None or not isinstance(value, Var):
            return value
        exact = rounded.near + Var({(Atom(f"~{rounded}", rounded.range),): Fraction(1)})
        parts: list[Dim] = []
        for monomial, factor in value.terms:
            part = _plain({tuple(n for n in monomial if n != rounded): factor}, Var)
            for _ in range(monomial.count(rounded)):
                part = part * exact
            parts.append(part)
        value = total(parts)
    return None


def _bounds(name: str, size: Fraction) -> Range:
    if not isinstance(name, Atom):
        return ANYTHING
    return Range(size, inf) if name.range.low == 1 else name.range


def _product(ranges: list[Range]) -> Range:
    found = Range(Fraction(1), Fraction(1))
    for each in ranges:
        ends = [_times(a, b) for a in found for b in each]
        found = Range(min(ends), max(ends))
    return found


def _times(a: _Bound, b: _Bound) -> _Bound:
    return Fraction(0) if a == 0 or b == 0 else a * b
