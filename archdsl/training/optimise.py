"""Keras's optimiser and learning rate schedule for a recipe."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.training.recipe import Recipe


class Rise(keras.optimizers.schedules.LearningRateSchedule):
    """A linear warm-up to the highest rate, then a linear or cosine decay to the final one, or a constant rate."""

    def __init__(self, highest: float, final: float, steps: int, rising: int, shape: str) -> None:
        self._numbers = (highest, final, steps, rising, shape)

    def __call__(self, step: Any) -> Any:
        highest, final, steps, rising, shape = self._numbers
        step = keras.ops.cast(step, "float32") + 1.0
        passed = keras.ops.clip((step - rising) / max(steps - rising, 1), 0.0, 1.0)
        fallen = passed if shape == "one-cycle" else (1.0 - keras.ops.cos(passed * 3.141592653589793)) / 2.0
        falling = highest + (final - highest) * (fallen if shape != "constant" else 0.0)
        return keras.ops.where(step < rising, highest * step / max(rising, 1), falling)

    def get_config(self) -> dict[str, Any]:
        return dict(zip(("highest", "final", "steps", "rising", "shape"), self._numbers, strict=True))


def optimiser(recipe: Recipe, steps: int, model: keras.Model) -> keras.Optimizer:
    """The optimiser for a model, whose schedule has ``steps`` steps."""
    chosen, schedule = recipe.optimiser, recipe.schedule
    rising = round(schedule.warmup * steps)
    common = {
        "learning_rate": Rise(chosen.rate, chosen.rate * schedule.final, steps, rising, schedule.name),
        "weight_decay": chosen.weight_decay or None,
        "global_clipnorm": chosen.clip_norm or None,
        "use_ema": bool(recipe.ema),
        "ema_momentum": recipe.ema or 0.99,
    }
    if chosen.name == "sgd":
        made = keras.optimizers.SGD(momentum=chosen.momentum, nesterov=chosen.momentum > 0, **common)
    else:
        made = {"adamw": keras.optimizers.AdamW, "lion": keras.optimizers.Lion}[chosen.name](**common)
    made.exclude_from_weight_decay(var_list=[each for each in model.trainable_variables if len(each.shape) < 2])
    return made
