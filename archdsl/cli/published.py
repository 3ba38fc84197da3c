"""The value of ``--weights``: a file, or the name of published weights, which are fetched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archdsl.cli.exits import Refusal

if TYPE_CHECKING:
    from archdsl.graph.model import Graph
    from archdsl.weights.published.checkpoints import Published


def local(graph: Graph, weights: str) -> str:
    """The local file of weights; progress is shown on standard error if that is a terminal."""
    which = named(graph, weights)
    return weights if which is None else fetched(which)


def named(graph: Graph, weights: str) -> Published | None:
    """The published weights of that name; ``None`` if it is a file."""
    from archdsl.weights import WeightsError
    from archdsl.weights.published.fetch import chosen, is_preset

    if not is_preset(weights) or Path(weights).exists():
        return None
    try:
        return chosen(graph, weights)
    except WeightsError as error:
        raise Refusal(str(error)) from error


def fetched(which: Published) -> str:
    """The local file of published weights."""
    from archdsl.weights import WeightsError
    from archdsl.weights.published.fetch import fetch

    show = sys.stderr.isatty()
    try:
        file = fetch(which, _shown(which.saved_as)) if show else fetch(which)
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"cannot fetch {which.url}: {(error.strerror or str(error)).lower()}") from error
    return str(file)


def _shown(name: str) -> Callable[[int, int | None], None]:
    def show(found: int, size: int | None) -> None:
        of = f" of {size / 1e6:.1f} MB, {found / size:4.0%}" if size else " MB"
        click.echo(f"\r{name}: {found / 1e6:.1f}{of}", err=True, nl=found == size)

    return show
