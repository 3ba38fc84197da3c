"""The formatter: the canonical form of specs, text to text."""

from archdsl.format.document import Formatted, format_text

__all__ = ["Formatted", "format_text"]
