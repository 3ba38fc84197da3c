"""JSON documents of figures for programs, versioned like an API."""

from __future__ import annotations

from math import isfinite
from typing import Any

from archdsl.jsontext import dumps


def document(schema: str, version: int, *, indent: int | None = 2, **members: Any) -> str:
    """Numbers without a JSON form, such as infinity, are ``null``.

    >>> print(document("archdsl-example", 1, params=5, gain=float("inf"), indent=None), end="")
    {"schema": "archdsl-example", "version": 1, "params": 5, "gain": null}
    """
    whole = {"schema": schema, "version": version, **_finite(members)}
    return dumps(whole, indent=indent) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(element) for element in value]
    return None if isinstance(value, float) and not isfinite(value) else value
