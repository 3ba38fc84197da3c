"""Names of the bundled specs: those of their files, and those of the models in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from archdsl import resources

_MODEL = re.compile(r"^model[ \t]+(\w+)", re.MULTILINE)


def plain(name: str) -> str:
    """
    >>> plain("EfficientNetB0") == plain("efficientnet_b0")
    True
    """
    return re.sub(r"[\W_]", "", name).lower()


def bundled() -> dict[str, tuple[str, str | None]]:
    """Bundled names in plain form: the file, and the model in it that goes by the name."""
    found: dict[str, tuple[str, str | None]] = {}
    for file, text in _specs():
        for model in _MODEL.findall(text):
            found.setdefault(plain(model), (file, model))
    for file, _ in _specs():  # a file's own name wins
        stem = plain(file.removesuffix(".arch"))
        found[stem] = (file, found[stem][1] if found.get(stem, ("",))[0] == file else None)
    return found


def zoo() -> Path:
    """The folder of the bundled specs."""
    return Path(str(resources.directory("specs")))


def _specs() -> Iterator[tuple[str, str]]:
    folder = resources.directory("specs")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".arch"):
            yield entry.name, entry.read_text(encoding="utf-8")
