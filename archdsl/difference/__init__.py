"""The difference of two models: a structural comparison of their graphs, by blocks, with the cost of each change."""

from archdsl.difference.compare import compare
from archdsl.difference.json import to_json
from archdsl.difference.markdown import to_markdown
from archdsl.difference.model import ASPECTS, Aspect, Delta, Edit, Fact, Note, Section
from archdsl.difference.text import Difference, to_text

__all__ = [
    "ASPECTS",
    "Aspect",
    "Delta",
    "Difference",
    "Edit",
    "Fact",
    "Note",
    "Section",
    "compare",
    "to_json",
    "to_markdown",
    "to_text",
]
