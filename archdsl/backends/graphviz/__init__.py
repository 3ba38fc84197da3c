"""Diagrams as DOT, and as SVG and PNG by an embedded Graphviz. Needs neither Keras nor a system dot."""

from archdsl.backends.graphviz.dot import to_dot
from archdsl.backends.graphviz.layout import FORMATS, RenderError, draw, render

__all__ = ["FORMATS", "RenderError", "draw", "render", "to_dot"]
