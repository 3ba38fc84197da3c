"""Did you mean: the names that an unknown one most likely stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import islice

from archdsl.diagnostics.model import Fix
from archdsl.source import Span

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
    """Up to three names, best first: aliases in other libraries, then the same letters, then similar names.

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
    """The help for an unknown name: one line, or none without suggestions.

    >>> did_you_mean("stirde", ["stride", "pad"])
    ('did you mean `stride`?',)
    """
    return suggested(closest(name, candidates, aliases))


def suggested(near: Sequence[str]) -> tuple[str, ...]:
    """The help that lists suggestions: one line, or none without names."""
    names = [f"`{name}`" for name in near]
    if not names:
        return ()
    return (f"did you mean {', '.join(names[:-1]) + ' or ' if names[1:] else ''}{names[-1]}?",)


def respelt(span: Span, name: str, near: Sequence[str], aliases: Mapping[str, str] | None = None) -> Fix | None:
    """The fix that replaces the text at ``span`` with the first suggestion for ``name``, if there is one.

    Safe if it is the only one, and ``name`` is what it is called elsewhere, the same letters in another case, or a
    slip: two neighbouring letters swapped, or one too many or too few, before the last, in a name of five letters or
    more. Names that differ in a digit, in another letter or at their end are often two names: ``c3`` and ``c4``,
    ``stage`` and ``stages``.
    """
    if not near:
        return None
    is_safe = len(near) == 1 and ((aliases or {}).get(name) == near[0] or _is_spelling(name, near[0]))
    return Fix(span, near[0], is_safe)


def _is_spelling(name: str, meant: str) -> bool:
    """
    >>> [_is_spelling(*pair) for pair in (("BatchNorm", "batch_norm"), ("stirde", "stride"), ("grops", "groups"))]
    [True, True, True]
    >>> [_is_spelling(*pair) for pair in (("C", "c"), ("c3", "c4"), ("stages", "stage"), ("gain", "main"))]
    [False, False, False, False]
    """
    one, other = _letters(name), _letters(meant)
    if one == other:
        return len(one) > 1
    if min(len(one), len(other)) < _LONG_ENOUGH or one[-1] != other[-1]:
        return False
    short, long = sorted((one, other), key=len)
    if len(short) == len(long):
        at = next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        swapped = one[:at] + one[at + 1 : at + 2] + one[at] + one[at + 2 :]
        return swapped == other and one[at : at + 2].isalpha()
    extra = [i for i, letter in enumerate(long[:-1]) if letter.isalpha() and long[:i] + long[i + 1 :] == short]
    return bool(extra)


_LONG_ENOUGH = 5
"""The least length of names in which a misspelling can be distinguished from another name."""


def _similar(wanted: str, known: Iterable[str]) -> list[str]:
    from difflib import SequenceMatcher  # here, because most runs have nothing to suggest

    letters = set(wanted)
    likely = nlargest(_COMPARED, known, key=lambda k: 2 * len(letters & set(k)) - abs(len(wanted) - len(k)))
    ratios: dict[str, float] = {}
    matcher = SequenceMatcher(b=wanted)
    enough = _ENOUGH if len(wanted) > 2 else _ENOUGH_OF_SHORT
    for name in likely:
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= enough and matcher.quick_ratio() >= enough:
            ratios[name] = matcher.ratio()
            enough = max(enough, ratios[name] - _NEARLY)
    found = sorted((name for name, ratio in ratios.items() if ratio >= enough), key=lambda name: -ratios[name])
    return found[:_MOST]


def _letters(name: str) -> str:
    return name.replace("_", "").casefold()
