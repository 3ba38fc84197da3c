"""Model files as arguments in place of specs: read as the spec that an import would write, without saving it."""

from __future__ import annotations

from pathlib import Path

from archdsl.files import DiskLoader, Located
from archdsl.intake.files import import_file
from archdsl.intake.opaque import Opaque
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile


def located(file: str, limits: Limits = DEFAULT, opaque: Opaque | None = None) -> Located:
    """The text of the spec that a file becomes; with ``opaque``, what the language lacks is an opaque step.

    Raises:
        Unreadable: as an import does.
        OSError: it cannot be read.
    """
    path = Path(file)
    loader = DiskLoader(limits=limits)
    loader.looked_at.add(path)
    return Located(SourceFile(path.name, import_file(file, opaque=opaque).text), loader, None, path.name)
