"""Bodies of a graph whose paths are keys of a state dict: each module is where its path says.

A module that is one step of the flow is a class, or a sequence if its parts are numbered and follow one another. Any
other is a list or dict of modules, of which the class around it calls the parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from archdsl.backends.code.body import Bodies, Builder
from archdsl.backends.code.items import Item, is_chain, sequence
from archdsl.backends.code.values import DICT, LIST, ORDERED, SEQUENCE, Make
from archdsl.backends.torch.dialect import Torch
from archdsl.backends.torch.naming import NoNames
from archdsl.graph.model import Node
from archdsl.graph.tree import Branch, local_name

_Tree: TypeAlias = "dict[str, Make | _Tree]"
_GAP = Make("nn.Identity")
"""In the place of a number that nothing has."""


def keyed(dialect: Torch, open_: Collection[str]) -> Bodies:
    """The bodies of a graph renamed by ``naming.renamed``; modules that are ``open`` are not steps of the flow.

    Raises:
        NoNames: PyTorch has no module with these names.
    """
    found = _Keyed(dialect, open_).build()
    for path in dialect.stored:
        if found.prefixes.get(path) != path:
            raise NoNames(f"{path} would be called {found.prefixes.get(path)}")
    return found


class _Keyed(Builder):
    def __init__(self, dialect: Torch, open_: Collection[str]) -> None:
        super().__init__(dialect)
        self._modules = dialect.modules
        self._open = open_

    def _parts(self, branch: Branch) -> list[Item]:
        return _in_order([*self._items(branch)])

    def _branch(self, branch: Branch) -> Iterator[Item]:
        nodes = [*branch.nodes()]
        path = branch.instance.path
        names = [
            local_name(child.path if isinstance(child, Node) else child.instance.path, path)
            for child in branch.children
        ]
        _, made = self._ends(nodes)
        is_whole = len(names) > 1 or _is_parameter(self._modules[nodes[0].path].module)
        is_loop = all(isinstance(child, Branch) for child in branch.children) and _is_counted(names)
        if branch.index in self._sharing.owners:
            yield self._call(branch, nodes, reuses=self._sharing.owners[branch.index])
            return
        is_whole = is_whole and branch.index not in self._sharing.open
        if path not in self._open and made and is_whole and not is_loop and all(map(str.isidentifier, names)):
            yield self._call(branch, nodes)
            return
        items = _in_order([*self._items(branch)])
        numbered = self._sequence(path, items) if path not in self._open else None
        if numbered is None:
            yield from items
        else:
            yield numbered

    def _owns(self, item: Item) -> bool:
        return any(self._modules[node].entries for node, _ in item.nodes)

    def _sequence(self, path: str, items: list[Item]) -> Item | None:
        """Numbered consecutive parts, with weightless steps at unused indices; ``None`` if they are no sequence."""
        if not is_chain(items) or not all(local_name(item.path, path).count(".") == 0 for item in items):
            return None
        names = [local_name(item.path, path) for item in items]
        if not any(self._owns(item) and not name.isdigit() for item, name in zip(items, names, strict=True)):
            return self._numbered(path, items, names)
        if all(self._owns(item) for item in items) and _is_counted(names):
            return _named(path, items, names)
        return None

    def _numbered(self, path: str, items: Sequence[Item], names: Sequence[str]) -> Item | None:
        placed: list[Item] = []
        waiting: list[Item] = []
        for item, name in zip(items, names, strict=True):
            if not self._owns(item):
                waiting.append(item)
                continue
            free = int(name) - len(placed)
            if free < len(waiting):
                if not placed or placed[-1].module is None or placed[-1].module.callee != SEQUENCE:
                    return None
                placed[-1], waiting = _longer(placed[-1], waiting), []
            gap = replace(item, module=_GAP, nodes=())
            placed += [*waiting, *[gap] * (free - len(waiting)), item]
            waiting = []
        placed += waiting
        made = sequence(path, placed)
        return replace(made, inputs=items[0].inputs, outputs=items[-1].outputs)

    def _held(self, items: Sequence[Item], path: str, attrs: dict[str, Make]) -> list[str]:
        modules: _Tree = {}
        names: list[tuple[str, ...]] = []
        again: dict[tuple[str, Make], tuple[str, ...]] = {}
        """Modules that own nothing, by what they are: equal ones are one, as an activation after each layer."""
        for item in items:
            key = tuple(local_name(item.path, path).split("."))
            if item.module is None or item.reuses:
                names.append(())
                continue
            if not self._owns(item):
                alike = (re.sub(r"_\d+$", "", key[-1]), item.module)
                if alike in again:
                    names.append(again[alike])
                    continue
                key = (_free(key[-1], modules, items, path),)
                if item.module.callee not in self._dialect.neutral:
                    again[alike] = key
            names.append(key)
            _put(modules, key, item.module)
        attrs.update((name, _module(name, held)) for name, held in modules.items())
        return [_access(modules, key) for key in names]


def _is_counted(names: Sequence[str]) -> bool:
    """
    >>> _is_counted(["block1-0", "block1-1"]), _is_counted(["conv1", "bn1"])
    (True, False)
    """
    first = re.fullmatch(r"(.*\D)(\d+)", names[0])
    return first is not None and [*names] == [f"{first[1]}{int(first[2]) + i}" for i in range(len(names))]


def _in_order(items: list[Item]) -> list[Item]:
    """A stable topological order of the items."""
    missing = {name for item in items for name in item.outputs}
    found: list[Item] = []
    while items:
        waiting: list[Item] = []
        for item in items:
            if missing.isdisjoint(item.inputs):
                missing.difference_update(item.outputs)
                found.append(item)
            else:
                waiting.append(item)
        items = waiting
    return found


def _longer(item: Item, more: Sequence[Item]) -> Item:
    """A sequence with modules appended."""
    assert item.module is not None
    count = len(item.module.args)
    added = tuple((str(count + i), each.module) for i, each in enumerate(more) if each.module is not None)
    module = replace(item.module, args=(*item.module.args, *added), placed=count + len(added))
    return replace(item, module=module, outputs=more[-1].outputs, note=more[-1].note)


def _named(path: str, items: Sequence[Item], names: Sequence[str]) -> Item:
    """A sequence whose parts have names that are no identifiers."""
    made = sequence(path, items)
    assert made.module is not None
    modules = tuple((name, item.module) for name, item in zip(names, items, strict=True))
    nodes = tuple(
        (node, ".".join(filter(None, (name, below))))
        for name, item in zip(names, items, strict=True)
        for node, below in item.nodes
    )
    return replace(made, module=Make(SEQUENCE, (("0", Make(ORDERED, modules)),), 1), nodes=nodes)


def _free(name: str, modules: _Tree, items: Sequence[Item], path: str) -> str:
    taken = {local_name(item.path, path).partition(".")[0] for item in items if "." in local_name(item.path, path)}
    stem, number = name, 0
    while name in modules or name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _put(modules: _Tree, key: tuple[str, ...], module: Make) -> None:
    for name in key[:-1]:
        inner = modules.setdefault(name, {})
        if isinstance(inner, Make):
            raise NoNames(f"{'.'.join(key)} is in a module that has no parts")
        modules = inner
    modules[key[-1]] = module


def _module(name: str, held: Make | _Tree) -> Make:
    """A module, or a list or dict of them."""
    if isinstance(held, Make):
        return held
    if any(isinstance(inner, Make) and _is_parameter(inner) for inner in held.values()):
        raise NoNames(f"{name} has parameters of its own, and is no step of the flow")
    if all(key.isdigit() for key in held):
        count = max(map(int, held)) + 1
        places = [(str(i), _module(str(i), held[str(i)]) if str(i) in held else _GAP) for i in range(count)]
        return Make(LIST, tuple(places), count)
    return Make(DICT, tuple((key, _module(key, inner)) for key, inner in held.items()))


def _is_parameter(made: Make | None) -> bool:
    return made is not None and made.callee in ("nn.Parameter", "nn.Buffer")


def _access(modules: _Tree, key: tuple[str, ...]) -> str:
    """The expression that accesses a module: ``features[3]["conv"]``."""
    if not key:
        return ""
    text = key[0]
    held = modules[key[0]]
    for name in key[1:]:
        assert isinstance(held, dict)
        text += f"[{name}]" if all(each.isdigit() for each in held) else f'["{name}"]'
        held = held[name]
    return text
