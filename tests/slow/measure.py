"""What a command takes for an input, in a process of its own, against what it may take: processor time and memory."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

SECONDS: Final = 1.0
PER_BYTE: Final = 20e-6
DRAWN: Final = 10.0
"""Seconds that a drawing may take, whatever the bytes: the layout takes most of them."""
MEGABYTES: Final = 300.0
MEGABYTES_PER_BYTE: Final = 300e-6
_GIVE_UP: Final = 8.0
"""How many times as much as is allowed a process may take before it is stopped."""


class Cost(NamedTuple):
    """What a process took, as parts of what it may take: above one is too much."""

    seconds: float
    megabytes: float
    time: float
    """Of the seconds that are allowed."""
    memory: float
    """Of the megabytes that are allowed."""
    code: int
    """Of the exit; negative for a signal."""
    shown: str
    """The end of what was printed."""

    @property
    def ratio(self) -> float:
        return max(self.time, self.memory)


COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "check": ("check", "{}"),
    "summary": ("summary", "{}"),
    "render": ("render", "{}", "-o", "out.svg"),
    "diff": ("diff", "{}", "{}"),
    "graph": ("compile", "{}", "--to", "json", "-o", "out.json"),
    "compare": ("compare", "{}"),
}
"""The commands that are measured; ``{}`` stands for the file."""


def allowed(command: str, size: int) -> tuple[float, float]:
    """Seconds and megabytes for an input of so many bytes."""
    seconds = SECONDS + PER_BYTE * size
    return (max(seconds, DRAWN) if command == "render" else seconds), MEGABYTES + MEGABYTES_PER_BYTE * size


def measure(command: str, files: Sequence[Path], *, size: int | None = None, give_up: float = _GIVE_UP) -> Cost:
    """Runs a command on a file, or on two, in a child of this process, which should be small itself.

    What the child takes beyond reason stops it. ``size`` is that of all that the command reads, where the files import
    others.
    """
    if command == "diff":
        files = [files[0], files[-1]]
    if size is None:
        size = sum(file.stat().st_size for file in files)
    seconds, megabytes = allowed(command, size)
    names = [str(file) for file in files]
    filled = iter(names)
    arguments = [next(filled, names[-1]) if part == "{}" else part for part in COMMANDS[command]]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            _run(arguments, folder, output.fileno(), seconds * give_up, megabytes * give_up)
        _, status, used = os.wait4(child, 0)
        output.seek(0)
        shown = output.read()[-2_000:].decode(errors="replace")
    spent, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1000
    code = os.waitstatus_to_exitcode(status)
    return Cost(spent, peak, spent / seconds, peak / megabytes, code, shown)


def _run(arguments: list[str], folder: str, output: int, seconds: float, megabytes: float) -> None:
    """The child: a command as its entry point runs it. It never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        most = int(megabytes * 1e6) + 2**30
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        os.chdir(folder)
        sys.argv = ["archdsl", *arguments]
        from archdsl.cli.main import main

        main()
    finally:
        os._exit(99)
