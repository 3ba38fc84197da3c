"""What a project's ``pyproject.toml`` says about checking: ``[tool.archdsl]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archdsl.cli.exits import Refusal

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostic
    from archdsl.files import Located

_NAME: Final = "pyproject.toml"
_KEYS: Final = ("allow", "allow-in")


class Allowed(NamedTuple):
    """Codes of warnings that are meant, in all files below a folder and in those that match a pattern."""

    folder: Path
    everywhere: frozenset[str]
    within: tuple[tuple[str, frozenset[str]], ...]

    def allows(self, code: str, file: Path) -> bool:
        if code in self.everywhere:
            return True
        name = file.relative_to(self.folder).as_posix() if file.is_relative_to(self.folder) else file.name
        return any(code in codes and fnmatchcase(name, pattern) for pattern, codes in self.within)


def kept(found: Sequence[Diagnostic], located: Located) -> tuple[Diagnostic, ...]:
    """The diagnostics without the warnings that the spec's project allows."""
    if located.file is None or not any(not d.is_error for d in found):
        return tuple(found)
    allowed = _settings(located.file)
    if allowed is None:
        return tuple(found)
    file = located.file
    return tuple(d for d in found if d.is_error or not allowed.allows(d.code, d.span.source.path or file))


def _settings(file: Path) -> Allowed | None:
    """Those of the nearest ``pyproject.toml`` above a file, if it has any."""
    for folder in file.parents:
        path = folder / _NAME
        try:
            return _read(path, path.stat().st_mtime_ns)
        except OSError:  # there is none, or it is not for us
            continue
    return None


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Allowed | None:
    content = path.read_bytes()
    if b"archdsl" not in content:
        return None
    import tomllib  # here, as few files have settings

    try:
        table = tomllib.loads(content.decode("utf-8")).get("tool", {}).get("archdsl")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refusal(f"{_NAME}: {error}") from None
    if table is None:
        return None
    for key in _object(table, "tool.archdsl"):
        if key not in _KEYS:
            raise Refusal(f"{_NAME}: tool.archdsl has no setting `{key}`, but {' and '.join(_KEYS)}")
    within = _object(table.get("allow-in", {}), "tool.archdsl.allow-in")
    return Allowed(
        path.parent,
        _codes(table.get("allow", []), "tool.archdsl.allow"),
        tuple((pattern, _codes(codes, f"tool.archdsl.allow-in, `{pattern}`")) for pattern, codes in within.items()),
    )


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(f"{_NAME}: {where} is a table")
    return value


def _codes(value: object, where: str) -> frozenset[str]:
    from archdsl.diagnostics import Severity
    from archdsl.diagnostics.explain import catalogue
    from archdsl.diagnostics.suggest import did_you_mean

    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise Refusal(f'{_NAME}: {where} is a list of codes, as ["repeat-once"]')
    kinds = catalogue()
    warnings = [name for name, kind in kinds.items() if kind.severity is Severity.WARNING]
    for code in value:
        if code not in warnings:
            what = "an error, which cannot be allowed" if code in kinds else "no warning"
            near = did_you_mean(code, warnings)
            raise Refusal(f"{_NAME}: {where}: `{code}` is {what}" + (f"; {near[0]}" if near else ""))
    return frozenset(value)
