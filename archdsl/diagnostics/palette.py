"""The colours of messages on a terminal, or none."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.diagnostics.model import Severity

_RED, _YELLOW, _BLUE, _CYAN, _BOLD = "1;31", "1;33", "1;34", "1;36", "1"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours text by its role in a message; every method returns its text unchanged if colour is off."""

    severity: Severity
    colour: bool

    def title(self, text: str) -> str:
        return self._paint(text, _RED if self.severity is Severity.ERROR else _YELLOW)

    def message(self, text: str) -> str:
        return self._paint(text, _BOLD)

    def frame(self, text: str) -> str:
        """Line numbers, bars and arrows."""
        return self._paint(text, _BLUE)

    def primary(self, text: str) -> str:
        return self.title(text)

    def secondary(self, text: str) -> str:
        return self._paint(text, _BLUE)

    def advice(self, text: str) -> str:
        return self._paint(text, _CYAN)

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text
