"""The interface through which imports are read."""

from __future__ import annotations

from typing import Protocol

from archdsl.source import SourceFile


class Outside(Exception):
    """A path that leads out of the project."""


class Unreadable(Exception):
    """A file that exists and cannot be read. The message gives the reason, without the name of the file."""


class Loader(Protocol):
    """Reads imports. The compiler itself touches no disk."""

    def module(self, name: str) -> SourceFile | None:
        """The text of a module of a package, such as ``std.conv``, or ``None``. Raises ``Outside``, ``Unreadable``."""
        ...

    def packages(self) -> tuple[str, ...]:
        """The names of all packages: the first words of the names of modules."""
        ...

    def modules(self, package: str) -> tuple[str, ...]:
        """The names of all modules of a package; none if there is no such package."""
        ...

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        """The text of a path relative to the importing file, or ``None``. Raises ``Outside``, ``Unreadable``."""
        ...


def library_home(name: str, loader: Loader) -> str | None:
    """The library module that declares a name."""
    heads = (f"\nblock {name}(", f"\nblock {name} ", f"\nfn {name}(")
    sources = ((module, loader.module(module)) for module in loader.modules("std"))
    return next((module for module, source in sources if source and any(h in f"\n{source.text}" for h in heads)), None)
