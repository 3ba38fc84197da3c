"""A search: which candidates of a space are trained, as a sampler of Optuna learns from those that were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from archdsl.study.learning import Run
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import Engine
from archdsl.training.errors import StudyError
from archdsl.training.plan import Plan, Variant
from archdsl.training.run import Telling, run
from archdsl.training.space import Candidate, Choice, Pool, Space

Sampler: TypeAlias = Literal["tpe", "nsga2", "random"]
_FIRST: Final = 8
"""Candidates that are drawn at random before a sampler has learned anything."""


def search(
    folder: Path,
    plan: Plan,
    space: Space,
    pool: Pool,
    engine: Engine,
    *,
    trials: int,
    sampler: Sampler = "tpe",
    cost: Literal["params", "macs"] = "macs",
    each: int = 4,
    telling: Telling = lambda _: None,
) -> dict[str, str]:
    """Trains candidates of the pool, ``each`` of a round together, until so many were. Gives why some failed.

    ``plan`` has the variants that every search begins with, a baseline for one. What the sampler chooses depends on the
    seed and on the results of the rounds before, so that a search that goes on chooses what it would have chosen.

    Raises:
        StudyError: there is no candidate, or Optuna is not installed.
    """
    if not pool.passed:
        reasons = ", ".join(f"{count} since {reason}" for reason, count in pool.dropped.items())
        raise StudyError(f"of {pool.judged} candidates none is left: {reasons}")
    chooser = _Chooser(space, pool, plan.seeds[0], sampler, cost)
    failed = run(folder, engine, telling)
    while (left := min(trials, len(pool.passed)) - len(chooser.chosen)) > 0:
        for candidate in chooser.choose(min(each, left)):
            plan = _with(plan, space, candidate)
        _save(plan, folder)
        failed |= run(folder, engine, telling)
        chooser.learn(_accuracies(plan, store.read(folder)))
    return failed


def _with(plan: Plan, space: Space, candidate: Candidate) -> Plan:
    words = space.words(candidate.choice)
    return replace(plan, variants=(*plan.variants, Variant(", ".join(words), space.graph(candidate.choice), words)))


def _save(plan: Plan, folder: Path) -> None:
    """Writes the plan, unless the folder's is this one already and has more: then the search goes on from there."""
    there = plans.load(folder)
    if len(there.variants) < len(plan.variants):
        plans.save(plan, folder)
    elif there.variants[: len(plan.variants)] != plan.variants:
        raise StudyError(f"{folder} has a search of other candidates: name another folder")


def _accuracies(plan: Plan, runs: Mapping[str, Run]) -> dict[str, float]:
    """The mean accuracy of each variant whose trials have all ended."""
    found = {}
    for variant in plan.variants:
        names = [trial.name for trial in plan.trials if trial.variant == variant.name]
        shares = [runs[name].accuracy or 0.0 for name in names if name in runs and runs[name].is_done]
        if len(shares) == len(names):
            found[variant.name] = sum(shares) / len(shares)
    return found


class _Chooser:
    """Optuna's sampler over the pool: what it suggests is the nearest candidate that was not trained yet."""

    def __init__(self, space: Space, pool: Pool, seed: int, sampler: Sampler, cost: str) -> None:
        try:
            import optuna
        except ImportError:
            raise StudyError("a search takes Optuna: `pip install 'archdsl[study]'`") from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        makers: dict[str, Callable[[], Any]] = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed, n_startup_trials=_FIRST),
            "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed, population_size=_FIRST),
            "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        }
        self._optuna = optuna
        self._cost = cost if sampler == "nsga2" else None
        directions = ["maximize", "minimize"] if self._cost else ["maximize"]
        self._study = optuna.create_study(directions=directions, sampler=makers[sampler]())
        self._space = space
        self._left = {candidate.choice: candidate for candidate in pool.passed}
        self._ranges = {
            name: optuna.distributions.IntDistribution(0, len(values) - 1) for name, values in space.values.items()
        }
        self.chosen: dict[str, Candidate] = {}
        """By the name of the variant, in the order of choice."""
        self._learned: set[str] = set()

    def choose(self, count: int) -> Sequence[Candidate]:
        """The next candidates to train."""
        found = []
        for _ in range(count):
            trial = self._study.ask(self._ranges)
            wanted = tuple(trial.params[name] for name in self._ranges)
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            choice = min(self._left, key=lambda choice: (_distance(choice, wanted), choice))
            candidate = self._left.pop(choice)
            self.chosen[", ".join(self._space.words(choice))] = candidate
            found.append(candidate)
        return found

    def learn(self, accuracies: Mapping[str, float]) -> None:
        """Tells the sampler what became of those that were chosen."""
        for name, candidate in self.chosen.items():
            if name in accuracies and name not in self._learned:
                self._learned.add(name)
                values = [accuracies[name]]
                if self._cost:
                    values.append(float(getattr(candidate, self._cost)))
                self._study.add_trial(
                    self._optuna.trial.create_trial(
                        params=dict(zip(self._ranges, candidate.choice, strict=True)),
                        distributions=self._ranges,
                        values=values,
                    )
                )


def _distance(choice: Choice, wanted: Choice) -> int:
    """How many values apart two choices are."""
    return sum(abs(a - b) for a, b in zip(choice, wanted, strict=True))
