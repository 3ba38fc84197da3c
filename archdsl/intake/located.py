"""Files of other programs where a spec is wanted: read as the spec that an import would write, and not saved."""

from __future__ import annotations

from pathlib import Path

from archdsl.files import DiskLoader, Located
from archdsl.intake.files import import_file
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile


def located(file: str, limits: Limits = DEFAULT) -> Located:
    """The text of the spec that a file becomes.

    Raises:
        Unreadable: as an import does.
        OSError: it cannot be read.
    """
    path = Path(file)
    loader = DiskLoader(limits=limits)
    loader.looked_at.add(path)
    return Located(SourceFile(path.name, import_file(file).text), loader, None, path.name)
