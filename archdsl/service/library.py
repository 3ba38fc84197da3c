"""The exports of the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from archdsl.elaborate.loader import Loader, Outside, Unreadable

_HEAD: Final = re.compile(r"^(?:block|fn)[ \t]+(\w+)", re.MULTILINE)


def exported(loader: Loader | None) -> Mapping[str, str]:
    """The blocks and functions of the library by name, each with its module."""
    return _exported(loader) if loader is not None else {}


def _exported(loader: Loader) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for module in loader.modules("std"):
        try:
            source = loader.module(module)
        except (Outside, Unreadable):
            continue
        for name in _heads(source.text) if source else ():
            found.setdefault(name, module)
    return found


@lru_cache(maxsize=64)
def _heads(text: str) -> tuple[str, ...]:
    return tuple(_HEAD.findall(text))
