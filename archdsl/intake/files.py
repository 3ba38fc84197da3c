"""Files of other programs as specs, by the endings of their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from archdsl.intake import ENDINGS, is_foreign
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported, imported
from archdsl.intake.keras.file import configuration
from archdsl.intake.keras.walk import read
from archdsl.version import __version__

if TYPE_CHECKING:
    from archdsl.intake.tensors.program import Program

Source: TypeAlias = tuple[Callable[[Sequence[Any]], Sequence[Any]], list[tuple[int, ...]]]
"""What a source answers, and the shapes of its inputs."""


def import_file(file: str, *, flat: bool = False) -> Imported:
    """The spec of the model in a file. Nothing of the file is executed.

    Raises:
        Unreadable: it is no such file, has what the language lacks, or was not proved equal.
        OSError: it cannot be read.
    """
    if not is_foreign(file):
        raise Unreadable(file, [Problem("", f"it does not end in {' or '.join(ENDINGS)}")])
    if file.lower().endswith(".onnx"):
        return import_onnx(file, flat=flat)
    return import_document(configuration(file), Path(file).name, flat=flat)


def import_onnx(file: str, *, flat: bool = False) -> Imported:
    """The same from a file of ONNX. Outputs are compared where ONNX Runtime is there, and the head says so."""
    from archdsl.intake import compared
    from archdsl.intake.onnx.read import read as program

    return _import_program(program(file), Path(file).name, lambda: compared.of_file(file), flat=flat)


def import_torch(module: Any, example: Sequence[Any], *, flat: bool = False) -> Imported:
    """The same from a module of PyTorch, for inputs of the sizes of an example."""
    from archdsl.intake.torch.read import answers
    from archdsl.intake.torch.read import read as program

    name = type(module).__name__
    shapes = [tuple(each.shape) for each in example]
    return _import_program(program(module, example, name), name, lambda: (answers(module), shapes), flat=flat)


def _import_program(program: Program, name: str, source: Callable[[], Source], *, flat: bool) -> Imported:
    """The spec of a program over tensors; ``source`` opens what is to answer alike."""
    from archdsl.intake import compared
    from archdsl.intake.tensors.fusing import fused
    from archdsl.intake.tensors.reading import lowered

    head = f"Imported from {name} by archdsl {__version__}."
    found = imported(lowered(fused(program), name), name, flat=flat, head=(head,))
    if (reason := compared.check(source, found, name)) is None:
        said = "Outputs for random inputs are those of the source, but for rounding."
    else:
        said = f"Outputs were not compared with those of the source: {reason}."
    return replace(found, text=found.text.replace(f"# {head}\n", f"# {head}\n# {said}\n", 1))


def import_document(document: Any, name: str, *, flat: bool = False) -> Imported:
    """The same from the configuration of a model of Keras."""
    head = (
        f"Imported from {name} by archdsl {__version__}.",
        "Outputs were not compared with those of the source: Keras was not run.",
    )
    return imported(read(document, name), name, flat=flat, head=head)
