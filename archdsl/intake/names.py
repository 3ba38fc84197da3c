"""Valid names in a spec, derived from the names of the source if there are any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from archdsl.names.language import FUNCTIONS, KEYWORDS
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS
from archdsl.ops.types import NAMES
from archdsl.syntax import tables

_WORDS: Final = frozenset({*tables.load().keywords, *KEYWORDS, *FUNCTIONS, *NAMES, *KINDS, "input", "output"})
"""Reserved names: keywords, types, functions and initialisers, and what tools call the ends of a model."""
_PLAIN: Final = frozenset({"layer", "layers", "model", "net", "main", "bn", "norm", "act"})
"""Words that are too general for a name."""
VARIABLES: Final = {
    "count": "depth",
    "rows": "rounds",
    "filters": "filters",
    "units": "units",
    "groups": "groups",
    "pad": "padding",
    "scale": "scaled",
    "value": "start",
}


def snake(text: str) -> str:
    """A name of a source in snake_case: ``conv2_block1.out`` becomes ``conv2_block1_out``."""
    found = re.sub(r"[^0-9a-zA-Z]+", "_", text)
    found = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", found).lower().strip("_")
    if not found or found[0].isdigit():
        found = f"x_{found}".rstrip("_")
    return found[:60]


def pascal(text: str) -> str:
    """A name of a source in PascalCase: ``mobilenetv2_1.00_224`` becomes ``Mobilenetv2100224``."""
    words = [word for word in re.split(r"[^0-9a-zA-Z]+", text) if word]
    found = "".join(word[0].upper() + word[1:] for word in words)
    return (found if found and not found[0].isdigit() else f"Net{found}")[:60]


def free(name: str, taken: Iterable[str]) -> str:
    """An unused name: not an op, a reserved word, or one of those taken."""
    taken = {*taken}
    if name in OPS or name in _WORDS:
        name = VARIABLES.get(name, f"{name}_")
    candidate, number = name, 1
    while candidate in taken or candidate in OPS or candidate in _WORDS:
        number += 1
        candidate = f"{name}{number}"
    return candidate


def telling(words: str) -> str:
    """The last two of some words that say more than an op's name or a letter does: ``block`` of ``c_blocks_conv``."""
    said = [word for word in words.split("_") if len(word) > 1]
    kept = [word for word in said if word.lower() not in OPS and word.lower() not in _PLAIN] or said or [words]
    return "_".join(word[:-1] if len(word) > 3 and word[-1] == "s" != word[-2] else word for word in kept[-2:])


def distinct(name: str, others: Iterable[str]) -> str:
    """The fewest words with which a name begins, and none of the others: ``c3`` of ``c3_block_2_act``."""
    words = name.split("_")
    known = {"_".join(other.split("_")[:count]) for other in others if other != name for count in range(1, len(words))}
    for count in range(1, len(words)):
        said = "_".join(words[:count])
        if said not in known and len(said) > 1 and said not in OPS and said not in _WORDS and said not in _PLAIN:
            return said
    return name


def local(name: str) -> str:
    """What a value is called in a block: the last word of its name, if that is none of an op."""
    words = [word for word in re.split(r"[^a-z]+", name.lower()) if word]
    return words[-1] if words and words[-1] not in OPS and words[-1] not in _WORDS else "kept"


def in_common(names: Sequence[str]) -> str:
    """The words that begin several names, without numbers: ``block`` of ``block_1_expand`` and ``block_2_expand``."""
    split = [[word for word in re.split(r"[^a-zA-Z]+|(?<=\d)", name) if word] for name in names]
    found: list[str] = []
    for words in zip(*split, strict=False):
        if len(set(words)) > 1:
            break
        found.append(words[0])
    return "_".join(found)
