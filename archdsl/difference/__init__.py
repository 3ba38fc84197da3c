"""How one model differs from another: a structural comparison of two graphs, by blocks, with what each change costs."""

from archdsl.diff.compare import compare
from archdsl.diff.json import to_json
from archdsl.diff.markdown import to_markdown
from archdsl.diff.model import ASPECTS, Aspect, Delta, Difference, Edit, Fact, Note, Section
from archdsl.diff.text import to_text

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
