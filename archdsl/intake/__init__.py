"""Models of other programs as specs: read, brought into our ops, divided into blocks and loops, written, and proved."""

from __future__ import annotations

from typing import Final

ENDINGS: Final = (".keras", ".onnx")
"""What the names of files end in that are read, in lower case. Asking costs no reader."""


def is_foreign(spec: str) -> bool:
    """Whether a spec's name is one of a file of another program."""
    return spec.lower().endswith(ENDINGS)
