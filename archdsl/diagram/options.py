"""The options of a diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

Color: TypeAlias = Literal["family", "params", "macs"]
Direction: TypeAlias = Literal["TB", "LR", "BT", "RL"]
Theme: TypeAlias = Literal["auto", "light", "dark", "print"]
Mark: TypeAlias = Literal["added", "removed", "changed"]

COLORS: Final[tuple[Color, ...]] = get_args(Color)
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)


class DiagramError(ValueError):
    """A diagram cannot be drawn as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to draw a graph. The default is a figure for a paper: the most informative that fits on a page."""

    depth: int | Literal["all"] | None = None
    """How many blocks deep to look: 1 draws what the model itself is written of, each block as one box; ``"all"`` every
    op, repeats included; ``None`` decides from what fits on a page."""
    fold: tuple[str, ...] = ()
    """Names of blocks, or paths of instances, to draw as one box whatever ``depth`` says. Goes before ``unfold``."""
    unfold: tuple[str, ...] = ()
    """Names of blocks, or paths of instances, to open whatever ``depth`` says, with all that is around them."""
    color: Color = "family"
    """What the fill of a box says: its family of ops, or its share of the parameters or multiply-adds."""
    direction: Direction = "TB"
    """Where data flows: from top to bottom, from left to right, and so on."""
    theme: Theme = "auto"
    """``"auto"`` is what the reader's system has where the format can ask it, as a page can; else light."""
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """What happened to nodes and instances, by path, in a diagram of a difference."""
