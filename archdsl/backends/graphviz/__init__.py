"""Graph to diagram: DOT, and through an embedded Graphviz SVG and PNG. Works without Keras and without a system dot."""

from archdsl.backends.graphviz.dot import to_dot
from archdsl.backends.graphviz.layout import FORMATS, RenderError, draw, render

__all__ = ["FORMATS", "RenderError", "draw", "render", "to_dot"]
