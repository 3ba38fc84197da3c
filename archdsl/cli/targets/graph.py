"""The checked graph as text: JSON for programs, one line per node for people."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from archdsl.cli.output import write_text
from archdsl.cli.targets.registry import Options, Target, Write

if TYPE_CHECKING:
    from archdsl.architecture import Architecture


def prepare(architecture: Architecture, _options: Options, _names: Collection[str]) -> Write:
    def write(target: Target, out: str) -> str | None:
        from archdsl.graph.json import to_json
        from archdsl.graph.text import to_text

        text = (to_json if target.name == "json" else to_text)(architecture.graph)
        return "" if write_text(text, out) else None

    return write
