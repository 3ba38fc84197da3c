"""Files of other programs as specs, by the endings of their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.imported import Imported, imported
from archdsl.intake.keras.file import configuration
from archdsl.intake.keras.walk import read
from archdsl.version import __version__

ENDINGS: Final = (".keras",)


def import_file(file: str, *, flat: bool = False) -> Imported:
    """The spec of the model in a file. Nothing of the file is executed.

    Raises:
        Unreadable: it is no such file, has what the language lacks, or was not proved equal.
        OSError: it cannot be read.
    """
    if not file.lower().endswith(ENDINGS):
        raise Unreadable(file, [Problem("", f"it does not end in {' or '.join(ENDINGS)}")])
    return import_document(configuration(file), Path(file).name, flat=flat)


def import_document(document: Any, name: str, *, flat: bool = False) -> Imported:
    """The same from the configuration of a model of Keras."""
    head = (f"Imported from {name} by archdsl {__version__}.",)
    return imported(read(document, name), name, flat=flat, head=head)
