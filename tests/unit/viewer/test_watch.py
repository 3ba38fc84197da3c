"""The watch on files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from archdsl.viewer import stamps, wait_for_change


def write(file: Path) -> None:
    file.write_text("longer than before", encoding="utf-8")


def same_length(file: Path) -> None:
    file.write_text("b", encoding="utf-8")
    os.utime(file, ns=(1, 1))  # a clock may be too coarse to tell


def replace(file: Path) -> None:
    other = file.with_suffix(".new")
    other.write_text("a", encoding="utf-8")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize("change", [write, same_length, replace, Path.unlink])
def test_notices(tmp_path: Path, change: Callable[[Path], object]) -> None:
    file = tmp_path / "net.arch"
    file.write_text("a", encoding="utf-8")
    before = stamps([file, tmp_path / "missing"])
    assert before[tmp_path / "missing"] is None
    waiting = Thread(target=wait_for_change, args=(before, 0.01), daemon=True)
    waiting.start()
    waiting.join(timeout=0.05)
    assert waiting.is_alive()
    change(file)
    waiting.join(timeout=5)
    assert not waiting.is_alive()


def test_notices_a_file_that_comes(tmp_path: Path) -> None:
    before = stamps([tmp_path / "part.arch"])
    (tmp_path / "part.arch").touch()
    wait_for_change(before, 0.01)
