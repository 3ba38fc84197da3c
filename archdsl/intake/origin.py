"""The origin of an imported model, as facts in its spec."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.intake.opaque import shown
from archdsl.version import __version__


class Origin(NamedTuple):
    """A model of another program."""

    source: str
    """The name of its file, or of its class."""
    writer: str = ""
    """The program that wrote it, with its version: ``pytorch 2.9.0``; empty if unknown."""

    @property
    def head(self) -> str:
        """The first line of the spec."""
        return f"Imported from {shown(self.source)} by archdsl {__version__}."

    @property
    def facts(self) -> dict[str, str]:
        """The origin as facts for ``about``."""
        writer = {"writer": shown(self.writer)} if self.writer else {}
        return {"source": shown(self.source), **writer, "importer": f"archdsl {__version__}"}
