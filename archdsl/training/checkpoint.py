"""Checkpoints: the state of a trial after an epoch, in one file that is replaced atomically."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from archdsl.atomic import replacing
from archdsl.study.learning import Epoch
from archdsl.training.errors import StudyError

Array = np.ndarray[Any, Any]


class State(NamedTuple):
    """Everything that later epochs depend on; random numbers are functions of seed and epoch, and need no state."""

    epochs: tuple[Epoch, ...]
    variables: tuple[Array, ...]
    """The variables of the model, then those of the optimiser, in Keras's order."""


def write(file: Path, epochs: Sequence[Epoch], variables: Sequence[Array]) -> None:
    """Replaces the file atomically."""
    arrays: dict[str, Any] = {f"{index:05d}": array for index, array in enumerate(variables)}
    arrays["epochs"] = np.frombuffer(json.dumps(epochs).encode(), np.uint8)
    with replacing(file) as path, path.open("wb") as stream:
        np.savez(stream, **arrays)


def read(file: Path) -> State | None:
    """The state in a file, or ``None`` if there is no file yet."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as found:
            epochs = json.loads(found["epochs"].tobytes())
            names = sorted(name for name in found.files if name != "epochs")
            return State(tuple(Epoch(*epoch) for epoch in epochs), tuple(found[name] for name in names))
    except FileNotFoundError:
        return None
    except Exception as error:
        raise StudyError(f"{file} is no checkpoint, remove it to start the trial anew: {error}") from error
