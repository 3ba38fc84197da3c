"""Explicit initialisation of layers, where the spec states it: statements in the class's constructor.

A module keeps it in its term, as arguments ``*weight`` and ``*bias``, so that instances which differ in it alone are
one class; ``__init__`` has lines for it after that of the attribute, with a loop for each list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from archdsl.backends.code.terms import EACH, REPEAT, REST, leaves
from archdsl.backends.code.values import DICT, LIST, ORDERED, SEQUENCE, Argument, Make, Name
from archdsl.backends.keras.held import held
from archdsl.backends.torch.code import Entry, Lowered, sizes_of
from archdsl.backends.torch.lowering.initial import filled, start
from archdsl.backends.torch.registry import Site
from archdsl.ops.base import Op, Weighted, without_starts

MARK = "*"
"""Before the name of an argument that no call has."""


def with_starts(op: Op, site: Site, lowered: Lowered) -> Lowered:
    """The module with the initialisation of its parameters, where the spec states it."""
    if lowered.module is None or not isinstance(op, Weighted) or op == without_starts(op):
        return lowered
    module = lowered.module
    for entry in lowered.entries:
        if entry.key and entry.sources and (found := _start(op, site, entry)) is not None:
            module = _told(module, entry.key, found)
    return replace(lowered, module=module)


def _start(op: Weighted, site: Site, entry: Entry) -> Make | None:
    init = op.start(entry.sources[0])
    if init is None:
        return None
    shapes = {weight.name: weight.shape for weight in op.weights(*site.inputs)}
    given = [tuple(shapes[source]) for source in entry.sources]
    elsewhere = held(op, [site.inputs]).get(entry.sources[0])
    return start(init, given[0], sizes_of(entry, given), elsewhere.shape if elsewhere else given[0])


def _told(made: Make, key: str, found: Make) -> Make:
    """The module that stores how a parameter below it is initialised."""
    if made.callee == SEQUENCE:
        place, _, rest = key.partition(".")
        args = tuple(
            (name, _told(item, rest, found) if name == place and isinstance(item, Make) else item)
            for name, item in made.args
        )
        return replace(made, args=args)
    general = None if made.general is None else _told(made.general, key, found)
    return replace(made, args=(*made.args, (f"{MARK}{key}", found)), general=general)


# --- as text ----------------------------------------------------------------------------------------------------------

_FOLDED = (REPEAT, EACH, REST)
Writing: TypeAlias = Callable[[Argument], str]
"""A term as text."""


def starts(path: str, term: Argument, write: Writing) -> Iterator[str]:
    """The initialisation statements for the module at ``path``: ``nn.init.normal_(self.out.weight, std=0.01)``."""
    if not isinstance(term, Make) or not _has_starts(term):
        return
    if term.callee in (SEQUENCE, LIST):
        yield from _of_list(path, [item for _, item in term.args], write)
    elif term.callee in (DICT, ORDERED):
        for name, item in term.args:
            place = f'{path}["{name}"]' if term.callee == DICT else f'{path}.get_submodule("{name}")'
            yield from starts(place, item, write)
    else:
        for name, found in term.args:
            if name.startswith(MARK) and isinstance(found, Make):
                yield write(filled(found, Name(f"{path}.{name[1:]}")))


def _has_starts(term: Argument) -> bool:
    return isinstance(term, Make) and any(name.startswith(MARK) or _has_starts(arg) for name, arg in term.args)


def _of_list(path: str, items: Sequence[Argument], write: Writing) -> Iterator[str]:
    folded = [i for i, item in enumerate(items) if isinstance(item, Make) and item.callee in _FOLDED]
    for i, item in enumerate(items):
        assert isinstance(item, Make)
        after = len(items) - 1 - i
        if item.callee == ORDERED:
            yield from starts(path, item, write)
        elif item.callee in _FOLDED:
            span = f"[{i or ''}:{-after or ''}]" if len(items) > 1 else ""
            yield from _loop(f"{path}{span}", item, write)
        else:
            yield from starts(f"{path}[{-after - 1 if folded and folded[0] < i else i}]", item, write)


def _loop(path: str, folded: Make, write: Writing) -> Iterator[str]:
    (_, item), *columns = folded.args
    body = [*starts(variable := _each(path), item, write)]
    if not body:
        return
    used = {value.text for value in _told_values(item) if isinstance(value, Name)}
    over = [(name, write(column)) for name, column in columns if folded.callee == EACH and name in used]
    names = ", ".join([variable, *(name for name, _ in over)])
    lists = ", ".join([path, *(text for _, text in over)])
    yield f"for {names} in {f'zip({lists})' if over else lists}:"
    yield from (f"    {line}" for line in body)


def _told_values(term: Argument) -> Iterator[Argument]:
    """The arguments of the initialisation functions."""
    for name, arg in term.args if isinstance(term, Make) else ():
        if name.startswith(MARK):
            yield from (value for _, value in leaves(arg))
        else:
            yield from _told_values(arg)


def _each(path: str) -> str:
    """The name of a list's element.

    >>> _each("self.convs"), _each("self.blocks[1:]"), _each("conv[0]"), _each("layer")
    ('conv', 'block', 'layer', 'layer_')
    """
    word: str = re.findall(r"[A-Za-z_]\w*", path)[-1]
    if not path.startswith("self."):
        return f"{word}_" if word.startswith("layer") else "layer"
    return word[:-1] if word.endswith("s") and len(word) > 2 else word
