"""ONNX models, and OpenVINO's, which are converted from them; both are written without a framework."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archdsl.cli.exits import Refusal
from archdsl.cli.output import writing
from archdsl.cli.targets.registry import Options, Target, Write
from archdsl.cli.targets.weights import fitting
from archdsl.cli.terminal import working

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, options: Options, names: Collection[str]) -> Write:
    """Checks that the packages are installed."""
    from archdsl.backends.onnx.write import need_onnx
    from archdsl.backends.openvino.write import need_openvino
    from archdsl.weights import PartialWeights

    try:
        need_openvino() if "openvino" in names else need_onnx()
    except ImportError as error:
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
            beside = _FORMS[target.name](architecture, file, options)
        return f"weights in {beside.name}" if beside else ""

    return write


def _onnx(architecture: Architecture, file: Path, options: Options) -> Path | None:
    return architecture.to_onnx(
        file, weights=options.weights, partial=options.partial, inline=options.inline, seed=options.seed or 0
    )


def _openvino(architecture: Architecture, file: Path, options: Options) -> Path | None:
    return architecture.to_openvino(file, weights=options.weights, partial=options.partial, seed=options.seed or 0)


_FORMS: Final = {"onnx": _onnx, "openvino": _openvino}
