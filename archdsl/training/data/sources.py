"""Loads data by name: a known data set, a file, a folder, or a Python function."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np

from archdsl.training.data.model import Arrays, Data, made, parted
from archdsl.training.errors import StudyError

_KERAS: Final = ("cifar10", "cifar100", "fashion_mnist", "mnist")
_KEYS: Final = ("x_train", "y_train", "x_test", "y_test")


def load(name: str) -> Data:
    """The data set of a name.

    ``digits`` of scikit-learn, ``mnist``, ``fashion_mnist``, ``cifar10`` or ``cifar100`` of Keras, which downloads
    them; an ``.npz`` file with ``x_train``, ``y_train``, ``x_test``, ``y_test``; a folder, see ``pictures``; or
    ``module:function``, which returns ``(x_train, y_train), (x_test, y_test)``.

    Raises:
        StudyError: there is no such data, or it is invalid.
    """
    path = Path(name)
    if name == "digits":
        return made(name, *_digits())
    if name in _KERAS:
        return made(name, *_keras(name))
    if path.suffix.lower() == ".npz":
        return made(name, *_npz(path))
    if path.is_dir():
        from archdsl.training.data.pictures import folder

        return made(name, *folder(path))
    if ":" in name and not path.exists():
        return made(name, *_called(name))
    from archdsl.diagnostics.suggest import did_you_mean

    known = ("digits", *_KERAS)
    near = did_you_mean(name, known) or (
        f"there are {', '.join(known)}; or name a folder, an .npz file or `module:function`",
    )
    raise StudyError(f"no data is called `{name}`: {near[0]}")


def _digits() -> Arrays:
    """The digits of scikit-learn: 1,797 images of 8x8, whose values from 0 to 16 are scaled to bytes."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise StudyError("digits come with scikit-learn: `pip install 'archdsl[study]'`") from None
    found = load_digits()
    return parted(np.round(found.images * (255 / 16)).astype(np.uint8), found.target)


def _keras(name: str) -> Arrays:
    import keras

    load_data: Callable[[], Arrays] = getattr(keras.datasets, name).load_data
    try:
        return load_data()
    except Exception as error:
        raise StudyError(f"Keras cannot load {name}: {str(error).splitlines()[0]}") from error


def _npz(path: Path) -> Arrays:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if missing := [key for key in _KEYS if key not in file]:
                raise StudyError(f"{path} has no array `{missing[0]}`; it has {', '.join(file.files) or 'none'}")
            return (file[_KEYS[0]], file[_KEYS[1]]), (file[_KEYS[2]], file[_KEYS[3]])
    except OSError as error:
        raise StudyError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (BadZipFile, EOFError, ValueError) as error:
        raise error if isinstance(error, StudyError) else StudyError(f"{path} is no .npz file of NumPy") from None


def _called(name: str) -> Arrays:
    module, _, function = name.partition(":")
    try:
        found = import_module(module)
    except ImportError as error:
        raise StudyError(f"data `{name}`: cannot import `{module}`: {error}") from None
    if not callable(make := getattr(found, function, None)):
        raise StudyError(f"data `{name}`: `{module}` has no function `{function}`")
    arrays = make()
    try:
        (x_train, y_train), (x_test, y_test) = arrays
    except (TypeError, ValueError):
        raise StudyError(f"data `{name}`: the function must give (x_train, y_train), (x_test, y_test)") from None
    return (x_train, y_train), (x_test, y_test)
