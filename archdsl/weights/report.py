"""The match of a file of weights with a model, and its report: every mismatch, grouped by blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from archdsl.diagnostics.model import shortened

_EACH: Final = 4
"""A block has its arrays listed up to so many, more are counted if all of the block's are concerned."""
_LINES: Final = 40
"""Of one list, before the rest of it is counted."""
_DEEPEST: Final = 200
"""Blocks within blocks that are told apart: more than a spec or a graph in JSON may have."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An array with a matching name that does not fit."""

    key: str
    found: str
    """Shape, and type where that is what is wrong, as in ``[3, 3, 64, 128]``."""
    wanted: str
    is_of_type: bool = False
    """Whether the type is wrong, and not only the shape."""
    how: str = ""
    """How it is carried over, if not everything need fit; empty if it starts anew."""


@dataclass(frozen=True)
class Match:
    """The match of a file with a model. ``str()`` lists mismatches by blocks; it is true if everything fits.

    All names are keys, ``path/weight``, in the order of the model, those of the file in the order of the file.
    """

    file: str
    model: str
    kept: tuple[str, ...]
    """In both, with one shape."""
    changed: tuple[Changed, ...]
    """In both, with shapes or types that differ."""
    new: tuple[str, ...]
    """In the model only."""
    dropped: tuple[str, ...]
    """In the file only."""
    calls: Mapping[str, str]
    """What the blocks of the model are calls of, by path."""
    has_order: bool = True
    """Whether the file's layers can be matched by order instead."""

    def __bool__(self) -> bool:
        return not (self.changed or self.new or self.dropped)

    def __str__(self) -> str:
        return report(self)

    def document(self) -> dict[str, Any]:
        """The match as JSON data: each mismatch with its reason and consequence."""
        return {
            "file": self.file,
            "model": self.model,
            "kept": self.kept,
            "carried": [
                {"key": each.key, "found": each.found, "wanted": each.wanted, "how": each.how}
                for each in self.changed
                if each.how
            ],
            "changed": [
                {"key": each.key, "found": each.found, "wanted": each.wanted} for each in self.changed if not each.how
            ],
            "new": self.new,
            "dropped": self.dropped,
        }


@dataclass(slots=True)
class _Group:
    """A path prefix, and the listed arrays below it."""

    path: str
    listed: list[str] = field(default_factory=list)
    parts: dict[str, _Group] = field(default_factory=dict)


def report(match: Match, *, partial: bool = False) -> str:
    """A summary line, then a list for each kind of mismatch. ``partial``: what fits is taken."""
    wanted = (*match.kept, *(c.key for c in match.changed), *match.new)
    found = (*match.kept, *(c.key for c in match.changed), *match.dropped)
    carried = tuple(c.key for c in match.changed if c.how) if partial else ()
    shapes = {
        c.key: f"{c.found} in the file, {c.wanted} in the model{f'; {c.how}' if c.key in carried else ''}"
        for c in match.changed
    }
    lines = [_heading(match, partial=partial)]
    for title, keys, whole in (
        ("carried over", carried, wanted),
        (_differing(match), tuple(key for key in shapes if key not in carried), wanted),
        ("not in the file", match.new, wanted),
        ("not in the model", match.dropped, found),
    ):
        if keys:
            lines += [f"{title}:", *_folded(keys, whole, shapes, match.calls)]
    return "\n".join(lines)


def _differing(match: Match) -> str:
    return "of another shape or type" if any(c.is_of_type for c in match.changed) else "of another shape"


def _heading(match: Match, *, partial: bool) -> str:
    if match:
        return f"{match.file} fits {match.model}: {_arrays(len(match.kept))}"
    carried = sum(bool(c.how) for c in match.changed) if partial else 0
    parts = (
        (len(match.kept), "fit"),
        (carried, "carried over"),
        (len(match.changed) - carried, _differing(match)),
        (len(match.new), "not in the file"),
        (len(match.dropped), "not in the model"),
    )
    counts = ", ".join(f"{count} {words}" for count, words in parts if count)
    how = f"fits {match.model} in part" if partial else f"does not fit {match.model}"
    return f"{match.file} {how}: {counts}"


def _folded(
    keys: tuple[str, ...], whole: tuple[str, ...], shapes: Mapping[str, str], calls: Mapping[str, str]
) -> list[str]:
    counts = Counter(path for key in whole for path in _prefixes(key))
    lines = [*_lines(_grouped(keys), counts, shapes, calls)]
    if len(lines) <= _LINES:
        return [f"  {line}" for line, _ in lines]
    rest = sum(count for _, count in lines[_LINES:])
    return [*(f"  {line}" for line, _ in lines[:_LINES]), f"  and {_arrays(rest)} more"]


def _grouped(keys: tuple[str, ...]) -> _Group:
    """The arrays of a list grouped by prefixes, in list order."""
    root = _Group("")
    for key in keys:
        group = root
        group.listed.append(key)
        for path in _prefixes(key):
            group = group.parts.setdefault(path, _Group(path))
            group.listed.append(key)
    return root


def _prefixes(key: str) -> Iterator[str]:
    """The paths of the blocks around an array, and of its node: ``a``, ``a.b`` and ``a.b.conv``.

    Of the blocks only the outer ones where there are very many: names in a file may be anything.
    """
    path = key.partition("/")[0]
    end = path.find(".")
    for _ in range(_DEEPEST):
        if end < 0:
            break
        yield path[:end]
        end = path.find(".", end + 1)
    yield path


def _lines(
    root: _Group, counts: Mapping[str, int], shapes: Mapping[str, str], calls: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Lines, with the number of arrays of each. ``counts`` has all arrays of the side by prefixes."""
    stack = [root]
    while stack:
        group = stack.pop()
        count = len(group.listed)
        if group.path and count > _EACH and count == counts[group.path]:
            call = f" {calls[group.path]}" if group.path in calls else ""
            yield f"{shortened(group.path)}{call}: all {count}, such as {_array(group.listed[0], shapes)}", count
        elif count <= _EACH or not group.parts:
            for key in group.listed:
                yield _array(key, shapes), 1
        else:
            stack.extend(reversed(group.parts.values()))


def _array(key: str, shapes: Mapping[str, str]) -> str:
    name = shortened(key)
    return f"{name}: {shapes[key]}" if key in shapes else name


def _arrays(count: int) -> str:
    return "1 array" if count == 1 else f"{count:,} arrays"
