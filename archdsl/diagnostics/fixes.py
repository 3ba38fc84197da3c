"""Applies fixes repeatedly, as long as the result is no worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from archdsl.diagnostics.model import Diagnostic, Fix
from archdsl.source import SourceFile

_ROUNDS: Final = 10
_ALONE: Final = 20
"""Fixes that are tried one by one, at most."""


class Checked(NamedTuple):
    """A text with its diagnostics."""

    source: SourceFile
    found: tuple[Diagnostic, ...]
    graphs: Mapping[str, str]
    """Of each model and block that could be made, what tells it from any other: see ``graph.fingerprint``."""

    @property
    def errors(self) -> int:
        return sum(d.is_error for d in self.found)


class Mended(NamedTuple):
    """The fixed text, and the diagnostics whose fixes were applied."""

    now: Checked
    fixed: tuple[Diagnostic, ...]


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """The text after the fixes; of two that overlap, or insert at one place, the first is applied.

    >>> source = SourceFile("<text>", "cnov -> relu")
    >>> from archdsl.source import Span
    >>> applied(source.text, [Fix(Span(source, 0, 4), "conv"), Fix(Span(source, 2, 6), "?")])
    'conv -> relu'
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    done = -1
    for fix in sorted(fixes, key=lambda fix: fix.span.start):
        _, start, end = fix.span
        if start < done or (start == end == done):
            continue
        parts += (text[max(done, 0) : start], fix.replacement.replace("\n", line_end))
        done = end
    return "".join((*parts, text[max(done, 0) :]))


def mend(start: Checked, check: Callable[[str], Checked], *, unsafe: bool = False) -> Mended:
    """Applies the fixes of diagnostics, safe ones only unless ``unsafe``, until none is left or the text gets worse.

    The result has no more errors than there were, and none of what was fixed. Safe fixes of a text without errors leave
    its graphs as they are. Where all fixes at once break one of these rules, those count that do not by themselves.
    """

    def wanted(checked: Checked) -> list[Diagnostic]:
        return [d for d in checked.found if d.fix and d.fix.span.source is checked.source and (unsafe or d.fix.is_safe)]

    def after(chosen: Sequence[Diagnostic], now: Checked) -> Checked:
        return check(applied(now.source.text, (d.fix for d in chosen if d.fix)))

    def is_better(now: Checked, before: Checked, chosen: Sequence[Diagnostic]) -> bool:
        known, left = (Counter((d.code, d.text) for d in each.found) for each in (before, now))
        gone = Counter((d.code, d.text) for d in chosen)
        if now.errors > start.errors or any(left[key] > known[key] - n for key, n in gone.items()):
            return False
        return unsafe or start.errors > 0 or now.graphs == start.graphs

    def attempts(now: Checked) -> Iterator[list[Diagnostic]]:
        yield (all_ := wanted(now))
        yield (alone := [d for d in all_[:_ALONE] if is_better(after([d], now), now, [d])])
        yield alone[:1]

    best, fixed = start, list[Diagnostic]()
    for _ in range(_ROUNDS):
        tried = ((after(chosen, best), chosen) for chosen in attempts(best) if chosen)
        found = next(((now, chosen) for now, chosen in tried if is_better(now, best, chosen)), None)
        if found is None:
            break
        best = found[0]
        fixed += found[1]
    return Mended(best, tuple(fixed))
