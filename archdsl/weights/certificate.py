"""Certificates: the provenance and conversion of the weights of a file, and the model's outputs with them.

A certificate lies beside its weights as JSON. ``answers`` are what the source answered to fixed images when the weights
were converted, so that a later check needs neither the source's code nor its file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from archdsl.weights.arrays import WeightsError
from archdsl.weights.preprocessing import Preprocessing, Value

SCHEMA: Final = "archdsl-certificate"
VERSION: Final = 1
ENDING: Final = ".certificate.json"
_LARGEST: Final = 16 * 2**20
"""Bytes of a certificate: one of the largest model of the zoo has less than 100 kB."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""


class Checkpoint(Value):
    """A published file of weights."""

    library: str
    """Whose names its arrays have: ``torchvision``, ``timm``, ``keras``."""
    name: str
    """What the library calls it."""
    url: str
    digest: str
    """Of the file, as the library states it: ``sha256:…``, which may be only the beginning, or ``md5:…``."""


class Source(Value):
    """The file that the weights were converted from."""

    file: str
    sha256: Digest
    family: str
    """Of the table of names."""
    library: str
    """Of the table of names, with what tells it from the library's others: ``torchvision_11_bn``."""
    checkpoint: Checkpoint | None = None
    """What the file is, if its digest is one that a library states."""
    left: tuple[str, ...] = ()
    """Arrays of integers that were not taken over: counts of batches, and indices that the model computes."""


class Converted(Value):
    """The converted file."""

    sha256: Digest
    arrays: int
    parameters: int


class Answer(Value):
    """A sketch of the output of a model or of a part of it for the test images: every change of the output alters
    it.
    """

    at: str
    """The path of a node, whose input it is; or the name of an output."""
    is_output: bool
    shape: tuple[int, ...]
    sketch: tuple[float, ...]
    """See ``archdsl.certification.sketch``."""
    error: float | None = None
    """Of the converted model: the largest difference from the source, relative to the source's largest value."""


class Certificate(Value):
    """The certificate of converted weights."""

    model: str
    arguments: Mapping[str, str] = {}
    """Settings of the model, as they were given: ``classes = 10``."""
    graph: Digest
    """``archdsl.graph.fingerprint`` of the model."""
    archdsl: str
    """The version that converted."""
    source: Source
    converted: Converted
    compared_with: str | None = None
    """The source's code that the answers are of, with versions; ``None`` if they are those of the converted model."""
    why_not: str = ""
    """Why the source was not run."""
    answers: tuple[Answer, ...] = ()
    preprocessing: Preprocessing | None = None
    licence: str | None = None
    """As whoever publishes the checkpoint states it: an SPDX identifier."""

    @property
    def error(self) -> float | None:
        """The largest error of all outputs; ``None`` if the source was not run."""
        errors = [answer.error for answer in self.answers if answer.error is not None]
        return max(errors) if errors else None

    def text(self) -> str:
        """The certificate as JSON, for ``parse``."""
        document = {"schema": SCHEMA, "version": VERSION, **self.model_dump(mode="json")}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def parse(text: str, name: str) -> Certificate:
    """A certificate from JSON. Raises ``WeightsError`` with what is wrong in file ``name``."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{name} is no JSON: {error}") from None
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise WeightsError(f"{name} is no certificate of weights")
    if (version := document.pop("version", None)) != VERSION:
        raise WeightsError(f"{name} has version {version} of the form; this archdsl reads version {VERSION}")
    try:
        return Certificate.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise WeightsError(f"{name} is no certificate of weights: {where}: {first['msg']}") from None


def beside(weights: Path) -> Path:
    """The path of the certificate of a file of weights.

    >>> beside(Path("out/net.safetensors")).name
    'net.safetensors.certificate.json'
    """
    return weights.with_name(weights.name + ENDING)


def of(weights: Path) -> Certificate | None:
    """The certificate of a file of weights, if there is one.

    Raises:
        WeightsError: it is broken.
        OSError: it cannot be read.
    """
    path = beside(weights)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        found = file.read(_LARGEST + 1)
    if len(found) > _LARGEST:
        raise WeightsError(f"{path} is larger than any certificate")
    try:
        return parse(found.decode(), str(path))
    except UnicodeDecodeError:
        raise WeightsError(f"{path} is no text") from None


def digest(file: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    import hashlib

    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
