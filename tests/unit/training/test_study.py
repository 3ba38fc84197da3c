"""The folder of a study, its results, and the table of an ablation, without training anything."""

from __future__ import annotations

import errno
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import pytest

import archdsl
from archdsl.plots import learning
from archdsl.plots.page import page
from archdsl.study.ablation import Ablation, Subject, curve, table, to_json
from archdsl.study.learning import Epoch, Run
from archdsl.study.statistics import estimate
from archdsl.tabular import render
from archdsl.training import checkpoint, lock, store
from archdsl.training import plan as plans
from archdsl.training.errors import StudyError
from archdsl.training.plan import Plan, Trial, Variant
from archdsl.training.recipe import read
from archdsl.training.results import brief, results
from archdsl.training.run import prepare, run, shares

TEXT = """\
model Net(width: int = 4, act: op = relu) :: [8, 8, 1] -> [10] {
  conv(width, k=3) -> act -> global_avg_pool -> dense(10) as head
}
model Wide = Net(width=8)
model Smooth = Net(act=gelu)
"""


def plan(*names: str, seeds: int = 2, epochs: int = 2) -> Plan:
    variants = tuple(Variant(name, archdsl.load_text(TEXT, name).graph) for name in names)
    return Plan("ablate", variants, tuple(range(seeds)), "digits", read(None, [f"epochs={epochs}"]))


def rows(*accuracies: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(i + 1, 1.0, 0.5, 1.0, accuracy, 2.0) for i, accuracy in enumerate(accuracies))


class Played:
    """An engine that writes what trials are said to have come to."""

    def __init__(self, *accuracies: float) -> None:
        self.accuracies = accuracies
        self.asked: list[str] = []

    def run(self, folder: Path, trials: list[str], hear: object) -> dict[str, str]:
        self.asked = list(trials)
        for name in trials:
            bonus = int(name[:3]) * 0.1 + int(name[4:]) * 0.02
            store.add(folder, name, *rows(*(accuracy + bonus for accuracy in self.accuracies)))
            store.end(folder, name, 0.001)
        return {}


def test_a_plan_comes_back_as_it_was(tmp_path: Path) -> None:
    made = plan("Net", "Wide")
    plans.save(made, tmp_path)
    found = plans.load(tmp_path)
    assert found == made
    assert plans.text(found) == plans.text(made)
    assert found.trials == (
        Trial("000-0", "Net", 0),
        Trial("001-0", "Wide", 0),
        Trial("000-1", "Net", 1),
        Trial("001-1", "Wide", 1),
    )


def test_folders_that_are_no_study(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"it has no study\.json"):
        plans.load(tmp_path)
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(StudyError, match="is broken"):
        plans.load(tmp_path)
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(StudyError, match="cannot read"):
        plans.load(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("")
    with pytest.raises(StudyError, match="is there and is no study"):
        prepare(plan("Net"), tmp_path / "other", resume=False)


def test_a_study_goes_on_only_as_it_began(tmp_path: Path) -> None:
    made = plan("Net", "Wide")
    prepare(made, tmp_path / "study", resume=False)
    with pytest.raises(StudyError, match="`--resume` goes on with it"):
        prepare(made, tmp_path / "study", resume=False)
    assert prepare(replace(made, threads=7), tmp_path / "study", resume=True).threads == made.threads
    for other, what in ((replace(made, seeds=(0,)), "seeds"), (plan("Net", "Wide", epochs=3), "recipe")):
        with pytest.raises(StudyError, match=f"a study with other {what}"):
            prepare(other, tmp_path / "study", resume=True)


def test_seeds_and_variants_are_added_to_a_study(tmp_path: Path) -> None:
    few = plan("Net")
    prepare(few, tmp_path / "s", resume=False)
    names = [trial.name for trial in few.trials]
    more = replace(plan("Net", "Wide"), seeds=(*few.seeds, 7))
    assert prepare(more, tmp_path / "s", resume=True) == more == plans.load(tmp_path / "s")
    assert {*names} < {trial.name for trial in more.trials}
    with pytest.raises(StudyError, match="a study with other seeds and variants"):
        prepare(few, tmp_path / "s", resume=True)
    with pytest.raises(StudyError, match="a study with other variants"):
        prepare(replace(more, variants=more.variants[::-1]), tmp_path / "s", resume=True)
    assert plans.load(tmp_path / "s") == more


def test_only_what_is_left_is_run(tmp_path: Path) -> None:
    prepare(plan("Net", "Wide"), tmp_path / "s", resume=False)
    store.add(tmp_path / "s", "000-0", *rows(0.4, 0.5))
    store.end(tmp_path / "s", "000-0", 0.001)
    store.add(tmp_path / "s", "001-0", *rows(0.4))
    engine = Played(0.3, 0.6)
    assert run(tmp_path / "s", engine) == {}
    assert engine.asked == ["001-0", "000-1", "001-1"]
    assert store.read(tmp_path / "s")["001-0"].accuracy == pytest.approx(0.7)
    again = Played(0.0, 0.0)
    run(tmp_path / "s", again)
    assert again.asked == []


def test_a_row_that_is_written_twice_is_one(tmp_path: Path) -> None:
    store.add(tmp_path, "a", *rows(0.1, 0.2))
    store.add(tmp_path, "a", *rows(0.1, 0.3, 0.4))
    assert [epoch.val_accuracy for epoch in store.read(tmp_path)["a"].epochs] == [0.1, 0.3, 0.4]
    assert not store.read(tmp_path)["a"].is_done


def test_a_database_that_takes_no_more(tmp_path: Path) -> None:
    """As on a full disk: what was there is still there."""
    store.add(tmp_path, "a", *rows(0.1))
    with sqlite3.connect(tmp_path / "results.sqlite") as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON epochs BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    connection.close()
    with pytest.raises(OSError, match=r"results\.sqlite: disk is full"):
        store.add(tmp_path, "a", *rows(0.1, 0.2))
    assert [epoch.val_accuracy for epoch in store.read(tmp_path)["a"].epochs] == [0.1]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "results.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(OSError, match="not a database"):
        store.read(tmp_path / "other")


def test_no_writer_is_turned_away(tmp_path: Path) -> None:
    """Processes that make databases together, write and read: each waits for the others."""
    code = """
import sys; from pathlib import Path; from archdsl.study.learning import Epoch; from archdsl.training import store
print(flush=True); sys.stdin.readline()
for i in range(200):
    folder = Path(sys.argv[1], str(i))
    store.add(folder, sys.argv[2], Epoch(i, 1.0, 0.1, 1.0, 0.1, 1.0))
    store.read(folder)
"""
    folders = [tmp_path / str(i) for i in range(200)]
    for folder in folders:
        folder.mkdir()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path, f"t{i}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for i in range(8)
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    assert [writer.communicate()[1] for writer in writers] == [b""] * 8
    for folder in folders:
        assert [len(run.epochs) for run in store.read(folder).values()] == [1] * 8


def test_results_that_may_only_be_read(tmp_path: Path) -> None:
    """No file is left beside them, and none is needed."""
    assert store.read(tmp_path) == {}
    (tmp_path / "results.sqlite").touch()
    assert store.read(tmp_path) == {}
    store.add(tmp_path, "a", *rows(0.1))
    with sqlite3.connect(f"file:{tmp_path / 'results.sqlite'}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
    assert [path.name for path in tmp_path.iterdir()] == ["results.sqlite"]


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "checkpoint.npz"
    assert checkpoint.read(file) is None
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64)]
    checkpoint.write(file, rows(0.5), arrays)
    state = checkpoint.read(file)
    assert state is not None
    assert state.epochs == rows(0.5)
    assert all((a == b).all() and a.dtype == b.dtype for a, b in zip(state.variables, arrays, strict=True))

    def full(stream: IO[bytes], **_: object) -> None:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        checkpoint.write(file, rows(0.5, 0.6), arrays)
    kept = checkpoint.read(file)
    assert kept is not None
    assert kept.epochs == rows(0.5)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(StudyError, match="remove it to start the trial anew"):
        checkpoint.read(file)


def test_one_runner_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_WAIT", 0.3)
    with lock.locked(tmp_path):
        assert len(lock.held()) == 1
        with pytest.raises(StudyError, match="is at work in another process"), lock.locked(tmp_path):
            pass
    with lock.locked(tmp_path):
        pass


def test_processors_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert [shares(None, 20), shares(3, 20), shares(None, 2), shares(16, 40)] == [(8, 1), (3, 2), (2, 4), (16, 1)]


def test_the_table_of_an_ablation(tmp_path: Path) -> None:
    prepare(plan("Net", "Wide", "Smooth"), tmp_path / "s", resume=False)
    run(tmp_path / "s", Played(0.3, 0.6))
    text = render(table(results(tmp_path / "s", 0.7)), format="markdown")
    assert [line.strip("| ").split(" | ")[:6] for line in text.splitlines() if line.startswith("| ")][2:] == [
        ["Net", "2", "61.00% ± 1.41", "48.29 to 73.71", "–", "–"],
        ["Wide", "2", "71.00% ± 1.41", "58.29 to 83.71", "+10.00 ± 0.00 \\*", "2.0"],
        ["Smooth", "2", "81.00% ± 1.41", "68.29 to 93.71", "+20.00 ± 0.00 \\*", "2.0"],
    ]
    assert "every" not in text
    assert "relu → gelu" in text
    found = json.loads(to_json(results(tmp_path / "s")))
    assert found["reach"] == pytest.approx(0.6)
    assert [variant["params"] for variant in found["variants"]] == [90, 170, 90]
    assert found["variants"][1]["difference"]["mean"] == pytest.approx(0.1)
    assert len(found["variants"][0]["runs"][1]["epochs"]) == 2


def test_intervals_end_where_accuracies_do() -> None:
    runs = [{0: Run(rows(0.97)), 1: Run(rows(0.99))}, {0: Run(rows(0.01)), 1: Run(rows(0.03))}]
    study = Ablation(tuple(Subject(str(i), 1, 1, "", each) for i, each in enumerate(runs)), "d", 1, 4, {})
    margin = 12.7062 * 0.01  # Student's for one degree of freedom, times the deviation over the root of two
    text = render(table(study), format="markdown")
    assert f"{98 - 100 * margin:.2f} to 100.00" in text
    assert f"0.00 to {2 + 100 * margin:.2f}" in text
    found = json.loads(to_json(study))["variants"]
    assert [each["accuracy"]["interval"] for each in found] == [
        pytest.approx([0.98 - margin, 1.0], abs=1e-5),
        pytest.approx([0.0, 0.02 + margin], abs=1e-5),
    ]
    assert found[0]["accuracy"]["margin"] == pytest.approx(margin, abs=1e-5)
    assert found[1]["difference"]["interval"] == pytest.approx([-0.96, -0.96], abs=1e-5)
    figure = learning.bars(study).figure
    errors = [path for lines in figure.axes[0].collections for path in lines.get_paths()]
    ends = sorted(round(float(x), 4) for path in errors for x, _ in path.vertices)
    assert ends == [0.0, round(0.02 + margin, 4), round(0.98 - margin, 4), 1.0]


def test_one_seed_has_no_mean(tmp_path: Path) -> None:
    for seeds in (1, 2):
        prepare(plan("Net", "Wide", "Smooth", "Net", seeds=seeds), tmp_path / str(seeds), resume=False)
        run(tmp_path / str(seeds), Played(0.3, 0.6))
        study = results(tmp_path / str(seeds))
        drawings = (learning.curves(study), learning.bars(study), learning.cost(study))
        labels = [axes.get_xlabel() + axes.get_ylabel() for each in drawings for axes in each.figure.axes]
        whole = render(table(study)) + "".join(labels)
        words = ("mean", "worst and best seed", "each seed", "over the seeds", "interval", "chance")
        assert [word in whole for word in words] == [seeds > 1] * 4 + [True, seeds > 1]
    assert "of one seed, which has no interval" in render(table(results(tmp_path / "1")))
    alone = replace(study, subjects=study.subjects[:1])
    assert table(alone).title == "Net on digits"


def test_what_is_done_so_far(tmp_path: Path) -> None:
    prepare(plan("Net", "Wide"), tmp_path / "s", resume=False)
    store.add(tmp_path / "s", "000-0", *rows(0.5))
    whole, partial = results(tmp_path / "s"), results(tmp_path / "s", partial=True)
    assert (whole.done, partial.done) == (0, 0)
    assert [len(subject.runs) for subject in partial.subjects] == [1, 0]
    assert "50.00%" in render(table(partial))
    assert "<figure>" in page(partial, [table(partial)])
    for each in (whole, partial):
        assert "0 of 4 trials are done" in render(table(each))
    with pytest.raises(ValueError, match="no epoch is over"):
        learning.curves(whole)
    assert "<figure>" not in page(whole, [table(whole)])


def test_differences_are_paired() -> None:
    """Seeds that vary much and variants that differ little: only pairs tell the variants apart."""
    runs = [
        {seed: Run(rows(0.5 + 0.1 * seed + gain + 0.001 * seed * (gain > 0))) for seed in range(3)}
        for gain in (0, 0.02)
    ]
    study = Ablation(tuple(Subject(str(i), 1, 1, "", each) for i, each in enumerate(runs)), "d", 1, 6, {})
    found = study.difference(study.subjects[1])
    assert found is not None
    assert found.is_apart
    assert found.mean == pytest.approx(0.021)
    alone = estimate(list(study.subjects[1].accuracies.values()))
    assert alone.margin is not None
    assert alone.margin > 0.2


def test_the_band_of_a_curve() -> None:
    assert curve([Run(rows(0.2, 0.4)), Run(rows(0.4, 0.5, 0.9))]) == [
        (1, pytest.approx(0.3), 0.2, 0.4),
        (2, pytest.approx(0.45), 0.4, 0.5),
    ]


def test_a_change_in_words() -> None:
    net = archdsl.load_text(TEXT, "Net").graph
    assert brief(net, archdsl.load_text(TEXT, "Net").graph) == "computes the same"
    assert "4 → 8" in brief(net, archdsl.load_text(TEXT, "Wide").graph)


def test_trials_at_work_are_compared_after_as_many_epochs() -> None:
    baseline = {0: Run(rows(0.3, 0.5), 0.1, True), 1: Run(rows(0.2, 0.4), 0.1, True)}
    other = {0: Run(rows(0.4, 0.7), 0.1, True), 1: Run(rows(0.3))}
    study = Ablation((Subject("a", 1, 1, "", baseline), Subject("b", 1, 1, "", other)), "d", 2, 4, {})
    assert study.done == 3
    found = study.difference(study.subjects[1])
    assert found is not None
    assert found.mean == pytest.approx((0.2 + 0.1) / 2)
    text = render(table(study))
    assert "2 (1 at work)" in text
    assert "3 of 4 trials are done" in text
