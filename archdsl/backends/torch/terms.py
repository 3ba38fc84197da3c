"""Makes as terms: their leaves, which are literals, and what is left without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archdsl.backends.torch.code import Argument, Literal, Make


def leaves(term: Argument, label: str = "") -> Iterator[tuple[str, Literal]]:
    """The literals in order, each with the name of the argument that it is."""
    if not isinstance(term, Make):
        yield label, term
        return
    for name, argument in term.args:
        yield from leaves(argument, label if name.isdigit() else name)


def substituted(term: Make, values: Sequence[Any]) -> Make:
    """The term with other leaves, in the same order."""
    rest = iter(values)

    def changed(argument: Argument) -> Argument:
        if not isinstance(argument, Make):
            value: Argument = next(rest)
            return value
        return Make(argument.callee, tuple((name, changed(each)) for name, each in argument.args), argument.placed)

    result = changed(term)
    assert isinstance(result, Make)
    return result


def skeleton(term: Argument) -> Any:
    """The term without its leaves, so that terms of one skeleton differ in literals alone."""
    if not isinstance(term, Make):
        return None
    return (term.callee, tuple((name, skeleton(argument)) for name, argument in term.args))


def same(a: Any, b: Any) -> bool:
    """Whether two literals are written alike: 1 and True are not."""
    return repr(a) == repr(b)
