"""Names for ops that a spec repeats with the same arguments: ``let norm = batch_norm(momentum=0.99)``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator

from archdsl.generalise import Term
from archdsl.intake.names import free
from archdsl.intake.terms import Hole, default
from archdsl.ops.registry import OPS

_OFTEN = 3


def repeated(texts: list[Hashable], taken: Collection[str]) -> dict[Term, str]:
    """The names of norms with explicit arguments that occur three times or more."""
    counts = Counter(step for text in texts for step in _norms(text))
    found: dict[Term, str] = {}
    for step, count in counts.items():
        if count >= _OFTEN:
            found[step] = free("norm", [*taken, *found.values()])
    return found


def _norms(of: Hashable) -> Iterator[Term]:
    if isinstance(of, Term):
        match of.head:
            case ("op", str(name)) if OPS[name].family == "normalisation":
                is_own = any(value != default(name, argument) for argument, value in of.children)
                if is_own and not any(isinstance(value, Hole) for _, value in of.children):
                    yield of
        for _, child in of.children:
            yield from _norms(child)
