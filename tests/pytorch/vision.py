"""torchvision beside a PyTorch that has no CUDA."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_DECLARED: list[Any] = []
"""The library of operators that were declared, which lasts as long as this does."""


def torchvision() -> ModuleType:
    """The package, or a skipped test without it.

    PyPI has it compiled for CUDA. Beside PyTorch's build for processors its operators cannot be loaded, which models
    do without; but on import it gives two of them shapes, so that these must at least be declared.
    """
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
    try:
        import torchvision
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed: pip install torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "FRAGMENT")
        for operator in _OPERATORS:
            library.define(operator)
        _DECLARED.append(library)
        import torchvision
    return torchvision
