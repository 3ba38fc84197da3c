"""Keras code."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from archdsl.cli.output import write_text
from archdsl.cli.targets.registry import Options, Target, Write

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, _options: Options, _names: Collection[str]) -> Write:
    text = architecture.to_python()

    def write(_target: Target, out: str) -> str | None:
        return "" if write_text(text, out) else None

    return write
