"""The files that a command reads, so that it writes over none of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

import click

_KEPT: Final = "archdsl.inputs"


def add(paths: Collection[Path]) -> None:
    """Remembers files of the command that runs: also those that a loader adds to its set later."""
    click.get_current_context().meta.setdefault(_KEPT, []).append(paths)


def holds(target: Path) -> bool:
    """Whether a file was read by the command, under this or another name, or is its standard input."""
    try:
        file = target.stat()
    except (OSError, ValueError):  # it is not there
        return False
    kept: list[Collection[Path]] = click.get_current_context().meta.get(_KEPT, [])
    return any(_is(path, file) for paths in kept for path in paths) or _is_stdin(file)


def _is(path: Path, file: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), file)
    except OSError:
        return False


def _is_stdin(file: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), file)
    except (OSError, ValueError):  # it is no file of the system, as in tests
        return False
