"""Documents of figures for programs, versioned like an API."""

from __future__ import annotations

import json
from typing import Any


def document(schema: str, version: int, *, indent: int | None = 2, **members: Any) -> str:
    """
    >>> print(document("archdsl-example", 1, params=5, indent=None), end="")
    {"schema": "archdsl-example", "version": 1, "params": 5}
    """
    return json.dumps({"schema": schema, "version": version, **members}, indent=indent, ensure_ascii=False) + "\n"
