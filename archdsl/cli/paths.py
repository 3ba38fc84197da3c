"""Expands files and folders given to a command to specs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn

from archdsl.cli.exits import Refusal

ENDING: Final = ".arch"
_SKIPPED: Final = frozenset({"__pycache__", "node_modules"})


def expand(given: Iterable[str], is_name: Callable[[str], bool] = lambda _: False) -> tuple[str | Path, ...]:
    """The given files, with each folder replaced by the specs below it, sorted, without duplicates.

    A file that was found in a folder is a path, whatever its name; all else stays as it was typed, and so does a folder
    that ``is_name`` takes for the name of something else. Folders whose names start with a dot are passed over, links
    to folders are not followed.
    """
    found: dict[str, str | Path] = {}
    for each in given:
        for one in _below(each) if _is_folder(each) and not is_name(each) else (each,):
            found.setdefault(os.path.normpath(one), one)
    return tuple(found.values())


def _is_folder(given: str) -> bool:
    return os.path.isdir(given)  # noqa: PTH112  # which says no of names that no system takes


def _below(folder: str) -> Iterator[Path]:
    empty = True
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in sorted(files):
            if name.endswith(ENDING) and not name.startswith("."):
                empty = False
                yield Path(place, name)
    if empty:
        raise Refusal(f"{folder}: the folder has no {ENDING} files")


def _refuse(error: OSError) -> NoReturn:
    raise Refusal(f"{error.filename}: {(error.strerror or 'cannot be read').lower()}")
