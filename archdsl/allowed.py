"""Warnings that a project allows: what ``[tool.archdsl]`` of its ``pyproject.toml`` says about checking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archdsl.settings import SettingsError, nearest, table

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic


class Allowed(NamedTuple):
    """Codes of allowed warnings: in all files below a folder, and in those that match a pattern."""

    folder: Path
    everywhere: frozenset[str]
    within: tuple[tuple[str, frozenset[str]], ...]

    def allows(self, code: str, file: Path) -> bool:
        if code in self.everywhere:
            return True
        name = file.relative_to(self.folder).as_posix() if file.is_relative_to(self.folder) else file.name
        return any(code in codes and fnmatchcase(name, pattern) for pattern, codes in self.within)


def kept(found: Sequence[Diagnostic], file: Path | None) -> tuple[Diagnostic, ...]:
    """The diagnostics of a file without the warnings that its project allows. Raises ``SettingsError``.

    The settings are those of the nearest ``pyproject.toml`` above the file, if it has any.
    """
    if file is None or not any(not d.is_error for d in found):
        return tuple(found)
    folder, said = nearest(file) or (file.parent, None)
    if said is None:
        return tuple(found)
    allowed = _allowed(folder, said)
    return tuple(d for d in found if d.is_error or not allowed.allows(d.code, d.span.source.path or file))


def _allowed(folder: Path, said: Mapping[str, Any]) -> Allowed:
    within = table(said.get("allow-in", {}), "tool.archdsl.allow-in")
    return Allowed(
        folder,
        _codes(said.get("allow", []), "tool.archdsl.allow"),
        tuple((pattern, _codes(codes, f"tool.archdsl.allow-in, `{pattern}`")) for pattern, codes in within.items()),
    )


def _codes(value: object, where: str) -> frozenset[str]:
    from archdsl.diagnostics import Severity
    from archdsl.diagnostics.explain import catalogue
    from archdsl.diagnostics.suggest import did_you_mean

    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise SettingsError(f'{where} is a list of codes, as ["repeat-once"]')
    kinds = catalogue()
    warnings = [name for name, kind in kinds.items() if kind.severity is Severity.WARNING]
    for code in value:
        if code not in warnings:
            what = "an error, which cannot be allowed" if code in kinds else "no warning"
            near = did_you_mean(code, warnings)
            raise SettingsError(f"{where}: `{code}` is {what}" + (f"; {near[0]}" if near else ""))
    return frozenset(value)
