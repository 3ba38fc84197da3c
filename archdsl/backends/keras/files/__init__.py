"""Reads Keras's files of weights without Keras and without running code from them."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import AbstractContextManager
from pathlib import Path

from archdsl.backends.keras.files import archive, hdf5, legacy
from archdsl.weights import Weights, WeightsError, checkpoint, safetensors

_READERS = {
    ".safetensors": safetensors.opened,
    ".keras": archive.opened,
    ".weights.h5": hdf5.opened,
    ".h5": legacy.opened,
    ".hdf5": legacy.opened,
    **dict.fromkeys(checkpoint.ENDINGS, checkpoint.opened),
}


def opened(file: str | os.PathLike[str]) -> AbstractContextManager[Weights]:
    """The weights of a file, in the format of its suffix.

    Raises:
        WeightsError: the file is broken, or of no form that is known.
        OSError: the file cannot be read.
    """
    name = os.fspath(file)
    for ending, reader in _READERS.items():
        if name.lower().endswith(ending):
            path = Path(name)
            if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
                raise OSError(errno.EINVAL, "no ordinary file", name)
            with path.open("rb"):  # what may not be read is told in one way for all forms
                return reader(name)
    *others, last = _READERS
    raise WeightsError(f"{name} is no file of weights: it must end in {', '.join(others)} or {last}")
