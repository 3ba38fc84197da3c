"""Maps between the paths of a graph's nodes and the names in a source: tables/*.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from string import ascii_lowercase
from typing import Any

from archdsl.resources import directory
from archdsl.weights.arrays import WeightsError

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

    rules: Sequence[tuple[str, str]]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layouts: Mapping[str, str] = field(default_factory=dict)
    """Of rules, or ops, whose arrays lie otherwise in this source: the name of their layout in layouts.toml."""
    models: tuple[str, ...] = ()
    """The only ones that it is of, where it would have names for others that are not the source's."""
    is_keras: bool = False
    """Whether the names are those of Keras's layers, whose arrays are called and lie as ours."""

    def __call__(self, ours: str) -> str:
        """The source's name. Raises ``WeightsError`` unless exactly one rule fits."""
        matches = [(match, template) for pattern, template in self._patterns if (match := pattern.fullmatch(ours))]
        if len(matches) != 1:
            raise WeightsError(f"{len(matches)} rules fit {ours}")
        ((match, template),) = matches
        return _SLOT.sub(lambda slot: self._filled(slot, match), template)

    def layout(self, ours: str, op: str) -> str:
        """The layout, by its name in layouts.toml, of an op's arrays: that of its rule, or else that of the op."""
        of = {
            rule for (rule, _), (pattern, _) in zip(self.rules, self._patterns, strict=True) if pattern.fullmatch(ours)
        }
        return next((layout for rule, layout in self.layouts.items() if rule in of), self.layouts.get(op, op))

    def is_of(self, model: str) -> bool:
        """Whether it may belong to a model of this name."""
        return not self.models or model in self.models

    def names_all(self, ours: Iterable[str]) -> bool:
        """Whether exactly one rule fits each name."""
        return all(sum(pattern.fullmatch(name) is not None for pattern, _ in self._patterns) == 1 for name in ours)

    def all(self, ours: Iterable[str], theirs: Iterable[str]) -> Mapping[str, str]:
        """The whole map. Raises ``WeightsError`` unless it is a bijection."""
        names = {name: self(name) for name in ours}
        if len(set(names.values())) < len(names) or set(names.values()) != set(theirs):
            odd = set(names.values()) ^ set(theirs)
            raise WeightsError(f"without a partner, or with two: {sorted(odd) or sorted(names.values())}")
        return names

    @cached_property
    def _patterns(self) -> Sequence[tuple[re.Pattern[str], str]]:
        """The patterns of the rules, and their replacements."""

        def expression(slot: re.Match[str]) -> str:
            words = "|".join(map(re.escape, self.words.get(slot[1], ())))
            return f"(?P<{slot[1]}>{words or _NUMBER})"

        found = []
        for ours, theirs in self.rules:
            found.append((re.compile(re.sub(r"\\\{(\w+)\\\}", expression, re.escape(ours))), theirs))
        return found

    def _filled(self, slot: re.Match[str], match: re.Match[str]) -> str:
        factor, name, sign, shift, letters = slot.groups()
        if name in self.words:
            return self.words[name][match[name]]
        number = int(factor or 1) * int(match[name]) + int(f"{sign or '+'}{shift or 0}")
        return ascii_lowercase[number] if letters else str(number)


def table(family: str, source: str) -> NameMap:
    """The rules of ``tables/<family>.toml`` for one source; its tables define the slots."""
    return _file(family)[source]


def sources() -> Mapping[tuple[str, str], NameMap]:
    """All tables, by family and source."""
    families = sorted(file.name.removesuffix(".toml") for file in directory("weights/published/tables").iterdir())
    return {(family, source): names for family in families for source, names in _file(family).items()}


@cache
def _file(family: str) -> Mapping[str, NameMap]:
    text = (directory("weights/published/tables") / f"{family}.toml").read_text(encoding="utf-8")
    return {source: _names(source, entries) for source, entries in tomllib.loads(text).items()}


def _names(source: str, entries: Mapping[str, Any]) -> NameMap:
    rules = tuple((ours, theirs) for ours, theirs in entries.items() if isinstance(theirs, str))
    words = {slot: words for slot, words in entries.items() if isinstance(words, dict)}
    models = tuple(entries.get("models", ()))
    return NameMap(rules, words, words.pop("layouts", {}), models, is_keras=source.partition("_")[0] == "keras")
