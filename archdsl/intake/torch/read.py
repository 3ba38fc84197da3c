"""From a module of PyTorch to a program over tensors: ``torch.export`` runs it once on an example and records it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.tensors.program import Program
from archdsl.intake.torch.recorded import program, results


def read(module: Any, example: Sequence[Any], name: str) -> Program:
    """The program of a module in inference, for inputs of the sizes of an example.

    Raises:
        Unreadable: it cannot be recorded, or has operators that cannot be read.
    """
    import torch

    try:
        with _inference(module):
            exported = torch.export.export(module, tuple(example))
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AssertionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unreadable(name, [Problem("", f"torch.export cannot record it: {first}")]) from error
    return replace(program(exported, name), writer=f"pytorch {torch.__version__}")


@contextmanager
def _inference(module: Any) -> Iterator[None]:
    """Has a module and all within it infer, without gradients; then each is in the mode in which it was."""
    import torch

    modes = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for each, mode in modes.items():
            each.training = mode


def example(sizes: Sequence[Sequence[int]]) -> list[Any]:
    """Tensors of normal numbers, of such sizes after a batch of one."""
    import torch

    return [torch.randn(1, *size) for size in sizes]


def answers(module: Any) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What a module makes of arrays."""

    def run(values: Sequence[Any]) -> Sequence[Any]:
        import torch

        with _inference(module):
            found = results(module(*(torch.from_numpy(np.ascontiguousarray(value)) for value in values)))
        return [each.numpy() for each in found]

    return run
