"""Laws of anti-unification, for terms that are drawn."""

from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st

from archdsl.generalise import MISSING, Child, Generalisation, Pattern, Term, Variable, generalise, merged

LEAVES: st.SearchStrategy[Hashable] = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["relu", "gelu"]))


def _terms(inner: st.SearchStrategy[Hashable]) -> st.SearchStrategy[Term]:
    names = st.lists(st.sampled_from("abcd"), unique=True, max_size=3).map(sorted)
    return st.builds(
        lambda head, names, values: Term(head, tuple(zip(names, values, strict=False))),
        st.sampled_from(["conv", "norm"]),
        names,
        st.lists(inner, min_size=3, max_size=3),
    )


TERMS: st.SearchStrategy[Hashable] = st.recursive(LEAVES, _terms, max_leaves=8)
SEVERAL = st.lists(TERMS, min_size=1, max_size=4)


def exact(term: Hashable) -> object:
    """The term with the types of its leaves: in Python 1 equals true."""
    if isinstance(term, Term):
        return term.head, [(name, exact(child)) for name, child in term.children]
    return type(term), term


def variables(pattern: Hashable) -> set[int]:
    match pattern:
        case Variable():
            return {pattern.index}
        case Pattern():
            inside = [variables(child.value) for child in pattern.children]
            conditions = {child.given.index for child in pattern.children if child.given is not None}
            return conditions.union(*inside)
    return set()


@given(SEVERAL)
def test_every_term_is_an_instance(terms: list[Hashable]) -> None:
    found = generalise(terms)
    assert [exact(found.instance(number)) for number in range(len(terms))] == [*map(exact, terms)]
    assert variables(found.pattern) == {*range(len(found.values))}


@given(TERMS, st.integers(1, 3))
def test_the_pattern_of_equals_is_the_term(term: Hashable, count: int) -> None:
    assert generalise([term] * count) == Generalisation(term, ())


@given(SEVERAL)
def test_no_variable_is_needless(terms: list[Hashable]) -> None:
    """A variable has several values, two have different ones, and no two places that differ alike have two."""
    values = [tuple((type(value), value) for value in of) for of in generalise(terms).values]
    assert len({*values}) == len(values)
    assert all(len({*of}) > 1 for of in values)


@given(SEVERAL)
def test_the_order_of_the_terms_does_not_matter(terms: list[Hashable]) -> None:
    backwards = generalise(terms[::-1])
    assert [exact(backwards.instance(n)) for n in range(len(terms))] == [*map(exact, terms[::-1])]
    assert len(backwards.values) == len(generalise(terms).values)


@given(SEVERAL)
def test_an_instance_more_changes_nothing(terms: list[Hashable]) -> None:
    found = generalise(terms)
    assert generalise([*terms, found.instance(0)]).pattern == found.pattern


def test_heads_and_orders_that_differ_are_variables() -> None:
    conv, norm = Term("conv", (("k", 3),)), Term("norm", (("k", 3),))
    assert generalise([conv, norm]) == Generalisation(Variable(0), ((conv, norm),))
    orders = Term("block", (("a", 1), ("b", 2))), Term("block", (("b", 2), ("a", 1)))
    assert generalise(orders).pattern == Variable(0)


def test_variables_within_a_child_that_is_missing() -> None:
    inner = [Term("conv", (("k", k),)) for k in (3, 5)]
    terms = [Term("block", (("conv", conv),)) for conv in inner] + [Term("block")]
    found = generalise(terms)
    assert found.pattern == Pattern("block", (Child("conv", Pattern("conv", (Child("k", Variable(0)),)), Variable(1)),))
    assert found.values == ((3, 5, MISSING), (True, True, False))


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True, max_size=5), max_size=4))
def test_merged_orders_agree_with_each(orders: list[list[str]]) -> None:
    found = merged(orders)
    if found is None:
        return
    assert sorted(found) == sorted({name for order in orders for name in order})
    assert all([name for name in found if name in order] == order for order in orders)
