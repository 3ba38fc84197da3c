"""Packages of modules that imports find by name: bundled ones, those of the project, those of installed distributions.

``from std.conv import …`` and ``from zoo.vit import …`` read what travels with archdsl. Every other first word of a
dotted name is a folder that the project names in ``pyproject.toml``::

    [tool.archdsl.folders]
    blocks = "../common/blocks"

or an entry point of the group ``archdsl.packages`` of an installed distribution, whose value is the Python package that
holds the specs. No Python of it is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archdsl import resources
from archdsl.settings import SettingsError, settings, table

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

GROUP: Final = "archdsl.packages"
"""The group of entry points by which an installed distribution offers its specs."""
BUNDLED: Final = {"std": "std", "zoo": "specs"}
"""The packages that travel with archdsl, the library and the bundled specs, and the folders that hold their modules."""
SUFFIX: Final = ".arch"


def named(root: Path | None) -> dict[str, Path]:
    """The packages of a project and of the environment, by their names: a project's own folders come first.

    Raises ``SettingsError``. A distribution that offers a package that is not there offers none.
    """
    return {**installed(), **(folders(root) if root else {})}


def folders(root: Path) -> dict[str, Path]:
    """The folders that the ``pyproject.toml`` in a project's root names, by the names that imports have for them.

    Raises ``SettingsError``.
    """
    found: dict[str, Path] = {}
    for name, written in table((settings(root) or {}).get("folders", {}), "tool.archdsl.folders").items():
        where = f"tool.archdsl.folders, `{name}`"
        if not name.isidentifier() or name in BUNDLED:
            reason = "travels with archdsl" if name in BUNDLED else "is no name that an import can have"
            raise SettingsError(f"{where} {reason}")
        if not isinstance(written, str):
            raise SettingsError(f"{where} is the path of a folder")
        folder = (root / written).resolve()
        if not folder.is_dir():
            raise SettingsError(f"{where}: there is no folder {written}")
        found[name] = folder
    return found


@lru_cache(maxsize=1)
def installed() -> Mapping[str, Path]:
    """The folders of the packages that installed distributions offer, by name."""
    from importlib.metadata import entry_points

    points = [point for point in entry_points(group=GROUP) if point.name not in BUNDLED]
    return {point.name: folder for point in points if (folder := _folder(point.value)) is not None}


def _folder(package: str) -> Path | None:
    """Where a Python package lies. Its parents are not imported: what is below them is looked for as a folder."""
    from importlib.util import find_spec

    top, *rest = package.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec else None
    candidates = (Path(place, *rest).resolve() for place in places or ())
    return next((folder for folder in candidates if folder.is_dir()), None)


def modules(name: str, folder: Path | Traversable) -> Iterator[str]:
    """The dotted names of a package's modules, sorted: ``std.conv`` is ``conv.arch`` in the folder of ``std``."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        stem = entry.name.removesuffix(SUFFIX)
        if entry.name.endswith(SUFFIX) and stem.isidentifier() and entry.is_file():
            yield f"{name}.{stem}"
        elif entry.name.isidentifier() and entry.is_dir():
            yield from modules(f"{name}.{entry.name}", entry)


def bundled(name: str) -> Traversable:
    """The folder of a package that travels with archdsl."""
    return resources.directory(BUNDLED[name])
