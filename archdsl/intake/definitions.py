"""Blocks from passages: anti-unification, the choice of parameters, and the text that is saved.

Of passages of one form the least general generalisation is the body of a block; its variables are the parameters. What
a passage says of loops around it, and which values it refers to, is given to the block too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any, Final

from archdsl.generalise import Term
from archdsl.intake.columns import Merged, merged
from archdsl.intake.names import VARIABLES, free, local
from archdsl.intake.passages import body, retapped
from archdsl.intake.scope import Local, localised, replaced, taps
from archdsl.intake.terms import Free, Hole, Ref, Usual, cost, given, steps_of
from archdsl.intake.text import PARAMETER, Block

_LETTERS: Final = "abcdefgh"
"""What parameters are called that are values, where there are several."""
_COMMON: Final = 3
"""The least number of calls for which the most frequent value becomes a default."""


def are_alike(passages: Sequence[Sequence[Term]], uses: Mapping[str, int], gives: Sequence[int] = ()) -> bool:
    """Whether passages of one key can be one block."""
    return _merged(passages, uses, gives) is not None


def saved(passages: Sequence[Sequence[Term]], uses: Mapping[str, int], gives: Sequence[int] = ()) -> float:
    """The text that a block of some passages saves; negative if they cannot be one block."""
    found = _merged(passages, uses, gives)
    if found is None:
        return -1.0
    calls = sum(1 + sum(given(_unmarked(value)) for value in row) for row in found.rows[:-1])
    return sum(cost(body(each)) for each in passages) - cost(found.body) - 4 - calls


def defined(
    passages: Sequence[Sequence[Term]], uses: Mapping[str, int], name: str, doc: str, gives: Sequence[int] = ()
) -> tuple[Block, list[Term]]:
    """The block of some passages, and the call in the place of each, with the name of its value if that has one."""
    found = _merged(passages, uses, gives)
    assert found is not None, "passages are looked at before"
    rows = [tuple(_unmarked(value) for value in row) for row in found.rows[:-1]]
    names: list[str] = []
    values = [isinstance(value, Ref) for value in rows[0]]
    letters = iter(_LETTERS if values.count(True) in range(2, len(_LETTERS) + 1) else repeat("other"))
    for each, is_value in zip(found.names, values, strict=True):
        names.append(free(next(letters) if is_value else VARIABLES.get(each, each), names))
    defaults = tuple(_default([row[i] for row in rows], first=i == 0) for i in range(len(names)))
    order = sorted(range(len(names)), key=lambda i: defaults[i] is not None)
    block = Block(
        name,
        tuple(names[i] for i in order),
        (),
        _placed(found.body, order, _locals(body(passages[0], gives), names)),
        tuple(defaults[i] for i in order),
        doc,
    )
    calls = [Term(("call", name), tuple((names[i], row[i]) for i in order)) for row in rows]
    if gives:
        return block, calls
    return block, [retapped(call, steps[-1]) for call, steps in zip(calls, passages, strict=True)]


def given_by(block: Block) -> list[str]:
    """The names of the outputs of a block that has several."""
    last = steps_of(block.body)[-1]
    return [child.name for _, child in last.children if isinstance(child, Ref)] if last.head == ("give",) else []


def typed(block: Block, calls: Sequence[tuple[Any, ...]]) -> Block:
    """A block with the types of its parameters, by all that it is called with."""
    return replace(block, types=tuple(map(_type, zip(*calls, strict=True))))


# --- generalisation --------------------------------------------------------------------------------------------------


def _merged(passages: Sequence[Sequence[Term]], uses: Mapping[str, int], gives: Sequence[int]) -> Merged | None:
    """The generalisation of passages; ``None`` where they use their own values in different ways.

    The first passage is there twice with other marks, so that what lies outside is a variable even where all passages
    have the same.
    """
    own = (localised(body(steps, gives), uses, gives) for steps in passages)
    closed = [each for each in own if each is not None]
    if len(closed) < len(passages):
        return None
    found = merged([*(_marked(each, 0) for each in closed), _marked(closed[0], 1)], PARAMETER)
    return None if any(isinstance(value, Local) for row in found.rows for value in row) else found


def _marked(of: Term, mark: int) -> Term:
    return replaced(of, lambda leaf: Free(leaf, mark) if isinstance(leaf, Hole | Ref) else leaf)


def _unmarked(of: Any) -> Any:
    return of.of if isinstance(of, Free) else of


def _placed(of: Hashable, order: Sequence[int], locals_: Sequence[str]) -> Term:
    """A body with its variables replaced by the parameters in order, and with names for its local values."""
    place = {old: new for new, old in enumerate(order)}

    def change(leaf: Hashable) -> Hashable:
        if isinstance(leaf, Local):
            return Ref(locals_[leaf.place], leaf.part)
        return replace(leaf, index=place[leaf.index]) if isinstance(leaf, Hole) else leaf

    assert isinstance(of, Term)
    return replaced(of, change)


def _locals(of: Term, parameters: Sequence[str]) -> list[str]:
    """The names of a block's local values: those of the source in one passage, without their numbers."""
    found: list[str] = []
    for name in taps(of):
        found.append(free(local(name), [*parameters, *found]))
    return found


# --- parameters ------------------------------------------------------------------------------------------------------


def _default(values: Sequence[Any], *, first: bool) -> Any:
    """The most frequent value of a parameter in calls of a block; ``None`` if fewer than half have it."""
    if first or len(values) < _COMMON:
        return None
    plain = Counter(value for value in values if not isinstance(value, Hole | Ref | tuple))
    value, count = plain.most_common(1)[0] if plain else (None, 0)
    return value if count * 2 >= len(values) and count > 1 else None


def _type(values: Sequence[Any]) -> str:
    """The type of a parameter, inferred from its values."""
    kinds = dict.fromkeys(map(_kind, values))
    if "float" in kinds:
        kinds.pop("int", None)
    return " | ".join(kinds)


def _kind(value: Any) -> str:
    match value:
        case Usual():
            return _kind(value.value)
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case Ref():
            return "tensor"
        case tuple():
            inner = _type(value) if value else ""
            return f"list[{inner}]" if inner and "|" not in inner else "list"
    return "op"
