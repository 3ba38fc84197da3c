"""Standard streams that are closed, full or odd, folders that are gone, and signals: one line and an exit code."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ARCHDSL = f"{sys.executable} -m archdsl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.arch").write_text("model Net() :: [8] -> [4] { dense(4) }\n", encoding="utf-8")
    return tmp_path


def _shell(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of a command line, with what it wrote to both streams where these go nowhere else."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace("archdsl", ARCHDSL)],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


CLOSED = "error: cannot write to standard output: bad file descriptor\n"
FULL = "error: cannot write to standard output: no space left on device\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("archdsl check net.arch >&-", 2, CLOSED),
        ("archdsl --help >&-", 2, CLOSED),
        ("archdsl --help >/dev/full", 2, FULL),
        ("archdsl --help | true", 141, ""),
        ("archdsl explain | true", 141, ""),
        ("archdsl check net.arch >&- 2>&-", 2, ""),
        ("archdsl check missing.arch 2>/dev/full", 2, ""),
        ("archdsl check missing.arch 2>&-", 2, ""),
        ("archdsl nonsense 2>/dev/full", 2, ""),
        ("archdsl check --nonsense 2>/dev/full", 2, ""),
        ("archdsl check - <&-", 2, "error: cannot read standard input: bad file descriptor\n"),
        ("archdsl explain nonsense <&- >&- 2>&-", 2, ""),
        ("archdsl render net.arch -o x.dot >&-; test -s x.dot", 0, CLOSED),
        ("ln -s loop.svg loop.svg; archdsl render net.arch -o loop.svg", 2,
         "error: cannot write loop.svg: too many levels of symbolic links\n"),
        ("ln -s a b; ln -s b a; archdsl check a", 2, "error: a: no such file and no bundled spec\n"),
        ("ln -s a.arch a.arch; archdsl check a.arch", 2, "error: a.arch: too many levels of symbolic links\n"),
        ("mkdir d; cd d; rmdir ../d; archdsl check net.arch", 2, "error: net.arch: no such file\n"),
        ("mkdir d; cd d; rmdir ../d; archdsl check net.arch@HEAD", 2, "error: net.arch@HEAD: no such file\n"),
        ("mkdir d; cd d; rmdir ../d; archdsl render lenet5 -o x.dot", 2,
         "error: cannot write x.dot: no such file or directory\n"),
        ("mkdir d; cd d; rmdir ../d; echo 'model M :: [8] -> [8] { relu }' | archdsl summary - | head -1", 0,
         "M :: [8] -> [8]\n"),
        ("mkdir d; cd d; rmdir ../d; archdsl summary lenet5 | head -1", 0, "LeNet5 :: [32, 32, 1] -> [10]\n"),
    ],
)  # fmt: skip
def test_a_command_line_ends_with_its_code_and_one_line(command: str, code: int, said: str, folder: Path) -> None:
    assert _shell(command, folder) == (code, said)


def test_a_closed_error_stream_changes_nothing_else(folder: Path) -> None:
    code, said = _shell("archdsl check net.arch 2>&-", folder)
    assert (code, said.partition(" (")[0]) == (0, "net.arch: 1 model, no problems")


# --- Ctrl-C before the command has begun ---

_WHILE_IMPORTING = """
import os, signal, sys
from importlib.abc import MetaPathFinder

signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupt(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupt())
sys.argv = ["archdsl", "check", "net.arch"]
from archdsl.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["archdsl.cli", "click.core", "archdsl.cli.commands.check", "archdsl.syntax.parser"])
def test_an_interrupt_while_it_starts_is_quiet(name: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WHILE_IMPORTING.format(name=name)],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_the_command_starts_in_the_module_that_catches_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'archdsl = "archdsl.__main__:main"' in text


# --- a terminal ---


def _on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What a terminal of 40 columns is sent."""
    parent, child = pty.openpty()
    settings = {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "40", "NO_COLOR": ""} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "archdsl", *arguments],
        cwd=folder, env=os.environ | settings, stdin=child, stdout=child, stderr=child, close_fds=True,
    )  # fmt: skip
    os.close(child)
    received = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        received += part
    process.wait(timeout=60)
    os.close(parent)
    return received.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "a\x1b]0;pwn\x07\u202e.arch"),
        ("check", "--a\x1b]0;pwn\x07\u202e"),
        ("a\x1b]0;pwn\x07\u202e",),
        ("explain", "a\x1b]0;pwn\x07\u202e"),
        ("summary", "lenet5", "--set", "a\x1b]0;pwn\x07\u202e=3"),
        ("summary", "lenet5", "--by", "a\x1b]0;pwn\x07\u202e"),
        ("render", "lenet5", "-o", "a\x1b]0;pwn\x07\u202e.dot"),
        ("render", "lenet5", "-o", "a\x1b]0;pwn\x07\u202e"),
    ],
)
def test_what_was_typed_reaches_no_terminal_raw(arguments: tuple[str, ...], folder: Path) -> None:
    shown = _on_a_terminal(folder, *arguments)
    assert "<U+202E>" in shown or "\\u202e" in shown or "\\x1b" in shown, shown
    assert not {"\x07", "\u202e"} & set(shown)
    assert "\x1b]" not in shown


def test_colours_and_lines_still_reach_it(folder: Path) -> None:
    (folder / "bad.arch").write_text("model Net() :: [8] -> [4] { dense(3) }\n", encoding="utf-8")
    shown = _on_a_terminal(folder, "check", "bad.arch")
    assert "\x1b[1;31merror[contract-broken]" in shown
    assert "\x1b[" not in _on_a_terminal(folder, "check", "bad.arch", NO_COLOR="1")
    assert "\x1b[" not in _on_a_terminal(folder, "check", "bad.arch", TERM="dumb")
    narrow = _on_a_terminal(folder, "summary", "resnet50", "--depth", "1", COLUMNS="60", NO_COLOR="1")
    assert max(len(line) for line in narrow.splitlines()[:10]) <= 60
