"""``--weights`` of a target: whether the file fits, and what is told when it cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.targets.registry import Options

if TYPE_CHECKING:
    from archdsl.api import Architecture

_PARTIAL: Final = "`--partial` takes what fits"
_BY_ORDER: Final = "; `--by-order` matches layers by class and order, whatever they are called"


@contextmanager
def fitting(architecture: Architecture, options: Options, *, or_by_order: bool = False) -> Iterator[None]:
    """Compares the names of the file, if there is one, before the block builds the model with it.

    With ``--partial`` what does not fit is listed. ``or_by_order`` is whether the target takes ``--by-order``, which
    is named then as a way out.

    Raises:
        Refusal: the file does not fit, or cannot be read, whether found now or in the block.
    """
    from archdsl.weights import WeightsError, report

    weights = options.weights
    try:
        if weights is not None and not options.by_order:
            found = architecture.match_weights(weights)
            if not found and not options.partial:
                raise Refusal(f"{found}\n{_PARTIAL}{_BY_ORDER if or_by_order and found.has_order else ''}")
            if not found:
                click.echo(report(found, partial=True))
        yield
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if weights is None:
            raise
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error
