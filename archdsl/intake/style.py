"""How a spec is to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Style:
    """What structure is looked for."""

    flat: bool = False
    """One step after the other, without blocks and loops."""
    std: bool = True
    """With calls of the library's blocks; else a spec that imports nothing."""


USUAL: Final = Style()
