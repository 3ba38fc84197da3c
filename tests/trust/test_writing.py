"""Outputs are whole or not there, whatever happens while they are written; exit codes tell."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from archdsl import atomic
from archdsl.atomic import replacing, replacing_folder
from archdsl.cli.main import cli
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
    (left,) = folder.glob(".archdsl-*")
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


# --- what is read is not written over ---


@pytest.fixture
def sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec, what it imports, its graph, and links to them whose endings are those of outputs."""
    monkeypatch.chdir(folder)
    (folder / "part.arch").write_text("block P { relu }\n", encoding="utf-8")
    (folder / "user.arch").write_text('from "part.arch" import P\nmodel Net() :: [8] -> [8] { P }\n', encoding="utf-8")
    assert CliRunner().invoke(cli, ["compile", "user.arch", "-o", "user.json"]).exit_code == 0
    (folder / "deep").mkdir()
    for ending in ("svg", "dot", "html", "csv", "json"):
        (folder / f"link.{ending}").symlink_to("user.arch")
        (folder / f"twice.{ending}").symlink_to(f"link.{ending}")
        (folder / f"hard.{ending}").hardlink_to(folder / "user.arch")
        (folder / f"part.{ending}").symlink_to("part.arch")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ("summary", "user.arch", "-o", target)
            for target in (
                "user.arch",
                "./user.arch",
                "deep/../user.arch",
                "part.arch",
                "link.csv",
                "twice.html",
                "hard.csv",
            )
        ),
        ("summary", "user.json", "-o", "user.json"),
        ("compile", "user.json", "-o", "user.json"),
        ("compile", "user.arch", "--to", "graph", "-o", "user.arch"),
        ("compile", "user.arch", "-o", "part.json"),
        ("render", "user.arch", "-o", "link.svg"),
        ("render", "user.arch", "-o", "part.dot"),
        ("render", "user.arch", "-o", "hard.html"),
        ("compare", "net.arch", "user.arch", "-o", "link.csv"),
        ("select", "user.arch", "net.arch", "--max-params", "1G", "-o", "user.arch"),
        ("diff", "net.arch", "user.arch", "-o", "link.svg"),
        ("diff", "net.arch", "user.arch", "-o", "user.arch"),
        ("diff", "user.json", "user.arch", "-o", "user.json"),
        ("scale", "net.arch", "--over", "x=[1]", "-o", "net.arch"),
        ("compare", "user.arch", "--plot", "link.svg"),
    ],
)
def test_no_command_writes_over_what_it_read(arguments: tuple[str, ...], sources: Path) -> None:
    before = _tree(sources)
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code in (1, 2), result.output
    if arguments[0] != "scale":  # which has no such parameter
        assert result.output.endswith(f"error: cannot write {Path(arguments[-1])}: it is what was read\n")
    assert _tree(sources) == before


def test_a_spec_from_a_pipe_is_not_written_over(folder: Path) -> None:
    with (folder / "net.arch").open() as source:
        done = _archdsl(folder, "summary", "-", "-o", "net.arch", stdin=source)
    assert (done.returncode, done.stderr) == (2, "error: cannot write net.arch: it is what was read\n")
    assert (folder / "net.arch").read_text() == NET


def test_devices_are_no_inputs(folder: Path) -> None:
    with Path(os.devnull).open() as nothing:
        done = _archdsl(folder, "summary", "net.arch", "-o", os.devnull, stdin=nothing)
    assert (done.returncode, done.stderr) == (0, "")
    with (folder / "net.arch").open() as source:
        assert _archdsl(folder, "summary", "-", "-o", "/dev/stdout", stdin=source).returncode == 0


def test_outputs_that_were_not_read_are_replaced(sources: Path) -> None:
    for target in ("other.csv", "net.arch"):
        assert CliRunner().invoke(cli, ["summary", "user.arch", "-o", target]).exit_code == 0
        assert (sources / target).read_text("utf-8") != NET


# --- what killed processes leave ---


def _dead() -> int:
    """The number of a process that was."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_only_what_is_old_and_nobodys_is_removed(tmp_path: Path) -> None:
    dead, suffix = _dead(), "0123456789abcdef"
    gone = [f".archdsl-{dead}-{suffix}", f".archdsl-{dead}-{suffix}.keras", f".archdsl-99999999999999999999-{suffix}"]
    kept = {
        f".archdsl-{os.getpid()}-{suffix}": 0,  # its process is there
        f".archdsl-{dead}-fedcba9876543210": time.time() - 60,  # it may be of another machine
        f".archdsl-{dead}-notes.txt": 0,
        f".archdsl-{dead}": 0,
        f"archdsl-{dead}-{suffix}": 0,
        f".net.archdsl-{dead}-{suffix}": 0,
        f".archdsl-{dead}-{suffix}.x.tar.gz": 0,
        ".archdsl": 0,
        "net.arch": 0,
    }
    for name in [*gone, *kept]:
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (kept.get(name, 0),) * 2)
    folder = tmp_path / f".archdsl-{dead}-{suffix[:-1]}a"
    (folder / "x").mkdir(parents=True)
    os.utime(folder, (0, 0))  # of a model that goes to a folder
    target = tmp_path / f".archdsl-{dead}-{suffix[:-1]}0"
    (tmp_path / "precious").write_text("precious")
    target.symlink_to("precious")
    os.utime(target, (0, 0), follow_symlinks=False)
    os.utime(tmp_path / "precious", (0, 0))
    with replacing(tmp_path / "out") as file:
        file.write_text("out")
    assert {p.name for p in tmp_path.iterdir()} == {*kept, "precious", "out"}


def test_what_was_left_in_the_temporary_folder_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom archdsl.atomic import ending\n"
        "with ending(Path('x'), '.keras') as path: os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = _environment() | {"TMPDIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    with atomic.ending(tmp_path / "y", ".keras"):
        assert left.is_symlink()
    os.utime(left, (0, 0), follow_symlinks=False)
    with atomic.ending(tmp_path / "y", ".keras"):
        assert not left.is_symlink()


def test_targets_with_the_longest_names_are_replaced(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".svg")
    for text in ("first", "second"):
        with replacing(target) as file:
            file.write_text(text)
        assert _tree(tmp_path) == {target.name: text}


def test_many_processes_write_one_file(folder: Path) -> None:
    """The last one wins, and the file is always one of theirs, whole."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom archdsl.atomic import replacing\n"
        "for i in range(100):\n"
        "    with replacing(Path('out')) as file: file.write_text(sys.argv[1] * 100_000)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, letter], cwd=folder, env=_environment()) for letter in "abc"
    ]
    seen = set()
    while any(process.poll() is None for process in processes):
        with suppress(FileNotFoundError):
            text = (folder / "out").read_text()
            seen.add((len(text), len(set(text))))
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert seen == {(100_000, 1)}
    assert sorted(p.name for p in folder.iterdir()) == ["net.arch", "old.svg", "out"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "out" / "model"
    with replacing_folder(target, lambda old: (old / "mark").exists()) as folder:
        (folder / "mark").write_text("1", encoding="utf-8")
        assert not target.exists()
    with pytest.raises(IsADirectoryError), replacing_folder(target, lambda old: (old / "mark").exists()) as folder:
        folder.write_text("2", encoding="utf-8")
    assert _tree(tmp_path) == {"out/model/mark": "1"}
    with replacing_folder(target, lambda old: (old / "mark").exists()) as folder:
        (folder / "other").write_text("3", encoding="utf-8")
    assert _tree(tmp_path) == {"out/model/other": "3"}
    with pytest.raises(FileExistsError, match="model is there"), replacing_folder(target, lambda _: False):
        raise AssertionError("nothing is written")
    assert _tree(tmp_path) == {"out/model/other": "3"}
    left = tmp_path / f".archdsl-{_dead()}-0123456789abcdef"
    left.mkdir()
    (left / "half").touch()
    os.utime(left, (0, 0))
    with replacing(tmp_path / "out" / "file"):
        pass
    with replacing(tmp_path / "file"):
        pass
    assert not left.exists()
