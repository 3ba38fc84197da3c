"""Watches files for changes by their stamps."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

INTERVAL: Final = 0.2
"""Seconds between two looks: short against the time that it takes to look up from the editor."""

Stamp: TypeAlias = tuple[int, int, int] | None
"""When a file was written, how long it is, and which file it is; ``None`` for one that is not there."""


def stamps(files: Iterable[Path]) -> dict[Path, Stamp]:
    """The current stamps of the files."""
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def wait_for_change(before: Mapping[Path, Stamp], interval: float = INTERVAL) -> None:
    """Returns when a file has changed and all are stable: editors write in several steps."""
    while stamps(before) == before:
        time.sleep(interval)
    seen = None
    while seen != (seen := stamps(before)):
        time.sleep(interval / 2)
