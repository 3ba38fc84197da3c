"""The canonical form of specs: text in, text out."""

from archdsl.format.document import Formatted, format_text

__all__ = ["Formatted", "format_text"]
