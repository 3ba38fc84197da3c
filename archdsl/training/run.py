"""Runs a study: prepares its folder, and runs the trials that are left."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import Engine
from archdsl.training.errors import StudyError
from archdsl.training.lock import locked
from archdsl.training.plan import Plan
from archdsl.training.progress import Progress, Telling


def prepare(plan: Plan, folder: Path, *, resume: bool) -> Plan:
    """Writes the plan into a new folder, or checks that it resumes the study of the folder. Returns the plan to run.

    A study may be resumed with more seeds, and with more variants after those that it has; a search adds variants
    itself. Trials keep the number of threads that the study was started with, since results depend on it.

    Raises:
        StudyError: the folder has another study, a study without ``resume``, or other files.
    """
    if not plans.exists(folder):
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise StudyError(f"{folder} is there and is no study")
        folder.mkdir(parents=True, exist_ok=True)
        plans.save(plan, folder)
        return plan
    if not resume:
        raise StudyError(f"{folder} has a study: `--resume` goes on with it")
    there = plans.load(folder)
    differs = [name for name in ("kind", "data", "backend", "recipe") if getattr(there, name) != getattr(plan, name)]
    if there.seeds != (plan.seeds if plan.kind == "search" else plan.seeds[: len(there.seeds)]):
        differs.append("seeds")
    shorter, longer = (plan, there) if plan.kind == "search" else (there, plan)
    if longer.variants[: len(shorter.variants)] != shorter.variants:
        differs.append("variants")
    if differs:
        raise StudyError(f"{folder} has a study with other {' and '.join(differs)}: name another folder")
    whole = replace(there, seeds=plan.seeds, variants=longer.variants)
    if whole != there:
        with locked(folder):
            plans.save(whole, folder)
    return whole


def run(folder: Path, engine: Engine, telling: Telling = lambda _: None, total: int = 0) -> dict[str, str]:
    """Runs the trials that have not ended. Returns the reasons of failures, by trial name.

    ``total`` is the final number of trials, which progress is reported of, if some are not planned yet.

    Raises:
        StudyError: the folder has no valid study, or another process runs it.
    """
    plan = plans.load(folder)
    with locked(folder):
        runs = store.read(folder)
        left = [trial.name for trial in plan.trials if trial.name not in runs or not runs[trial.name].is_done]
        return engine.run(folder, left, Progress(plan, runs, telling, total)) if left else {}


def shares(jobs: int | None, trials: int) -> tuple[int, int]:
    """The number of trials at once, and the threads of each, so that together they use all processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = min(jobs or processors, max(trials, 1))
    return jobs, max(1, processors // jobs)
