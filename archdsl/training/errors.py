"""The exception for studies that cannot run as requested."""

from __future__ import annotations


class StudyError(ValueError):
    """An invalid or mismatched recipe, data set or study folder; the message says where, and what was expected."""
