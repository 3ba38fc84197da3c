"""Places in texts where a name stands that exists: what completion should offer there, given the text before alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archdsl.files import locate
from archdsl.service import Analysis
from archdsl.service.completion import complete
from archdsl.service.memory import Memory
from archdsl.service.symbol import symbol
from archdsl.source import SourceFile


class Place(NamedTuple):
    """A name at ``start``, of which the letters before ``offset`` are written."""

    file: Path
    start: int
    offset: int
    name: str


@cache
def analysed(file: Path) -> Analysis:
    """A spec as it is."""
    located = locate(str(file))
    return Analysis(located.source, located.loader)


def places(file: Path) -> Iterator[Place]:
    """Every place in or before a name that stands for something, in a text that is right."""
    whole = analysed(file)
    for token in whole.lexed.tokens:
        if token.type != "NAME" or not exists(whole, token.start):
            continue
        found = symbol(whole, token.start)
        assert found is not None
        span = found.span  # of a module, all of its name
        for offset in range(token.start, token.end):
            yield Place(file, span.start, offset, span.text)


def exists(whole: Analysis, start: int) -> bool:
    """Whether a name is used, and what it means is known before it stands there."""
    found = symbol(whole, start)
    if found is None:
        return False
    if found.kind == "module":
        return True
    if found.definition is not None:
        mine = [place.span.start for place in found.definition.places]
        if start in mine and found.definition.places[0].span.source is whole.source:
            return False
        of = found.definition.origin.places
        return not of or of[0].span.source is not whole.source or of[0].span.start < start
    if found.kind == "field":  # a table's first row names what is new
        return whole.text[start - 1] == "."
    return found.kind in ("argument", "type")


def rank(place: Place) -> int | None:
    """How many words come before the one that its author wrote; ``None`` if it is not offered."""
    whole, memory = analysed(place.file), Memory()
    memory.pieces = whole.memory.pieces  # the declarations before the place are not read again
    source = SourceFile(whole.source.name, whole.text[: place.offset], whole.source.path)
    found = [each.label for each in complete(Analysis(source, whole.loader, memory=memory), place.offset)]
    return found.index(place.name) if place.name in found else None


def sampled(files: list[Path], count: int, seed: int = 0) -> list[Place]:
    every = [place for file in files for place in places(file)]
    return random.Random(seed).sample(every, min(count, len(every)))
