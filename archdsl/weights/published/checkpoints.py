"""The list of published weights for bundled models: ``checkpoints/*.toml``, a file for each library."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from archdsl.bundled import plain
from archdsl.resources import directory
from archdsl.weights.certificate import Checkpoint
from archdsl.weights.preprocessing import Preprocessing, Value


class Published(Value):
    """A published file of weights for a bundled model."""

    model: str
    arguments: Mapping[str, int] = {}
    """Of the model, where its default ones do not make arrays of these shapes."""
    code: str
    """What the library calls the model."""
    name: str
    """What the library calls the weights."""
    url: str
    file: str = ""
    """What it is called on the disk, where the URL ends otherwise."""
    digest: str = ""
    """As the library states it: ``sha256:…``, which may be only the beginning, or ``md5:…``; empty if it does not."""
    package: str = ""
    """A package of Python that has the file, if that is how it is published; ``url`` is its page then."""
    classes: int = 1000
    """How many it tells, or features it has where it is no classifier."""
    licence: str
    preprocessing: Preprocessing
    library: str

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(library=self.library, name=f"{self.code}.{self.name}", url=self.url, digest=self.digest)

    @property
    def saved_as(self) -> str:
        """The file name."""
        return self.file or self.url.rpartition("/")[2]


@cache
def published() -> tuple[Published, ...]:
    """All published files; the first for a model and library is the library's default."""
    files = sorted(directory("weights/published/checkpoints").iterdir(), key=lambda file: file.name)
    return tuple(
        Published(library=file.name.removesuffix(".toml"), **entry)
        for file in files
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["checkpoint"]
    )


def of_model(model: str, library: str | None = None) -> tuple[Published, ...]:
    """The published files for a model, whatever the case of its name; of one library, if it is given.

    >>> [each.checkpoint.name for each in of_model("VGG16", "keras")]
    ['VGG16.imagenet']
    """
    name = plain(model)
    return tuple(each for each in published() if plain(each.model) == name and library in (None, each.library))


def is_stated(digest: str, sha256: str, md5: str) -> bool:
    """Whether a file has the digest that a library states.

    >>> is_stated("sha256:11ad", "11ad3fa6", ""), is_stated("md5:11ad", "", "11ad3fa6"), is_stated("", "11ad", "")
    (True, False, False)
    """
    kind, _, stated = digest.partition(":")
    return bool(stated) and (sha256.startswith(stated) if kind == "sha256" else md5 == stated)
