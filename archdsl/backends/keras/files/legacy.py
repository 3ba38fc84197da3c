"""``.h5``: weights in the format before Keras 3, as published by ``keras.applications``.

A layer is a group, and in it each array stands at the name of its variable: ``conv1_conv/conv1_conv/kernel:0``. Whole
models have these groups in ``model_weights``. Which layer of ours one is, a table of names says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from archdsl.backends.keras.files.hdf5 import Reader, told
from archdsl.weights.arrays import Array, Weights, WeightsError

_DEEPEST: Final = 32
"""Groups within the group of a layer."""


@contextmanager
def opened(file: str) -> Iterator[Weights]:
    """The arrays of a file by the names of their variables, without TensorFlow 1's output number.

    Raises:
        WeightsError: the file is broken, links to another, or has an array twice.
    """
    import h5py

    with open(file, "rb") as source:  # noqa: PTH123  # HDF5 takes it as it is
        with told(file):
            h5 = h5py.File(source, "r")
        with h5:
            with told(file):
                weights = Weights(file, _arrays(Reader(file, h5), h5))
            yield weights


def _arrays(reader: Reader, root: Any) -> Mapping[str, Array]:
    import h5py

    layers = reader.members(root)
    if "model_weights" in layers:
        layers = reader.members(layers["model_weights"])
    found: dict[str, Array] = {}
    pending = [("", layer, 0) for layer in reversed(layers.values())]
    while pending:
        path, item, depth = pending.pop()
        if isinstance(item, h5py.Group):
            if depth > _DEEPEST:
                raise WeightsError(f"{reader.file}: groups within groups, more than {_DEEPEST} deep")
            inside = reader.members(item)
            pending += [(f"{path}/{name}".lstrip("/"), inner, depth + 1) for name, inner in reversed(inside.items())]
            continue
        key = path.removesuffix(":0")
        if key in found:
            raise WeightsError(f"{reader.file} has two arrays called {key}")
        found[key] = reader.array(key, item)
    return found
