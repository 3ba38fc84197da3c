"""The results of a study so far, read from its folder, for tables, plots and pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from archdsl.difference import compare
from archdsl.passes.cost import cost
from archdsl.study.ablation import MEASURED, Ablation, Subject
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.errors import StudyError

if TYPE_CHECKING:
    from archdsl.difference import Difference
    from archdsl.graph.model import Graph

_SHOWN: Final = 3
"""The number of changes that are listed one by one."""


def results(folder: Path, reach: float | None = None, *, partial: bool = False) -> Ablation:
    """The variants with their finished runs; with ``partial``, the unfinished runs too.

    Raises:
        StudyError: the folder has no valid study, or a search that has not chosen any candidate yet.
    """
    plan = plans.load(folder)
    runs = store.read(folder)
    if not plan.variants:
        raise StudyError(f"{folder} has a search that has not chosen any candidate yet")
    first = plan.variants[0]
    baseline = first.graph if plan.kind != "search" or not first.settings else None
    subjects = []
    for variant in plan.variants:
        found = {
            trial.seed: runs[trial.name]
            for trial in plan.trials
            if trial.variant == variant.name and trial.name in runs and (runs[trial.name].is_done or partial)
        }
        figures = cost(variant.graph)
        if not isinstance(figures.macs, int):
            raise StudyError(f"the size of the input of {variant.name} is left open")
        words = "" if baseline is None or variant is first else brief(baseline, variant.graph)
        subjects.append(Subject(variant.name, figures.params, figures.macs, words, found))
    recipe = plan.recipe
    conditions = {
        "batch": recipe.batch,
        "optimiser": f"{recipe.optimiser.name} at {recipe.optimiser.rate:g}",
        "schedule": recipe.schedule.name,
        "backend": plan.backend,
        "threads": plan.threads,
        MEASURED: f"{recipe.holdout:.0%} of the training images, held out" if recipe.holdout else "test images",
    }
    data = Path(plan.data).name if Path(plan.data).is_absolute() else plan.data
    return Ablation(tuple(subjects), data, recipe.epochs, len(plan.trials), conditions, reach, baseline is not None)


def brief(before: Graph, after: Graph) -> str:
    """The differences between two models, in one line."""
    difference = compare(before, after, ignore=("names", "facts"))
    changes = list(_changes(difference))
    if not changes:
        return "computes the same"
    more = f"; {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return "; ".join(changes[:_SHOWN]) + more


def _changes(difference: Difference) -> list[str]:
    """The changes in words: the changed arguments of blocks where these are the cause, otherwise the changes of ops."""
    found = []
    for section in difference.sections:
        if section.cause:
            found.append(f"{section.title}: {section.cause}")
            continue
        found += [": ".join(filter(None, (section.title, note.where, note.what))) for note in section.notes]
    return found
