"""Options of commands that draw diagrams: depth, folding, colours and direction."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from archdsl.cli.depth import Depth
from archdsl.diagram.options import COLORS, DIRECTIONS, THEMES, Options

_F = TypeVar("_F", bound=Callable[..., Any])


_OPTIONS = (
    click.option(
        "--depth",
        type=Depth(),
        help="How many blocks deep to look, or `all` for every op; what fits on one page if not given.",
    ),
    click.option(
        "--fold", multiple=True, metavar="BLOCK", help="Draw a block, by name or path, as one box. Repeatable."
    ),
    click.option("--unfold", multiple=True, metavar="BLOCK", help="Open a block, by name or path. Repeatable."),
    click.option(
        "--color",
        type=click.Choice(COLORS),
        default="family",
        show_default=True,
        help="What colours tell: the family of ops, or the share of parameters or multiply-adds.",
    ),
    click.option(
        "--direction",
        type=click.Choice(DIRECTIONS),
        default="TB",
        show_default=True,
        help="Where data flows: Top, Left, …",
    ),
    click.option(
        "--theme",
        type=click.Choice(THEMES),
        default="auto",
        show_default=True,
        help="auto is what the reader's system has in an interactive page, and light elsewhere.",
    ),
)


def diagram_options(function: _F) -> _F:
    """``--depth``, ``--fold``, ``--unfold``, ``--color``, ``--direction`` and ``--theme``, as one value ``options``."""

    @wraps(function)
    def command(**given: Any) -> Any:
        names = ("depth", "fold", "unfold", "color", "direction", "theme")
        return function(options=Options(**{name: given.pop(name) for name in names}), **given)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command  # type: ignore[return-value]  # with other parameters, which click alone gives
