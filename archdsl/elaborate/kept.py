"""Templates of calls that do not depend on the edited text, kept for all versions of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from archdsl.elaborate.template import Template
from archdsl.source import Span
from archdsl.syntax import ast

_MOST: Final = 20_000
"""Steps of templates that are kept, after which all are forgotten."""


class Kept:
    """Templates of imported blocks that were elaborated without findings.

    Each by the key of its call, which has the identities of declarations: a file that is read anew has others.
    """

    def __init__(self) -> None:
        self._templates: dict[Hashable, tuple[Template, Sequence[ast.Declaration]]] = {}
        """With the declarations in the key. While these are referred to, no others have their identities."""
        self._steps = 0
        self.claimed: set[Span] = set()
        """Steps of imported blocks whose shape is stated."""

    def __len__(self) -> int:
        return len(self._templates)

    def get(self, key: Hashable) -> Template | None:
        found = self._templates.get(key)
        return None if found is None else found[0]

    def add(
        self, key: Hashable, template: Template, declarations: Sequence[ast.Declaration], claimed: Iterable[Span]
    ) -> None:
        """Keeps a template of ``declarations``. ``claimed`` are steps with a stated shape, in it or its callees."""
        size = 1 + len(template.steps)
        if self._steps + size > _MOST:
            self._templates.clear()
            self.claimed.clear()
            self._steps = 0
        self._steps += size
        self._templates[key] = (template, declarations)
        self.claimed.update(claimed)
