"""PyTorch checkpoints, ``.pth``, ``.pt`` and ``.bin``: read and written by PyTorch, without running code from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

from archdsl.weights.arrays import Array, Weights, WeightsError

ENDINGS: Final = (".pth", ".pt", ".bin")
_WITHIN: Final = ("state_dict", "model_state_dict", "model")
"""The keys under which training scripts save the state dict."""

_WRAPPER: Final = "module."
"""What PyTorch's wrappers for several devices put before every name."""


@contextmanager
def opened(file: str) -> Iterator[Weights]:
    """The tensors of a checkpoint by their names in the state dict.

    Raises:
        WeightsError: PyTorch is not installed, or the file is broken, holds other objects than tensors, which would
            have to be run to be read, or has no state dict.
        OSError: the file cannot be opened.
    """
    try:
        import torch
    except ImportError:
        raise WeightsError(f"{file} is read by PyTorch, which is not installed: pip install torch") from None
    archive = _is_archive(file)
    try:
        found: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=archive)
    except UnpicklingError as error:
        raise WeightsError(f"{file} is no checkpoint of tensors alone{_unsupported(error)}") from None
    except Exception as error:  # noqa: BLE001  # of many classes, as the file is what somebody made it
        first = str(error).partition("\n")[0]
        raise WeightsError(f"{file} is no checkpoint of PyTorch, or broken: {first}") from None
    yield Weights(file, {name: _array(tensor) for name, tensor in _state(file, found).items()})


def write(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes NumPy arrays as a PyTorch state dict.

    Raises:
        WeightsError: PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise WeightsError("PyTorch writes its own files, and is not installed: pip install torch") from None
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, path)


def _unsupported(error: UnpicklingError) -> str:
    """The object or instruction of a pickle that PyTorch refused, without its advice to run the file."""
    line = next((line for line in str(error).splitlines() if "nsupported" in line), None)
    return f": {line.partition(' whose ')[0]}" if line else ""


def _is_archive(file: str) -> bool:
    """Whether the file has the format since PyTorch 1.6, whose tensors can be memory-mapped."""
    with Path(file).open("rb") as start:
        return start.read(2) == b"PK"


def _state(file: str, found: Any) -> Mapping[str, Any]:
    """The state dict, at the top level or one below, without the ``module.`` prefix of ``DataParallel``."""
    import torch

    def tensors(of: Any) -> dict[str, Any]:
        items = of.items() if isinstance(of, Mapping) else ()
        return {str(name): value for name, value in items if isinstance(value, torch.Tensor)}

    within = (found.get(name) for name in _WITHIN) if isinstance(found, Mapping) else ()
    for candidate in (found, *within):
        if state := tensors(candidate):
            is_wrapped = all(name.startswith(_WRAPPER) for name in state)
            return {name.removeprefix(_WRAPPER): value for name, value in state.items()} if is_wrapped else state
    raise WeightsError(f"{file} has no state dict: no tensors by name, at the top or in {', '.join(_WITHIN)}")


def _array(tensor: Any) -> Array:
    return Array(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), partial(_values, tensor))


def _values(tensor: Any) -> Any:
    """The tensor as a NumPy array; NumPy has no bfloat16."""
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous().numpy()
