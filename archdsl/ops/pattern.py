"""Anti-unification of calls: what several calls of one op or block have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from archdsl.generalise import MISSING, Child, Pattern, Term, Variable, generalise
from archdsl.ops.call import Argument, Call, Value

Values = tuple[Value, ...]
"""The distinct values that an argument goes through."""


def common(calls: Sequence[Call], shown: Callable[[Values], Value | None], more: Call) -> Call:
    """One call that generalises several of one callee, with the arguments that all have.

    ``shown`` says what stands for an argument that differs, or that some calls lack; ``None`` leaves it out. ``more``
    stands once for all that was left out: last, or first where no argument is left that is bare. Calls of several
    callees are ``more`` as a whole.

    >>> from archdsl.ops.call import words
    >>> units = [Call("Unit", (Argument("width", width, bare=True), Argument("k", 3))) for width in (64, 128)]
    >>> print(common(units, lambda values: None, words("…")))
    Unit(…, k=3)
    """
    if len(distinct := [*dict.fromkeys(calls)]) == 1:
        return distinct[0]
    found = generalise([_term(call) for call in distinct])
    bare = {pair for call in distinct for pair in _bare(call)}

    def value(of: Any) -> Value | None:
        match of:
            case Variable():
                return shown(_distinct(found.values[of.index]))
            case Term() | Pattern():
                children = (child if isinstance(child, Child) else Child(*child) for child in of.children)
                return whole(str(of.head), [*children])
        leaf: Value = of
        return leaf

    def whole(callee: str, children: Sequence[Child]) -> Call:
        arguments = []
        for child in children:
            said = value(child.value)
            if said is not None and child.given is not None:
                said = shown((said,))
            if said is not None:
                name = "" if child.name.isdecimal() else child.name
                arguments.append(Argument(name, said, bare=(callee, name) in bare))
        if len(arguments) < len(children):
            leads = bool(arguments) and not arguments[0].bare
            arguments = [rest, *arguments] if leads else [*arguments, rest]
        return Call(callee, tuple(arguments))

    pattern, rest = found.pattern, Argument("", more)
    return whole(str(pattern.head), pattern.children) if isinstance(pattern, Pattern) else more


def _distinct(values: Sequence[Any]) -> Values:
    return tuple(dict.fromkeys(value for value in values if value is not MISSING))


def _term(value: Value) -> Hashable:
    """A call as a term; other values, also lists, are leaves."""
    if not isinstance(value, Call):
        return value
    return Term(value.callee, tuple((name, _term(each)) for name, each in value.given().items()))


def _bare(call: Call) -> Iterator[tuple[str, str]]:
    """The callees with the parameters that are given by position."""
    for argument in call.arguments:
        if argument.bare:
            yield call.callee, argument.name
        if isinstance(argument.value, Call):
            yield from _bare(argument.value)
