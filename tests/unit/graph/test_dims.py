"""The algebra of dimensions: what proofs over run-time sizes rest on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from archdsl.graph.dims import Dim, Sym, TooComplex, ceil_div, elements, show
from archdsl.limits import Limits

H, W = Sym.named("h"), Sym.named("w")
WRITTEN: list[tuple[Dim, str]] = [
    (H, "h"),
    (-H, "-h"),
    (2 * H, "2*h"),
    (H / 2, "h/2"),
    (3 * H / 4, "3*h/4"),
    (H * W / 4 + 1, "h*w/4 + 1"),
    (H * H - H, "h*h - h"),
    (W + H * W + 1, "h*w + w + 1"),
    (1 - H, "-h + 1"),
    (W - H, "-h + w"),
    (H - 3, "h - 3"),
    (W - H * W, "-h*w + w"),
    (Sym.named("?1") + 2, "?1 + 2"),
]


@pytest.mark.parametrize(("dim", "text"), WRITTEN)
def test_written_and_read(dim: Dim, text: str) -> None:
    assert str(dim) == text
    assert repr(dim) == f"Sym({text!r})"
    assert Sym.parse(text) == dim


@pytest.mark.parametrize(
    "text",
    ["h +* 2", "h/0", "2**h", "/2", "h*", "+ ", " ", "h 2", "h//2", "(h)", "h + - w", "1/2/3", "h/2x", "", "h + w w"],
)
def test_what_is_no_dimension(text: str) -> None:
    with pytest.raises(ValueError, match="not a dimension"):
        Sym.parse(text)


def test_equal_terms_are_added() -> None:
    assert Sym.parse("h + h - 2*h + 7") == 7
    assert Sym.parse("w*h - h*w + 2*h") == 2 * H


def test_arithmetic_has_a_normal_form() -> None:
    assert (H + W) * (H - W) == H * H - W * W
    assert (H + 1) * 2 - 2 == 2 * H
    assert H - H == 0
    assert H * 0 == 0
    assert 5 - (H + 2) == 3 - H
    assert -(H - 2) == 2 - H
    assert 3 + H == H + 3 == Sym.parse("h + 3")
    assert 2 * H == H * 2 == H + H
    assert len({H + 1, 1 + H, H + 2}) == 2
    assert hash(H + W) != hash(H - W)


def test_division_is_of_the_named_part_exact() -> None:
    assert (H - 1) // 2 == H / 2 - 1
    assert (H + 3) // 2 + 1 == H / 2 + 2
    assert (4 * H + 6) / 2 == 2 * H + 3
    assert (H * W) / W == H
    assert (6 * H * W + 2 * W) / (2 * W) == 3 * H + 1
    assert (H * W) // H == W
    assert (H + 1) / (H + 1) == 1
    assert ceil_div(H, 2) == H / 2
    assert ceil_div(H - 1, 2) == H / 2
    assert ceil_div(7, 2) == 4
    assert ceil_div(8, 2) == 4


@pytest.mark.parametrize(
    ("quotient", "reason"),
    [
        (lambda: (H + 1) / 2, "h + 1 is not divisible by 2"),
        (lambda: H / W, "h is not divisible by w"),
        (lambda: (H + 1) / (H + 2), "h + 1 is not divisible by h + 2"),
        (lambda: 7 // H, "7 is not divisible by h"),
        (lambda: 7 / H, "7 is not divisible by h"),
    ],
)
def test_what_does_not_divide(quotient: Any, reason: str) -> None:
    with pytest.raises(ArithmeticError, match=f"^{reason.replace('+', '[+]')}$"):
        quotient()


def test_remainder_is_that_of_the_constant() -> None:
    assert ((H + 7) % 4, H % 4, (H - 1) % 4) == (3, 0, 3)


def test_run_time_sizes_are_larger_than_any_number() -> None:
    assert H > 1_000_000
    assert not H < 1_000_000
    same = Sym.named("h")
    assert same >= H
    assert same <= H
    assert not same > H
    assert not same < H
    assert H < H + 1
    assert H + 1 > H
    assert not H + 1 <= H
    assert not H >= H + 1
    assert -H < 0
    assert H * H > 1_000 * H
    assert H - H * W < 0
    assert H / 2 < H
    assert H != 3


@pytest.mark.parametrize("operator", ["__add__", "__mul__", "__truediv__", "__floordiv__", "__mod__"])
def test_floats_are_no_dimensions(operator: str) -> None:
    assert getattr(H, operator)(0.5) is NotImplemented


def test_limits_of_what_is_computed() -> None:
    many = sum((Sym.named(f"n{i}") for i in range(100)), start=H)
    assert isinstance(many, Sym)
    assert many.size == 101
    assert (many.excess(Limits()), many.excess(Limits(terms=101))) == ("terms", None)
    power: Dim = 1
    for _ in range(100):
        power = power * H
    assert isinstance(power, Sym)
    assert power.degree == 100
    assert (power.excess(Limits()), power.excess(Limits(terms=99))) == (None, "terms")
    assert (H * 2**255).excess(Limits()) is None
    assert (H * 2**256).excess(Limits()) == "bits"
    assert (H / 2**256).excess(Limits()) == "bits"
    assert ((H + 2**256) * 1).excess(Limits()) == "bits"


def test_multiplication_ends_before_it_is_large() -> None:
    many = sum((Sym.named(f"n{i}") for i in range(400)), start=H)
    with pytest.raises(TooComplex) as caught:
        _ = many * many
    assert caught.value.limit == "terms"
    power: Dim = H
    for _ in range(9):
        power = power * power
    with pytest.raises(TooComplex):
        _ = power * power
    assert (many * 2).size == 401


def test_in_a_document() -> None:
    adapter = TypeAdapter[Any](Sym)
    assert adapter.validate_python("h/2") == H / 2
    assert adapter.validate_python(H) is H
    assert adapter.dump_json(H / 2) == b'"h/2"'
    assert adapter.json_schema() == {"type": "string"}
    for value in (3, "3", 0.5, None):
        with pytest.raises(ValidationError, match="a dimension is an integer or an expression such as 'h/2'"):
            adapter.validate_python(value)


def test_a_shape_in_words_and_numbers() -> None:
    assert show((H / 2, 3)) == "[h/2, 3]"
    assert elements((H, W, 2)) == 2 * H * W
    assert elements(()) == 1


POLYNOMIALS = st.dictionaries(
    st.lists(st.sampled_from("hw"), max_size=2).map(lambda names: tuple(sorted(names))),
    st.integers(-20, 20).map(Fraction),
    max_size=4,
).map(lambda terms: Sym({(): Fraction(0), **terms}) + 0)


@given(POLYNOMIALS, POLYNOMIALS, st.integers(1, 50), st.integers(1, 50))
def test_computing_and_putting_numbers_in_commute(one: Dim, other: Dim, h: int, w: int) -> None:
    def at(dim: Dim) -> int:
        return eval(str(dim), {"h": h, "w": w}) if isinstance(dim, Sym) else dim

    assert at(one + other) == at(one) + at(other)
    assert at(one - other) == at(one) - at(other)
    assert at(one * other) == at(one) * at(other)
    assert Sym.parse(str(one)) == one
