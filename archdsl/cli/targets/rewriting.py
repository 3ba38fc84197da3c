"""``--optimise``: rewrites the model, and passes its weights to targets as a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archdsl.cli.targets.registry import TARGETS, Options
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


@contextmanager
def rewriting(architecture: Architecture, options: Options) -> Iterator[tuple[Architecture, Options]]:
    """The rewritten model, and the options for writing it, valid within the block."""
    from archdsl.weights import PartialWeights

    with TemporaryDirectory(prefix="archdsl-") as folder:
        file = Path(folder) / "rewritten.safetensors"
        with (
            fitting(architecture, options, TARGETS["onnx"].takes),
            working(f"rewriting {architecture.name}"),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", PartialWeights)
            made = architecture.optimised(
                weights_to=file, weights=options.weights, partial=options.partial, seed=options.seed or 0
            )
        yield made, options._replace(weights=str(file), partial=False, seed=None)
