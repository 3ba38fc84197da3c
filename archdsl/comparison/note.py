"""A selection as a short report: the choice with its reasons, near misses, and unknowns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archdsl.comparison.entry import Entry
from archdsl.comparison.json import members
from archdsl.comparison.quantities import QUANTITIES
from archdsl.comparison.select import Selection, describe
from archdsl.diagnostics.display import folded, visible
from archdsl.summary.figures import human, in_bytes
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-select"
VERSION: Final = 1
_NEAR: Final = 5
_SINGULAR: Final = frozenset(quantity.words for quantity in QUANTITIES.values() if quantity.much == "much")
_STATED: Final = frozenset(quantity.words for quantity in QUANTITIES.values() if quantity.is_stated)
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def to_text(selection: Selection, *, everything: bool = False, colour: bool = False, room: int | None = None) -> str:
    """The report, wrapped at ``room`` cells. Of the misses it lists the nearest, or ``everything``."""
    lines = _lines(selection, everything, colour)
    return "\n".join(part for line in lines for part in (folded(line, room) if room else [line])) + "\n"


def _lines(selection: Selection, everything: bool, colour: bool) -> Iterator[str]:
    criteria = selection.criteria
    count = len(selection.chosen)
    met = f"{count or 'None'} of {_models(selection.looked_at)} meet{'s' * (count <= 1)}"
    ranked = f"; ranked by {QUANTITIES[criteria.prefer].words}" if count > 1 else ""
    yield _strong(f"{met}: {describe(criteria)}{ranked}", colour)
    for place, candidate in enumerate(selection.chosen, 1):
        yield ""
        yield f"{place}. " + _strong(_name(candidate.entry), colour) + f"  {_figures(candidate.entry)}"
        yield from (f"   {visible(reason)}" for reason in candidate.reasons)
    near = selection.misses if everything else selection.misses[:_NEAR]
    if near:
        yield ""
        yield _strong("Nearest misses" if not everything else "Misses, the nearest first", colour)
        size = max(len(_name(miss.entry)) for miss in near)
        yield from (f"  {_name(miss.entry):<{size}}  {visible('; '.join(miss.reasons))}" for miss in near)
        if left := len(selection.misses) - len(near):
            yield f"  and {left} more, further off; `--misses` lists them"
    if selection.unknown:
        yield ""
        yield _strong("Unknown", colour)
        size = max(len(_name(unknown.entry)) for unknown in selection.unknown)
        for unknown in selection.unknown:
            yield f"  {_name(unknown.entry):<{size}}  {_lack(unknown.missing)}; meets the rest"


def _name(entry: Entry) -> str:
    """The model's name, without terminal escapes."""
    return visible(entry.name)


def _lack(missing: Sequence[str]) -> str:
    """The unknown figures: facts that a spec may state, and figures that depend on the input size.

    >>> _lack(["MACs", "memory of activations", "top-1"])
    'states no top-1, MACs and memory of activations depend on the input'
    """
    stated = [name for name in missing if name in _STATED]
    open_ = [name for name in missing if name not in _STATED]
    words = [f"states no {' and no '.join(stated)}"] if stated else []
    if open_:
        words.append(f"{' and '.join(open_)} depend{'s' * (len(open_) == 1 and open_[0] in _SINGULAR)} on the input")
    return ", ".join(words)


def _models(count: int) -> str:
    return f"{count} model{'s' * (count != 1)}"


def _figures(entry: Entry) -> str:
    parts = (
        []
        if entry.top1 is None
        else [f"{entry.top1:.1f} % top-1" + (f" ({visible(entry.source)})" * bool(entry.source))]
    )
    parts += [
        f"{human(entry.params)} parameters",
        f"{human(entry.macs)} MACs",
        f"{in_bytes(entry.memory)} of activations",
    ]
    return ", ".join(parts)


def _strong(text: str, colour: bool) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if colour else text


def to_json(selection: Selection, **more: Any) -> str:
    """All three lists, with the figures of every model and the reasons in words."""
    return document(
        SCHEMA,
        VERSION,
        criteria=selection.criteria.plain(),
        chosen=[{**members(found.entry), "reasons": found.reasons} for found in selection.chosen],
        misses=[{**members(miss.entry), "reasons": miss.reasons, "by": round(miss.by, 4)} for miss in selection.misses],
        unknown=[{**members(lack.entry), "missing": lack.missing} for lack in selection.unknown],
        **more,
    )
