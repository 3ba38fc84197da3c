"""Runs one trial in this process: trains a variant with a seed, from its checkpoint if there is one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import keras
import numpy as np

from archdsl.architecture import Architecture
from archdsl.backends.keras.build import build
from archdsl.backends.onnx.weights import initial
from archdsl.graph.model import Graph
from archdsl.ops.activation import Softmax
from archdsl.study.learning import Epoch
from archdsl.training import checkpoint, store
from archdsl.training.batches import Batches, Tests
from archdsl.training.chance import number, reseed
from archdsl.training.data import Data, load
from archdsl.training.data.model import fit as fits
from archdsl.training.environment import compiles
from archdsl.training.errors import StudyError
from archdsl.training.optimise import optimiser
from archdsl.training.plan import CHECKPOINT, WEIGHTS, Plan, Trial, Variant
from archdsl.training.pruning import Floors, behind
from archdsl.training.recipe import Recipe
from archdsl.weights import in_memory

_CALLS: Final = 20
_LOADED: Final[dict[str, Data]] = {}
"""A cache of the last trial's data, since one process runs many trials of one study."""

Told = Callable[[Epoch], None]


def run(folder: Path, plan: Plan, trial: Trial, told: Told = lambda _: None) -> None:
    """Trains from the checkpoint, if there is one, to the last epoch; then writes the weights.

    After each epoch, its row is written first and the checkpoint second: a trial that is killed in between repeats the
    epoch with the same results.

    Raises:
        StudyError: the data does not fit the model, or the backend is not that of the plan.
        OSError: a file cannot be written.
    """
    if keras.backend.backend() != plan.backend:
        raise StudyError(f"the study runs on {plan.backend}, and Keras here on {keras.backend.backend()}")
    home = folder / "trials" / trial.name
    home.mkdir(parents=True, exist_ok=True)
    variant = plan.variant(trial.variant)
    data = _data(plan.data)
    fits(data, variant.graph)
    data = data.held_out(plan.recipe.holdout, trial.seed)
    keras.utils.set_random_seed(trial.seed)
    keras.config.set_dtype_policy(plan.recipe.precision)
    try:
        _train(folder, home, variant, data, plan.recipe, trial, told)
    finally:
        keras.config.set_dtype_policy("float32")
        keras.backend.clear_session()


def _data(name: str) -> Data:
    if name not in _LOADED:
        _LOADED.clear()
        _LOADED[name] = load(name)
    return _LOADED[name]


def _train(folder: Path, home: Path, variant: Variant, data: Data, recipe: Recipe, trial: Trial, told: Told) -> None:
    graph = variant.graph
    arrays = in_memory(initial(graph, trial.seed))
    model = build(graph, lambda _: arrays)
    batches = Batches(data, recipe.batch, recipe.augmentation, trial.seed)
    if not len(batches):
        raise StudyError(f"{data.name} has too few training images for a batch of {recipe.batch}")
    model.compile(
        optimizer=optimiser(recipe, len(batches) * recipe.epochs, model),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=not _gives_shares(graph), label_smoothing=recipe.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=compiles(keras.backend.backend()),
    )
    model.optimizer.build(model.trainable_variables)
    kept = [*model.weights, *model.optimizer.variables]
    state = checkpoint.read(home / CHECKPOINT)
    done = list(state.epochs) if state else []
    if state:
        _restore(kept, state.variables, home)
        store.add(folder, trial.name, *done)

    keeper = _Keeper(folder, home, trial, recipe, variant.floors, done, kept, batches, told)
    if not keeper.is_over:
        averages = [keras.callbacks.SwapEMAWeights()] if recipe.ema else []
        model.fit(
            batches,
            epochs=recipe.epochs,
            initial_epoch=len(done),
            validation_data=Tests(data, max(recipe.batch, 250)),
            callbacks=[*averages, keeper],
            shuffle=False,  # of batches: what is in them is shuffled already
            verbose=0,
        )
    if recipe.ema:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    Architecture(graph).save_weights(model, home / WEIGHTS)
    store.end(folder, trial.name, _latency(model, data), behind(done, variant.floors))


def _gives_shares(graph: Graph) -> bool:
    end = graph.by_path.get(graph.outputs[0].node)
    return end is not None and isinstance(end.op, Softmax)


def _restore(kept: Sequence[Any], arrays: Sequence[checkpoint.Array], home: Path) -> None:
    if [tuple(each.shape) for each in kept] != [array.shape for array in arrays]:
        raise StudyError(f"{home / CHECKPOINT} is of another model: remove it to start the trial anew")
    for variable, array in zip(kept, arrays, strict=True):
        variable.assign(array)


class _Keeper(keras.callbacks.Callback):
    """A callback that seeds the random generators before an epoch, and saves its results and a checkpoint after it."""

    def __init__(
        self,
        folder: Path,
        home: Path,
        trial: Trial,
        recipe: Recipe,
        floors: Floors,
        done: list[Epoch],
        kept: Sequence[Any],
        batches: Batches,
        told: Told,
    ) -> None:
        super().__init__()
        self._folder, self._home, self._trial, self._recipe = folder, home, trial, recipe
        self._floors, self._done, self._kept, self._batches, self._told = floors, done, kept, batches, told
        self._started = 0.0

    @property
    def is_over(self) -> bool:
        """Whether training ends here: after the last epoch, by early stopping (``patience``), or by pruning."""
        done, patience = self._done, self._recipe.patience
        best = max(range(len(done)), key=lambda index: done[index].val_accuracy, default=0)
        is_stuck = bool(patience and len(done) - 1 - best >= patience)
        return len(done) >= self._recipe.epochs or is_stuck or bool(behind(done, self._floors))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started = time.perf_counter()
        self._batches.epoch = epoch
        keras.utils.set_random_seed(number(self._trial.seed, "backend", epoch))  # what dropout takes on PyTorch
        reseed(self.model.layers, self._trial.seed, epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        row = Epoch(
            number=epoch + 1,
            loss=float(logs["loss"]),
            accuracy=float(logs["accuracy"]),
            val_loss=float(logs["val_loss"]),
            val_accuracy=float(logs["val_accuracy"]),
            seconds=time.perf_counter() - self._started,
        )
        self._done.append(row)
        store.add(self._folder, self._trial.name, row)
        arrays = [keras.ops.convert_to_numpy(each) for each in self._kept]
        checkpoint.write(self._home / CHECKPOINT, self._done, arrays)
        self._told(row)
        if self.is_over:
            self.model.stop_training = True


def _latency(model: keras.Model, data: Data) -> float:
    """The median seconds of inference on one image."""
    image = data.scaled(data.test.images[:1])
    model.predict_on_batch(image)
    seconds = []
    for _ in range(_CALLS):
        before = time.perf_counter()
        np.asarray(keras.ops.convert_to_numpy(model.predict_on_batch(image)))
        seconds.append(time.perf_counter() - before)
    return median(seconds)
