"""Trials that end early, and candidates that are too slow: the same on every way to the end of a search."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archdsl.graph.model import Graph
from archdsl.plots.page import page
from archdsl.runtimes.registry import RUNTIMES
from archdsl.study.ablation import table, to_json
from archdsl.study.learning import Run
from archdsl.study.pareto import front
from archdsl.tabular import render
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.errors import StudyError
from archdsl.training.latency import Latency
from archdsl.training.plan import Plan, Variant
from archdsl.training.pruning import RULES, Rule, behind
from archdsl.training.recipe import read
from archdsl.training.results import results
from archdsl.training.search import Strategy, search
from tests.unit.training.test_search import space
from tests.unit.training.test_study import rows

EPOCHS = 10


@pytest.mark.parametrize("rule", ["median", "halving"])
def test_the_rule_is_that_of_optuna(rule: Rule) -> None:
    import optuna

    chance = random.Random(0)
    curves = [[chance.random() * (0.5 + 0.05 * epoch) for epoch in range(EPOCHS)] for _ in range(40)]
    if rule == "median":
        pruner: Any = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3)
    else:
        curves = [sorted(curve) for curve in curves]  # since Optuna looks at the last accuracy, and we at the best
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=4)
    study = optuna.create_study(direction="maximize", pruner=pruner)
    runs: list[Run] = []
    ended = 0
    for curve in curves:
        trial = study.ask()
        floors = RULES[rule](runs, EPOCHS)
        done = 0
        for step, accuracy in enumerate(curve[:-1], 1):
            trial.report(accuracy, step)
            done = step
            if trial.should_prune():
                break
        else:
            done = EPOCHS
        ours = next((n for n in range(1, EPOCHS) if behind(rows(*curve[:n]), floors)), EPOCHS)
        assert ours == done
        ended += done < EPOCHS
        state = optuna.trial.TrialState.PRUNED if done < EPOCHS else None
        study.tell(trial, None if state else curve[-1], state)
        runs.append(Run(rows(*curve[:done]), 0.1, True, "behind" if done < EPOCHS else ""))
    assert 5 < ended < 38


class Learning:
    """An engine whose trials get better by the epoch, those of width 20 with `tanh` most, and end as they should."""

    def __init__(self) -> None:
        self.epochs: dict[str, int] = {}

    def run(self, folder: Path, trials: Any, hear: object) -> dict[str, str]:
        plan = plans.load(folder)
        for name in trials:
            variant = plan.variant(plan.trial(name).variant)
            words = dict(part.split("=") for part in variant.settings)
            last = 0.9 - abs(int(words.get("w", 8)) - 20) / 100 + 0.05 * (words.get("act") == "tanh")
            curve = rows(*(last * (epoch + 1) / EPOCHS for epoch in range(EPOCHS)))
            count = next((n for n in range(1, EPOCHS) if behind(curve[:n], variant.floors)), EPOCHS)
            self.epochs[variant.name] = count
            store.add(folder, name, *curve[:count])
            store.end(folder, name, 0.001, behind(curve[:count], variant.floors))
        return {}


def searched(
    folder: Path, trials: int, latency: Callable[[Path], Any] = lambda _: None, rule: Rule = "median"
) -> dict[str, int]:
    found = space()
    plan = Plan("search", (Variant("Net", found.baseline()),), (0,), "digits", read(None, [f"epochs={EPOCHS}"]))
    if not plans.exists(folder):
        folder.mkdir()
        plans.save(plan, folder)
    engine = Learning()
    strategy = Strategy(trials, each=3, prune=rule)
    assert search(folder, plan, found, found.pool(1_000, 0), engine, strategy, latency=latency(folder)) == {}
    return engine.epochs


def test_trials_that_fall_behind_end(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", 18)
    assert len(whole) == 19
    assert set(whole.values()) > {EPOCHS}
    assert 1 not in whole.values()
    first, rest = searched(tmp_path / "parts", 9), searched(tmp_path / "parts", 18)
    assert first | rest == whole
    assert not first.keys() & rest.keys()
    assert plans.load(tmp_path / "parts") == plans.load(tmp_path / "whole")

    study = results(tmp_path / "whole")
    ended = [subject.name for subject in study.subjects if subject.ended]
    assert ended == [name for name, count in whole.items() if count < EPOCHS]
    assert not {subject.name for subject in front(study)} & set(ended)
    text = render(table(study), format="markdown")
    assert text.count(", ended") == len(ended)
    assert f"{len(ended)} of 19 were ended early" in text
    reasons = {each["name"]: each["runs"][0]["ended"] for each in json.loads(to_json(study))["variants"]}
    assert [name for name, reason in reasons.items() if reason] == ended
    assert "where others had" in reasons[ended[0]]
    assert page(study, [table(study)]).count("<figure>") == 4


def test_halving_leaves_few_to_the_end(tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", 18, rule="halving")
    assert set(whole.values()) == {1, EPOCHS}  # curves do not cross here
    assert sorted(whole.values()).count(EPOCHS) < 8
    first = searched(tmp_path / "parts", 9, rule="halving")
    assert first | searched(tmp_path / "parts", 18, rule="halving") == whole
    assert plans.load(tmp_path / "parts") == plans.load(tmp_path / "whole")


def test_a_sampler_of_costs_does_not_prune() -> None:
    with pytest.raises(StudyError, match="behind by accuracy alone"):
        Strategy(3, "nsga2", prune="median")


class Timed(Latency):
    """In which wide models are slow."""

    def allows(self, name: str, graph: Graph, telling: Callable[[str], Any] = lambda _: None) -> bool:
        self.measured[name] = 0.001 * int(name.partition("w=")[2].partition(",")[0])
        return self.measured[name] <= self.most


def test_what_is_slow_is_not_trained(tmp_path: Path) -> None:
    made: list[Timed] = []

    def latency(folder: Path) -> Timed:
        made.append(Timed(folder, 0.0085, "onnx"))
        return made[-1]

    whole = searched(tmp_path / "whole", 9, latency)
    assert len(whole) == 10
    assert {name.partition(",")[0] for name in whole} <= {"Net", "w=4", "w=8"}
    assert made[0].slow == len(made[0].measured) - 9 > 0
    assert searched(tmp_path / "parts", 3, latency) | searched(tmp_path / "parts", 9, latency) == whole
    searched(tmp_path / "all", 1_000, latency)
    assert len(plans.load(tmp_path / "all").variants) == 2 * 4 * 3  # the defaults are one of these
    assert len(made[-1].measured) == 95


@pytest.mark.skipif(bool(RUNTIMES["onnx"].missing), reason="measures on ONNX Runtime: `pip install onnx onnxruntime`")
def test_latencies_are_measured_once(tmp_path: Path) -> None:
    graph = space().baseline()
    told: list[str] = []
    first = Latency(tmp_path, 60.0, "onnx")
    assert first.allows("Net", graph, told.append)
    assert 0 < first.measured["Net"] < 60
    assert told
    again = Latency(tmp_path, first.measured["Net"] / 2, "onnx")
    assert not again.allows("Net", graph, told.clear)  # type: ignore[arg-type]  # is not called
    assert again.measured == first.measured
    assert again.slow == 1
    assert told
    file = tmp_path / "latency.json"
    file.write_text(file.read_text("utf-8").replace('"rounds": 5', '"rounds": 6'), encoding="utf-8")
    with pytest.raises(StudyError, match="measured with rounds 6, not 5"):
        again.allows("Net", graph)
