"""Atomic writes: files and folders are written whole or not at all, however the process ends.

A new file has no name until it is complete: on Linux it is made without one (``O_TMPFILE``) and linked when its bytes
are on the disk. So not even a process that is killed leaves half a file, or litter. Where the file system cannot do
that, the file has a hidden name beside the target, which is removed when the process is interrupted or terminated; what
a killed one left is removed by a later one.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

_OURS = re.compile(r"\.archdsl-(\d+)-[0-9a-f]{16}(\.\w+){0,2}")
"""The names of all temporary files, with the process that made each, so that those of a killed one can be told."""
_STALE = 3600.0
"""Seconds after which a file of a process that does not exist is stale: it could belong to another machine."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` when the block ends and vanishes when it fails.

    Nobody ever sees half a file, and a failure leaves the old one. Folders that are missing are made when all else went
    well; a link is followed, and its file replaced. The path has no ending: see ``ending``.
    """
    if target.exists() and not target.is_file():  # /dev/stdout, a pipe: to be written to, not to be replaced
        yield target
        return
    target = _resolved(target)
    folder = next(parent for parent in target.parents if parent.exists())
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder.name} is no folder")
    _sweep(target.parent)
    with _terminable():
        descriptor, path, name = _nameless(folder) or _named(target)
        try:
            try:
                yield path
                path.chmod(_mode(target))
                os.fsync(descriptor)
                target.parent.mkdir(parents=True, exist_ok=True)
                name = name or _link(descriptor, target)
            finally:
                os.close(descriptor)
            if name is not None:
                name.replace(target)  # which Windows refuses while the file is open
        except BaseException:
            if name is not None:
                name.unlink(missing_ok=True)
            raise


@contextmanager
def replacing_folder(target: Path, is_known: Callable[[Path], bool]) -> Iterator[Path]:
    """The same for a folder of files: a new one to write into, which becomes ``target`` when the block ends.

    A folder that is there is replaced if it is empty, or one that ``is_known`` takes for a former result. A process
    that is killed between the two renames leaves the old one under its hidden name.

    Raises:
        FileExistsError: there is something else.
    """
    target = _resolved(target)
    if target.exists() and not (target.is_dir() and (is_known(target) or not any(target.iterdir()))):
        raise FileExistsError(errno.EEXIST, f"{target.name} is there and is something else")
    home = next(parent for parent in target.parents if parent.exists())
    if not home.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{home.name} is no folder")
    _sweep(home)
    with _terminable():
        path = home / _name()
        path.mkdir()
        try:
            yield path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                old = target.with_name(_name())
                target.rename(old)
                path.rename(target)
                shutil.rmtree(old)
            else:
                path.rename(target)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise


@contextmanager
def ending(path: Path, suffix: str) -> Iterator[Path]:
    """A path to the same file with a suffix that some writers insist on."""
    folder = Path(tempfile.gettempdir())
    _sweep(folder)
    alias = folder / _name(suffix)
    alias.symlink_to(path)
    try:
        yield alias
    finally:
        alias.unlink(missing_ok=True)


@contextmanager
def elsewhere(path: Path, suffix: str) -> Iterator[Path]:
    """A temporary file with that suffix, whose bytes are copied to ``path`` when the block ends.

    For writers that must make the file themselves, under a name: HDF5.
    """
    folder = Path(tempfile.gettempdir())
    _sweep(folder)
    file = folder / _name(suffix)
    try:
        yield file
        shutil.copyfile(file, path)
    finally:
        file.unlink(missing_ok=True)


def _nameless(folder: Path) -> tuple[int, Path, None] | None:
    """A new file without a name (``O_TMPFILE``) and a path that opens it; ``None`` if the system has no such files."""
    flag = getattr(os, "O_TMPFILE", None)  # Linux
    if flag is None:
        return None
    try:
        descriptor = os.open(folder, flag | os.O_RDWR, 0o600)
    except OSError:  # a file system without it; what is wrong with the folder itself, the named file will tell
        return None
    path = Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    if not path.exists():
        os.close(descriptor)
        return None
    return descriptor, path, None


def _named(target: Path) -> tuple[int, Path, Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.parent / _name()
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), path, path


def _link(descriptor: int, target: Path) -> Path | None:
    """Links the nameless file under the target's name or, if that is taken, under a temporary name to be renamed."""
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        # With a folder given, Python follows the link in /proc to the file itself.
        source = f"/proc/self/fd/{descriptor}"
        try:
            os.link(source, target.name, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            beside = target.with_name(_name())
            os.link(source, beside.name, dst_dir_fd=folder, follow_symlinks=True)
            return beside
    finally:
        os.close(folder)
    return None


def _resolved(target: Path) -> Path:
    """The path with symbolic links resolved, whether or not the file exists."""
    try:
        target = target.resolve()
    except RuntimeError:  # links that lead to each other, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if target.is_symlink():  # the same, since then
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def _name(suffix: str = "") -> str:
    """A new name for a temporary file."""
    return f".archdsl-{os.getpid()}-{os.urandom(8).hex()}{suffix}"


def _sweep(folder: Path) -> None:
    """Removes stale temporary files and folders of this user's processes that were killed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            ours = _OURS.fullmatch(entry.name)
            with suppress(OSError):  # another process was quicker
                if ours is not None and _is_stale(entry, int(ours[1])):
                    shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else Path(entry.path).unlink()


def _is_stale(entry: os.DirEntry[str], process: int) -> bool:
    found = entry.stat(follow_symlinks=False)
    kind = stat.S_IFMT(found.st_mode) in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR)
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return kind and mine and time.time() - found.st_mtime > _STALE and not _is_alive(process)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where asking would end it
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


@contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end the process as an exception does, so that temporary files are removed."""
    import signal  # here, because few commands write files
    from threading import current_thread, main_thread

    if current_thread() is not main_thread():  # which alone may
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {n: signal.signal(n, _terminate) for n in numbers if signal.getsignal(n) is signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _mode(target: Path) -> int:
    """The permissions of the file being replaced, else those that ``open`` would give: temporary files are private."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
