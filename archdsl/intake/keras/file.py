"""The configuration of a ``.keras`` file: JSON, read with bounds. Keras is not loaded."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any, Final

from archdsl.backends.keras.files.archive import BROKEN, version
from archdsl.backends.keras.files.archive import configuration as archive_configuration
from archdsl.intake.errors import Problem, Unreadable

_CONFIG: Final = "config.json"
_DIGITS: Final = 80


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
        found = json.loads(text, parse_int=_bounded, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise Unreadable(file, [Problem("", f"its {_CONFIG} is no JSON: {error}")]) from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise Unreadable(file, [Problem("", f"its {_CONFIG} is none of a model")])
    return found


def _bounded(written: str) -> int:
    if len(written) > _DIGITS:
        raise ValueError(f"a number of {len(written)} digits is too large")
    return int(written)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no finite number")
    return number
