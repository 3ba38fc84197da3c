"""The safetensors format: a header in JSON with names, types and shapes, then the arrays. It contains no code.

They are read with the ``safetensors`` package, which checks the header against the size of the file first. They are
written here, array after array: the package would have all of them in memory once more, or writes a file of a name of
its own; and it puts the metadata in another order in each process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.version import __version__
from archdsl.weights.arrays import Array, Weights, WeightsError

SCHEMA: Final = "archdsl-weights"
VERSION: Final = "1"
_TYPES: Final = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
_CODES: Final = {name: code for code, name in _TYPES.items()}


def metadata(graph: Graph) -> dict[str, str]:
    """The metadata of a file: its format version, and the graph whose weights it has."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "model": graph.name,
        "graph": fingerprint(graph),
        "archdsl": __version__,
    }


@contextmanager
def opened(file: str) -> Iterator[Weights]:
    """The arrays of a file. Raises ``WeightsError`` if it is broken, or has a later version of our format."""
    from safetensors import SafetensorError, safe_open

    try:
        source: Any = safe_open(file, framework="numpy")
    except SafetensorError as error:
        raise WeightsError(f"{file} is no file of safetensors: {error}") from None
    with source:
        metadata = source.metadata() or {}
        if metadata.get("schema") == SCHEMA and metadata.get("version") != VERSION:
            version = metadata.get("version")
            raise WeightsError(f"{file} has version {version} of the form; this archdsl reads version {VERSION}")
        yield Weights(file, {key: _array(source, key) for key in source.keys()}, metadata)  # noqa: SIM118  # no dict


def _array(source: Any, key: str) -> Array:
    view = source.get_slice(key)
    code = view.get_dtype()
    return Array(tuple(view.get_shape()), _TYPES.get(code, code.lower()), partial(source.get_tensor, key))


def write(path: Path, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Writes NumPy arrays. Equal arrays give equal bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    start = 0
    for key, array in arrays.items():
        end = start + array.nbytes
        header[key] = {"dtype": _CODES[array.dtype.name], "shape": [*array.shape], "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the arrays are aligned
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(array.tobytes())
