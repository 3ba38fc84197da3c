"""Source positions in the editors' units."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.graph.model import Origin
from archdsl.source import SourceFile


class Places:
    """Source positions of steps, in texts by their names."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._files = {name: SourceFile(name, text) for name, text in sources.items()}
        self._known: dict[tuple[str, int, int], tuple[int, int, int, int]] = {}

    def of(self, origin: Origin) -> tuple[int, int, int, int]:
        """Line and column of start and end: lines from 1, columns from 0 in UTF-16 code units.

        Without the text, a beginning alone, in characters.

        >>> Places({"a": "é🙂 conv\\n"}).of(Origin(file="a", line=1, column=4, start=3, end=7))
        (1, 4, 1, 8)
        """
        key = (origin.file, origin.start, origin.end)
        if key not in self._known:
            source = self._files.get(origin.file)
            if source is None:
                return (origin.line, origin.column - 1) * 2
            self._known[key] = (*_place(source, origin.start), *_place(source, origin.end))
        return self._known[key]


def _place(source: SourceFile, offset: int) -> tuple[int, int]:
    line, column = source.position(offset)
    start = offset - column + 1
    return line, len(source.text[start:offset].encode("utf-16-le", "surrogatepass")) // 2
