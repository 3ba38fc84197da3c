"""Parts of a class: which of them form a sequence, and their names."""

from __future__ import annotations

import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from archdsl.backends.code.dialect import Dialect
from archdsl.backends.code.values import CALL, Code, Make, sequential
from archdsl.graph.tree import local_name


@dataclass(slots=True)
class Item:
    """A part of a class: a node, a call of another class, or a group that is a sequence of modules."""

    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    module: Make | None
    code: Code
    nodes: tuple[tuple[str, str], ...]
    """The nodes that own weights in it, and where their modules are below its own."""
    named: bool
    """Whether the author gave it its name."""
    after: tuple[str, ...] = ()
    """For each input, what is appended to it."""
    group: str = ""
    """The path of the group that it is of, if that is no part of the class."""
    reuses: str = ""
    """The path of the item whose module it calls."""
    note: str = ""
    shared: bool = False
    below: str = ""
    """What the path of its module has after its own."""
    """Whether others call its module, which therefore must have a name."""

    @property
    def is_link(self) -> bool:
        """Whether it can be an element of a sequence."""
        one = len(self.inputs) == len(self.outputs) == 1
        return (
            one
            and self.module is not None
            and self.code == CALL
            and not any(self.after)
            and not (self.reuses or self.shared)
        )


def is_chain(items: Sequence[Item]) -> bool:
    """Whether each item takes the output of the one before, which has no other user."""
    return (
        len(items) > 0
        and all(item.is_link for item in items)
        and all(b.inputs == a.outputs for a, b in pairwise(items))
    )


def _place(item: Item, path: str, place: int) -> str:
    """The index of an item's module in a sequence."""
    first, dot, rest = module_path(item, path).partition(".")
    return f"{{i}}{dot}{rest}" if first == str(place) else f"{first}{dot}{rest}"


def module_path(item: Item, path: str) -> str:
    """The path of an item's module relative to another path."""
    return ".".join(filter(None, (local_name(item.path, path), item.below)))


def sequence(path: str, items: Sequence[Item], *, is_named: bool = False) -> Item:
    """One item that holds several. With ``is_named`` their modules keep their paths in it."""
    nodes = [
        (node, ".".join(filter(None, (str(i), below)))) for i, item in enumerate(items) for node, below in item.nodes
    ]
    modules = [
        replace(item.module, path=_place(item, path, i)) if is_named else item.module
        for i, item in enumerate(items)
        if item.module is not None
    ]
    return Item(
        path=path,
        inputs=items[0].inputs,
        outputs=items[-1].outputs,
        module=sequential(modules),
        code=CALL,
        nodes=tuple(nodes),
        named=True,
        after=("",),
        note=items[-1].note,
    )


def joined(items: list[Item], path: str, made: Collection[str], *, is_named: bool = False) -> list[Item]:
    """Merges rounds of a loop that are one chain into a sequence, if all rounds of the name are part of one.

    ``made`` are the values that are used elsewhere, too.
    """
    stems = [_stem(item, path) for item in items]
    found: list[Item] = []
    start = 0
    while start < len(items):
        end = start + 1
        while end < len(items) and stems[end] == stems[start] != "" and items[end].inputs == items[end - 1].outputs:
            end += 1
        run = items[start:end]
        whole = sum(stem == stems[start] for stem in stems) == end - start
        if stems[start] and whole and is_chain(run) and _passes(run, items, made):
            name = ".".join(filter(None, (path, stems[start])))
            found.append(sequence(name, run, is_named=is_named))
        else:
            found += run
        start = end
    return found


def _passes(run: Sequence[Item], items: Sequence[Item], made: Collection[str]) -> bool:
    """Whether the items form a single path: only the next one takes the outputs of those before the last."""
    inner = {item.outputs[0] for item in run[:-1]}
    return inner.isdisjoint(made) and sum(name in inner for item in items for name in item.inputs) == len(inner)


def _stem(item: Item, path: str) -> str:
    """The name of a loop without the number of the round; empty for other names."""
    stem, _, last = local_name(item.path, path).rpartition(".")
    return stem if last.isdigit() else ""


def attributes(items: Sequence[Item], path: str, dialect: Dialect) -> list[str]:
    """The attribute names of a class's parts: their own, qualified by their groups' where these clash."""
    parts = [local_name(item.path, path).split(".") for item in items]
    rounds = [[part for part in names if part.isdigit()] for names in parts]
    words = [[part for part in names if not part.isdigit()] or ["layer"] for names in parts]
    full = ["_".join(names) for names in words]
    short = [names[-1] for names in words]
    owners = defaultdict[str, set[str]](set)
    for name, whole in zip(short, full, strict=True):
        owners[name].add(whole)
    clashing = {item.group for item, name in zip(items, short, strict=True) if len(owners[name]) > 1}
    chosen = [
        whole if len(owners[name]) > 1 or (item.group and item.group in clashing) else name
        for item, name, whole in zip(items, short, full, strict=True)
    ]
    counts: dict[str, int] = {}
    found: list[str] = []
    rows = Counter(
        name for item, name, of in zip(items, chosen, rounds, strict=True) if of and item.module and not item.reuses
    )
    single = {name for name, numbers in zip(chosen, rounds, strict=True) if not numbers}
    for item, given, numbers in zip(items, chosen, rounds, strict=True):
        name = _identifier(given, dialect.taken)
        if item.module is None or item.reuses:
            found.append("")
        elif numbers and item.module.callee in dialect.unlisted:
            found.append("_".join((name, *numbers)))
        elif numbers and rows[given] > 1:
            name = f"{name}s" if given in single else name
            counts[name] = counts.get(name, -1) + 1
            found.append(f"{name}[{counts[name]}]")
        else:
            found.append(name)
    return found


def _identifier(name: str, taken: Collection[str]) -> str:
    """
    >>> _identifier("class", ()), _identifier("train", {"train"})
    ('class_', 'train_')
    """
    name = re.sub(r"\W", "_", name)
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def class_name(name: str) -> str:
    """
    >>> class_name("top_down")
    'TopDown'
    """
    parts = [part for part in re.split(r"\W|_", name) if not part.isdigit()]
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Part"
