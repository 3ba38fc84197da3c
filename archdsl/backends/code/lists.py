"""Brings modules of several instances into one form, so that they differ only in literals where possible.

A sequence of equal modules is written as one, with how many there are; one of modules that differ in some arguments as
one with columns of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from archdsl.backends.code.terms import CALL, EACH, REPEAT, REST, leaves, skeleton, substituted
from archdsl.backends.code.values import DICT, LIST, ORDERED, SEQUENCE, Argument, Literal, Make, Name

_LISTS = (SEQUENCE, LIST)
_DICTS = (DICT, ORDERED)
_COLUMNS = 4
"""More of them are no table that one would read; then each module has a line."""
Usual: TypeAlias = Callable[[str, str, Mapping[str, Argument]], Argument]
"""The value that an argument of a callee has where it is not given, by the other arguments."""


def aligned(makes: Sequence[Make], label: str, usual: Usual) -> list[Make]:
    """The modules in one form, as far as there is one."""
    if len({made.callee for made in makes}) > 1:
        general = [made.general or made for made in makes]
        if len({made.callee for made in general}) == 1:
            return aligned([replace(made, general=None) for made in general], label, usual)
        if not any(made.args for made in makes):
            return [Make(CALL, ((label, Name(made.callee)),), path=made.path) for made in makes]
        return [*makes]
    callee = makes[0].callee
    if callee in _LISTS:
        return _lists(makes, label, usual)
    if callee.startswith("*"):
        return [*makes]
    names = dict.fromkeys(name for made in makes for name, _ in made.args)
    if callee in _DICTS and any(len(made.args) < len(names) for made in makes):
        return [*makes]
    rows = [dict(made.args) for made in makes]
    for row in rows:
        for name in names:
            if name not in row:
                row[name] = usual(callee, name, row)
    for name in names:
        inner = [row[name] for row in rows]
        terms = [each for each in inner if isinstance(each, Make)]
        if len(terms) == len(inner):
            for row, term in zip(rows, aligned(terms, name, usual), strict=True):
                row[name] = term
    return [
        replace(made, args=tuple((name, row[name]) for name in names)) for made, row in zip(makes, rows, strict=True)
    ]


def _lists(makes: Sequence[Make], label: str, usual: Usual) -> list[Make]:
    lists = [[item for _, item in made.args if isinstance(item, Make)] for made in makes]
    lengths = {len(items) for items in lists}
    together = [item for items in lists for item in items]
    if len(together) == 0:
        return [*makes]
    if len({item.callee for item in together}) == 1 and max(lengths) > 1:
        forms = iter(aligned(together, label, usual))
        alike = [[next(forms) for _ in items] for items in lists]
        if len({repr(skeleton(item)) for items in alike for item in items}) == 1:
            return [*map(_list, makes, _folded(alike))]
    if len(lengths) > 1 and min(lengths) > 1 and (apart := _with_heads(lists, label, usual)) is not None:
        return [*map(_list, makes, apart)]
    if len(lengths) == 1:
        places = [aligned(items, label, usual) for items in zip(*lists, strict=True)]
        lists = [[*items] for items in zip(*places, strict=True)]
    if len(lists) == 1:
        lists = [_runs(lists[0], label, usual)]
    return [*map(_list, makes, lists)]


def _with_heads(lists: Sequence[Sequence[Make]], label: str, usual: Usual) -> list[list[Make]] | None:
    """Lists whose first modules have one skeleton and the others a second one; ``None`` for other lists."""
    heads = aligned([items[0] for items in lists], label, usual)
    rest = [item for items in lists for item in items[1:]]
    if len({item.callee for item in rest}) > 1:
        return None
    forms = iter(aligned(rest, label, usual))
    rests = [[next(forms) for _ in items[1:]] for items in lists]
    if any(len({repr(skeleton(item)) for item in items}) > 1 for items in (heads, [i for each in rests for i in each])):
        return None
    varied = _varied(rests)
    if varied:
        return [[head, _each(items, varied)] for head, items in zip(heads, rests, strict=True)]
    counted = [Make(REST, (("item", items[0]), ("depth", len(items) + 1))) for items in rests]
    return [[head, each] for head, each in zip(heads, counted, strict=True)]


def _list(made: Make, items: Sequence[Make]) -> Make:
    """The list with other elements."""
    return replace(made, args=tuple((str(i), item) for i, item in enumerate(items)), placed=len(items))


def _folded(lists: list[list[Make]]) -> list[list[Make]]:
    """Lists of modules of one skeleton, all written in the same way."""
    shortest = min(map(len, lists))
    if len({len(items) for items in lists}) == 1 and shortest <= 2 and _varied(lists):
        return lists
    varied = _varied(lists)
    if not varied:
        return [[_repeat(items[0], len(items))] for items in lists]
    after = _varied([items[1:] for items in lists]) if shortest > 1 else varied
    if shortest > 1 and not after:
        return [[items[0], Make(REST, (("item", items[1]), ("depth", len(items))))] for items in lists]
    if shortest > 1 and len(after) < len(varied):
        folded = [[items[0], _each(items[1:], after)] for items in lists]
    else:
        folded = [[_each(items, varied)] for items in lists]
    is_readable = all(len(items[-1].args) - 1 <= _COLUMNS for items in folded) and lists[0][0].callee not in _LISTS
    return folded if is_readable or len({len(items) for items in lists}) > 1 else lists


def _varied(lists: Sequence[Sequence[Make]]) -> list[int]:
    """The leaves in which the modules of any of the lists differ."""
    found = set[int]()
    for items in lists:
        for columns in (zip(*([value for _, value in leaves(item)] for item in items), strict=True),):
            found |= {i for i, column in enumerate(columns) if len({repr(value) for value in column}) > 1}
    return sorted(found)


def _repeat(item: Make, count: int) -> Make:
    return Make(REPEAT, (("item", item), ("depth", count)))


def _each(items: Sequence[Make], varied: Sequence[int]) -> Make:
    """A comprehension: one module for each row of columns, whose names replace the module's arguments."""
    rows = [[value for _, value in leaves(item)] for item in items]
    labels = [label for label, _ in leaves(items[0])]
    columns: dict[str, tuple[Literal, ...]] = {}
    taken = {value.text for value in rows[0] if isinstance(value, Name)}
    values: list[Literal] = [*rows[0]]
    for place in varied:
        column = tuple(row[place] for row in rows)
        name = next((name for name, other in columns.items() if repr(other) == repr(column)), "")
        if not name:
            stem = labels[place].removesuffix("s")
            name, number = stem, 1
            while name in columns or name in taken:
                number += 1
                name = f"{stem}{number}"
            columns[name] = column
        values[place] = Name(name)
    return Make(EACH, (("item", substituted(items[0], values)), *columns.items()))


def _runs(items: list[Make], label: str, usual: Usual) -> list[Make]:
    """A list of one instance, in which runs of three or more modules of one skeleton are merged."""
    found: list[Make] = []
    start = 0
    while start < len(items):
        end = start + 1
        while end < len(items) and items[end].callee == items[start].callee:
            end += 1
        run = items[start:end]
        forms = aligned(run, label, usual)
        if len(run) > 2 and len({repr(skeleton(form)) for form in forms}) == 1:
            found += _folded([forms])[0]
        else:
            found += run
        start = end
    return found
