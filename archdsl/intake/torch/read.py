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
    """The program of a module in inference, for inputs of the sizes of an example; or of what was recorded already.

    Raises:
        Unreadable: it cannot be recorded.
    """
    import torch

    writer = f"pytorch {torch.__version__}"
    if is_recorded(module):
        return replace(program(module, name), writer=writer)
    try:
        with _inference(module):
            exported = torch.export.export(module, tuple(example))
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AssertionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unreadable(name, [Problem("", f"torch.export cannot record it: {first}")]) from error
    return replace(program(exported, name), writer=writer)


def is_recorded(module: Any) -> bool:
    """Whether it is an ``ExportedProgram``, which has its inputs' sizes, and no modes."""
    import torch

    return isinstance(module, torch.export.ExportedProgram)


@contextmanager
def _inference(module: Any) -> Iterator[None]:
    """A context with a module in inference mode, without gradients; it restores the modes of all submodules."""
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
    """The outputs of a module for arrays."""

    def run(values: Sequence[Any]) -> Sequence[Any]:
        import torch

        given = [torch.from_numpy(np.ascontiguousarray(value)) for value in values]
        if is_recorded(module):
            with torch.no_grad():
                found = results(module.module()(*given))
        else:
            with _inference(module):
                found = results(module(*given))
        return [each.numpy() for each in found]

    return run
