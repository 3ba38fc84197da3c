"""Did you mean: the few names that a misspelt, foreign or differently cased one most likely stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nlargest
from itertools import islice

_MOST = 3
_LENGTH = 60
_CANDIDATES = 1_000
_ENOUGH = 0.6
"""The share of letters in order that makes a name similar."""
_ENOUGH_OF_SHORT = 0.75
"""The same for names of one or two letters, which have something in common with a great many."""
_NEARLY = 0.15
"""How much less similar than the best one a further suggestion may be."""
_COMPARED = 30
"""How many candidates are compared letter by letter, which takes some 50 µs each: those with most letters in common."""


def closest(name: str, candidates: Iterable[str], aliases: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Up to three names, best first: what ``name`` is called elsewhere, then the same letters, then similar ones.

    ``aliases`` maps a foreign name to the one used here. Case and underscores do not count. The time is bounded,
    however long the name and however many the candidates.

    >>> closest("Conv2D", ["conv", "concat"], {"Conv2D": "conv"})
    ('conv',)
    >>> closest("BatchNorm", ["batch_norm", "layer_norm"])
    ('batch_norm',)
    >>> closest("cnov", ["conv", "relu"]), closest("qqq", ["conv", "relu"]), closest("b", ["bn"])
    (('conv',), (), ())
    """
    if not name or len(name) > _LENGTH:
        return ()
    meant: dict[str, list[str]] = {}  # from letters to the names that they may stand for, those of this language first
    for candidate in islice(candidates, _CANDIDATES):
        if len(candidate) <= _LENGTH:
            meant.setdefault(_letters(candidate), []).append(candidate)
    for alias, target in (aliases or {}).items():
        meant.setdefault(_letters(alias), []).append(target)
    wanted = _letters(name)
    found: dict[str, None] = {}
    if aliases and name in aliases:
        found[aliases[name]] = None
    found.update(dict.fromkeys(meant.get(wanted, ())))
    if not found:
        for letters in _similar(wanted, meant):
            found.update(dict.fromkeys(meant[letters]))
    found.pop(name, None)
    return tuple(islice(found, _MOST))


def did_you_mean(name: str, candidates: Iterable[str], aliases: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The help of a diagnostic about an unknown name: one line, or none when nothing is close.

    >>> did_you_mean("stirde", ["stride", "pad"])
    ('did you mean `stride`?',)
    """
    names = [f"`{found}`" for found in closest(name, candidates, aliases)]
    if not names:
        return ()
    return (f"did you mean {', '.join(names[:-1]) + ' or ' if names[1:] else ''}{names[-1]}?",)


def _similar(wanted: str, known: Iterable[str]) -> list[str]:
    from difflib import SequenceMatcher  # here, because most runs have nothing to suggest

    letters = set(wanted)
    likely = nlargest(_COMPARED, known, key=lambda k: 2 * len(letters & set(k)) - abs(len(wanted) - len(k)))
    ratios: dict[str, float] = {}
    matcher = SequenceMatcher(b=wanted)
    for name in likely:
        matcher.set_seq1(name)
        ratios[name] = matcher.ratio()
    least = _ENOUGH if len(wanted) > 2 else _ENOUGH_OF_SHORT
    enough = max(least, max(ratios.values(), default=0.0) - _NEARLY)
    found = sorted((name for name, ratio in ratios.items() if ratio >= enough), key=lambda name: -ratios[name])
    return found[:_MOST]


def _letters(name: str) -> str:
    return name.replace("_", "").casefold()
