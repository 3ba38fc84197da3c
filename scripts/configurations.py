"""Configurations of models of Keras, as their files have them: made without values of weights, and kept if asked to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def configuration(make: Callable[[], Any], kept: Path | None = None) -> Any:
    """The configuration of the model that a function makes, or the one that was kept in a file."""
    if kept is not None and kept.exists():
        return json.loads(kept.read_text(encoding="utf-8"))
    import keras

    from archdsl.backends.keras.document import document

    with keras.StatelessScope():  # which gives no weights values
        found = document(make())
    keras.backend.clear_session()
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def application(name: str, kept: Path | None = None) -> Any:
    """The configuration of a model of keras.applications."""

    def make() -> Any:
        from keras import applications

        return getattr(applications, name)(weights=None)

    return configuration(make, kept)
