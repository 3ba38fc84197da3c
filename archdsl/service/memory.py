"""Results that later versions of a text can reuse."""

from __future__ import annotations

from typing import Final

from archdsl.elaborate.kept import Kept
from archdsl.syntax.pieces import Pieces

_MOST: Final = 10_000
"""Things that are remembered, after which all are forgotten."""


class Memory:
    """The reusable results of one document."""

    def __init__(self) -> None:
        self.clean: set[tuple[str, bytes]] = set()
        """Checks that found nothing, by all that they depend on."""
        self.figures: dict[bytes, str] = {}
        """What models cost, in words, by all that they depend on."""
        self.kept = Kept()
        """What imported blocks make of their inputs."""
        self.pieces: Pieces = {}
        """What the declarations of the text that was read last were read as."""

    def trim(self) -> None:
        """Drops everything if it is too much."""
        if len(self.clean) + len(self.figures) > _MOST:
            self.clean.clear()
            self.figures.clear()
