"""Diagnostics: one model of every message to a user, with its place and help."""

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
