"""``--weights`` of a target: matches the file, and reports why it cannot be used."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from archdsl.cli.exits import Refusal
from archdsl.cli.targets.registry import Options

if TYPE_CHECKING:
    from archdsl.architecture import Architecture

_WAYS: Final = {
    "partial": "`--partial` takes what fits",
    "by_order": "`--by-order` matches layers by class and order, whatever they are called",
}
"""What is told of a file that does not fit, by the options of targets that take them."""


@contextmanager
def fitting(architecture: Architecture, options: Options, takes: Container[str]) -> Iterator[None]:
    """Matches the names of the file, if there is one, before the block builds the model with it.

    With ``--partial`` what does not fit is listed. ``takes`` are the options of the target, of which some are named as
    a way out.

    Raises:
        Refusal: the file does not fit, or cannot be read, whether found now or in the block.
    """
    from archdsl.weights import WeightsError, report

    weights = options.weights
    try:
        if weights is not None and not options.by_order:
            found = architecture.match_weights(weights)
            if not found and not options.partial:
                ways = [way for way in _WAYS if way in takes and (way != "by_order" or found.has_order)]
                raise Refusal(f"{found}\n{'; '.join(_WAYS[way] for way in ways)}".rstrip())
            if not found:
                click.echo(report(found, partial=True))
        yield
    except WeightsError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        if weights is None:
            raise
        raise Refusal(f"cannot read {weights}: {(error.strerror or str(error)).lower()}") from error
