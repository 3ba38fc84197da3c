"""Files that travel with archdsl: the grammar, the block library and the bundled specs.

In a wheel they lie inside the package; in a checkout, which an editable install runs from, the grammar and the specs
lie at its top. Both are read through ``importlib.resources``, so a zip works too.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def directory(name: str) -> Traversable:
    """The folder ``grammars``, ``specs`` or ``std``, wherever this installation keeps it."""
    packaged = files("archdsl") / name
    if packaged.is_dir():
        return packaged
    return Path(__file__).parent.parent / name


def grammar() -> str:
    return (directory("grammars") / "arch.lark").read_text(encoding="utf-8")
