"""A search: which candidates of a space are trained, as a sampler of Optuna learns from those that were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from archdsl.study.learning import Run
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.engine import Engine
from archdsl.training.errors import StudyError
from archdsl.training.plan import Plan, Variant
from archdsl.training.progress import Telling
from archdsl.training.pruning import RULES, Rule
from archdsl.training.run import run
from archdsl.training.space import Candidate, Choice, Pool, Space

if TYPE_CHECKING:
    from archdsl.training.latency import Latency

Sampler: TypeAlias = Literal["tpe", "nsga2", "random"]
_FIRST: Final = 8
"""Candidates that are drawn at random before a sampler has learned anything."""


@dataclass(frozen=True)
class Strategy:
    """How candidates are chosen."""

    trials: int
    """How many are trained."""
    sampler: Sampler = "tpe"
    cost: Literal["params", "macs"] = "macs"
    """What ``nsga2`` looks at beside accuracy."""
    each: int = 4
    """Candidates of a round, which are chosen together."""
    prune: Rule | None = None
    """The rule that ends trials which fall behind those of earlier rounds."""

    def __post_init__(self) -> None:
        if self.prune and self.sampler == "nsga2":
            raise StudyError("`nsga2` looks at cost beside accuracy, so that no trial is behind by accuracy alone")


def search(
    folder: Path,
    plan: Plan,
    space: Space,
    pool: Pool,
    engine: Engine,
    strategy: Strategy,
    *,
    latency: Latency | None = None,
    telling: Telling = lambda _: None,
) -> dict[str, str]:
    """Trains candidates of the pool, round by round. Gives why some failed.

    ``plan`` has the variants that every search begins with: the model as its defaults make it, or none. If the defaults
    are a candidate, the sampler learns from it, and it is not trained again. What the sampler chooses depends on the
    seed and on the results of the rounds before, so that a search that goes on chooses what it would have chosen.
    Candidates slower than ``latency`` allows are not trained; each is measured when its turn comes.

    Raises:
        StudyError: there is no candidate, Optuna is not installed, or a candidate does not run.
    """
    if not pool.passed:
        reasons = ", ".join(f"{count} since {reason}" for reason, count in pool.dropped.items())
        raise StudyError(f"of {pool.judged} candidates none is left: {reasons}")

    def is_fast(variant: Variant) -> bool:
        return latency is None or latency.allows(variant.name, variant.graph, telling)

    chooser = _Chooser(space, pool, plan.seeds[0], strategy, is_fast)
    for variant in plan.variants:
        chooser.begin(variant.name, space.usual)
    most = len(plan.variants) + strategy.trials
    total = min(most, len(plan.variants) + chooser.left)
    failed = run(folder, engine, telling, total)
    chooser.learn(_learned(plan, store.read(folder)))
    while chosen := chooser.choose(min(strategy.each, most - len(plan.variants))):
        runs = store.read(folder)
        known = [runs[trial.name] for trial in plan.trials if trial.name in runs]
        floors = RULES[strategy.prune](known, plan.recipe.epochs) if strategy.prune else ()
        plan = replace(plan, variants=(*plan.variants, *(replace(variant, floors=floors) for variant in chosen)))
        _save(plan, folder)
        failed |= run(folder, engine, telling, total)
        chooser.learn(_learned(plan, store.read(folder)))
    return failed


def _save(plan: Plan, folder: Path) -> None:
    """Writes the plan, unless the folder's is this one already and has more: then the search goes on from there."""
    there = plans.load(folder)
    if len(there.variants) < len(plan.variants):
        plans.save(plan, folder)
    elif there.variants[: len(plan.variants)] != plan.variants:
        raise StudyError(f"{folder} has a search of other candidates: name another folder")


def _learned(plan: Plan, runs: Mapping[str, Run]) -> dict[str, list[Run]]:
    """The runs of each variant whose trials have all ended."""
    found = {}
    for variant in plan.variants:
        names = [trial.name for trial in plan.trials if trial.variant == variant.name]
        ended = [runs[name] for name in names if name in runs and runs[name].is_done]
        if len(ended) == len(names):
            found[variant.name] = ended
    return found


class _Chooser:
    """Optuna's sampler over the pool: what it suggests is the nearest candidate that was not trained yet."""

    def __init__(
        self, space: Space, pool: Pool, seed: int, strategy: Strategy, suits: Callable[[Variant], bool]
    ) -> None:
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
        self._cost = strategy.cost if strategy.sampler == "nsga2" else None
        directions = ["maximize", "minimize"] if self._cost else ["maximize"]
        self._study = optuna.create_study(directions=directions, sampler=makers[strategy.sampler]())
        self._space = space
        self._suits = suits
        self._left = {candidate.choice: candidate for candidate in pool.passed}
        self._ranges = {
            name: optuna.distributions.IntDistribution(0, len(values) - 1) for name, values in space.values.items()
        }
        self.chosen: dict[str, Candidate] = {}
        """By the name of the variant, in the order of choice."""
        self._learned: set[str] = set()

    @property
    def left(self) -> int:
        """How many candidates may still be chosen."""
        return len(self._left)

    def begin(self, name: str, choice: Choice | None) -> None:
        """A variant is trained whatever the sampler says; it may be a candidate."""
        if choice in self._left:
            self.chosen[name] = self._left.pop(choice)

    def choose(self, count: int) -> Sequence[Variant]:
        """The next candidates to train; fewer if no more are left."""
        found: list[Variant] = []
        while len(found) < count and self._left:
            trial = self._study.ask(self._ranges)
            wanted = tuple(trial.params[name] for name in self._ranges)
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            choice = min(self._left, key=lambda choice: (_distance(choice, wanted), choice))
            candidate = self._left.pop(choice)
            words = self._space.words(choice)
            variant = Variant(", ".join(words), self._space.graph(choice), words)
            if self._suits(variant):
                self.chosen[variant.name] = candidate
                found.append(variant)
        return found

    def learn(self, ended: Mapping[str, Sequence[Run]]) -> None:
        """Tells the sampler what became of those that were chosen."""
        states = self._optuna.trial.TrialState
        for name, candidate in self.chosen.items():
            if name not in ended or name in self._learned:
                continue
            self._learned.add(name)
            accuracy = mean(run.accuracy or 0.0 for run in ended[name])
            pruned = next((run for run in ended[name] if run.ended), None)
            result: dict[str, Any] = {"values": [accuracy]}
            if pruned is not None:
                result = {"state": states.PRUNED, "intermediate_values": {len(pruned.epochs): accuracy}}
            elif self._cost:
                result["values"].append(float(getattr(candidate, self._cost)))
            params = dict(zip(self._ranges, candidate.choice, strict=True))
            self._study.add_trial(self._optuna.trial.create_trial(params=params, distributions=self._ranges, **result))


def _distance(choice: Choice, wanted: Choice) -> int:
    """How many values apart two choices are."""
    return sum(abs(a - b) for a, b in zip(choice, wanted, strict=True))
