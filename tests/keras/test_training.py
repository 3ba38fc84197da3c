"""Training with Keras: the same numbers each time, also when a trial is killed and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from archdsl.study.ablation import table
from archdsl.study.learning import Epoch
from archdsl.tabular import Row, render
from archdsl.training import plan as plans
from archdsl.training import store
from archdsl.training.batches import Batches
from archdsl.training.checkpoint import read as checkpoint
from archdsl.training.data import load
from archdsl.training.engine import Inline
from archdsl.training.optimise import Rise, optimiser
from archdsl.training.plan import CHECKPOINT, WEIGHTS, Plan, Variant
from archdsl.training.recipe import Augmentation, Recipe, read
from archdsl.training.results import results
from archdsl.training.run import run

TEXT = """\
model Digits(act: op = relu) :: [8, 8, 1] -> [10] {
  conv(8, k=3, stride=2) -> batch_norm -> act -> dropout(0.1) -> flatten -> dense(10) as head
}
model Smooth = Digits(act=gelu)
"""
FAST = ("epochs=2", "batch=128", "augmentation.flip=false", "augmentation.crop=0.0", "optimiser.rate=0.02")


class Killed(BaseException):
    """As if the process had ended."""


def plan(*recipe: str, names: Sequence[str] = ("Digits",), seeds: int = 1) -> Plan:
    variants = tuple(Variant(name, archdsl.load_text(TEXT, name).graph) for name in names)
    return Plan("ablate", variants, tuple(range(seeds)), "digits", read(None, [*FAST, *recipe]))


def study(folder: Path, made: Plan, *, killed_after: int = 0) -> Path:
    """Runs a plan here. It may be killed after an epoch of its first trial, and is started again."""
    folder.mkdir()
    plans.save(made, folder)

    class Killing(Inline):
        def run(self, folder: Path, trials: Sequence[str], hear: Any) -> dict[str, str]:
            def listen(name: str, epoch: Epoch) -> None:
                if epoch.number == killed_after:
                    raise Killed

            return super().run(folder, trials, listen)

    if killed_after:
        with pytest.raises(Killed):
            run(folder, Killing())
    assert run(folder, Inline()) == {}
    return folder


def known(folder: Path) -> list[Any]:
    """All that a study found, but times."""
    return [(name, run.is_done, [epoch[:-1] for epoch in run.epochs]) for name, run in store.read(folder).items()]


def state(folder: Path, trial: str = "000-0") -> Any:
    found = checkpoint(folder / "trials" / trial / CHECKPOINT)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one trial that nobody disturbs."""
    return study(tmp_path_factory.mktemp("studies") / "alone", plan())


def shown(folder: Path) -> str:
    """The table of a study without its columns of times."""
    whole = table(results(folder, 0.5))
    kept = [index for index, column in enumerate(whole.columns) if column.name not in ("latency", "seconds_to")]
    rows = tuple(Row(tuple(row.cells[index] for index in kept)) for row in whole.rows)
    return render(replace(whole, columns=tuple(whole.columns[index] for index in kept), rows=rows), format="markdown")


@pytest.mark.full
def test_an_ablation_comes_to_the_same_table_twice(alone: Path, tmp_path: Path) -> None:
    """Two variants with two seeds, also if it was killed and went on; a trial does not depend on the others."""
    made = plan(names=("Digits", "Smooth"), seeds=2)
    first, second, resumed = (study(tmp_path / name, made, killed_after=int(name == "c")) for name in "abc")
    assert known(first) == known(second) == known(resumed)
    assert shown(first) == shown(second) == shown(resumed)
    assert "95% interval" in shown(first)
    assert known(first)[0] == known(alone)[0]
    found = results(first)
    assert found.done == 4
    accuracies = [accuracy for subject in found.subjects for accuracy in subject.accuracies.values()]
    assert min(accuracies) > 0.4
    assert len(set(accuracies)) > 1


def test_a_trial_that_was_killed_ends_as_one_that_was_not(alone: Path, tmp_path: Path) -> None:
    """Weights, moments of the optimiser, statistics and chance, bit for bit."""
    resumed = study(tmp_path / "a", plan(), killed_after=1)
    assert known(resumed) == known(alone)
    for ours, theirs in zip(state(resumed).variables, state(alone).variables, strict=True):
        assert np.array_equal(ours, theirs)
    paths = [folder / "trials" / "000-0" / WEIGHTS for folder in (resumed, alone)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.full
def test_all_that_a_recipe_has_goes_on_as_it_was(tmp_path: Path) -> None:
    made = plan("ema=0.9", "augmentation.mixup=0.2", "augmentation.cutout=0.2", "augmentation.flip=true", "epochs=3")
    whole, resumed = study(tmp_path / "a", made), study(tmp_path / "b", made, killed_after=2)
    assert known(resumed) == known(whole)
    for ours, theirs in zip(state(resumed).variables, state(whole).variables, strict=True):
        assert np.array_equal(ours, theirs)


def test_the_weights_of_a_study_are_a_model(alone: Path) -> None:
    model = archdsl.load_text(TEXT, "Digits").build(alone / "trials" / "000-0" / WEIGHTS)
    data = load("digits")
    scores = keras.ops.convert_to_numpy(model(data.scaled(data.test.images)))
    share = float((scores.argmax(1) == data.test.labels).mean())
    assert share == pytest.approx(store.read(alone)["000-0"].epochs[-1].val_accuracy, abs=1e-6)


def test_variants_start_alike_and_see_the_same(tmp_path: Path) -> None:
    """Of two variants with the same shapes the first loss before any step would be the same; so are the images."""
    data = load("digits")
    batches = [Batches(data, 64, Augmentation(), seed) for seed in (0, 0, 1)]
    for each in batches:
        each.epoch = 3
    (x, y), (same, _), (other, _) = (each[5] for each in batches)
    assert np.array_equal(x, same)
    assert not np.array_equal(x, other)
    batches[0].epoch = 4
    assert not np.array_equal(batches[0][5][1], y)


def test_augmentation_changes_images_one_by_one() -> None:
    data = load("digits")
    still = Augmentation(flip=False, crop=0.0)
    plain = Batches(data, 64, still, 0)[0][0]

    flipped = Batches(data, 64, Augmentation(flip=True, crop=0.0), 0)[0][0]
    kept = [np.array_equal(a, b) for a, b in zip(plain, flipped, strict=True)]
    assert 16 < sum(kept) < 48
    assert all(keep or np.array_equal(a[:, ::-1], b) for keep, a, b in zip(kept, plain, flipped, strict=True))

    shifted = Batches(data, 64, Augmentation(flip=False), 0)[0][0]
    padded = np.pad(plain, ((0, 0), (1, 1), (1, 1), (0, 0)))
    ways = [
        next((y, x) for y in range(3) for x in range(3) if np.allclose(whole[y : y + 8, x : x + 8], image, atol=1e-5))
        for whole, image in zip(padded, shifted, strict=True)
    ]
    assert len(set(ways)) > 4

    cut = Batches(data, 64, still.model_copy(update={"cutout": 0.2}), 0)[0][0]
    gone = (cut != plain)[..., 0]
    assert np.all(cut[gone] == 0)
    assert all(1 <= holes.sum() <= 16 for holes in gone)
    assert len({tuple(holes.any(0)) + tuple(holes.any(1)) for holes in gone}) > 4

    mixed = Batches(data, 64, still.model_copy(update={"mixup": 1.0}), 0)[0][1]
    assert np.allclose(mixed.sum(1), 1)
    assert ((mixed > 0.01) & (mixed < 0.99)).any()


def test_the_learning_rate() -> None:
    rates = [
        float(Rise(1.0, 0.0, 10, 4, shape)(step))
        for shape in ("one-cycle", "cosine", "constant")
        for step in (0, 3, 6, 9)
    ]
    assert rates == pytest.approx([0.25, 1, 0.5, 0, 0.25, 1, 0.5, 0, 0.25, 1, 1, 1], abs=1e-6)


def test_norms_and_biases_do_not_decay() -> None:
    model = archdsl.load_text(TEXT, "Digits").build(seed=0)
    made = optimiser(Recipe(), 10, model)
    made.build(model.trainable_variables)
    decaying = {v.path.rsplit("/", 1)[1] for v in model.trainable_variables if made._use_weight_decay(v)}
    assert decaying == {"kernel"}


@pytest.mark.full
def test_training_ends_early(tmp_path: Path) -> None:
    folder = study(tmp_path / "a", plan("epochs=9", "patience=1", "optimiser.rate=1e-9", "schedule.name=constant"))
    assert len(store.read(folder)["000-0"].epochs) == 2
    assert store.read(folder)["000-0"].is_done


def test_a_trial_that_falls_behind_ends(tmp_path: Path) -> None:
    made = plan("epochs=4")
    floored = replace(made, variants=(replace(made.variants[0], floors=(0.0, 0.999, 0.0)),))
    folder = study(tmp_path / "a", floored)
    found = store.read(folder)["000-0"]
    assert found.is_done
    assert len(found.epochs) == 2
    assert found.ended == f"{found.accuracy:.1%} after epoch 2, where others had 99.9%"
    assert run(folder, Inline()) == {}
    assert store.read(folder)["000-0"] == found
    assert (folder / "trials" / "000-0" / WEIGHTS).exists()


@pytest.mark.full
def test_a_disk_that_is_full_costs_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    plans.save(plan(), folder)
    whole = study(tmp_path / "b", plan())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("archdsl.training.checkpoint.np.savez", full)
        assert run(folder, Inline()) == {"000-0": "[Errno 28] no space left on device"}
    assert not results(folder).done
    assert run(folder, Inline()) == {}
    assert known(folder) == known(whole)


@pytest.mark.full
def test_precision_is_put_back(tmp_path: Path) -> None:
    folder = study(tmp_path / "a", plan("precision=mixed_bfloat16", "optimiser.name=sgd", "holdout=0.5"))
    assert keras.config.dtype_policy().name == "float32"
    assert len(store.read(folder)["000-0"].epochs) == 2


def test_another_backend_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    plans.save(Plan("train", plan().variants, (0,), "digits", plan().recipe, "jax"), tmp_path / "a")
    assert run(tmp_path / "a", Inline()) == {"000-0": "the study runs on jax, and Keras here on tensorflow"}
