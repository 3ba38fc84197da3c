"""Styles of diagrams in Graphviz: attributes for each kind of element, and text escaped for DOT's labels."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from archdsl.diagram.options import Direction, Mark
from archdsl.diagram.theme import Look, Palette
from archdsl.diagram.words import block, printable, size
from archdsl.graph.dims import Shape

FONT: Final = "Helvetica"
"""One name and no list of fallbacks: Graphviz measures a list as Times, and text would outgrow its boxes. The embedded
Graphviz draws Helvetica with Arimo, which is as wide, so boxes fit in PNG and in whatever shows the SVG."""

_GRAPH: Final = {
    "fontname": FONT,
    "fontsize": "12",
    "labelloc": "t",
    "nodesep": "0.2",
    "ranksep": "0.2",
    "pad": "0.15",
    "compound": "true",
    # Hundreds of long skips would take the layout minutes; what has none is laid out as without a limit.
    "nslimit": "2",
    "nslimit1": "2",
}
_NODE: Final = {
    "fontname": FONT,
    "fontsize": "11",
    "shape": "box",
    "height": "0.3",
    "margin": "0.1,0.05",
}
_TIGHT: Final = {"width": "0", "height": "0.16", "margin": "0.02,0"}
_EDGE: Final = {"arrowsize": "0.6", "penwidth": "0.9", "weight": "8"}
_FRAME: Final = {"fontname": FONT, "fontsize": "10", "margin": "7", "penwidth": "0.8", "labeljust": "l"}

COLUMN: Final = "cluster_column"
"""The prefix of the names of invisible clusters that hold columns."""

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Style:
    """The attributes of a theme."""

    palette: Palette

    def graph(self, direction: Direction, columns: int) -> Attributes:
        palette = self.palette
        looks = _GRAPH | {"rankdir": direction, "bgcolor": palette.background, "fontcolor": palette.text}
        if columns > 1:  # nothing joins them: each is laid out on its own, and they are set side by side
            looks |= {"pack": "28", "packmode": f"array_ti{columns}"}
        return looks

    def node(self) -> Attributes:
        return _NODE | {"style": "rounded,filled", "penwidth": "0.8", "fontcolor": self.palette.text}

    def edge(self) -> Attributes:
        return _EDGE | {"color": self.palette.edge}

    def box(self, look: Look, *, folded: bool) -> Attributes:
        """The attributes of a box in addition to those of every node."""
        found = {"fillcolor": look.fill, "color": look.line}
        if look.style == "bold" or (folded and look.style == "solid"):
            found["penwidth"] = "1.8"
        elif look.style != "solid":
            found |= {"style": f"rounded,filled,{look.style}", "penwidth": "1"}
        if look.text:
            found["fontcolor"] = look.text
        return found

    def terminal(self) -> Attributes:
        look = self.palette.terminal
        return {"style": "filled", "fillcolor": look.fill, "color": look.line, "penwidth": "1.2"}

    def shape(self) -> Attributes:
        """The text on an edge."""
        return {"shape": "plaintext", "style": "solid", "fontsize": "9", "fontcolor": self.palette.muted} | _TIGHT

    def sized(self, shape: Shape) -> str:
        """A shape, after the block drawn to scale."""
        found = block(shape)
        if found is None:
            return label([size(shape)])
        width, height = found
        plain = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
        cell = f'<TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" BGCOLOR="{self.palette.edge}"></TD>'
        drawn, gap = f"<TD><TABLE {plain}><TR>{cell}</TR></TABLE></TD>", '<TD WIDTH="3"></TD>'
        return f"<<TABLE {plain}><TR>{drawn}{gap}<TD>{markup(size(shape))}</TD></TR></TABLE>>"

    def connector(self) -> Attributes:
        """The connector at the end of a column and at the start of the next."""
        look = self.palette.terminal
        return {
            "shape": "circle",
            "style": "filled",
            "fontsize": "10",
            "width": "0.25",
            "fixedsize": "true",
            "fillcolor": look.fill,
            "color": self.palette.edge,
        }

    def frame(self, look: Look | None, *, dashed: bool, foot: bool) -> Attributes:
        """Frames inherit attributes that they do not set, so all set the same ones.

        The fill is nearly transparent, so that blocks within blocks grow darker.
        """
        palette = self.palette
        return _FRAME | {
            "style": "rounded,filled" + (",dashed" if dashed or (look and look.style == "dashed") else ""),
            "fillcolor": palette.frame,
            "color": look.line if look else palette.frame_line,
            "fontcolor": palette.muted if dashed else palette.text,
            "penwidth": "1.8" if look else "0.8",
            "labelloc": "b" if foot else "t",
            "peripheries": "1",
        }

    def fork(self) -> Attributes:
        return {"label": "", "shape": "point", "width": "0.05", "height": "0.05", "color": self.palette.edge}

    def skip(self) -> Attributes:
        """A skip connection has a low weight in the layout, so that the path next to it stays straight."""
        return {"style": "dashed", "color": self.palette.skip, "weight": "1"}

    def across(self) -> Attributes:
        """An edge from one limb of a U-Net to the other is horizontal."""
        return {"minlen": "0", "weight": "40"}

    def marked_edge(self, mark: Mark) -> Attributes:
        look = self.palette.marks[mark]
        return {"color": look.line, "penwidth": "1.6"} | ({"style": "dashed"} if mark == "removed" else {})


def label(lines: Iterable[str], *, left: bool = False) -> str:
    """Lines, centred or left-aligned, as DOT label text with user text escaped.

    Characters that neither XML nor DOT can hold become U+FFFD. The result keeps its own escapes: pass it on as it is.
    """
    import graphviz  # type: ignore[import-untyped]

    plain = [str(graphviz.escape(printable(line))) for line in lines]
    text = "".join(line + r"\l" for line in plain) if left and len(plain) > 1 else r"\n".join(plain)
    quoted: str = graphviz.nohtml(text)
    return quoted


def markup(text: str) -> str:
    """Text escaped for DOT's HTML-like labels."""
    return html.escape(printable(text), quote=True)
