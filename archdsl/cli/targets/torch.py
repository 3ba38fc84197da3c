"""PyTorch code, and next to it the weights as a state dict."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.cli.exits import Refusal
from archdsl.cli.output import STDOUT, write_text, written
from archdsl.cli.targets.registry import Options, Target, Write
from archdsl.cli.targets.weights import fitting

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, options: Options, _names: Collection[str]) -> Write:
    from archdsl.backends.known import need_known
    from archdsl.backends.torch.file import written as made
    from archdsl.backends.torch.naming import NoNames

    need_known(architecture.graph, "PyTorch code", architecture.sources)
    try:
        file = made(architecture.graph, options.names)
    except NoNames as error:
        raise Refusal(str(error)) from error

    def write(target: Target, out: str) -> str | None:
        if options.weights is None:
            return "" if write_text(file.text, out) else None
        if out == STDOUT:
            raise Refusal("--weights is written beside the code: name a file with -o")
        from archdsl.weights import safetensors

        beside = Path(out).with_suffix(".safetensors")
        with fitting(architecture, options, target.takes), written(beside) as path:
            safetensors.write(path, architecture.torch_state(options.weights, names=options.names), {"format": "pt"})
        write_text(file.text, out)
        return f"its weights are in {beside}"

    return write
