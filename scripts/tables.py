"""Tables in pages that commands write, row by row: a row that is not written again keeps what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """A table between ``<!-- NAME -->`` and ``<!-- end of NAME -->`` of a page. The first column names a row."""

    page: Path
    name: str
    columns: tuple[str, ...]

    def put(self, row: list[str]) -> None:
        """Writes a row in the place of that of its name; rows are sorted."""
        rows = self.rows() | {row[0]: row}
        lines = [self._line([*self.columns]), "|---" * len(self.columns) + "|"]
        lines += [self._line(rows[name]) for name in sorted(rows)]
        before, _, after = self._parts()
        self.page.write_text(f"{before}\n\n{chr(10).join(lines)}\n\n{after}", encoding="utf-8")

    def rows(self) -> dict[str, list[str]]:
        lines = [line for line in self._parts()[1].splitlines() if line.startswith("|")][2:]
        split = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
        return {cells[0]: cells for cells in split}

    def _line(self, cells: list[str]) -> str:
        return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"

    def _parts(self) -> tuple[str, str, str]:
        text = self.page.read_text(encoding="utf-8")
        start, end = (f"<!-- {what} -->" for what in (self.name, f"end of {self.name}"))
        before, _, rest = text.partition(start)
        inside, _, after = rest.partition(end)
        return before + start, inside, end + after


def lines(spec: str) -> int:
    """How many lines of a spec have more than comments and facts."""
    text = re.sub(r"^ *about \{[^}]*\}", "", spec, flags=re.MULTILINE)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def loops(spec: str) -> int:
    """How many loops a spec has."""
    return len(re.findall(r"(?:^ *|-> |\{ |\.\.\.)(?:for|repeat)\b", spec, re.MULTILINE))
