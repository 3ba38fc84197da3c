"""Specs as they were at a git revision: the file and all that it imports, read from git's objects without a checkout.

Git is asked for objects only, by ids that it gave itself: what a user typed is never an argument that could be an
option, and nothing that a repository configures to run (filters, text conversions, hooks) is run.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from archdsl.elaborate.modules import Outside
from archdsl.files import FOREIGN, DiskLoader, Located, NotFound, project_root, read_stream
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile

_SECONDS: Final = 30
_GIT: Final = ("git", "--no-pager", "--no-optional-locks", "--literal-pathspecs")
_QUIET: Final = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
"""Git neither asks questions nor fetches what a partial clone lacks."""


class GitError(Exception):
    """Git is missing, or does not have what was asked for."""


@dataclass(frozen=True)
class Revision:
    """A commit of a repository. ``name`` is what the user called it, ``top`` the folder that its tree is of."""

    top: Path
    commit: str
    name: str

    @classmethod
    def find(cls, folder: Path, name: str) -> Revision:
        """The commit that a branch, a tag, a hash or an expression such as ``HEAD~1`` means. Raises ``GitError``."""
        if not name or not name.isprintable() or any(c.isspace() for c in name):
            raise GitError(f"{name!r} is no revision")
        top = _git(folder, ("rev-parse", "--show-toplevel"), "not in a git repository").rstrip("\n")
        # Read from a pipe, so that it cannot be an option.
        answer = _git(folder, ("cat-file", "--batch-check=%(objectname)"), "git failed", f"{name}^{{commit}}\n")
        commit = answer.strip()
        if not commit.isalnum():
            raise GitError(f"there is no revision `{name}`")
        return cls(Path(top).resolve(), commit, name)

    def text(self, path: Path, most: int = DEFAULT.source) -> str | None:
        """A file's text, up to ``most`` characters and one more; ``None`` if there is no such file.

        Links are not followed: where they lead could have changed since.
        """
        listed = _git(self.top, ("ls-tree", "-z", "--full-tree", self.commit, "--", path.as_posix()), "git failed")
        mode, _, rest = listed.partition(" ")
        if mode not in ("100644", "100755"):
            return None
        blob = rest.split()[1]
        with subprocess.Popen(
            [*_GIT, "cat-file", "blob", blob],
            cwd=self.top,
            env=os.environ | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            text = read_stream(process.stdout, most)
            process.kill()  # of a longer text, nobody reads the rest
        return text


class RevisionLoader(DiskLoader):
    """Reads imports as they were at a revision; the library is that of archdsl."""

    def __init__(self, revision: Revision, root: Path, folders: dict[str, Path], limits: Limits) -> None:
        super().__init__(root, folders, limits)
        self._revision = revision
        self._limits = limits

    def file(self, path: str, importer: SourceFile) -> SourceFile | None:
        folder = self._folders.get(importer.name)
        if folder is None or FOREIGN.search(path) or Path(path).is_absolute():
            raise Outside(path)
        target = Path(os.path.normpath(folder / path))
        if not target.is_relative_to(self._root):
            raise Outside(path)
        text = self._revision.text(target.relative_to(self._revision.top), self._limits.source)
        if text is None:
            return None
        name = f"{target.relative_to(self._root).as_posix()}@{self._revision.name}"
        self._folders[name] = target.parent
        return SourceFile(name, text)


def at_revision(spec: str, path: Path, name: str, model: str | None, limits: Limits = DEFAULT) -> Located:
    """A file as it was at a revision. Raises ``NotFound``."""
    full = path.resolve()
    folder = next(above for above in full.parents if above.is_dir())  # the file's own may be gone since
    try:
        revision = Revision.find(folder, name)
        inside = full.relative_to(revision.top)
        text = revision.text(inside, limits.source)
    except GitError as error:
        raise NotFound(spec, str(error)) from None
    except ValueError:
        raise NotFound(spec, "outside of the repository") from None
    if text is None:
        raise NotFound(spec, f"no such file at `{name}`")
    root = project_root(full)
    shown = path if not path.is_absolute() else full.relative_to(root)
    source = SourceFile(f"{shown.as_posix()}@{name}", text)
    loader = RevisionLoader(revision, root, {source.name: full.parent}, limits)
    return Located(source, loader, model)


def _git(folder: Path, arguments: Sequence[str], otherwise: str, input: str = "") -> str:
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            cwd=folder,
            env=os.environ | _QUIET,
            input=input,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git took more than {_SECONDS} s") from None
    except (OSError, ValueError) as error:
        raise GitError(f"git could not be run: {error}") from None
    if done.returncode:
        reason = done.stderr.strip().splitlines()
        dubious = next((line for line in reason if "dubious ownership" in line), None)
        raise GitError(dubious.removeprefix("fatal: ") if dubious else otherwise)
    return done.stdout
