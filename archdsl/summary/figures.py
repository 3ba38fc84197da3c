"""Formats numbers for people: exact ones for ``check`` lines, and rounded ones as in papers."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from archdsl.graph.dims import Dim

UNITS: Final = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def exact(count: Dim) -> str:
    """
    >>> exact(25_610_152)
    '25_610_152'
    """
    return f"{count:_}" if isinstance(count, int) else str(count)


def plain(count: Dim) -> int | str:
    """A number for programs, or the expression over open dimensions as text.

    >>> from archdsl.graph.dims import Sym
    >>> plain(640), plain(Sym.named("h") * 2)
    (640, '2*h')
    """
    return count if isinstance(count, int) else str(count)


def human(count: Dim) -> str:
    """Three significant digits and a unit, or the expression if the count depends on an open dimension.

    >>> [human(n) for n in (25_610_152, 4_089_184_256, 999_999, 640, 10**400)]
    ['25.6 M', '4.09 G', '1.00 M', '640', '1.00e+400']
    """
    if not isinstance(count, int):
        return str(count)
    if count >= 10**15:  # no architecture's, and more than a float holds
        return f"{Decimal(count):.2e}"
    for size, unit in UNITS:
        # Rounding to three digits may carry into the next unit: 999_999 is 1.00 M and not 1000 k.
        if count >= size * 0.9995:
            scaled = count / size
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{scaled:.{digits}f} {unit}"
    return str(count)


def in_bytes(count: Dim) -> str:
    """
    >>> in_bytes(3_211_264), in_bytes(640)
    ('3.21 MB', '640 B')
    """
    text = human(count)
    return f"{text}B" if text[-1:].isalpha() and isinstance(count, int) else f"{text} B"
