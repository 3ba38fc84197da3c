"""The items of completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from archdsl.names import Definition
from archdsl.service.edits import Edit
from archdsl.source import Span

Sort: TypeAlias = Literal[
    "op", "block", "model", "function", "parameter", "value", "tap", "keyword", "type", "module", "field", "label",
    "initialiser", "figure", "dimension", "fact",
]  # fmt: skip
"""What kind of thing is offered, for the picture that an editor shows beside it."""


@dataclass(frozen=True)
class Completion:
    """A completion item, with the text that it replaces."""

    label: str
    sort: Sort
    span: Span
    """What it replaces."""
    insert: str = ""
    """What is written, if it is another text than ``label``."""
    detail: str = ""
    definition: Definition | None = None
    edits: tuple[Edit, ...] = ()
    """Changes elsewhere in the text that go with it: an import."""

    @property
    def text(self) -> str:
        return self.insert or self.label
