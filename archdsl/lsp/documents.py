"""The open documents, and the files around them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from archdsl import packages
from archdsl.files import DiskLoader, project_root, read_text, shown
from archdsl.limits import DEFAULT
from archdsl.service import Analysis, Lines
from archdsl.service.lines import Position
from archdsl.service.memory import Memory
from archdsl.source import SourceFile, Span

SCHEME: Final = "archdsl"
"""Of the addresses of bundled files, which are on no disk that users know: ``archdsl:/std/conv.arch``."""

_MOST: Final = 500
"""Files of a project that are looked through, at most."""
_PAST: Final = 8
"""Analyses of a document that are of no use any more, at most."""
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "build", "dist"})


class OpenLoader(DiskLoader):
    """Reads imports from open documents, or else from disk."""

    def __init__(self, root: Path | None, texts: Mapping[Path, str]) -> None:
        super().__init__(root)
        self._texts = texts

    def _text(self, path: Path) -> str | None:
        if path in self._texts:
            self.looked_at.add(path)
            return self._texts[path]
        return super()._text(path)


class Document:
    """An open document. Its analysis is created on demand after a change."""

    def __init__(self, uri: str, version: int, text: str, texts: Mapping[Path, str]) -> None:
        self.uri = uri
        self.version = version
        self.text = text
        self.path = path_of(uri)
        self.edited = 0
        """Where it was changed last."""
        self._texts = texts
        self._loader: OpenLoader | None = None
        self._analysis: Analysis | None = None
        self._memory = Memory()
        self._past: list[Analysis] = []
        """Analyses that are of no use any more, and still to be closed."""

    @property
    def is_bundled(self) -> bool:
        return self.uri.startswith(f"{SCHEME}:")

    @property
    def analysis(self) -> Analysis:
        if self._analysis is None:
            self._memory.trim()
            self._analysis = Analysis(*self._read(), memory=self._memory)
        return self._analysis

    def change(self, version: int, text: str) -> None:
        self.version = version
        self.text = text
        self.forget()

    def forget(self, *, files: bool = False) -> None:
        """Drops the analysis and, with ``files``, the contents of other files."""
        if self._analysis is not None:
            self._past.append(self._analysis)
            self._analysis = None
            if len(self._past) > _PAST:  # nobody rests
                self.release()
        if files:
            self._loader = None

    def release(self) -> None:
        """Frees the memory of what was dropped, which takes some milliseconds."""
        while self._past:
            self._past.pop().close()

    def depends_on(self, path: Path) -> bool:
        """Whether another file was looked up, existing or not."""
        return self._loader is not None and path in self._loader.looked_at

    def _read(self) -> tuple[SourceFile, OpenLoader]:
        if self._loader is None:
            root = project_root(self.path) if self.path is not None else None
            self._loader = OpenLoader(root, self._texts)
        if self.path is not None:
            return self._loader.source(self.path, self.text), self._loader
        name = bundled_name(self.uri) if self.is_bundled else shown(self.uri.rpartition(":")[2]) or "<text>"
        return SourceFile(name, self.text), self._loader


class Documents:
    """All open documents, by URI."""

    def __init__(self) -> None:
        self.open: dict[str, Document] = {}
        self.utf16 = True
        """How places are counted: in UTF-16 code units, or else in code points."""
        self.shows_bundled = False
        """Whether the editor can show texts by the addresses of bundled files."""
        self._texts: dict[Path, str] = {}
        """Texts that are open, by where their files lie."""
        self._files: dict[Path, tuple[int, Document]] = {}
        """Files that are not open and were asked for, with the time of their last change."""
        self._lines: tuple[SourceFile, Lines] | None = None

    def add(self, uri: str, version: int, text: str) -> list[Document]:
        """Opens a document; returns it, and those that depend on it."""
        document = self.open[uri] = Document(uri, version, text, self._texts)
        return [document, *self._note(document)]

    def change(self, document: Document, version: int, text: str) -> list[Document]:
        """Replaces the text of a document; returns those that depend on it."""
        document.change(version, text)
        return self._note(document)

    def close(self, uri: str) -> list[Document]:
        """Closes a document, so that its file is read from disk again; returns those that depend on it."""
        document = self.open.pop(uri, None)
        if document is None or document.path is None:
            return []
        self._texts.pop(document.path, None)
        return self.changed(document.path)

    def changed(self, path: Path) -> list[Document]:
        """Invalidates a file in the documents that depend on it, and returns these."""
        touched = [each for each in self.open.values() if each.path != path and each.depends_on(path)]
        for each in touched:
            each.forget(files=True)
        return touched

    def _note(self, document: Document) -> list[Document]:
        if document.path is None:
            return []
        self._texts[document.path] = document.text
        return self.changed(document.path)

    # --- places ---

    def lines(self, source: SourceFile) -> Lines:
        if self._lines is None or self._lines[0] is not source:
            self._lines = (source, Lines(source.text, utf16=self.utf16))
        return self._lines[1]

    def offset(self, document: Document, place: Mapping[str, int]) -> int:
        lines = self.lines(document.analysis.source)
        return lines.offset(Position(place["line"], place["character"]))

    def uri_of(self, source: SourceFile) -> str:
        """The URI of a file; of a bundled text, a file URI or one of the scheme for these."""
        if source.path is not None:
            known = next((d.uri for d in self.open.values() if d.path == source.path), None)
            return known or source.path.as_uri()
        package, _, rest = source.name.partition("/")
        if package in packages.BUNDLED and rest:
            path = Path(str(packages.bundled(package).joinpath(rest)))
            if not self.shows_bundled and path.is_file():
                return path.as_uri()
            return f"{SCHEME}:/{quote(source.name)}"
        return next((d.uri for d in self.open.values() if d.analysis.source is source), source.name)

    def project(self, document: Document) -> list[Document]:
        """The other files of a document's project, from the editor or from disk."""
        root = project_root(document.path) if document.path is not None else None
        if root is None:
            return []
        known = {each.path: each for each in self.open.values()}
        files = (known.get(path) or self._closed(path) for path in _specs(root) if path != document.path)
        return [each for each in files if each is not None]

    def everything(self) -> list[Document]:
        """All open documents, and the other files of their projects."""
        found = {each.uri: each for each in self.open.values()}
        for document in list(found.values()):
            found |= {each.uri: each for each in self.project(document)}
        return list(found.values())

    def _closed(self, path: Path) -> Document | None:
        """A document for a file that is not open; ``None`` if it cannot be read."""
        known = self._files.get(path)
        try:
            stamp = path.stat().st_mtime_ns
            if known is None or known[0] != stamp:
                known = self._files[path] = (stamp, Document(path.as_uri(), 0, read_text(path), self._texts))
        except OSError:
            return None
        return known[1]

    def position(self, document: Document, offset: int) -> dict[str, int]:
        place = self.lines(document.analysis.source).position(offset)
        return {"line": place.line, "character": place.character}

    def location(self, span: Span) -> dict[str, object]:
        return {"uri": self.uri_of(span.source), "range": self.range(span)}

    def range(self, span: Span) -> dict[str, object]:
        lines = self.lines(span.source)
        start, end = lines.position(span.start), lines.position(span.end)
        return {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        }


def _specs(root: Path) -> list[Path]:
    """The specs below a folder, except for hidden folders."""
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        found += (Path(folder, name) for name in sorted(files) if name.endswith(".arch"))
        if len(found) > _MOST:
            break
    return found[:_MOST]


def path_of(uri: str) -> Path | None:
    """The path of a URI; ``None`` if it is no file."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if len(path) > 2 and path[0] == "/" and path[2] == ":":  # a drive of Windows
        path = path[1:]
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def bundled_name(uri: str) -> str:
    """The name of a bundled file by its URI."""
    return unquote(urlsplit(uri).path).lstrip("/")


def bundled_text(uri: str) -> str | None:
    """The text of a bundled file by its URI, or ``None`` if there is none."""
    package, _, rest = bundled_name(uri).partition("/")
    module = f"{package}.{rest.removesuffix('.arch').replace('/', '.')}"
    if package not in packages.BUNDLED or not rest.endswith(".arch"):
        return None
    source = DiskLoader(limits=DEFAULT).module(module)
    return source.text if source is not None else None
