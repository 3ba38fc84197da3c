"""Files as they were at a git revision, read from git's objects without a checkout.

Git is asked for objects only, by ids that it gave itself: what a user typed is never an argument that could be an
option, and nothing that a repository configures to run (filters, text conversions, hooks) is run.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_SECONDS: Final = 30
_GIT: Final = ("git", "--no-pager", "--no-optional-locks", "--literal-pathspecs")
_QUIET: Final = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
"""Git neither asks questions nor fetches what a partial clone lacks: older ones heed the last setting alone."""
_FILES: Final = frozenset({"100644", "100755"})
"""Modes of ordinary files."""
_CHUNK: Final = 1 << 20


class GitError(Exception):
    """Git is missing, or does not have what was asked for."""


@dataclass(frozen=True)
class Revision:
    """A commit of a repository. ``name`` is what the user called it, ``top`` the root of the work tree."""

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

    def read(self, path: Path, most: int) -> bytes | None:
        """A file's content by its path from ``top``; of a longer file, its first ``most`` bytes and a few more.

        ``None`` if the revision has no such file. Links are not followed: where they lead may have been something else
        then. Raises ``GitError``, also when git has the name of a file and not its content, or a damaged one.
        """
        without = f"git cannot list the files of `{self.name}`: a folder is missing or damaged (`git fsck` says more)"
        listed = _git(self.top, ("ls-tree", "-z", "--full-tree", self.commit, "--", path.as_posix()), without)
        mode, _, rest = listed.partition(" ")
        if mode not in _FILES:
            return None
        blob = rest.split()[1]
        try:
            return self._content(blob, most)
        except OSError as error:
            raise GitError(f"git could not be run: {(error.strerror or 'failed').lower()}") from None

    def _content(self, blob: str, most: int) -> bytes:
        """The content of a blob, streamed. Its hash is verified here, as git does so for some objects only."""
        command = [*_GIT, "cat-file", "blob", blob]
        with subprocess.Popen(
            command,
            cwd=self.top,
            env=os.environ | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None, "it is a pipe"
            content = _first(process.stdout, most)
            if len(content) > most:
                process.kill()  # of a file that is too long, nobody reads the rest
                return content
            code = process.wait()
        if code:
            raise GitError(
                f"git does not have the content of the file at `{self.name}`: "
                "a partial clone (`git show` fetches it) or a damaged one (`git fsck` says more)"
            )
        kind = "sha1" if len(blob) == 40 else "sha256"
        named = hashlib.new(kind, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        if named != blob:
            raise GitError(f"the file at `{self.name}` is damaged in git (`git fsck` says more)")
        return content


def _first(stream: IO[bytes], most: int) -> bytes:
    """A whole stream, or a little more than ``most`` bytes of it."""
    parts: list[bytes] = []
    size = 0
    while size <= most and (part := stream.read(_CHUNK)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


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
    except OSError as error:
        raise GitError(f"git could not be run: {(error.strerror or 'failed').lower()}") from None
    if done.returncode:
        dubious = "dubious ownership" in done.stderr
        raise GitError("git does not trust a repository of another user (safe.directory)" if dubious else otherwise)
    return done.stdout
