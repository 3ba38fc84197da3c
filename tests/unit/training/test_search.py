"""Searches: spaces, what falls out of them, and what a sampler makes of those that are left, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archdsl.cli.ranges import parse
from archdsl.comparison.criteria import Criteria
from archdsl.compiler import Program
from archdsl.files import DiskLoader
from archdsl.source import SourceFile
from archdsl.study import pareto
from archdsl.study.ablation import Ablation, Subject, table
from archdsl.study.learning import Run
from archdsl.study.pareto import front
from archdsl.tabular import render
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.errors import StudyError
from archdsl.training.plan import Plan, Variant
from archdsl.training.recipe import read
from archdsl.training.results import results
from archdsl.training.search import Sampler, Strategy, search
from archdsl.training.space import Space
from tests.unit.training.test_study import rows

TEXT = """\
model Net(w: int = 8, d: int = 1, act: op = relu) :: [8, 8, 1] -> [10] {
  conv(w, k=3, stride=2) as stem -> repeat d { conv(w, k=3) -> act } as body -> global_avg_pool -> dense(10) as head
}
"""
RANGES = ("w=4..32 step 4", "d=1..4", "act=[relu, gelu, tanh]")


def space(*ranges: str, where: tuple[str, ...] = (), **limits: float) -> Space:
    program = Program(SourceFile("net.arch", TEXT), DiskLoader())
    found = [program.expression(SourceFile("--where", f"let condition = {text}")) for text in where]
    assert not program.has_errors
    values = parse(program, "Net", ranges or RANGES)
    return Space(program, "Net", {}, values, [each for each in found if each], Criteria(prefer="params", **limits))


def test_what_falls_out_and_why() -> None:
    found = space(where=("w * d <= 64",), params=20_000, macs=100_000)
    pool = found.pool(10_000, seed=0)
    assert found.size == pool.judged == 96
    assert sum(pool.dropped.values()) + len(pool.passed) == 96
    assert set(pool.dropped) == {"a condition does not hold", "more macs than allowed"}
    for candidate in pool.passed:
        graph = found.graph(candidate.choice)
        w, d = (found.arguments(candidate.choice)[name].value for name in ("w", "d"))
        assert w * d <= 64
        assert candidate.params == 9 * w + w + d * (9 * w * w + w) + 10 * w + 10
        assert candidate.macs <= 100_000
        assert graph.outputs[0].shape == (10,)


def test_a_space_that_the_spec_states() -> None:
    params = "w: int in range(4, 33, 4) = 8, d: int in range(1, 5) = 1, act: op in [relu, gelu, tanh] = relu"
    text = TEXT.replace("w: int = 8, d: int = 1, act: op = relu)", f"{params}) where w * d <= 64")
    program = Program(SourceFile("net.arch", text), DiskLoader())
    stated = Space(program, "Net", {}, program.domains("Net"), (), Criteria(prefer="params", macs=100_000))
    assert not program.has_errors
    given = space(where=("w * d <= 64",), macs=100_000)
    assert stated.pool(1_000, 0) == given.pool(1_000, 0)
    assert stated.pool(30, 1) == given.pool(30, 1)
    assert stated.words((1, 2, 0)) == ("w=8", "d=3", "act=relu")


def test_limits_that_need_the_graph() -> None:
    pool = space("d=1..4", depth=4).pool(10, seed=0)
    assert [candidate.choice for candidate in pool.passed] == [(0,), (1,)]
    assert pool.dropped == {"more depth than allowed": 2}


def test_what_is_not_proved_is_not_built() -> None:
    pool = space("w=[-1, 8]", where=()).pool(10, seed=0)
    assert [candidate.choice for candidate in pool.passed] == [(1,)]
    assert pool.dropped == {"a shape or a value does not fit": 1}
    pool = space("w=[0, 8]", where=("8 / w > 0",)).pool(10, seed=0)
    assert pool.dropped == {"a condition has no value": 1}


def test_the_model_as_its_defaults_make_it() -> None:
    assert space().baseline() == space().graph((1, 0, 0))
    assert space().usual == (1, 0, 0)
    assert space("w=16..32", *RANGES[1:]).usual is None
    assert space(params=100).baseline() == "more params than allowed"
    assert space(where=("w > 8",)).baseline() == "a condition does not hold"
    program = Program(SourceFile("net.arch", TEXT.replace("w: int = 8", "w: int")), DiskLoader())
    assert Space(program, "Net", {}, parse(program, "Net", RANGES)).baseline() == "`w` has no default"


def test_a_draw_is_the_same_for_a_seed() -> None:
    first, again, other = (space().pool(30, seed).passed for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert len({candidate.choice for candidate in first}) == 30


class Graded:
    """An engine in whose eyes few parameters and `tanh` are good."""

    def __init__(self) -> None:
        self.trained: list[str] = []

    def run(self, folder: Path, trials: Any, hear: object) -> dict[str, str]:
        plan = plans.load(folder)
        for name in trials:
            variant = plan.trial(name).variant
            self.trained.append(variant)
            words = dict(part.split("=") for part in variant.split(", ")) if "=" in variant else {}
            accuracy = 0.9 - abs(int(words.get("w", 8)) - 20) / 100 + 0.05 * (words.get("act") == "tanh")
            store.add(folder, name, *rows(accuracy))
            store.end(folder, name, 0.001)
        return {}


def searched(folder: Path, sampler: Sampler, trials: int, *, ranges: tuple[str, ...] = ()) -> list[str]:
    found = space(*ranges)
    plan = Plan("search", (Variant("Net", found.baseline()),), (0,), "digits", read(None, ["epochs=1"]))
    if not plans.exists(folder):
        folder.mkdir()
        plans.save(plan, folder)
    pool, engine = found.pool(1_000, 0), Graded()
    assert search(folder, plan, found, pool, engine, Strategy(trials, sampler, each=3)) == {}
    return engine.trained


@pytest.mark.parametrize("sampler", ["tpe", pytest.param("nsga2", marks=pytest.mark.full)])
def test_a_search_goes_on_as_it_would_have(sampler: Sampler, tmp_path: Path) -> None:
    whole = searched(tmp_path / "whole", sampler, 12)
    assert len(set(whole)) == 13
    assert whole[0] == "Net"
    first = searched(tmp_path / "parts", sampler, 9)
    rest = searched(tmp_path / "parts", sampler, 12)
    assert first + rest == whole


@pytest.mark.full
def test_a_sampler_learns(tmp_path: Path) -> None:
    """Of 512 candidates a tree-structured Parzen estimator chooses better ones than chance does."""
    means = []
    for sampler in ("tpe", "random"):
        searched(tmp_path / sampler, sampler, 40, ranges=("w=1..64", *RANGES[1:]))
        found = [next(iter(subject.accuracies.values())) for subject in results(tmp_path / sampler).subjects[1:]]
        means.append(sum(found[10:]) / 30)
    assert means[0] > means[1] + 0.05


def test_the_front(tmp_path: Path) -> None:
    searched(tmp_path / "s", "nsga2", 9)
    study = results(tmp_path / "s")
    found = front(study)
    for subject in study.subjects:
        beaten = [f for f in found if f.macs <= subject.macs and f.accuracies[0] >= subject.accuracies[0]]
        assert beaten
    assert [each.macs for each in found] == sorted(each.macs for each in found)


def test_the_defaults_are_trained_once(tmp_path: Path) -> None:
    whole = searched(tmp_path / "s", "tpe", 1_000)
    assert len(whole) == len(set(whole)) == 96
    assert "w=8, d=1, act=relu" not in whole


def test_a_search_without_a_baseline(tmp_path: Path) -> None:
    found = space(where=("w > 8",))
    plan = Plan("search", (), (0,), "digits", read(None, ["epochs=1"]))
    plans.save(plan, tmp_path)
    with pytest.raises(StudyError, match="has not chosen any candidate yet"):
        results(tmp_path)
    assert search(tmp_path, plan, found, found.pool(1_000, 0), Graded(), Strategy(5)) == {}
    study = results(tmp_path)
    assert (len(study.subjects), study.baseline) == (5, None)
    assert not any(subject.words or study.difference(subject) for subject in study.subjects)
    text = render(table(study)) + render(pareto.table(study))
    assert "baseline" not in text
    assert "difference:" not in text


def test_the_front_beside_the_baseline() -> None:
    def subject(name: str, accuracy: float, macs: int) -> Subject:
        return Subject(name, 2 * macs, macs, "", {0: Run(rows(accuracy), 0.1, True)})

    others = subject("a", 0.5, 1_000), subject("b", 0.7, 2_000), subject("c", 0.8, 4_000), subject("d", 0.9, 8_000)
    study = Ablation((subject("Net", 0.6, 5_000), *others), "digits", 1, 5, {})
    text = render(pareto.table(study))
    assert (
        "Net, the baseline, has 60.00% with 5.00 k multiply-adds: b has as much with 40% of them, and c +20.00 points"
        in text
    )
    assert "+30.00" in text
    assert "with 10.0 k parameters" in render(pareto.table(study, "params"))
    study = Ablation((subject("Net", 0.6, 1_500), *others), "digits", 1, 5, {})
    assert "Net, the baseline, is on the front" in render(pareto.table(study))


def test_an_empty_pool(tmp_path: Path) -> None:
    found = space(params=10)
    with pytest.raises(StudyError, match="of 96 candidates none is left: 96 since more params than allowed"):
        search(tmp_path, None, found, found.pool(1_000, 0), Graded(), Strategy(1))  # type: ignore[arg-type]
