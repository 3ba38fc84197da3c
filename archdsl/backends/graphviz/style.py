"""How diagrams look: colours by family of ops, fonts, and text made safe for DOT's label syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from archdsl.graph.dims import Shape

FONT: Final = "Helvetica"
"""One name and no list of fallbacks: Graphviz measures a list as Times, and text would outgrow its boxes. The embedded
Graphviz draws Helvetica with Arimo, which is as wide, so boxes fit in PNG and in whatever shows the SVG."""

GRAPH: Final = {
    "fontname": FONT,
    "fontsize": "14",
    "labelloc": "t",
    "rankdir": "TB",
    "nodesep": "0.3",
    "ranksep": "0.3",
    "bgcolor": "white",
    "pad": "0.2",
}
NODE: Final = {
    "fontname": FONT,
    "fontsize": "11",
    "shape": "box",
    "style": "rounded,filled",
    "height": "0.3",
    "margin": "0.12,0.05",
    "penwidth": "0.8",
}
EDGE: Final = {
    "fontname": FONT,
    "fontsize": "9",
    "fontcolor": "#5f6b7a",
    "color": "#8592a0",
    "arrowsize": "0.6",
    "penwidth": "0.9",
}
_CLUSTER: Final = {"fontname": FONT, "fontsize": "10", "margin": "10", "penwidth": "0.8", "labeljust": "l"}
# Clusters inherit what they do not state, so both kinds state the same attributes.
BLOCK: Final = _CLUSTER | {
    "style": "rounded,filled",
    "fillcolor": "#1f2d3d09",
    "color": "#9aa5b1",
    "fontcolor": "black",
}
"""The fill is nearly transparent, so that blocks within blocks grow darker."""
GROUP: Final = _CLUSTER | {
    "style": "rounded,dashed,filled",
    "fillcolor": "white",
    "color": "#9aa5b1",
    "fontcolor": "#5f6b7a",
}
PORT: Final = {"shape": "box", "style": "filled", "fillcolor": "#ffffff", "color": "#1f2d3d", "penwidth": "1.2"}
FOLDED: Final = {"style": "rounded,filled,bold", "fillcolor": "#e9edf1", "color": "#5f6b7a"}
FORK: Final = {"label": "", "shape": "point", "width": "0.05", "height": "0.05", "color": EDGE["color"]}
INTO_FORK: Final = {"arrowhead": "none"}

FAMILIES: Final = {
    "convolution": ("#cfe3f7", "#3b76af"),
    "linear": ("#dcd5f2", "#6a51a3"),
    "normalisation": ("#f4f1d6", "#a39a3c"),
    "activation": ("#fbdcc8", "#c8682b"),
    "pooling": ("#cdebd5", "#3d8f57"),
    "regularisation": ("#ececec", "#8a8a8a"),
    "joining": ("#ffe9a8", "#b58900"),
    "shape": ("#e8dcd2", "#8c6d54"),
    "learned values": ("#f7d3e3", "#b0487e"),
    "input": ("#d3eeee", "#3a8f8f"),
}


def family(name: str) -> dict[str, str]:
    """Fill and line of an op's box; white for a family that has no colour of its own."""
    fill, line = FAMILIES.get(name, ("#ffffff", "#5f6b7a"))
    return {"fillcolor": fill, "color": line}


def label(lines: Iterable[str], *, left: bool = False) -> str:
    """Lines, centred or to the left, as DOT's label text, in which nothing that a user wrote has a meaning.

    Characters that neither XML nor DOT can hold become U+FFFD. The result keeps its own escapes: pass it on as it is.
    """
    import graphviz  # type: ignore[import-untyped]

    plain = [str(graphviz.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line))) for line in lines]
    text = "".join(line + r"\l" for line in plain) if left and len(plain) > 1 else r"\n".join(plain)
    quoted: str = graphviz.nohtml(text)
    return quoted


_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]")


def wrap(call: str, width: int = 34) -> list[str]:
    """A call on several lines, broken after commas.

    >>> wrap("conv(256, k=3, stride=2, bias=false)", 24)
    ['conv(256, k=3, stride=2,', 'bias=false)']
    """
    lines = [""]
    for part in re.split(r"(?<=,) ", call):
        if lines[-1] and len(lines[-1]) + 1 + len(part) > width:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}" if lines[-1] else part
    return lines


def size(shape: Shape) -> str:
    """A shape as papers' figures write it.

    >>> size((56, 56, 256))
    '56×56×256'
    """
    return "×".join(map(str, shape))
