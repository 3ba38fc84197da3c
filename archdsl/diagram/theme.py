"""Colours of diagrams for families of ops and heat steps: in light, dark and print themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from archdsl.diagram.options import Mark, Theme


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a box: fill, line colour, and a line style that is visible without colours."""

    fill: str
    line: str
    style: str = "solid"
    text: str = ""
    """The theme's own if empty."""


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of a theme. Text has a contrast of at least 4.5 to 1 with its background (WCAG 2.2, AA)."""

    background: str
    text: str
    muted: str
    """Shapes, and titles of what is only a group."""
    edge: str
    skip: str
    frame: str
    frame_line: str
    folded: Look
    terminal: Look
    plain: Look
    """A family that has no look of its own."""
    families: Mapping[str, Look]
    heat: tuple[Look, ...]
    """From the smallest share to the largest."""
    marks: Mapping[Mark, Look]


FAMILIES: Final = {
    "convolution": ("#cfe3f7", "#3b76af"),
    "linear": ("#dcd5f2", "#6a51a3"),
    "normalisation": ("#f4f1d6", "#a39a3c"),
    "activation": ("#fbdcc8", "#c8682b"),
    "elementwise": ("#fbe7c8", "#b8782b"),
    "reduction": ("#d6e8c9", "#5f8a3f"),
    "source": ("#cfeaf0", "#2f8196"),
    "pooling": ("#cdebd5", "#3d8f57"),
    "regularisation": ("#ececec", "#8a8a8a"),
    "joining": ("#ffe9a8", "#b58900"),
    "shape": ("#e8dcd2", "#8c6d54"),
    "learned": ("#f7d3e3", "#b0487e"),
    "input": ("#d3eeee", "#3a8f8f"),
    "opaque": ("#d7d9dc", "#3c434b"),
}
"""Of each family a fill and a line, on white."""

_DARK: Final = {
    "convolution": ("#1d3a56", "#6fa8dc"),
    "linear": ("#382d5c", "#a893dd"),
    "normalisation": ("#3f3c1a", "#c4bb5c"),
    "activation": ("#52301a", "#e8935c"),
    "elementwise": ("#4d381a", "#e0a860"),
    "reduction": ("#2c421c", "#93bf6c"),
    "source": ("#16404a", "#5cb8cd"),
    "pooling": ("#1c4229", "#6cbf87"),
    "regularisation": ("#3a3a3a", "#a0a0a0"),
    "joining": ("#4d3d06", "#dcb02e"),
    "shape": ("#403126", "#b8967b"),
    "learned": ("#4f2138", "#d979ab"),
    "input": ("#174040", "#63bcbc"),
    "opaque": ("#2c3036", "#c3cad2"),
}

_PRINT: Final = {
    "convolution": ("#dcdcdc", "solid"),
    "linear": ("#dcdcdc", "bold"),
    "normalisation": ("#ffffff", "solid"),
    "activation": ("#ffffff", "dashed"),
    "elementwise": ("#dcdcdc", "dashed"),
    "reduction": ("#dcdcdc", "dotted"),
    "source": ("#c4c4c4", "solid"),
    "pooling": ("#efefef", "dashed"),
    "regularisation": ("#ffffff", "dotted"),
    "joining": ("#ffffff", "bold"),
    "shape": ("#efefef", "dotted"),
    "learned": ("#efefef", "bold"),
    "input": ("#efefef", "solid"),
    "opaque": ("#c4c4c4", "dashed"),
}
"""In print, a grey and a style of the line: the pair tells families apart without colour."""

LIGHT: Final = Palette(
    background="#ffffff",
    text="#111820",
    muted="#56616f",
    edge="#7b8794",
    skip="#2f6f9f",
    frame="#1f2d3d09",
    frame_line="#9aa5b1",
    folded=Look("#e9edf1", "#5f6b7a", "bold"),
    terminal=Look("#ffffff", "#1f2d3d"),
    plain=Look("#ffffff", "#5f6b7a"),
    families={name: Look(fill, line) for name, (fill, line) in FAMILIES.items()},
    heat=(
        Look("#ffffff", "#8a8a8a"),
        Look("#fdeacb", "#a3743a"),
        Look("#fdc98a", "#a3622a"),
        Look("#f79c5d", "#93441b"),
        Look("#c8442e", "#7d1f12", text="#ffffff"),
        Look("#85131a", "#4d0a0f", text="#ffffff"),
    ),
    marks={
        "added": Look("#d4f2d9", "#18794e", "bold"),
        "removed": Look("#fbdcdc", "#b42318", "dashed"),
        "changed": Look("#fff0c2", "#9a6700", "bold"),
    },
)
DARK: Final = Palette(
    background="#14181d",
    text="#e8edf2",
    muted="#aebac6",
    edge="#76828f",
    skip="#7cb7e0",
    frame="#ffffff0d",
    frame_line="#56616f",
    folded=Look("#2a323b", "#8a97a5", "bold"),
    terminal=Look("#14181d", "#c6d0da"),
    plain=Look("#14181d", "#8a97a5"),
    families={name: Look(fill, line) for name, (fill, line) in _DARK.items()},
    heat=(
        Look("#14181d", "#8a97a5"),
        Look("#33231a", "#a3743a"),
        Look("#5a2f16", "#c8813f"),
        Look("#8c3d14", "#f0a060"),
        Look("#f0934f", "#ffd0a0", text="#111820"),
        Look("#ffd79a", "#ffffff", text="#111820"),
    ),
    marks={
        "added": Look("#16391f", "#5fd38a", "bold"),
        "removed": Look("#4a1a1a", "#f08a80", "dashed"),
        "changed": Look("#463709", "#e3b341", "bold"),
    },
)
PRINT: Final = Palette(
    background="#ffffff",
    text="#000000",
    muted="#333333",
    edge="#444444",
    skip="#000000",
    frame="#00000000",
    frame_line="#888888",
    folded=Look("#ffffff", "#000000", "bold"),
    terminal=Look("#ffffff", "#000000"),
    plain=Look("#ffffff", "#000000"),
    families={name: Look(fill, "#000000", style) for name, (fill, style) in _PRINT.items()},
    heat=(
        Look("#ffffff", "#000000"),
        Look("#ececec", "#000000"),
        Look("#cfcfcf", "#000000"),
        Look("#a8a8a8", "#000000"),
        Look("#5c5c5c", "#000000", text="#ffffff"),
        Look("#1f1f1f", "#000000", text="#ffffff"),
    ),
    marks={
        "added": Look("#ffffff", "#000000", "bold"),
        "removed": Look("#ffffff", "#000000", "dashed"),
        "changed": Look("#e4e4e4", "#000000", "bold"),
    },
)
PALETTES: Final[Mapping[Theme, Palette]] = {"auto": LIGHT, "light": LIGHT, "dark": DARK, "print": PRINT}

SIGNS: Final[dict[Mark | None, str]] = {None: "", "added": "+ ", "removed": "− ", "changed": "~ "}
"""What says without colour what happened."""
