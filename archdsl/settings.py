"""What a project says in its ``pyproject.toml``: the table ``[tool.archdsl]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

NAME: Final = "pyproject.toml"
KEYS: Final = ("allow", "allow-in", "folders")


class SettingsError(ValueError):
    """An invalid setting. The message names the file and the key."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{NAME}: {reason}")


def settings(folder: Path) -> Mapping[str, Any] | None:
    """The table of a folder's own ``pyproject.toml``, ``None`` if it has no such file or table there.

    Raises ``SettingsError``. A file that is there and cannot be read counts as none.
    """
    path = folder / NAME
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:  # there is none, or it is not for us
        return None


def nearest(file: Path) -> tuple[Path, Mapping[str, Any] | None] | None:
    """The nearest folder above a file with a ``pyproject.toml``, and that file's table. Raises ``SettingsError``."""
    folder = next((above for above in file.parents if _is_there(above)), None)
    return None if folder is None else (folder, settings(folder))


def _is_there(folder: Path) -> bool:
    return os.path.isfile(folder / NAME)  # noqa: PTH113  # which says no where one may not look


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Mapping[str, Any] | None:
    content = path.read_bytes()
    if b"archdsl" not in content:
        return None
    import tomllib  # here, as few files have settings

    try:
        tool = tomllib.loads(content.decode("utf-8")).get("tool", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(error)) from None
    if "archdsl" not in tool:
        return None
    for key in table(tool["archdsl"], "tool.archdsl"):
        if key not in KEYS:
            raise SettingsError(f"tool.archdsl has no setting `{key}`, but {', '.join(KEYS[:-1])} and {KEYS[-1]}")
    return table(tool["archdsl"], "tool.archdsl")


def table(value: object, where: str) -> Mapping[str, Any]:
    """A value that must be a table. Raises ``SettingsError``."""
    if not isinstance(value, dict):
        raise SettingsError(f"{where} is a table")
    return value
