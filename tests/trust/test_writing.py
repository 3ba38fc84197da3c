"""Outputs are whole or not there, whatever happens while they are written; exit codes tell."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl import atomic
from archdsl.atomic import replacing
from tests.patience import patience

ROOT = Path(__file__).parent.parent.parent
NET = "model Net() :: [8] -> [4] { dense(4) }\n"

# The command line, with a disk so slow that it can be interrupted in the middle of a file.
_SLOW = """
import signal, sys, time
from pathlib import Path

# A job in the background starts without the first, and one of nohup without the second.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

def slowly(self, data, *args, **kwargs):
    with open(self, "wb") as file:
        file.write(b"half")
        file.flush()
        print("writing", file=sys.stderr, flush=True)
        time.sleep(60)

Path.write_bytes = Path.write_text = slowly
{before}
sys.argv = ["archdsl", *sys.argv[1:]]
from archdsl.cli.main import main
main()
"""
# As on a file system that has no files without names.
_NAMED = "from archdsl import atomic; atomic._nameless = lambda folder: None"


def _environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": "."} | more


def _archdsl(folder: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "archdsl", *arguments]
    return subprocess.run(
        command, cwd=folder, env=_environment(), text=True, timeout=60, check=False,
        **({"capture_output": True} | options),  # type: ignore[call-overload]
    )  # fmt: skip


def _tree(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    (tmp_path / "old.svg").write_text("old", encoding="utf-8")
    return tmp_path


COMMANDS = {
    "render": ("render", "net.arch", "-o"),
    "compile": ("compile", "net.arch", "--to", "json", "-o"),
}
OUTPUTS = {"replaced": "old.svg", "new": "new.svg", "in a new folder": "made/new.svg"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)],
)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_leaves_what_was_there(command: str, output: str, number: int, code: int, folder: Path) -> None:
    before = _tree(folder)
    _interrupt(folder, "", number, code, *COMMANDS[command], OUTPUTS[output])
    assert _tree(folder) == before
    assert not (folder / "made").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_so_it_is_where_files_must_have_names(number: int, code: int, folder: Path) -> None:
    before = _tree(folder)
    _interrupt(folder, _NAMED, number, code, "render", "net.arch", "-o", "old.svg")
    assert _tree(folder) == before


def _interrupt(folder: Path, before: str, number: int, code: int, *arguments: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW.format(before=before), *arguments],
        cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "writing\n", process.stderr.read()
    start = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert time.monotonic() - start < patience(5)


def test_what_a_killed_process_left_is_removed_by_a_later_one(folder: Path) -> None:
    _interrupt(folder, _NAMED, signal.SIGKILL, -signal.SIGKILL, "render", "net.arch", "-o", "old.svg")
    (left,) = folder.glob(".old.archdsl-*")
    _archdsl(folder, "render", "net.arch", "-o", "old.svg")
    assert left.exists(), "somebody may be writing it"
    os.utime(left, (0, 0))
    _archdsl(folder, "render", "net.arch", "-o", "old.svg")
    assert not left.exists()


def _full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_leaves_what_was_there(command: str, output: str, folder: Path) -> None:
    before = _tree(folder)
    done = _archdsl(folder, *COMMANDS[command], OUTPUTS[output], preexec_fn=_full_disk)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: cannot write {OUTPUTS[output]}: file too large\n"
    assert _tree(folder) == before
    assert not (folder / "made").exists()


@pytest.mark.parametrize(
    "arguments",
    [("check", "net.arch"), ("summary", "net.arch"), ("compile", "net.arch", "--to", "json"), ("ops",), ("explain",)],
)
def test_a_full_standard_output_is_told(arguments: tuple[str, ...], folder: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = _archdsl(folder, *arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, "error: cannot write to standard output: no space left on device\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_or_a_file_in_the_way_is_told(command: str, folder: Path) -> None:
    (folder / "taken.svg").mkdir()
    for target, words in (("taken.svg", "is a directory"), ("net.arch/x.svg", "net.arch is no folder")):
        done = _archdsl(folder, *COMMANDS[command], target)
        assert (done.returncode, done.stderr) == (2, f"error: cannot write {target}: {words}\n")
    assert not list((folder / "taken.svg").iterdir())


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_folder_is_told(number: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read-only for root, so the system's answer is played."""
    before = _tree(folder)

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match=os.strerror(number)), replacing(folder / "old.svg"):
        pytest.fail("nothing can be written")
    monkeypatch.undo()
    assert _tree(folder) == before


@pytest.mark.parametrize("make", [atomic._nameless, lambda _: None], ids=["nameless", "named"])
def test_both_ways_give_the_same_file(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_nameless", make)
    target = tmp_path / "file.svg"
    for text in ("first", "second"):
        with replacing(target) as file:
            file.write_text(text, encoding="utf-8")
        assert _tree(tmp_path) == {"file.svg": text}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    target.chmod(0o640)
    with replacing(target) as file:
        file.write_text("third", encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_bytes_are_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, seen = tmp_path / "file", list[bool]()
    synced = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced(descriptor), seen.append(target.exists())))
    with replacing(target) as file:
        file.write_text("whole", encoding="utf-8")
    assert seen == [False]


def test_signals_are_left_as_they_were(tmp_path: Path) -> None:
    with replacing(tmp_path / "file") as file:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        file.touch()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
