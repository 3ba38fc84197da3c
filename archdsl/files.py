"""Where specs are found: paths, bundled names, the library, and imports that stay inside the project."""

from __future__ import annotations

import errno
import os
import re
import stat
from functools import lru_cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from archdsl import packages
from archdsl.bundled import bundled, plain, zoo
from archdsl.diagnostics.display import visible
from archdsl.elaborate.loader import Outside, Unreadable
from archdsl.limits import DEFAULT, Limits
from archdsl.settings import SettingsError
from archdsl.source import SourceFile

if TYPE_CHECKING:
    from archdsl.revisions import Revision

_ROOT_MARKS = (".git", "pyproject.toml", ".archdsl")
_FOREIGN = re.compile(r"[\\\0]|^~|^[A-Za-z]:|^\w+://")
"""What is a way out on some system: drives, backslashes, home folders, addresses. Imports are the same on all."""
_FILE = re.compile(r"(?P<path>.*?\.(?:arch|json))(?:@(?P<revision>[^:]*))?(?::(?P<model>[^:/\\]+))?", re.DOTALL)
_NAMED = (*(f"{package}/" for package in packages.BUNDLED), "@")
"""How the names of files start that are modules of a package, and those of no other files."""
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for opening: do not wait for pipes (absent on Windows), and do not convert line ends (Windows only)."""
_BYTES = re.compile("[\udc80-\udcff]")
"""Bytes that Python could not decode, in names of files."""
_WIDEST = 4
"""Bytes of a character."""
_NOWHERE = (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
"""Error codes for paths that cannot lead to an ordinary file."""

STDIN_NAME = "<stdin>"
"""What the text from a pipe is called in messages."""


class NotFound(Exception):
    """No spec goes by that name. ``near`` are bundled names that resemble it."""

    def __init__(self, spec: str, reason: str, near: tuple[str, ...] = ()) -> None:
        self.spec = spec
        self.near = near
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"{shown(spec)}: {reason}{hint}")


class Located(NamedTuple):
    """A spec's text, the loader of its imports, and the model that was asked for, if one was."""

    source: SourceFile
    loader: DiskLoader
    model: str | None

    asked: str
    """What outputs call the spec: as it was typed, but without the folders of the machine."""

    file: Path | None = None
    """Where the text may be changed: nowhere for a pipe, a bundled spec and one of a revision."""

    @property
    def is_bundled(self) -> bool:
        """Whether it is a spec that travels with archdsl."""
        return self.source.path is not None and self.source.path.parent == zoo()

    @property
    def is_graph(self) -> bool:
        """Whether it is a graph saved as JSON. Text from a pipe is one if it starts with a brace, as no spec does."""
        name, text, path = self.source.name, self.source.text, self.source.path
        if name == STDIN_NAME:
            return text.lstrip()[:1] == "{"
        return path is not None and path.suffix == ".json"


class DiskLoader:
    """Reads imports from disk: modules of packages by their names, files from below the root of the project.

    Without a root there is no project: packages that travel with archdsl or are installed are read, and no files.
    """

    def __init__(self, root: Path | None = None, limits: Limits = DEFAULT, prefix: str = "") -> None:
        """``prefix`` precedes the path from the root in the names of files."""
        self._root = root
        self._most = limits.source
        self._homes = {} if root is None else {root: prefix}
        """The folders that files may be imported from by path, and what the names of their files have before it."""
        self._read: dict[Path | str, SourceFile] = {}
        """Files by where they are and by where imports look, and modules of packages by their names.

        Each is read once: many lines may import it, and all programs that are made with a loader are of one version.
        """
        self.looked_at: set[Path] = set()
        """The spec's own file and those that imports were looked for in, there or not: what the program depends on."""

    def module(self, name: str) -> SourceFile | None:
        if name in self._read:
            return self._read[name]
        package, *inner = name.split(".")
        if not inner or not all(part.isidentifier() for part in inner):
            return None
        found = self._travelling(name) if package in packages.BUNDLED else self._of_package(package, inner)
        if found is not None:
            self._read[name] = found
        return found

    def _travelling(self, name: str) -> SourceFile | None:
        package, _, inner = name.partition(".")
        if name not in self.modules(package):
            return None
        path = packages.bundled(package) / f"{inner}.arch"
        self.looked_at.add(Path(str(path)))
        return _kept(f"{package}/{inner}.arch", path.read_text(encoding="utf-8"))

    def _of_package(self, package: str, inner: list[str]) -> SourceFile | None:
        """A module of a project's folder or of an installed package. Its own imports stay in there."""
        try:
            folder = packages.named(self._root).get(package)
        except SettingsError as error:
            raise Unreadable(str(error)) from None
        if folder is None:
            return None
        self._homes.setdefault(folder, f"@{package}/")
        return self._at(folder.joinpath(*inner).with_name(f"{inner[-1]}.arch"), folder, ".".join([package, *inner]))

    def packages(self) -> tuple[str, ...]:
        try:
            return (*packages.BUNDLED, *sorted(packages.named(self._root)))
        except SettingsError:
            return tuple(packages.BUNDLED)

    def modules(self, package: str) -> tuple[str, ...]:
        if package in packages.BUNDLED:
            return tuple(packages.modules(package, packages.bundled(package)))
        try:
            folder = packages.named(self._root).get(package)
        except SettingsError:
            return ()
        return tuple(packages.modules(package, folder)) if folder else ()

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        home = importer.path and self._home(importer.path)
        if home is None or importer.path is None or _FOREIGN.search(path) or Path(path).is_absolute():
            raise Outside(path)
        return self._at(importer.path.parent / path, home, path)

    def _at(self, asked: Path, home: Path, written: str) -> SourceFile | None:
        """The file at a path, if there is one. Raises ``Outside``, with the path as ``written``, if it is outside."""
        if asked in self._read:
            return self._read[asked]
        try:
            target = self._resolved(asked)
            if not target.is_relative_to(home):
                raise Outside(written)
            text = None if target in self._read else self._text(target)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, RuntimeError, ValueError):
            return None  # not there, a folder, a loop of links, a name that no system takes
        except OSError as error:
            if error.errno in _NOWHERE:
                return None
            raise Unreadable((error.strerror or "cannot be read").lower()) from None
        if text is not None:
            self.source(target, text)
        elif target not in self._read:
            return None
        self._read[asked] = self._read[target]
        return self._read[asked]

    def _home(self, path: Path) -> Path | None:
        """The innermost folder that a file may import from: a package's own, or the project's."""
        around = [home for home in self._homes if path.is_relative_to(home)]
        return max(around, key=lambda home: len(home.parts), default=None)

    def source(self, path: Path, text: str) -> SourceFile:
        """A file of the project with its name: the path from the root, the same from whatever folder it is asked for.

        Modules of packages have names that start with ``std/``, ``zoo/`` or ``@acme/``. Where a project has such a
        folder, its names start with ``./std/``, ``./zoo/`` or ``./@acme/``.
        """
        home = self._home(path)
        assert home is not None, "a file belongs to a project or a package"
        self.looked_at.add(path)
        known = self._read.get(path)
        if known is not None and known.text == text:
            return known
        prefix = self._homes[home]
        name = shown(prefix + path.relative_to(home).as_posix())
        name = f"./{name}" if home == self._root and name.startswith(_NAMED) else name
        self._read[path] = _kept(self._named(name, path), text, path)
        return self._read[path]

    def _named(self, name: str, path: Path) -> str:
        return name

    def _resolved(self, path: Path) -> Path:
        return path.resolve()  # follows links, so that none leads out

    def _text(self, path: Path) -> str | None:
        self.looked_at.add(path)
        return read_text(path, self._most)


@lru_cache(maxsize=64)
def _kept(name: str, text: str, path: Path | None = None) -> SourceFile:
    """A source file, cached so that equal texts are one object and are parsed once for all loaders."""
    return SourceFile(name, text, path)


class RevisionLoader(DiskLoader):
    """Reads imports as they were at a revision; packages from outside of the repository are those of today."""

    def __init__(self, revision: Revision, root: Path, limits: Limits, prefix: str) -> None:
        super().__init__(root, limits, prefix)
        self._revision = revision

    def _named(self, name: str, path: Path) -> str:
        return f"{name}@{self._revision.name}" if self._is_versioned(path) else name

    def _is_versioned(self, path: Path) -> bool:
        return path.is_relative_to(self._revision.top)

    def _resolved(self, path: Path) -> Path:
        # Links of today are not those of the revision, and are not followed.
        return Path(os.path.normpath(path)) if self._is_versioned(path) else super()._resolved(path)

    def _text(self, path: Path) -> str | None:
        from archdsl.revisions import GitError

        if not self._is_versioned(path):
            return super()._text(path)
        try:
            return _text_at(self._revision, path, self._most)
        except GitError as error:
            raise Unreadable(str(error)) from None


def read_text(path: Path, most: int = DEFAULT.source) -> str:
    """A file's text. Bytes that are no UTF-8 become lone surrogates, which the parser reports at their place.

    Of a text longer than ``most`` characters one more is read, so that it is seen to be too long. What is no ordinary
    file (a pipe, a device, which may have no end) raises ``OSError``.
    """
    with os.fdopen(os.open(path, _READ), "rb") as stream:
        mode = os.fstat(stream.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "is no ordinary file")
        return read_stream(stream, most)


def read_stream(stream: BinaryIO, most: int) -> str:
    """The text of a stream, as ``read_text`` reads it."""
    text = TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    try:
        return text.read(most + 2).removeprefix("\ufeff")
    finally:
        text.detach()


Loaders: TypeAlias = dict[tuple[Path, str], DiskLoader]
"""By the root of the project, and what names have before their paths: specs that share one read each file once."""


def locate(spec: str, limits: Limits = DEFAULT, loaders: Loaders | None = None) -> Located:
    """Finds a spec. Raises ``NotFound``. One that is found with ``loaders`` shares that of its project.

    It is a file, ``net.arch`` or a graph that was saved as ``net.json``; a file as it was at a git revision,
    ``net.arch@HEAD~1``; one model of a file, ``net.arch:Model`` or ``net.arch@v1:Model``; or a bundled name.

    >>> locate("resnet101").model
    'ResNet101'
    """
    if written := _FILE.fullmatch(spec):
        path, revision, model = Path(written["path"]), written["revision"], written["model"]
        if path.suffix == ".json" and model:
            raise NotFound(spec, "a saved graph is one model and takes no name")
        if revision is None:
            return on_disk(path, limits, spec, model, loaders)
        return _at_revision(spec, path, revision, model, limits)
    if "/" in spec or "\\" in spec or os.path.isfile(spec):  # noqa: PTH113  # which says no of names that no system takes
        raise NotFound(spec, "a spec is a file that ends in .arch or .json, or a bundled name")
    name, _, model = spec.partition(":")
    if "@" in name:
        raise NotFound(spec, "a revision is one of a file: net.arch@HEAD")
    return _bundled(spec, name, model or None, limits)


def on_disk(
    path: Path,
    limits: Limits = DEFAULT,
    spec: str | None = None,
    model: str | None = None,
    loaders: Loaders | None = None,
) -> Located:
    """A spec by its path alone, whatever characters that holds. Raises ``NotFound``."""
    spec = spec or str(path)
    try:
        text = read_text(path, limits.source)
    except FileNotFoundError:
        near = tuple(c for c in (path.stem,) if c in bundled())
        raise NotFound(spec, "no such file", near) from None
    except (OSError, ValueError) as error:
        raise NotFound(spec, (getattr(error, "strerror", None) or "cannot be read").lower()) from None
    full = path.resolve()
    place = _project(full, path)
    loader = ({} if loaders is None else loaders).setdefault(place, DiskLoader(place[0], limits, place[1]))
    return _located(spec, path, loader.source(full, text), loader, model)._replace(file=full)


def _at_revision(spec: str, path: Path, name: str, model: str | None, limits: Limits) -> Located:
    from archdsl.revisions import GitError, Revision

    try:
        full = path.resolve()
    except (OSError, RuntimeError, ValueError):  # the current folder was deleted, a loop of links, a NUL
        raise NotFound(spec, "no such file") from None
    folder = next(above for above in full.parents if above.is_dir())  # the file's own may be gone since
    try:
        revision = Revision.find(folder, name)
        text = _text_at(revision, full, limits.source)
    except GitError as error:
        raise NotFound(spec, str(error)) from None
    except ValueError:
        raise NotFound(spec, "outside of the repository") from None
    if text is None:
        raise NotFound(spec, f"no such file at `{name}`")
    root, prefix = _project(full, path)
    loader = RevisionLoader(revision, root, limits, prefix)
    return _located(spec, path, loader.source(full, text), loader, model)


def _located(spec: str, typed: Path, source: SourceFile, loader: DiskLoader, model: str | None) -> Located:
    asked = shown(spec)
    if typed.is_absolute():
        asked = f"{source.name}:{model}" if model else source.name
    return Located(source, loader, model, asked)


def shown(name: str) -> str:
    """A file's name, or another word from outside, made safe for output: on one line, with nothing hidden.

    Bytes of a name that are no UTF-8 are spelt out.

    >>> shown("caf\\udce9\\x1b[31m.arch")
    'caf\\\\xe9<U+001B>[31m.arch'
    """
    if not name.isascii():
        name = _BYTES.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", name)
    return visible(name).replace("\n", "<U+000A>")


def _text_at(revision: Revision, path: Path, most: int) -> str | None:
    content = revision.read(path.relative_to(revision.top), _WIDEST * (most + 2))
    return None if content is None else read_stream(BytesIO(content), most)


def project_root(path: Path) -> Path:
    """The nearest folder above a file with the marker of a project, else the file's own folder."""
    return _marked(path) or path.parent


def _marked(path: Path) -> Path | None:
    for folder in path.parents:
        if any(os.path.exists(folder / mark) for mark in _ROOT_MARKS):  # noqa: PTH110  # no where it may not look
            return folder
    return None


def _project(path: Path, typed: Path) -> tuple[Path, str]:
    """The root of a file's project, and the prefix of the names of its files.

    That is nothing, except for a file in no project: its names are relative to the current folder, as it was typed.
    """
    root = _marked(path)
    if root is not None:
        return root, ""
    folder = typed.parent.as_posix()
    plain_ = typed.is_absolute() or ".." in typed.parts or folder == "."
    return path.parent, "" if plain_ else f"{folder}/"


def _bundled(spec: str, name: str, model: str | None, limits: Limits) -> Located:
    known = bundled()
    if plain(name) not in known:
        from archdsl.diagnostics.suggest import closest

        raise NotFound(spec, "no such file and no bundled spec", closest(name, list(known), {}))
    file, declared = known[plain(name)]
    folder = zoo()
    text = (folder / file).read_text(encoding="utf-8")
    loader = DiskLoader(folder, limits, "specs/")
    return Located(loader.source(folder / file, text), loader, model or declared, spec)
