"""The bundled models, by name."""

from __future__ import annotations

from functools import cache

from archdsl import ArchError, load
from archdsl.bundled import bundled
from archdsl.graph.model import Graph


@cache
def every_model() -> dict[str, Graph]:
    """All models of the zoo that need no arguments, by the names that ``load`` knows."""
    found = {}
    for name in bundled():
        try:
            found[name] = load(name).graph
        except ArchError as error:
            if {d.code for d in error.diagnostics} != {"missing-argument"}:
                raise
    return found


@cache
def one_of_each_file() -> dict[str, Graph]:
    """The first of these in each file, or the one that the file is named after, by the file's name."""
    found: dict[str, Graph] = {}
    for name, graph in every_model().items():
        stem = bundled()[name][0].removesuffix(".arch")
        if stem not in found or name == stem.replace("_", ""):
            found[stem] = graph
    return found
