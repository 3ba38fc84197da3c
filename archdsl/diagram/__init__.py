"""The content of a diagram, independent of DOT, Mermaid and other formats: boxes, frames, folded repeats and edges."""

from archdsl.diagram.edges import Edge
from archdsl.diagram.options import COLORS, DIRECTIONS, THEMES, DiagramError, Mark, Options
from archdsl.diagram.plan import Box, Frame, Plan, plan

__all__ = [
    "COLORS",
    "DIRECTIONS",
    "THEMES",
    "Box",
    "DiagramError",
    "Edge",
    "Frame",
    "Mark",
    "Options",
    "Plan",
    "plan",
]
