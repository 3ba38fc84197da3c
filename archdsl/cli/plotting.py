"""``--plot FILE``: shared by commands with plots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.output import tell, written
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.plots.style import Drawing

PLOTS: Final = (".svg", ".png", ".pdf")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def plot_option(what: str) -> Callable[[_Command], _Command]:
    """``--plot FILE``, a path with a supported format, refused before any work otherwise."""
    return click.option(
        "--plot", "target", metavar="FILE", callback=_target, help=f"Draw {what} to FILE: .svg, .png or .pdf."
    )


def _target(_ctx: click.Context, _param: click.Parameter, name: str | None) -> Path | None:
    if name is None:
        return None
    target = Path(name)
    if target.suffix.lower() not in PLOTS:
        raise Refusal(f"--plot {name}: plots are written to {', '.join(PLOTS[:-1])} or {PLOTS[-1]}")
    return target


def save(target: Path, draw: Callable[[], Drawing]) -> None:
    """Draws with matplotlib, imported on demand, and writes the file. A ``ValueError`` says why it cannot be drawn."""
    with working("drawing"), written(target) as file:
        try:
            drawing = draw()
        except ValueError as error:
            raise Refusal(f"--plot {target}: {error}") from None
        drawing.save(file, target.suffix.lower())
    tell(target)
