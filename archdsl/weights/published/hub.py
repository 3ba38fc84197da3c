"""Files of the Hugging Face hub, and the cache folders of its library.

A repository is a folder of the cache: ``blobs`` has files by their digests, ``snapshots/<commit>`` names for them, and
``refs/main`` the commit that was the newest.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from email.message import Message
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from archdsl.atomic import replacing
from archdsl.weights.published.download import PATIENCE, FetchError, Progress, download

_HUB: Final = "https://huggingface.co"


class Place(NamedTuple):
    """A file of a repository."""

    repository: str
    """``timm/resnet50.a1_in1k``."""
    file: str

    @property
    def folder(self) -> Path:
        home = Path(os.environ.get("HF_HOME") or f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface")
        cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
        return cache / f"models--{self.repository.replace('/', '--')}"

    @property
    def url(self) -> str:
        return f"{os.environ.get('HF_ENDPOINT') or _HUB}/{self.repository}/resolve/main/{self.file}"


def place(url: str) -> Place | None:
    """The hub file of a URL; ``None`` for others.

    >>> place("https://huggingface.co/timm/resnet50.a1_in1k/resolve/main/model.safetensors")
    Place(repository='timm/resnet50.a1_in1k', file='model.safetensors')
    """
    match = re.fullmatch(rf"{re.escape(_HUB)}/([\w.-]+/[\w.-]+)/resolve/main/([\w.-]+)", url)
    return Place(match[1], match[2]) if match else None


def cached(which: Place) -> Path | None:
    """The cached file."""
    with suppress(OSError):
        commit = (which.folder / "refs" / "main").read_text(encoding="utf-8").strip()
        file = which.folder / "snapshots" / commit / which.file
        return file if file.is_file() else None
    return None


def fetch(which: Place, progress: Progress) -> Path:
    """The file, through ``huggingface_hub`` if that is installed, otherwise into the same folders.

    Raises:
        FetchError: it cannot be had.
        OSError: the disk refuses.
    """
    if find_spec("huggingface_hub") is not None:
        import huggingface_hub

        try:
            return Path(huggingface_hub.hf_hub_download(which.repository, which.file))
        except Exception as error:  # noqa: BLE001  # of many classes, of several packages
            first = str(error).partition("\n")[0]
            raise FetchError(f"huggingface_hub cannot fetch {which.url}: {first}") from None
    commit, digest = _state(which)
    blob = which.folder / "blobs" / digest
    if not blob.is_file():
        download(which.url, blob, f"sha256:{digest}", progress)
    name = which.folder / "snapshots" / commit / which.file
    name.parent.mkdir(parents=True, exist_ok=True)
    if not name.is_symlink():
        name.symlink_to(Path("..", "..", "blobs", digest))
    with replacing(which.folder / "refs" / "main") as file:
        file.write_text(commit, encoding="utf-8")
    return name


def _state(which: Place) -> tuple[str, str]:
    """The current commit, and the SHA-256 of the file in it, from the headers of the hub's redirect."""
    headers: Message
    try:
        with build_opener(_Stay).open(Request(which.url, method="HEAD"), timeout=PATIENCE) as answer:
            headers = answer.headers
    except HTTPError as error:
        if error.code >= 400:
            raise FetchError(f"{which.url} is not there: {error.code} {error.reason}") from None
        headers = error.headers
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise FetchError(
            f"cannot reach {which.url}: {reason}. If you have the file, name it in place of its library"
        ) from None
    commit, digest = headers.get("X-Repo-Commit") or "", (headers.get("X-Linked-Etag") or "").strip('"')
    if not re.fullmatch("[0-9a-f]{40}", commit) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise FetchError(f"{which.url} states no commit and digest, as the hub does")
    return commit, digest


class _Stay(HTTPRedirectHandler):
    """Follows no redirects."""

    def redirect_request(self, *_: object) -> None:
        return None
