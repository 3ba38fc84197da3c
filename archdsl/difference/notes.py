"""Folds edits into notes: one decision of the author is one line for the reviewer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, TypeAlias

from archdsl.difference.edits import Pair
from archdsl.difference.model import Edit, Note, Section
from archdsl.difference.words import in_common, short, values
from archdsl.graph.model import Instance
from archdsl.graph.tree import local_name
from archdsl.ops.call import Call, Value, words

_EVERY: Final = 3
"""From how many ops of a kind on, a change of all of them is told as one of the kind and not of its places."""
_NAMED: Final = 4
"""How many blocks a title names one by one."""
_NUMBERED: Final = re.compile(r"(.*?)_?(\d+)")
"""A part of a path: the round of a loop, or a name that came before in its part."""

Homes: TypeAlias = tuple[int, ...]
"""Indices, in the second graph, of blocks that changed alike; empty for the model itself."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """The position of an edit relative to one of the enclosing blocks."""

    block: str
    home: int
    where: str
    in_row: bool
    """Whether it is within one of several blocks of a kind, of which the block consists."""


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Adjacent edits that are reported together, with their possible positions, innermost first."""

    place: int
    path: str
    seats: tuple[_Seat, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Edits that one line reports, with the blocks that contain them."""

    place: int
    homes: Homes
    where: str
    edits: tuple[Edit, ...]


def sections(pair: Pair, edits: Sequence[Edit]) -> tuple[Section, ...]:
    """The notes in model order; those about every op of a kind come first."""
    return _Folder(pair, edits).sections()


class _Folder:
    def __init__(self, pair: Pair, edits: Sequence[Edit]) -> None:
        self._pair = pair
        self._edits = edits
        self._partners = {theirs: ours for ours, theirs in pair.matching.instances.items()}
        """From instances of the second graph to those of the first."""
        self._index = tuple({i.path: n for n, i in enumerate(graph.instances)} for graph in (pair.a, pair.b))
        self._children = tuple(
            Counter((i.parent, i.block) for i in graph.instances if i.kind == "block") for graph in (pair.a, pair.b)
        )
        """Of each instance, how often it calls a block."""
        self._general: set[tuple[Value, Value]] = set()
        """Values that changed throughout, of which no block is told that it was given another."""
        self._blocks = Counter(pair.b.instances[index].block for index in self._partners)

    def sections(self) -> tuple[Section, ...]:
        everywhere, rest = self._everywhere()
        groups = [*_gathered([*self._groups(rest)])]
        first: dict[Homes, int] = {}
        for group in groups:
            first.setdefault(group.homes, group.place)
        # A section stands where its first note does; what concerns the model itself is told where it happens.
        groups.sort(key=lambda g: (first[g.homes] if g.homes else g.place, g.homes, g.place))
        self._general = {(edit.old, edit.new) for note in everywhere for edit in note.edits}
        found = [Section("", "", tuple(everywhere))] if everywhere else []
        for homes, together in groupby(groups, key=lambda group: group.homes):
            held = [*together]
            edits = [edit for group in held for edit in group.edits]
            found.append(Section(self._title(homes), self._cause(homes, edits), tuple(self._notes(held))))
        return tuple(found)

    # --- one line for many edits ------------------------------------------------------------------------------------

    def _everywhere(self) -> tuple[list[Note], list[_Bundle]]:
        """Notes about every op of a kind, and the remaining edits."""
        ops = Counter(self._pair.a[path].op.name for path in self._pair.matching.nodes)
        count = Counter(map(_sameness, self._edits))
        alike: dict[str, list[Edit]] = {}
        rest: list[tuple[int, Edit]] = []
        for place, edit in enumerate(self._edits):
            was = _callee(edit.old) if edit.kind == "replaced" else edit.subject
            general = edit.kind in ("changed", "replaced") and edit.attribute != "weights"
            if general and count[_sameness(edit)] == ops[was] >= _EVERY:
                alike.setdefault(was, []).append(edit)
            else:
                rest.append((place, edit))
        notes = [
            Note(edits[0].kind, edits[0].subject, f"every {was} ({ops[was]})", _words(edits), tuple(edits))
            for was, edits in alike.items()
        ]
        return notes, [*self._bundles(rest)]

    def _bundles(self, edits: Sequence[tuple[int, Edit]]) -> Iterator[_Bundle]:
        """Bundles of all changed arguments of one op, and of consecutive blocks that were added or removed."""
        held: list[tuple[int, Edit]] = []
        for item in edits:
            if held and not self._is_one_thing(held[-1][1], item[1]):
                yield self._bundle(held)
                held = []
            held.append(item)
        if held:
            yield self._bundle(held)

    def _is_one_thing(self, edit: Edit, following: Edit) -> bool:
        """Whether adjacent edits belong together: arguments of one op, or consecutive additions or removals."""
        if (edit.kind, edit.subject) == (following.kind, following.subject) and edit.kind in ("added", "removed"):
            alike = edit.nodes > 1 or (edit.old, edit.new) == (following.old, following.new)
            in_row = alike and _follows(edit.path, following.path)  # blocks may differ in a rate, ops may not
            return in_row and self._above(edit) == self._above(following)
        return (edit.before, edit.after) == (following.before, following.after)

    def _bundle(self, held: Sequence[tuple[int, Edit]]) -> _Bundle:
        place, first = held[0]
        seats, path = [*self._seats(first)], first.path
        if ending := _ending(path, held[-1][1].path):
            path += ending
            seats = [replace(seat, where=seat.where + ending) for seat in seats]
        return _Bundle(place, path, tuple(seats), tuple(edit for _, edit in held))

    def _groups(self, bundles: Sequence[_Bundle]) -> Iterator[_Group]:
        """Bundles grouped by their change and their position, relative to the blocks of which most have the change."""
        alike: dict[tuple[str, ...], set[int]] = {}
        in_row: set[tuple[str, ...]] = set()
        for bundle in bundles:
            for seat in bundle.seats:
                key = _likeness(bundle, seat)
                alike.setdefault(key, set()).add(seat.home)
                if seat.in_row:
                    in_row.add(key)

        def weight(key: tuple[str, ...]) -> tuple[bool, float]:
            """All blocks of a kind best of all, unless that is said of the parts of a longer row; else many of many."""
            homes, total = len(alike[key]), self._blocks[key[0]]
            return homes == total and key not in in_row, homes**2 / total

        groups: dict[tuple[str, ...], list[tuple[_Bundle, _Seat]]] = {}
        for bundle in bundles:
            several = [(_likeness(bundle, seat), seat) for seat in bundle.seats]
            several = [(key, seat) for key, seat in several if len(alike[key]) > 1]
            if several:
                key, seat = max(several, key=lambda item: weight(item[0]))
                groups.setdefault(key, []).append((bundle, seat))
            else:
                yield self._alone(bundle)
        for members in groups.values():
            first, seat = members[0]
            homes = tuple(dict.fromkeys(seat.home for _, seat in members))
            edits = tuple(edit for bundle, _ in members for edit in bundle.edits)
            yield self._under_cause(homes, [bundle for bundle, _ in members]) or _Group(
                first.place, homes, seat.where, edits
            )

    def _under_cause(self, homes: Homes, bundles: Sequence[_Bundle]) -> _Group | None:
        """A change of some blocks of a kind, explained by a changed call of one block around them."""
        if len(homes) == self._blocks[self._pair.b.instances[homes[0]].block]:
            return None
        edits = tuple(edit for bundle in bundles for edit in bundle.edits)
        given = {change for changes in _changes(edits) for change in changes}
        for seat in bundles[0].seats:
            places = [s.where for bundle in bundles for s in bundle.seats if s.home == seat.home]
            if len(places) == len(bundles) and seat.home not in homes and given & self._given(seat.home):
                return _Group(bundles[0].place, (seat.home,), places[0] + _ending(places[0], places[-1]), edits)
        return None

    def _given(self, home: int) -> set[tuple[Value, Value]]:
        """The values before and after of each argument that differs in the calls of a block on both sides."""
        was, now = self._instances(home)
        old, new = was.call.given(), now.call.given()
        return {(old[name], new[name]) for name in old if name in new and old[name] != new[name]}

    def _alone(self, bundle: _Bundle) -> _Group:
        """A unique change, reported in the nearest enclosing block whose call changed, else in the model."""
        for seat in bundle.seats:
            if self._cause((seat.home,), bundle.edits) or self._was((seat.home,)) != seat.block:
                return _Group(bundle.place, (seat.home,), seat.where, bundle.edits)
        return _Group(bundle.place, (), bundle.path, bundle.edits)

    def _seats(self, edit: Edit) -> Iterator[_Seat]:
        """The enclosing blocks in both models, innermost first, with the edit's position relative to each."""
        side, path = edit.after is not None, edit.path
        graph, own = (self._pair.b if side else self._pair.a), self._index[side].get(path)
        below = graph.instances[own].block if own is not None else ""
        above = self._above(edit)
        while above:
            instance = graph.instances[above]
            home = above if side else self._pair.matching.instances.get(above)
            if instance.kind == "block" and home in self._partners:
                in_row = self._children[side][above, below] > 1
                yield _Seat(self._pair.b.instances[home].block, home, local_name(path, instance.path), in_row)
            above, below = instance.parent, instance.block

    def _above(self, edit: Edit) -> int | None:
        """The instance that contains the edit."""
        side = edit.after is not None
        graph, own = (self._pair.b if side else self._pair.a), self._index[side].get(edit.path)
        return graph[edit.path].instance if own is None else graph.instances[own].parent

    def _notes(self, groups: Sequence[_Group]) -> Iterator[Note]:
        for group in groups:
            first = group.edits[0]
            yield Note(first.kind, first.subject, group.where, _words(group.edits), group.edits)

    # --- titles -----------------------------------------------------------------------------------------------------

    def _was(self, homes: Homes) -> str:
        """The name of the blocks in the first graph, if it was common to all."""
        names = {self._instances(home)[0].block for home in homes}
        return names.pop() if len(names) == 1 else ""

    def _instances(self, home: int) -> tuple[Instance, Instance]:
        return self._pair.a.instances[self._partners[home]], self._pair.b.instances[home]

    def _title(self, homes: Homes) -> str:
        if not homes:
            return ""
        block = self._pair.b.instances[homes[0]].block
        was, total = self._was(homes), self._blocks[block]
        name = f"{was} → {block}" if was and was != block else block
        paths = [self._pair.b.instances[home].path for home in homes]
        if len(homes) == 1:
            return f"{paths[0]}  {name}"
        if len(homes) == total:
            return f"in both {name}" if total == 2 else f"in all {total} {name}"
        shown = paths if len(paths) <= _NAMED else [*paths[: _NAMED - 2], "…", paths[-1]]
        return f"in {len(homes)} of {total} {name} ({', '.join(shown)})"

    def _cause(self, homes: Homes, edits: Sequence[Edit]) -> str:
        """The arguments of the blocks that were not given before.

        One that is given on one side only is the default on the other. Between different blocks it may mean something
        else, and counts when an edit has its value.
        """
        told = {value for edit in edits for value in (edit.old, edit.new, words(edit.attribute))}
        changes: dict[str, list[tuple[Value, Value]]] = {}
        single: dict[str, set[str]] = {}
        for home in homes:
            was, now = self._instances(home)
            old, new = was.call.given(), now.call.given()
            for name in dict.fromkeys((*old, *new)):
                if name in old and name in new:
                    if old[name] != new[name] and (old[name], new[name]) not in self._general:
                        changes.setdefault(name, []).append((old[name], new[name]))
                elif was.block == now.block or not told.isdisjoint((words(name), (old | new)[name])):
                    given = f"{name}={short(new[name])}" if name in new else f"no {name}={short(old[name])}"
                    single.setdefault(name, set()).add(given)
        shown = _changes(edits) if len(edits) <= len(homes) else []  # one edit a block says the same as its cause
        general = {name: found for name, found in changes.items() if len(found) == len(homes) and {*found} not in shown}
        said = [f"{name} {values(found)}" for name, found in general.items()]
        return ", ".join([*said, *(found.pop() for found in single.values() if len(found) == 1)])


def _ending(path: str, last: str) -> str:
    """An abbreviation of the last of several paths, after the first in a text; empty if they are equal.

    >>> _ending("blocks.0.conv", "blocks.2.conv")
    ' … 2.conv'
    """
    return "" if path == last else f" … {'.'.join(last.split('.')[_differing(path, last) :])}"


def _gathered(groups: Sequence[_Group]) -> Iterator[_Group]:
    """Merges groups that concern most of the blocks of another group into it, and says how many these are."""
    sizes = sorted({group.homes for group in groups if len(group.homes) > 1}, key=len, reverse=True)
    held = {homes: frozenset(homes) for homes in sizes}
    for group in groups:
        mine = held.get(group.homes, frozenset())
        larger = next((h for h in sizes if mine < held[h] and len(mine) > len(h) / 2), None) if mine else None
        if larger is None:
            yield group
        else:
            yield replace(group, homes=larger, where=f"{group.where} in {len(mine)} of them")


def _sameness(edit: Edit) -> tuple[Hashable, ...]:
    """A key that is equal for edits that make the same change, wherever."""
    return edit.kind, edit.subject, edit.attribute, edit.old, edit.new


def _follows(path: str, following: str) -> bool:
    """Whether two paths are equal except for consecutive numbers.

    >>> _follows("c4.6", "c4.7"), _follows("conv", "conv_1"), _follows("c1.3.unit", "c1.4.unit"), _follows("a.1", "a.3")
    (True, True, True, False)
    """
    parts, others = path.split("."), following.split(".")
    place = _differing(path, following)
    if len(parts) != len(others) or parts[place + 1 :] != others[place + 1 :] or place == len(parts):
        return False
    (name, number), (other, next_) = _number(parts[place]), _number(others[place])
    return name == other and next_ == number + 1


def _differing(path: str, other: str) -> int:
    """The first component in which two paths differ."""
    pairs = zip(path.split("."), other.split("."), strict=False)
    return next((place for place, (part, its) in enumerate(pairs) if part != its), path.count(".") + 1)


def _number(part: str) -> tuple[str, int]:
    found = _NUMBERED.fullmatch(part)
    return (found[1], int(found[2])) if found else (part, 0)


def _likeness(bundle: _Bundle, seat: _Seat) -> tuple[str, ...]:
    """A key that is equal for bundles with the same change at the same position of blocks of the same name."""
    first = bundle.edits[0]
    exact = (_callee(first.old), _callee(first.new)) if first.kind == "replaced" else ()
    return seat.block, seat.where, first.kind, first.subject, *exact


def _changes(edits: Sequence[Edit]) -> list[set[tuple[Value, Value]]]:
    """For each argument that edits change, its values before and after."""
    found: dict[tuple[str, str], set[tuple[Value, Value]]] = {}
    for edit in edits:
        if edit.kind == "changed":
            found.setdefault((edit.subject, edit.attribute), set()).add((edit.old, edit.new))
    return [*found.values()]


def _words(edits: Sequence[Edit]) -> str:
    """A description of edits of one kind at one place."""
    match edits[0].kind:
        case "changed":
            by_name: dict[str, list[tuple[Value, Value]]] = {}
            for edit in edits:
                by_name.setdefault(edit.attribute, []).append((edit.old, edit.new))
            ops = len({edit.after for edit in edits})
            return ", ".join(
                f"{_called(name)} {values(changes)}" + (f" in {len(changes)} of them" if len(changes) < ops else "")
                for name, changes in by_name.items()
            )
        case "replaced":
            return f"{_common(edit.old for edit in edits)} → {_common(edit.new for edit in edits)}"
        case "added" | "removed":
            text = _common(edit.old or edit.new for edit in edits)
            return f"{len(edits)} × {text}" if len(edits) > 1 else text
        case "moved":
            return f"moved, now after {_source(str(edit.new) for edit in edits)}"
        case "rewired":
            return f"takes {_source(str(edit.new) for edit in edits)}, took {_source(str(edit.old) for edit in edits)}"
        case "follows":
            return values([(edit.old, edit.new) for edit in edits])


def _source(paths: Iterable[str]) -> str:
    """The common source of several paths."""
    distinct = dict.fromkeys(paths)
    if len(distinct) == 1:
        return next(iter(distinct))
    ends = {", ".join(path.rpartition(".")[2] for path in paths.split(", ")) for paths in distinct}
    return ends.pop() if len(ends) == 1 else "others"


def _common(calls: Iterable[Value]) -> str:
    return in_common([call for call in calls if isinstance(call, Call)])


def _callee(value: Value) -> str:
    """The name of the op or block that was called."""
    return value.callee if isinstance(value, Call) else ""


def _called(attribute: str) -> str:
    return "weights of" if attribute == "weights" else attribute
