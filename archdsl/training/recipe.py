"""Recipes: the hyperparameters of training, from a TOML file, with defaults for small images."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archdsl.training.errors import StudyError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Optimiser(_Part):
    """Keras's optimiser. Weight decay is decoupled from the gradient, and does not apply to norms and biases."""

    name: Literal["adamw", "sgd", "lion"] = "adamw"
    rate: float = Field(2e-3, gt=0, le=100, description="the highest learning rate")
    weight_decay: float = Field(
        0.05, ge=0, le=10, description="share of each kernel that a step takes away, times the learning rate"
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="of sgd, with Nesterov's correction")
    clip_norm: float = Field(0.0, ge=0, description="the largest norm of all gradients together; 0 is no bound")


class Schedule(_Part):
    """The learning rate schedule: a linear warm-up, then a decay or a constant rate."""

    name: Literal["one-cycle", "cosine", "constant"] = "one-cycle"
    """The decay: linear for ``one-cycle``, half a cosine wave for ``cosine``, none for ``constant``."""
    warmup: float = Field(0.2, ge=0, lt=1, description="the share of the steps in which the rate rises")
    final: float = Field(0.0, ge=0, le=1, description="the last rate, as a share of the highest")


class Augmentation(_Part):
    """Data augmentation: random transformations of the training images, by layers of Keras."""

    flip: bool = Field(True, description="half of the images are mirrored left to right")
    crop: float = Field(0.125, ge=0, le=0.5, description="shifts up to so much of each side; zeros come in")
    cutout: float = Field(0.0, ge=0, lt=1, description="the share of the area that a square of zeros covers")
    mixup: float = Field(0.0, ge=0, le=10, description="alpha of the beta distribution that mixes pairs; 0 mixes none")


class Recipe(_Part):
    """The training settings other than the model, the data and the seed."""

    epochs: int = Field(20, ge=1, le=100_000)
    batch: int = Field(128, ge=1, le=1_000_000)
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    augmentation: Augmentation = Augmentation()
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    ema: float = Field(0.0, ge=0, lt=1, description="momentum of the average of weights that is tested; 0 tests these")
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    patience: int = Field(0, ge=0, description="epochs without a better accuracy after which training ends; 0 is never")
    holdout: float = Field(
        0.0, ge=0, lt=1, description="the share of the training images that epochs are measured with, in place of tests"
    )


def read(file: Path | None, settings: Sequence[str] = ()) -> Recipe:
    """The recipe of a file, or the defaults, with single values replaced: ``epochs=5``, ``optimiser.rate=0.01``.

    Raises:
        StudyError: the file cannot be read, is not TOML, or has invalid values, which are all listed with their places.

    >>> read(None, ["epochs=5", "optimiser.name='sgd'"]).optimiser
    Optimiser(name='sgd', rate=0.002, weight_decay=0.05, momentum=0.9, clip_norm=0.0)
    """
    name = str(file) if file else "recipe"
    written: dict[str, Any] = {}
    if file is not None:
        try:
            written = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise StudyError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
        except UnicodeDecodeError:
            raise StudyError(f"{file}: this is no text in UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise StudyError(f"{file}: {str(error)[:1].lower()}{str(error)[1:]}") from None
    for setting in settings:
        _put(written, setting)
    return from_data(written, name)


def from_data(written: Mapping[str, Any], name: str = "recipe") -> Recipe:
    """The recipe of a TOML or JSON document. Raises ``StudyError``, which lists all invalid values."""
    try:
        return Recipe.model_validate(written)
    except ValidationError as error:
        raise StudyError("\n".join(_problem(name, each) for each in error.errors())) from None


def _put(written: dict[str, Any], setting: str) -> None:
    """Sets the key of ``a.b=value``; text that is not a TOML value is taken as a string."""
    key, equals, text = setting.partition("=")
    *parents, last = (part.strip() for part in key.split("."))
    if not equals or not last:
        raise StudyError(f"`{setting}`: write `epochs=5` or `optimiser.rate=0.01`")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    for parent in parents:
        inner = written.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise StudyError(f"`{setting}`: `{parent}` is no table")
        written = inner
    written[last] = value


def _problem(name: str, error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        from archdsl.diagnostics.suggest import did_you_mean

        part: Any = Recipe
        for key in error["loc"][:-1]:
            part = part.model_fields[key].annotation
        near = did_you_mean(str(error["loc"][-1]), part.model_fields) or (f"there are {', '.join(part.model_fields)}",)
        return f"{name}: `{place}` is no key of a recipe: {near[0]}"
    message = str(error["msg"])
    return f"{name}: `{place}`: {message[:1].lower()}{message[1:]}, not {error['input']!r}"
