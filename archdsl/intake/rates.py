"""Rates of stochastic depth that grow from block to block, by the formula that makes exactly these numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.ops.call import number

_MOST: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
"""Rates of the last block, of which the others are parts."""
_BLOCKS: Final = 400
_LEAST: Final = 3
"""The least number of rates for which a formula is searched."""


@dataclass(frozen=True, slots=True)
class Rates:
    """``most * i / blocks``, and for each rate its ``i``."""

    most: float
    blocks: int
    places: dict[float, int]

    def said(self, rate: float) -> str:
        return f"{number(self.most)} * {self.places[rate]} / {self.blocks}"

    def listed(self, rates: tuple[float, ...]) -> str:
        """A list of rates, of blocks in sequence where they are."""
        places = [self.places[rate] for rate in rates]
        if places == [*range(places[0], places[0] + len(places))]:
            over = f"range({places[0]}, {places[-1] + 1})"
        else:
            over = f"[{', '.join(map(str, places))}]"
        return f"[{number(self.most)} * i / {self.blocks} for i in {over}]"


def rates(terms: list[Hashable]) -> Rates | None:
    """The formula of all rates of residual branches in some terms; ``None`` where there is none."""
    found = {*_found(terms)} - {0.0}
    if len(found) < _LEAST:
        return None
    greatest = max(found)
    for most in _MOST:
        for blocks in range(2, _BLOCKS):
            if most * round(greatest * blocks / most) / blocks != greatest:
                continue
            places = {rate: round(rate * blocks / most) for rate in found}
            if all(most * place / blocks == rate and place <= blocks for rate, place in places.items()):
                return Rates(most, blocks, places)
    return None


def _found(of: Any) -> Iterator[float]:
    """The numbers that can only be rates: of a residual, or in the tables of loops."""
    if isinstance(of, list):
        for each in of:
            yield from _found(each)
    elif isinstance(of, Term):
        for name, child in of.children:
            if name == "drop" and isinstance(child, float):
                yield child
            elif name == "rows" or of.head[0] in ("std", "call"):  # type: ignore[index]  # heads are tuples
                yield from _long(child) if isinstance(child, tuple) else _found(child)
            elif isinstance(child, Term):
                yield from _found(child)


def _long(of: Any) -> Iterator[float]:
    if isinstance(of, tuple):
        for each in of:
            yield from _long(each)
    elif isinstance(of, float):
        yield of
