"""What cannot be trained as asked."""

from __future__ import annotations


class StudyError(ValueError):
    """A recipe, data or a study's folder that does not fit; the message says where, and what was expected."""
