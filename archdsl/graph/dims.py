"""Dimensions: integers, or polynomials over sizes that are known only at run time.

A ``Sym`` is a polynomial over named sizes with rational coefficients, so that equality is a comparison of normal forms:
``(h + 2 - 3) // 2 + 1`` and ``h / 2`` are the same value. Division assumes that the named size divides: a proof about
``?`` dimensions holds for inputs that fit the strides of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import prod
from typing import Any, ClassVar, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from archdsl.limits import Limits

_NAMES = r"(?:[^\W\d]\w*|\?\d+)(?:\*(?:[^\W\d]\w*|\?\d+))*"
_TERM = re.compile(rf"\s*([+-]?)\s*(?:(\d+)(?:\*({_NAMES}))?|({_NAMES}))(?:/([1-9]\d*))?\s*")

_PRODUCTS = 100_000
_DEGREE = 1_000
"""Bounds on what one multiplication may do, whatever the limits: those are looked at when it is done."""

Monomial: TypeAlias = tuple[str, ...]


class TooComplex(ArithmeticError):
    """A polynomial that is too large to compute with; ``limit`` names the limit that it exceeds."""

    def __init__(self, limit: str) -> None:
        super().__init__("a dimension with too many terms")
        self.limit = limit


class Sym:
    """A dimension that depends on run-time sizes.

    >>> h = Sym.named("h")
    >>> (h + 2 - 3) // 2 + 1, h / 2 == (h - 1) // 2 + 1
    (Sym('h/2'), True)
    """

    __slots__ = ("_hash", "_terms")
    is_open: ClassVar[bool] = True
    """Whether it is known only when the model runs: an op cannot own weights of that size."""

    def __init__(self, terms: Mapping[Monomial, Fraction]) -> None:
        self._terms = tuple(sorted((m, c) for m, c in terms.items() if c))
        self._hash: int | None = None
        """Of the terms, found when it is first asked for: shapes are keys of many tables."""

    @classmethod
    def named(cls, name: str) -> Sym:
        """The size called ``name``: a letter, or ``?1`` for one the spec left without a name."""
        return cls({(name,): Fraction(1)})

    @classmethod
    def parse(cls, text: str) -> Dim:
        """Parses the output of ``str``.

        >>> Sym.parse("h*w/4 + 1")
        Sym('h*w/4 + 1')
        """
        terms: dict[Monomial, Fraction] = {}
        position = 0
        while position < len(text) or not terms:
            match = _TERM.match(text, position)
            if match is None or (position and not match[1]):
                raise ValueError(f"not a dimension: {text!r}")
            sign, digits, factors, alone, divisor = match.groups()
            names = factors or alone
            monomial = tuple(sorted(names.split("*"))) if names else ()
            value = Fraction(int(digits or 1), int(divisor or 1))
            terms[monomial] = terms.get(monomial, Fraction(0)) + (-value if sign == "-" else value)
            position = match.end()
        return _plain(terms)

    def __repr__(self) -> str:
        return f"Sym({str(self)!r})"

    def __str__(self) -> str:
        parts: list[str] = []
        for monomial, c in sorted(self._terms, key=lambda term: (-len(term[0]), term[0])):
            size = abs(c.numerator)
            factors = ([str(size)] if size != 1 or not monomial else []) + list(monomial)
            text = "*".join(factors) + (f"/{c.denominator}" if c.denominator != 1 else "")
            parts.append((" - " if c < 0 else " + ") + text)
        text = "".join(parts)
        return ("-" + text[3:]) if text.startswith(" - ") else text[3:]

    @property
    def terms(self) -> tuple[tuple[Monomial, Fraction], ...]:
        """The terms: products of sizes with their coefficients; the constant term has the empty product.

        >>> (Sym.named("h") / 2 - 1).terms
        (((), Fraction(-1, 1)), (('h',), Fraction(1, 2)))
        """
        return self._terms

    @property
    def size(self) -> int:
        """The number of terms."""
        return len(self._terms)

    @property
    def monomials(self) -> tuple[Monomial, ...]:
        """The products of sizes, without their coefficients."""
        return tuple(m for m, _ in self._terms)

    @property
    def degree(self) -> int:
        """The degree: the number of sizes that the longest term multiplies."""
        return max(len(m) for m, _ in self._terms)

    def excess(self, limits: Limits) -> str | None:
        """The limit that it exceeds, if there is one.

        >>> Sym.named("h").excess(Limits()), (Sym.named("h") * 2**300).excess(Limits())
        (None, 'bits')
        """
        if self.size > limits.terms or self.degree > limits.terms:
            return "terms"
        numbers = (n for _, c in self._terms for n in (c.numerator, c.denominator))
        return "bits" if any(n.bit_length() > limits.bits for n in numbers) else None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Sym) and self._terms == other._terms)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self._terms)
        return self._hash

    def __add__(self, other: Dim) -> Dim:
        if not isinstance(other, int | Sym):
            return NotImplemented  # a dimension is exact
        terms = dict(self._terms)
        for m, c in _terms(other):
            terms[m] = terms.get(m, Fraction(0)) + c
        return _plain(terms, type(self))

    def __mul__(self, other: Dim) -> Dim:
        if not isinstance(other, int | Sym):
            return NotImplemented  # a dimension is exact
        terms: dict[Monomial, Fraction] = {}
        factors = _terms(other)
        if self.size * len(factors) > _PRODUCTS or self.degree + max((len(m) for m, _ in factors), default=0) > _DEGREE:
            raise TooComplex("terms")
        for m, c in self._terms:
            for n, d in factors:
                key = tuple(sorted(m + n))
                terms[key] = terms.get(key, Fraction(0)) + c * d
        return _plain(terms, type(self))

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: int) -> Dim:
        return -self + other

    def __floordiv__(self, other: Dim) -> Dim:
        """Floors the constant part; the symbolic part is assumed to be divisible."""
        if not isinstance(other, int | Sym):
            return NotImplemented  # a dimension is exact
        if isinstance(other, Sym):
            return self / other
        return _plain({m: c / other if m else Fraction(c // other) for m, c in self._terms}, type(self))

    def __truediv__(self, other: Dim) -> Dim:
        """Exact division. Raises ``ArithmeticError`` when no dimension is the quotient."""
        if not isinstance(other, int | Sym):
            return NotImplemented  # a dimension is exact
        if isinstance(other, int):
            constant = dict(self._terms).get((), Fraction(0))
            if constant % other:
                raise ArithmeticError(f"{self} is not divisible by {other}")
            return self // other
        if len(other._terms) != 1:
            if self == other:
                return 1
            raise ArithmeticError(f"{self} is not divisible by {other}")
        (divisor, scale), terms = other._terms[0], dict[Monomial, Fraction]()
        for m, c in self._terms:
            rest = list(m)
            for name in divisor:
                if name not in rest:
                    raise ArithmeticError(f"{self} is not divisible by {other}")
                rest.remove(name)
            terms[tuple(rest)] = c / scale
        return _plain(terms, type(self))

    def __rfloordiv__(self, other: int) -> Dim:
        raise ArithmeticError(f"{other} is not divisible by {self}")

    __rtruediv__ = __rfloordiv__

    def __mod__(self, other: int) -> int:
        if not isinstance(other, int):
            return NotImplemented
        return int(dict(self._terms).get((), Fraction(0))) % other

    __radd__ = __add__
    __rmul__ = __mul__

    def _leading(self) -> Fraction:
        return max(self._terms, key=lambda term: len(term[0]))[1]

    # Run-time sizes are taken to be larger than any number in the spec.
    def __lt__(self, other: Dim) -> bool:
        difference = self - other
        return difference._leading() < 0 if isinstance(difference, Sym) else difference < 0

    def __le__(self, other: Dim) -> bool:
        return self == other or self < other

    def __gt__(self, other: Dim) -> bool:
        return not self <= other

    def __ge__(self, other: Dim) -> bool:
        return not self < other

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )

    @classmethod
    def _validate(cls, value: object) -> Sym:
        if isinstance(value, str):
            value = cls.parse(value)
        if not isinstance(value, Sym):
            raise ValueError("a dimension is an integer or an expression such as 'h/2'")
        return value


Dim: TypeAlias = int | Sym
Shape: TypeAlias = tuple[Dim, ...]


def _terms(dim: Dim) -> tuple[tuple[Monomial, Fraction], ...]:
    return dim._terms if isinstance(dim, Sym) else (((), Fraction(dim)),)


def _plain(terms: Mapping[Monomial, Fraction], kind: type[Sym] = Sym) -> Dim:
    """A ``Sym`` of a class, or an integer if every named size cancelled."""
    named = {m: c for m, c in terms.items() if c and m}
    constant = terms.get((), Fraction(0))
    if not named and constant.denominator == 1:
        return int(constant)
    return kind({**named, (): constant})


def ceil_div(dim: Dim, divisor: int) -> Dim:
    """``ceil(dim / divisor)``, the output size of TensorFlow's "same" padding."""
    return -(-dim // divisor)


def total(parts: Iterable[Dim]) -> Dim:
    """The sum, in time linear in the parts.

    >>> total([1, Sym.named("h"), 2, Sym.named("h")])
    Sym('2*h + 3')
    """
    number, terms, kind = 0, dict[Monomial, Fraction](), Sym
    for part in parts:
        if isinstance(part, Sym):
            kind = type(part)
            for monomial, c in part._terms:
                terms[monomial] = terms.get(monomial, Fraction(0)) + c
        else:
            number += part
    return _plain(terms, kind) + number if terms else number


def elements(shape: Shape) -> Dim:
    """The number of elements of a tensor of this shape, without the batch."""
    return prod(shape)


def terms(shape: Shape) -> int:
    """An upper bound on the number of terms in the product of the dimensions: 1 if all are numbers.

    >>> h = Sym.named("h")
    >>> terms((224, 224, 3)), terms((h + 1, h + 1, 3))
    (1, 4)
    """
    return prod(dim.size for dim in shape if isinstance(dim, Sym))


def show(shape: Shape) -> str:
    """
    >>> show((56, 56, 256))
    '[56, 56, 256]'
    """
    return f"[{', '.join(map(str, shape))}]"
