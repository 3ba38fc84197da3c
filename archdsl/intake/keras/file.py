"""The configuration of a ``.keras`` file: JSON, read with bounds. Keras is not loaded."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import Any, Final

from archdsl.backends.keras.files.archive import BROKEN, version
from archdsl.backends.keras.files.archive import configuration as archive_configuration
from archdsl.intake.errors import Problem, Unreadable
from archdsl.jsontext import loads

_CONFIG: Final = "config.json"


def configuration(file: str) -> tuple[Mapping[str, Any], str]:
    """The configuration of the model in a file, and the version of Keras that wrote it, if it says so.

    Raises:
        Unreadable: it is no file of Keras, or broken.
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            text, written_by = archive_configuration(archive), version(archive)
    except BROKEN as error:
        raise Unreadable(file, [Problem("", f"it is no file of Keras's, or broken: {error}")]) from None
    return parsed(text, file), written_by


def parsed(text: bytes | str, file: str) -> Mapping[str, Any]:
    """The same from the text of a ``config.json``."""
    try:
        found = loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(file, [Problem("", f"its {_CONFIG} is no JSON: {error}")]) from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise Unreadable(file, [Problem("", f"its {_CONFIG} is none of a model")])
    return found
