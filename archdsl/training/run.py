"""A study from its start to its end: the folder, the trials that are left, and what came of them."""

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
    """Writes the plan into a new folder; or finds that it goes on with that of the folder, and gives that one.

    A study may go on with more seeds, and with more variants behind those that it has; a search adds variants itself.
    Each trial goes on with the threads that the study was started with, since results depend on them.

    Raises:
        StudyError: the folder has another study, or one and ``resume`` is not asked for, or something else.
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
    """Runs the trials that have not ended. Gives the reasons of those that failed, by their names.

    ``total`` is how many there are to be, for ``telling`` how far it is, if some are not planned yet.

    Raises:
        StudyError: the folder has no sound study, or another process is at work in it.
    """
    plan = plans.load(folder)
    with locked(folder):
        runs = store.read(folder)
        left = [trial.name for trial in plan.trials if trial.name not in runs or not runs[trial.name].is_done]
        return engine.run(folder, left, Progress(plan, runs, telling, total)) if left else {}


def shares(jobs: int | None, trials: int) -> tuple[int, int]:
    """How many trials run at once, and how many threads each has, so that together they have every processor."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = min(jobs or processors, max(trials, 1))
    return jobs, max(1, processors // jobs)
