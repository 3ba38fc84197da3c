"""What went wrong, where, and what to do about it: the one model behind every message to a user."""

from archdsl.diagnostics.error import ArchError
from archdsl.diagnostics.model import (
    Diagnostic,
    Fix,
    Frame,
    Label,
    Severity,
    Sink,
)

__all__ = ["ArchError", "Diagnostic", "Fix", "Frame", "Label", "Severity", "Sink"]
