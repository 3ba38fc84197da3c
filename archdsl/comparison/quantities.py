"""Quantities that models can be limited and ranked by: numeric measures, and facts that specs state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from archdsl.comparison.entry import Entry
from archdsl.measures import MEASURES, Measure
from archdsl.summary.forms import FORMS, number


class Quantity(NamedTuple):
    """A number known of a model, with its wording."""

    name: str
    of: Callable[[Entry], float | None]
    """``None`` where it is not known, or depends on an open dimension."""
    show: Callable[[float], str]
    words: str
    """What it is called."""
    noun: str = ""
    """What follows the number: ``5.33 M parameters``."""
    better: Literal["less", "more"] | None = None
    praise: str = ""
    much: str = "many"
    is_percent: bool = False
    is_date: bool = False
    is_stated: bool = False
    """Whether the spec states it, and it is not computed."""

    def rank(self, entry: Entry) -> float:
        """A sort key: less is better; unknown is worst."""
        value = self.of(entry)
        if value is None:
            return float("inf")
        return -value if self.better == "more" else value


def _of(measure: Measure) -> Quantity:
    form, name = FORMS[measure.unit], measure.name
    extreme = "largest" if measure.better == "more" else "smallest"
    return Quantity(
        name,
        lambda entry: number(entry.figures[name]),
        form.say,
        measure.words,
        measure.noun,
        measure.better,
        measure.praise or f"the {extreme} {measure.words}",
        form.much,
    )


_STATED: Final = (
    Quantity(
        "top1",
        lambda entry: entry.top1,
        lambda value: f"{value:.1f} %",
        "top-1",
        "top-1",
        "more",
        "the best top-1",
        is_percent=True,
        is_stated=True,
    ),
    Quantity("year", lambda entry: entry.year, lambda value: str(round(value)), "year", is_date=True, is_stated=True),
)
QUANTITIES: Final[Mapping[str, Quantity]] = {each.name: each for each in (*map(_of, MEASURES), *_STATED)}
