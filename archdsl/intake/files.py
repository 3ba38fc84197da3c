"""Files of other programs as specs, by the endings of their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from archdsl.intake import ENDINGS, is_foreign
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported, imported
from archdsl.intake.keras.file import configuration
from archdsl.intake.keras.walk import read
from archdsl.version import __version__


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
    from archdsl.intake.compared import difference
    from archdsl.intake.onnx.read import read as program
    from archdsl.intake.tensors.fusing import fused
    from archdsl.intake.tensors.reading import lowered

    name = Path(file).name
    head = f"Imported from {name} by archdsl {__version__}."
    found = imported(lowered(fused(program(file)), name), name, flat=flat, head=(head,))
    apart = difference(file, found)
    said = (
        "Outputs were not compared with those of the source: ONNX Runtime is not installed."
        if apart is None
        else "Outputs for random inputs are those of the source, but for rounding."
    )
    return replace(found, text=found.text.replace(f"# {head}\n", f"# {head}\n# {said}\n", 1))


def import_document(document: Any, name: str, *, flat: bool = False) -> Imported:
    """The same from the configuration of a model of Keras."""
    head = (
        f"Imported from {name} by archdsl {__version__}.",
        "Outputs were not compared with those of the source: Keras was not run.",
    )
    return imported(read(document, name), name, flat=flat, head=head)
