"""Import of models: reading, lowering to archdsl's ops, folding into blocks and loops, writing as a spec, and proof."""

from __future__ import annotations

from typing import Final

ENDINGS: Final = (".keras", ".onnx")
"""The file extensions that can be imported, in lower case. Checking one loads no reader."""


def is_foreign(spec: str) -> bool:
    """Whether a spec's name is one of a file of another program."""
    return spec.lower().endswith(ENDINGS)
