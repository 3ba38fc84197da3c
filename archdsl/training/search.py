"""Architecture search: a sampler of Optuna chooses the candidates to train by the results of earlier ones."""

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
"""The number of random candidates before a sampler uses results."""


@dataclass(frozen=True)
class Strategy:
    """The settings by which candidates are chosen."""

    trials: int
    """The number of candidates to train."""
    sampler: Sampler = "tpe"
    cost: Literal["params", "macs"] = "macs"
    """The second objective of ``nsga2``, besides accuracy."""
    each: int = 4
    """The number of candidates in a round, which are chosen together."""
    prune: Rule | None = None
    """The pruning rule, which compares trials with those of earlier rounds."""

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
    """Trains candidates of the pool, round by round. Returns the reasons of failures, by trial name.

    ``plan`` has the variants to train first: the model with its default arguments, or none. If the defaults are a
    candidate, the sampler is given their result, and they are not trained again. The choices of the sampler depend on
    the seed and the results of earlier rounds alone, so that a resumed search makes the same choices. Candidates that
    exceed the limit of ``latency`` are not trained; each is measured when it is chosen.

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
    """Writes the plan, unless that of the folder has the same variants or more: those of the search that is resumed."""
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
    """Optuna's sampler over the pool: a suggestion is replaced by the nearest candidate that was not chosen yet."""

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
        """The chosen candidates by the name of their variant, in the order of choice."""
        self._learned: set[str] = set()

    @property
    def left(self) -> int:
        """The number of candidates that are left to choose from."""
        return len(self._left)

    def begin(self, name: str, choice: Choice | None) -> None:
        """Takes a candidate from the pool for a variant that is trained in any case, if its choice is one."""
        if choice in self._left:
            self.chosen[name] = self._left.pop(choice)

    def choose(self, count: int) -> Sequence[Variant]:
        """The next candidates to train; fewer than ``count`` if no more are left."""
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
        """Gives the sampler the results of chosen candidates."""
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
    """The Manhattan distance between two choices, as indices of values."""
    return sum(abs(a - b) for a, b in zip(choice, wanted, strict=True))
