"""Weights from a file, for a model that never had others: no random values are made to be thrown away."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import keras

_SHOWN = 3
"""How many weights a message names."""


class WeightsError(ValueError):
    """A file of weights does not fit the model; the message says which weights, and their shapes."""


def loaded(make: Callable[[], keras.Model], file: str | os.PathLike[str]) -> keras.Model:
    """The model that ``make`` makes, with its weights from a file that Keras wrote: ``.weights.h5`` or ``.keras``.

    Inside of a ``StatelessScope`` Keras makes variables without values and puts assigned values aside. So the file is
    read into the scope, and each variable starts with what was read. What no file keeps, the state of a dropout's
    random numbers, starts as it always does.

    Raises:
        WeightsError: a weight has no value in the file, or one of another shape, or the file is not one of weights.
        OSError: the file cannot be read.
    """
    try:
        with keras.StatelessScope(initialize_variables=False) as scope:
            model = make()
            reason = _read(model, os.fspath(file))
        values = {id(variable): scope.get_current_value(variable) for variable in model.weights}
        missing = [variable for variable in model.weights if values[id(variable)] is None]
        if missing or reason:
            raise WeightsError(_misfit(os.fspath(file), model, missing, reason))
        for variable in model.weights:
            # Keras has no public way to say it: a variable that waits for its value knows it by this name alone.
            variable._initializer = _Value(values[id(variable)])
    finally:
        with keras.StatelessScope():
            pass  # at its end Keras initialises every variable that waits, ours and those of a model that failed
    return model


class _Value:
    """An initialiser that gives a value which is there already."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        return self._value


def _read(model: keras.Model, file: str) -> str:
    """Assigns what the file has, and gives Keras's reason if that is not everything."""
    with open(file, "rb"):  # noqa: PTH123  # a file that is not there is told as such, in one way for all formats
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it skips; whether anything is missing is looked at afterwards
            model.load_weights(file)
    except OSError as error:  # HDF5 says so of bytes that are none of its own
        return str(error)
    except Exception as error:  # noqa: BLE001  # a broken archive fails in whichever library reads that part of it
        _, *example = str(error).split("\n\n")
        return example[0] if example else str(error)
    return ""


def _misfit(file: str, model: keras.Model, missing: list[keras.Variable], reason: str) -> str:
    text = f"{file} does not fit {model.name}"
    if missing:
        shown = ", ".join(f"{variable.path} {list(variable.shape)}" for variable in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        text += f": it has no fitting value for {shown}{more}"
    return f"{text}\n{reason}" if reason else text
