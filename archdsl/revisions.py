"""Files as they were at a git revision, read from git's objects without a checkout.

Git is asked for objects only, by ids that it gave itself: what a user typed is never an argument that could be an
option, and nothing that a repository configures to run (filters, text conversions, hooks) is run.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

_SECONDS: Final = 30
_GIT: Final = ("git", "--no-pager", "--no-optional-locks", "--literal-pathspecs")
_QUIET: Final = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
"""Git neither asks questions nor fetches what a partial clone lacks."""


_FILES: Final = frozenset({"100644", "100755"})
"""Modes of ordinary files."""


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

    @contextmanager
    def reading(self, path: Path) -> Iterator[BinaryIO | None]:
        """A file's content by its path from ``top``; ``None`` if there is no such file. Raises ``GitError``.

        Links are not followed: where they lead may have been something else then.
        """
        listed = _git(self.top, ("ls-tree", "-z", "--full-tree", self.commit, "--", path.as_posix()), "git failed")
        mode, _, rest = listed.partition(" ")
        if mode not in _FILES:
            yield None
            return
        blob = rest.split()[1]
        with subprocess.Popen(
            [*_GIT, "cat-file", "blob", blob],
            cwd=self.top,
            env=os.environ | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            yield cast(BinaryIO, process.stdout)
            process.kill()  # of a file that is too long, nobody reads the rest


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
