"""Downloads files: complete, with the right digest, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from archdsl.version import __version__
from archdsl.weights.arrays import WeightsError
from archdsl.weights.published.checkpoints import is_stated

Progress = Callable[[int, int | None], None]
"""Told how many bytes there are, and of how many, as they come."""

_CHUNK: Final = 2**20
PATIENCE: Final = 30.0
"""Seconds without a byte."""


class FetchError(WeightsError):
    """A published file cannot be fetched."""


def download(url: str, target: Path, digest: str = "", progress: Progress = lambda _found, _of: None) -> None:
    """Downloads ``url`` to ``target``.

    What has come is kept beside it as ``.part`` when the connection breaks, and the next call goes on from there.
    ``target`` appears when all of it has come and its digest is the one that is stated.

    Raises:
        FetchError: there is no such file, no connection, or it is another file than the one that is stated.
        OSError: the disk refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with part.open("ab") as file, _alone(file, part):
        _complete(url, file, target, progress)
        file.flush()
        os.fsync(file.fileno())
        if digest and not _is_as_stated(part, digest):
            part.unlink()
            raise FetchError(f"{url} is not the file that its library states: its digest is not {digest}")
        part.replace(target)


def _complete(url: str, file: IO[bytes], target: Path, progress: Progress) -> None:
    """Resumes a partial download, or restarts it if the server cannot resume."""
    start = file.seek(0, os.SEEK_END)
    try:
        with _opened(url, {"Range": f"bytes={start}-"} if start else {}) as (answer, is_part):
            if start and not is_part:
                start = 0
                file.truncate(0)
            length = answer.headers.get("Content-Length")
            size = start + int(length) if length and length.isdecimal() else None
            found = start
            progress(found, size)
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                found += len(chunk)
                progress(found, size)
    except HTTPError as error:
        if error.code == 416 and start:  # what there is, is all, or none of it
            file.truncate(0)
            _complete(url, file, target, progress)
            return
        raise FetchError(f"{url} is not there: {error.code} {error.reason}. {_instead(target)}") from None
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise FetchError(f"cannot download {url}: {reason}. {_instead(target)}") from None
    if size is not None and found < size:
        raise FetchError(
            f"{url}: the connection broke after {found:_} of {size:_} bytes; the next try goes on from there"
        )


def _instead(target: Path) -> str:
    return f"If you have the file, put it at {target}, or name it in place of its library"


@contextmanager
def _opened(url: str, headers: Mapping[str, str]) -> Iterator[tuple[Any, bool]]:
    """A response, and whether it is the requested range."""
    request = Request(url, headers={"User-Agent": f"archdsl/{__version__}", **headers})
    with build_opener(_Secure).open(request, timeout=PATIENCE) as answer:
        yield answer, answer.status == 206


class _Secure(HTTPRedirectHandler):
    """Refuses redirects from HTTPS to another scheme."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise URLError(f"it leads to {newurl}, which is not encrypted")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_as_stated(file: Path, digest: str) -> bool:
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, digest.partition(":")[0]).hexdigest()
    return is_stated(digest, found, found)


@contextmanager
def _alone(file: IO[bytes], part: Path) -> Iterator[None]:
    """Refuses to write to a file that another process is writing, where the system has locks."""
    try:
        import fcntl
    except ImportError:  # Windows, where the other process has the file for itself
        yield
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FetchError(f"another process is downloading to {part}") from None
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)
