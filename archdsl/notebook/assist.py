"""Completion and hover in cells, by the language service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from IPython.core.completer import SimpleCompletion

from archdsl.notebook.cells import Cells, text_of
from archdsl.service import Analysis
from archdsl.service.completion import complete
from archdsl.service.hover import hover

_MOST: Final = 60


class CellMatcher:
    """An IPython matcher (API version 2) for cells in the language."""

    matcher_api_version = 2
    matcher_priority = 1000.0
    matcher_identifier = "archdsl"

    def __init__(self, cells: Cells) -> None:
        self.__qualname__ = "archdsl"  # of a function, which IPython takes matchers for
        self._cells = cells

    def __call__(self, context: Any) -> dict[str, Any]:
        """The completions at the cursor; exclusive in such cells.

        Words that come with an import are left out, as IPython changes nothing but the word.
        """
        text = text_of(context.full_text)
        lines = context.full_text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: context.cursor_line]) + context.cursor_position
        if text is None or context.cursor_line == 0:
            return {"completions": []}
        found = [each for each in complete(self._analysis(text), offset) if not each.edits][:_MOST]
        typed = text[found[0].span.start : offset] if found else ""
        return {
            "completions": [SimpleCompletion(text=each.text, type=each.sort) for each in found],
            "matched_fragment": typed,
            "ordered": True,
            "suppress": True,
        }

    def _analysis(self, text: str) -> Analysis:
        return Analysis(*self._cells.source("cell", text))


def inspecting(before: Callable[..., dict[str, Any]], cells: Cells) -> Callable[..., dict[str, Any]]:
    """A kernel's ``do_inspect`` with hover in cells of the language, and the original behaviour in others."""

    def do_inspect(code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> dict[str, Any]:
        text = text_of(code)
        if text is None:
            return before(code, cursor_pos, detail_level, omit_sections)
        found = hover(Analysis(*cells.source("cell", text)), cursor_pos)
        data = {"text/plain": found.text, "text/markdown": found.text} if found else {}
        return {"status": "ok", "found": found is not None, "data": data, "metadata": {}}

    return do_inspect
