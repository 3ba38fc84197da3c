"""The common style of plots: colours that are safe for colour blindness, and deterministic files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from archdsl.diagnostics.display import visible
from archdsl.summary.figures import UNITS

COLOURS: Final = ("#0072B2", "#D55E00", "#007A5A", "#A6428C", "#B8860B", "#3A86C8", "#6B4C9A", "#5C5C5C")
"""The palette of Okabe & Ito (2008), with light colours darkened to a contrast of 3:1 with white, as in WCAG 2.1."""
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "h", "<", ">", "p")
_WIDE: Final = 10**4
"""The ratio between the ends of an axis from which on only powers of ten are labelled."""
_RC: Final[dict[Any, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#4a4a4a",
    "axes.grid": True,
    "axes.labelsize": 11,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that text is as wide everywhere
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
    "savefig.dpi": 200,
    "svg.fonttype": "none",  # text stays text: it can be selected, searched and read aloud
    "svg.hashsalt": "archdsl",
    "text.parse_math": False,  # names are data
    "text.usetex": False,
}
_UNDATED: Final[Mapping[str, Mapping[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": "archdsl"},
    ".pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": "archdsl"},
    ".png": {"Software": None},
}


@contextmanager
def look() -> Iterator[None]:
    """A context in which matplotlib uses archdsl's style, whatever the user's settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


@dataclass(frozen=True)
class Drawing:
    """A figure ready to be saved."""

    figure: Figure
    title: str

    def save(self, file: Path, form: str) -> None:
        """Writes the figure as ``.svg``, ``.png`` or ``.pdf``; equal figures give equal bytes."""
        metadata: dict[str, Any] = {"Title": label(self.title), **_UNDATED[form]}
        with look():
            self.figure.savefig(file, format=form.removeprefix("."), metadata=metadata)


def sheet(title: str, width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with ``rows`` axes below each other, of a size in inches. To be called within ``look``."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(rows, 1, squeeze=False)[:, 0])
    axes[0].set_title(label(title))
    return figure, axes


def label(text: str) -> str:
    """Text of a spec escaped for a plot."""
    return visible(text).replace("\n", " ")


def styles(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """A colour and a marker for each name, in order; pairs are unique for the first 88 names."""
    return {
        name: (COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)])
        for index, name in enumerate(dict.fromkeys(names))
    }


def counts(value: float, _position: int | None = None) -> str:
    """The text of an axis tick: a number with a unit.

    >>> [counts(v) for v in (500, 2_500_000, 4e9)]
    ['500', '2.5 M', '4 G']
    """
    for size, unit in UNITS:
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


class _Ticks(LogLocator):
    def tick_values(self, vmin: float, vmax: float) -> Any:
        self.set_params(subs=(1.0, 2.0, 5.0) if vmax < _WIDE * vmin else (1.0,))
        return super().tick_values(vmin, vmax)


def logarithmic(axes: Axes, axis: str) -> None:
    """A logarithmic axis with ticks at 1, 2 and 5 of each power of ten, or at powers only if it is wide."""
    getattr(axes, f"set_{axis}scale")("log")
    target = getattr(axes, f"{axis}axis")
    target.set_major_locator(_Ticks(numticks=30))
    target.set_major_formatter(FuncFormatter(counts))
    target.set_minor_formatter(NullFormatter())
