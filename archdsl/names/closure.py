"""A hash of everything that a declaration's meaning depends on: equal for texts in which it means the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from archdsl.names.index import Index
from archdsl.source import SourceFile
from archdsl.syntax import ast


class Closures:
    """The closures of one file. ``imported`` are the files that it is linked with."""

    def __init__(self, index: Index, imported: Iterable[SourceFile]) -> None:
        self._index = index
        self._around = hashlib.blake2b(digest_size=16)
        for source in imported:
            self._around.update(f"{source.name}\0{source.text}\0".encode("utf-8", "surrogatepass"))
        self._declared = {id(each): each for each in index.module.declarations if not isinstance(each, ast.Import)}

    def of(self, declaration: ast.Declaration) -> bytes:
        """A hash over the texts of a declaration, of those that it uses transitively, and of all imported files."""
        digest = self._around.copy()
        met = {id(declaration)}
        pending: list[ast.Declaration] = [declaration]
        for each in pending:  # grows while it is walked
            digest.update(f"{each.span.text}\0".encode("utf-8", "surrogatepass"))
            for use in self._index.names(each).uses:
                used = use.definition
                digest.update(f"{use.name.id}\0{used.kind if used else ''}\0".encode("utf-8", "surrogatepass"))
                node = used.node if used is not None else None
                if node is not None and id(node) not in met and id(node) in self._declared:
                    met.add(id(node))
                    pending.append(self._declared[id(node)])
        return digest.digest()
