"""The style of an imported spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Style:
    """The kinds of structure that are searched for."""

    flat: bool = False
    """One step after the other, without blocks and loops."""
    std: bool = True
    """With calls of the library's blocks; else a spec that imports nothing."""


USUAL: Final = Style()
