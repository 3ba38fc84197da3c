"""ONNX models, written without a framework."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.cli.exits import Refusal
from archdsl.cli.output import writing
from archdsl.cli.targets.registry import Options, Target, Write
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, options: Options) -> Write:
    """Finds out whether ONNX can be written."""
    from archdsl.backends.onnx.write import OnnxMissing, need_onnx
    from archdsl.weights import PartialWeights

    try:
        need_onnx()
    except OnnxMissing as error:
        raise Refusal(str(error)) from error

    def write(target: Target, out: str) -> str:
        file = Path(out)
        with (
            fitting(architecture, options, target.takes),
            working(f"saving {file}"),
            writing(file),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", PartialWeights)
            beside = architecture.to_onnx(
                file,
                weights=options.weights,
                partial=options.partial,
                inline=options.inline,
                seed=options.seed or 0,
            )
        return f"weights in {beside.name}" if beside else ""

    return write
