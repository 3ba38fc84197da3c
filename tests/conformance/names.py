"""Maps of weights between our layers and a reference's, by name: tables/*.toml, nothing is guessed from order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_SLOT = re.compile(r"\{(?:(\d+)\*)?(\w+)(?:\s*([+-])\s*(\d+))?\}")


@dataclass(frozen=True)
class NameMap:
    """Rules ``(ours, theirs)`` such as ``("stage_{s}.{i}.conv", "block{s+1}_conv{i+1}")``; slots are numbers.

    >>> NameMap([("stage_{s}.{i}.conv", "block{s+1}_conv{i+1}")])("stage_2.0.conv")
    'block3_conv1'
    >>> NameMap([("stage_{s}.{i}.conv", "features.{2*s+1}.{i}")])("stage_2.0.conv")
    'features.5.0'
    """

    rules: Iterable[tuple[str, str]]

    def __call__(self, ours: str) -> str:
        """The reference's name. Raises ``KeyError`` unless exactly one rule fits."""
        found = [theirs for pattern, template in self.rules if (theirs := _apply(pattern, template, ours))]
        if len(found) != 1:
            raise KeyError(f"{len(found)} rules fit {ours}")
        return found[0]

    def all(self, ours: Iterable[str], theirs: Iterable[str]) -> Mapping[str, str]:
        """The whole map. Raises ``KeyError`` if a name on either side has no partner or two names share one."""
        names = {name: self(name) for name in ours}
        if len(set(names.values())) < len(names) or set(names.values()) != set(theirs):
            odd = set(names.values()) ^ set(theirs)
            raise KeyError(f"without a partner, or with two: {sorted(odd) or sorted(names.values())}")
        return names


def table(family: str, reference: str) -> NameMap:
    """The rules of ``tables/<family>.toml`` for one reference."""
    text = (Path(__file__).parent / "tables" / f"{family}.toml").read_text(encoding="utf-8")
    return NameMap(tuple(tomllib.loads(text)[reference].items()))


def _apply(pattern: str, template: str, name: str) -> str | None:
    regex = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>\\d+)", re.escape(pattern))
    match = re.fullmatch(regex, name)
    if match is None:
        return None

    def fill(slot: re.Match[str]) -> str:
        factor, name, sign, shift = slot.groups()
        return str(int(factor or 1) * int(match[name]) + int(f"{sign or '+'}{shift or 0}"))

    return _SLOT.sub(fill, template)
