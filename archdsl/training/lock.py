"""The lock of a study's folder: one runner at a time. Its worker processes inherit the lock until they end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from archdsl.training.errors import StudyError

_WAIT: Final = 20.0
"""Seconds to wait for the lock, within which the workers of a killed runner exit."""
_held: Final[list[int]] = []


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder. Raises ``StudyError`` if another process holds it. There is no lock on Windows."""
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
    """The file descriptors of the locks that are held, for child processes to inherit."""
    return tuple(_held)
