"""Engines that run trials: the interface, one for processes of this machine, and one for the current process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol

from archdsl.study.learning import Epoch
from archdsl.training import lock
from archdsl.training import plan as plans
from archdsl.training.environment import settings
from archdsl.training.errors import StudyError

Hear = Callable[[str, Epoch | None], None]
"""A callback with the name of a trial, and a finished epoch, or ``None`` when the trial has ended without failure."""
TRIES: Final = 3
"""The number of consecutive losses of a trial's process, without an epoch in between, after which it has failed."""


class Engine(Protocol):
    """Runs trials of the study in a folder that all its processes share."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        """Runs trials until all have ended. Returns the reasons of failures, by trial name."""
        ...


class Inline:
    """Runs trials one after the other in this process, for tests and notebooks."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        from archdsl.training.trial import run

        plan, failed = plans.load(folder), {}
        for trial in map(plan.trial, trials):
            try:
                run(folder, plan, trial, lambda epoch, name=trial.name: hear(name, epoch))  # type: ignore[misc]  # mypy sees no default
            except (StudyError, OSError) as error:
                failed[trial.name] = str(error)
            else:
                hear(trial.name, None)
        return failed


@dataclass(frozen=True)
class Local:
    """Runs up to ``jobs`` trials at once, in processes of this machine. A process that dies is replaced."""

    jobs: int = 1
    worker: str = "archdsl.training.worker"
    """The module that a process runs."""

    def run(self, folder: Path, trials: Sequence[str], hear: Hear) -> dict[str, str]:
        lines = [_Line(folder, plans.load(folder), self.worker) for _ in range(min(self.jobs, len(trials)))]
        waiting: SimpleQueue[str] = SimpleQueue()
        for name in trials:
            waiting.put(name)
        failed: dict[str, str] = {}
        errors: list[BaseException] = []

        def work(line: _Line) -> None:
            try:
                while True:
                    name = waiting.get_nowait()
                    if reason := line.trial(name, hear):
                        failed[name] = reason
                    else:
                        hear(name, None)
            except Empty:
                pass
            except BaseException as error:  # noqa: BLE001  # is raised again by whoever waits for the thread
                errors.append(error)

        threads = [Thread(target=work, args=(line,), daemon=True) for line in lines]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for line in lines:
                line.close()
        if errors:
            raise errors[0]
        return failed


class _Line:
    """A worker process, which runs one trial after the other, and is replaced when it dies."""

    def __init__(self, folder: Path, plan: plans.Plan, worker: str) -> None:
        self._folder = folder
        self._worker = worker
        self._plan = plan
        self._process: subprocess.Popen[str] | None = None

    def trial(self, name: str, hear: Hear) -> str:
        """Runs a trial. Returns the reason if it failed, otherwise an empty string."""
        lost = 0
        while lost < TRIES:
            for answer in self._answers(name):
                if "epoch" in answer:
                    lost = 0
                    hear(name, Epoch(*answer["epoch"]))
                else:
                    return str(answer.get("failed", ""))
            lost += 1
        return f"its process ended {TRIES} times before an epoch did: see {self._folder / 'log.txt'}"

    def _answers(self, name: str) -> Iterator[dict[str, Any]]:
        """The messages of the process about a trial, until the process ends."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            print(name, file=process.stdin, flush=True)
        for line in process.stdout:
            with suppress(ValueError):  # it was killed within a line
                yield json.loads(line)
        self._ended(process)

    def _start(self) -> subprocess.Popen[str]:
        with (self._folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", self._worker, str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=os.environ | settings(self._plan.backend, self._plan.threads),
                pass_fds=lock.held(),
            )

    def close(self) -> None:
        """Kills the process, even during a trial."""
        if self._process is not None:
            self._process.kill()
            self._ended(self._process)

    def _ended(self, process: subprocess.Popen[str]) -> None:
        """Waits for the process, and closes its pipes."""
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # a name that it did not read
                if pipe is not None:
                    pipe.close()
        self._process = None
