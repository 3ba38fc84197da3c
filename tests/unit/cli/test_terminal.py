"""Colour, progress, and files that are written whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from archdsl.atomic import ending, replacing
from archdsl.cli import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, environment: dict[str, str], wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", stream)
    assert bool(terminal.colour()) is wanted


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        monkeypatch.setattr(sys, "stderr", stream)
        with terminal.working("thinking"):
            pass
    assert screen.getvalue() == f"thinking…\r{' ' * 9}\r"
    assert pipe.getvalue() == ""


def test_progress_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "20")
    with terminal.progress() as tell:
        tell("three of four trials are done")
        tell("four of four")
    assert screen.getvalue().replace("\b", "") == (f"\rthree of four tria…\rfour of four…{' ' * 6}\r{' ' * 13}")


def test_replacing_makes_a_file_as_open_would(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.keras"
    with replacing(target) as file:
        with ending(file, ".keras") as path:
            assert path.suffix == ".keras"
            path.write_text("whole", encoding="utf-8")
        assert not target.exists()
    plain = tmp_path / "plain"
    plain.touch()
    assert target.read_text(encoding="utf-8") == "whole"
    assert target.stat().st_mode == plain.stat().st_mode


def test_replacing_keeps_permissions_and_links(tmp_path: Path) -> None:
    target, link = tmp_path / "file", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    with replacing(link) as file:
        file.write_text("new", encoding="utf-8")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old", encoding="utf-8")

    def fail() -> None:
        with replacing(target) as file:
            file.write_text("half", encoding="utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_devices_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with replacing(pipe) as file:
        assert file == pipe
    assert pipe.is_fifo()
