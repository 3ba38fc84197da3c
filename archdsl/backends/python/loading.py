"""The function of a file that loads weights by name."""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = '''
def load_weights(model: keras.Model, file: str) -> None:
    """Gives a model the weights of a `.safetensors` or `.weights.h5` file, by their names.

    Raises ValueError if an array is missing, left over, or of another shape.
    """
    variables = {}
    for layer in model.layers:
        for variable in layer.weights:
            name = f"/{variable.path}".partition(f"/{layer.name}/")[2]
            variables[f"{layer.name}/{name}"] = variable
    arrays = _safetensors(file) if file.endswith(".safetensors") else _hdf5(file)
'''
_SCALES = """
    for key in [key for key in arrays if key not in variables]:
        scale = f"{key.rpartition('/')[0]}/gamma"  # which Keras may hold as a kernel
        if scale in variables and scale not in arrays:
            arrays[scale] = arrays.pop(key).reshape(variables[scale].shape)
"""
_DEPTHWISE = """
    for layer in model.layers:  # such kernels lie as those of convolutions with groups
        kind = type(layer).__name__
        key = f"{layer.name}/{'depthwise_' if 'Separable' in kind else ''}kernel"
        if ("Depthwise" in kind or "Separable" in kind) and key in arrays:
            shape = tuple(variables[key].shape)
            if arrays[key].shape == (*shape[:-2], 1, shape[-2] * shape[-1]):
                arrays[key] = arrays[key].reshape(shape)
"""
_CHECK = """
    missing, left = variables.keys() - arrays.keys(), arrays.keys() - variables.keys()
    if missing or left:
        raise ValueError(f"missing: {sorted(missing)}; left over: {sorted(left)}")
    for key, variable in variables.items():
        if arrays[key].shape != tuple(variable.shape):
            raise ValueError(f"{key} is {arrays[key].shape}, not {variable.shape}")
    for key, variable in variables.items():
        variable.assign(arrays[key])
"""
_STATISTICS = """
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
"""
_SAFETENSORS = """
def _safetensors(file: str) -> dict[str, np.ndarray]:
    with open(file, "rb") as source:
        header = json.loads(source.read(int.from_bytes(source.read(8), "little")))
        data = source.read()
    header.pop("__metadata__", None)
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
    arrays = {}
    for key, entry in header.items():
        start, end = entry["data_offsets"]
        array = np.frombuffer(data[start:end], kinds[entry["dtype"]])
        arrays[key] = array.reshape(entry["shape"])
    return arrays
"""
_HDF5 = """
def _hdf5(file: str) -> dict[str, np.ndarray]:
    arrays = {}

    def take(_: str, item: h5py.Group | h5py.Dataset) -> None:
        if "archdsl_key" in item.attrs:
            arrays[item.attrs["archdsl_key"]] = item[()]

    with h5py.File(file) as source:
        source.visititems(take)
    return arrays
"""

NAMES = frozenset({"load_weights", "_safetensors", "_hdf5"})
IMPORTS = ("import json", "import h5py", "import numpy as np", "import keras")


def loading(*, scales: bool, depthwise: bool, statistics: bool) -> Iterator[str]:
    """The function and those that it calls.

    In files ``scales`` may be kernels, and ``depthwise`` kernels have another shape; ``statistics`` are computed with.
    """
    chosen = ((_HEAD, True), (_SCALES, scales), (_DEPTHWISE, depthwise), (_CHECK, True), (_STATISTICS, statistics))
    parts = [part for part, is_needed in chosen if is_needed]
    yield "\n".join(part.strip("\n") for part in parts)
    yield _SAFETENSORS.strip("\n")
    yield _HDF5.strip("\n")
