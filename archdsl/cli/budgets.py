"""``--max-NAME`` and ``--min-NAME`` for every measure, and ``--sort``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.numbers import Number
from archdsl.measures import MEASURES, Measure

if TYPE_CHECKING:
    from archdsl.comparison.criteria import Criteria

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MOST, _LEAST = "max_", "min_"
_METAVARS: Final = {"bytes": "BYTES"}


def budget_options(function: _Command) -> _Command:
    """Bounds of every measure as options, for ``criteria``. Help shows only the one on the worse side."""
    for measure in reversed(MEASURES):
        is_least_usual = measure.better == "more"
        for prefix in (_LEAST, _MOST):
            hidden = (prefix == _LEAST) != is_least_usual
            function = _option(prefix, measure, hidden=hidden)(function)
    return function


def _option(prefix: str, measure: Measure, *, hidden: bool) -> Callable[[_Command], _Command]:
    bound = "At most" if prefix == _MOST else "At least"
    return click.option(
        f"--{prefix}{measure.name}".replace("_", "-"),
        type=Number("B" if measure.unit == "bytes" else ""),
        metavar=_METAVARS.get(measure.unit, "N"),
        hidden=hidden,
        help=f"{bound} so much: {measure.meaning}.",
    )


def criteria(given: Mapping[str, float | None], prefer: str = "top1", **stated: float | None) -> Criteria:
    """The criteria from these options, and from those of ``stated`` facts."""
    from archdsl.comparison.criteria import Criteria

    bounds: dict[str, dict[str, float]] = {_MOST: {}, _LEAST: {}}
    for option, value in given.items():
        if value is not None:
            bounds[option[: len(_MOST)]][option[len(_MOST) :]] = value
    return Criteria(prefer=prefer, at_most=bounds[_MOST], at_least=bounds[_LEAST], **stated)


sort_option = click.option("--sort", metavar="COLUMN[:desc]", help="Sort by a column; what is not known comes last.")


def order(text: str) -> tuple[str, bool]:
    """The column of ``--sort``, and whether the order is descending."""
    name, _, direction = text.partition(":")
    if direction not in ("", "asc", "desc"):
        raise Refusal(f"--sort {text}: a column may be followed by `:asc` or `:desc`")
    return name.strip(), direction == "desc"
