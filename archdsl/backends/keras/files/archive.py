"""``.keras``: an archive with a model's configuration as JSON and its weights as HDF5. No layer is instantiated."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from archdsl.backends.keras.files import hdf5
from archdsl.weights.arrays import Weights, WeightsError

_CONFIG: Final = "config.json"
_METADATA: Final = "metadata.json"
_WEIGHTS: Final = "model.weights.h5"
BROKEN: Final = (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError, ValueError, RuntimeError)
"""Exceptions for archives that are damaged, encrypted, or compressed in an unknown way."""
_LONGEST: Final = 64 * 2**20
"""Bytes of a configuration: that of the largest model of the zoo has less than 2 MB."""


@contextmanager
def opened(file: str) -> Iterator[Weights]:
    with open(file, "rb") as source:  # noqa: PTH123  # the archive and a window on it read from the same file
        try:
            with zipfile.ZipFile(source) as archive:
                config = _config(archive, file)
                start, size = _place(archive, source, file)
        except BROKEN as error:
            if isinstance(error, WeightsError):
                raise
            raise WeightsError(f"{file} is no file of Keras's, or broken: {error}") from error
        with hdf5.read(_Window(source, start, size), file, config) as weights:
            yield weights


def configuration(archive: zipfile.ZipFile) -> bytes:
    """The JSON text of the model's configuration. Raises one of ``BROKEN``."""
    return _text(archive, _CONFIG)


def version(archive: zipfile.ZipFile) -> str:
    """The version of Keras that wrote a file; empty if it has none. Raises one of ``BROKEN``."""
    if _METADATA not in archive.namelist():
        return ""
    try:
        said = json.loads(_text(archive, _METADATA))
    except RecursionError as error:
        raise ValueError(f"{_METADATA} is nested too deep") from error
    found = said.get("keras_version") if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


def _text(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        text = member.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise ValueError(f"{name} is larger than any model's")
    return text


def _config(archive: zipfile.ZipFile, file: str) -> hdf5.Configs:
    """The configuration of the model, as data."""
    text = configuration(archive)
    try:
        config = json.loads(text)["config"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise WeightsError(f"{file}: {_CONFIG} is none of a model: {error}") from error
    if not isinstance(config, dict):
        raise WeightsError(f"{file}: {_CONFIG} is none of a model")
    return config


def _place(archive: zipfile.ZipFile, source: BinaryIO, file: str) -> tuple[int, int]:
    """The byte range of the weights in the file. Keras does not compress them; compressed data may be of any size."""
    if _WEIGHTS not in archive.namelist():
        raise WeightsError(f"{file} has no {_WEIGHTS}, which is where Keras keeps weights")
    info = archive.getinfo(_WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
        raise WeightsError(f"{file}: {_WEIGHTS} is compressed or encrypted, which Keras does not do")
    with archive.open(info):  # compares what stands before the member with the list at the end
        pass
    source.seek(info.header_offset + 26)
    lengths = source.read(4)
    start = info.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    size = source.seek(0, io.SEEK_END)
    if start + info.file_size > size:
        raise WeightsError(f"{file} ends before its weights do")
    return start, info.file_size


class _Window(io.RawIOBase):
    """A range of a file, as a file: an uncompressed archive member is read in place."""

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        self._source, self._start, self._size, self._at = source, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        left = self._size - self._at
        if left <= 0:
            return 0
        self._source.seek(self._start + self._at)
        read = self._source.readinto(memoryview(buffer).cast("B")[:left])  # type: ignore[attr-defined]
        self._at += read
        return int(read)
