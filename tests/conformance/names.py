"""Maps of weights between our layers and a reference's, by name: tables/*.toml, nothing is guessed from order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import ascii_lowercase

_NUMBER = r"\d+"
_SLOT = re.compile(r"\{(?:(\d+)\*)?(\w+)(?:\s*([+-])\s*(\d+))?(:a)?\}")


@dataclass(frozen=True)
class NameMap:
    """Rules ``(ours, theirs)`` such as ``("stage_{s}.{i}.conv", "block{s+1}_conv{i+1}")``.

    Slots are numbers, or words where there is a list of them. ``{i:a}`` counts with letters.

    >>> NameMap([("stage_{s}.{i}.conv", "block{s+1}_conv{i+1}")])("stage_2.0.conv")
    'block3_conv1'
    >>> NameMap([("stage_{s}.{i}.conv", "features.{2*s+1}.{i}")])("stage_2.0.conv")
    'features.5.0'
    >>> words = {"part": {"depthwise": "dwconv", "squeeze": "se_reduce"}}
    >>> NameMap([("stage_{s}.{i}.{part}", "block{s+1}{i:a}_{part}")], words)("stage_1.2.squeeze")
    'block2c_se_reduce'
    """

    rules: Iterable[tuple[str, str]]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)
    """Of kinds of layers whose arrays lie otherwise in this reference: the name of their layout in torch.toml."""

    def __call__(self, ours: str) -> str:
        """The reference's name. Raises ``KeyError`` unless exactly one rule fits."""
        found = [theirs for pattern, template in self.rules if (theirs := self._apply(pattern, template, ours))]
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

    def _apply(self, pattern: str, template: str, name: str) -> str | None:
        def expression(slot: re.Match[str]) -> str:
            words = "|".join(map(re.escape, self.words.get(slot[1], ())))
            return f"(?P<{slot[1]}>{words or _NUMBER})"

        match = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", expression, re.escape(pattern)), name)
        if match is None:
            return None

        def fill(slot: re.Match[str]) -> str:
            factor, name, sign, shift, letters = slot.groups()
            if name in self.words:
                return self.words[name][match[name]]
            number = int(factor or 1) * int(match[name]) + int(f"{sign or '+'}{shift or 0}")
            return ascii_lowercase[number] if letters else str(number)

        return _SLOT.sub(fill, template)


def table(family: str, reference: str) -> NameMap:
    """The rules of ``tables/<family>.toml`` for one reference; its tables list the words of slots."""
    text = (Path(__file__).parent / "tables" / f"{family}.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)[reference]
    rules = tuple((ours, theirs) for ours, theirs in entries.items() if isinstance(theirs, str))
    words = {slot: words for slot, words in entries.items() if isinstance(words, dict)}
    return NameMap(rules, words, words.pop("layouts", {}))
