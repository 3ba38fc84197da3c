"""Parts of handwritten pages that a command writes: what stands between two comments that name the part."""

from __future__ import annotations

from pathlib import Path


def replace(page: Path, part: str, text: str) -> None:
    """Puts a text between ``<!-- part -->`` and ``<!-- /part -->``. Raises ``ValueError`` if the page lacks them."""
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    whole = page.read_text(encoding="utf-8")
    if start not in whole or end not in whole:
        raise ValueError(f"{page.name} has no {start} … {end}")
    before, rest = whole.split(start, 1)
    _, after = rest.split(end, 1)
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
