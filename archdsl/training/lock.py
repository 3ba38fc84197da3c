"""One runner for a study at a time: a lock that the runner's processes hold too, until the last of them is gone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archdsl.training.errors import StudyError

_WAIT: Final = 20.0
"""Seconds in which processes must notice that their runner was killed."""
_held: Final[list[int]] = []


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Raises ``StudyError`` when another runner is at work. Windows has no such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        until = time.monotonic() + _WAIT
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise StudyError(f"{folder} is at work in another process") from None
                time.sleep(0.2)
        _held.append(descriptor)
        yield
    finally:
        if descriptor in _held:
            _held.remove(descriptor)
        os.close(descriptor)


def held() -> tuple[int, ...]:
    """The descriptors of locks, for processes to inherit."""
    return tuple(_held)
