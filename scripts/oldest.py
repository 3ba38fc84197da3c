"""Prints the oldest version of each dependency that pyproject.toml allows, for ``make oldest`` to try them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_BOUND: Final = re.compile(r"([\w.-]+)>=([\w.]+)")


def oldest(requirements: Sequence[str]) -> Iterator[str]:
    """
    >>> list(oldest(["lark>=1.3.1,<2", "keras>=3.10"]))
    ['lark==1.3.1', 'keras==3.10']

    Raises:
        ValueError: a dependency has no lower bound.
    """
    for requirement in requirements:
        bound = _BOUND.match(requirement)
        if bound is None:
            raise ValueError(f"{requirement} has no lower bound")
        yield f"{bound[1]}=={bound[2]}"


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    print(*oldest(project["dependencies"]), sep="\n")
