"""The input files of the running command, which it must not overwrite."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

import click

_KEPT: Final = "archdsl.inputs"


def add(files: Collection[Path | int]) -> None:
    """Registers input files, by path or number; files that a loader adds to its set later are included."""
    click.get_current_context().meta.setdefault(_KEPT, []).append(files)


def holds(target: Path) -> bool:
    """Whether a file is an input, under any name. Devices may be both read and written."""
    try:
        found = target.stat()
    except (OSError, ValueError):  # it is not there
        return False
    kept: list[Collection[Path | int]] = click.get_current_context().meta.get(_KEPT, [])
    return stat.S_ISREG(found.st_mode) and any(_is(file, found) for files in kept for file in files)


def _is(file: Path | int, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(file), found)  # noqa: PTH116  # which takes numbers
    except (OSError, ValueError):
        return False
