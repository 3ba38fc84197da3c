"""The index binds names as elaboration does: a definition that is renamed in all its places changes no graph.

Each definition of each bundled spec, and of the library modules that it imports, is given another name wherever the
index says that it is written. The spec must then make the same ops on the same tensors. By default that is done for a
few specs, with all definitions at once; with ``ARCHDSL_RENAMES=all`` for all, then with each definition by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from archdsl.compiler import Program
from archdsl.files import DiskLoader
from archdsl.graph.model import Graph
from archdsl.names import Definition, Index
from archdsl.names.references import at, references
from archdsl.source import SourceFile, Span
from archdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]
SPECS = sorted(ROOT.glob("specs/*.arch"))
ALL = os.environ.get("ARCHDSL_RENAMES") == "all"
FEW = {"ablation", "alexnet", "googlenet", "hybrid", "light_cifar", "vit"}


class Texts(DiskLoader):
    """The library, of which some modules have other texts."""

    def __init__(self, changed: Mapping[str, str]) -> None:
        super().__init__()
        self._changed = changed

    def module(self, name: str) -> SourceFile | None:
        source = super().module(name)
        if source is None or source.name not in self._changed:
            return source
        return SourceFile(source.name, self._changed[source.name])


def joined(source: SourceFile, known: dict[str, Index]) -> Index:
    """The index of a file, and those of all that it imports."""
    if source.name not in known:
        module, problems = parse(source)
        assert not problems
        index = known[source.name] = Index(module)
        for declaration, imported in index.imports():
            library = DiskLoader().module(declaration.module)
            assert library is not None
            assert index.link(imported, joined(library, known))
    return known[source.name]


def renamed(texts: Mapping[str, str], edits: Iterable[tuple[Span, str]]) -> dict[str, str]:
    changed = dict(texts)
    for span, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = changed[span.source.name]
        changed[span.source.name] = text[: span.start] + new + text[span.end :]
    return changed


def shape(graph: Graph) -> list[object]:
    """A graph without names."""
    number = {name: i for i, name in enumerate([*(port.name for port in graph.inputs), *graph.by_path])}
    return [(repr(node.op), [number[name] for name in node.inputs], str(node.shape)) for node in graph]


def graphs(source: SourceFile, changed: Mapping[str, str]) -> list[list[object]]:
    program = Program(source, Texts(changed))
    program.check()
    assert [(found.text, found.span.line) for found in program.diagnostics if found.is_error] == []
    return [shape(graph) for name in program.ready() if (graph := program.graph(name))]


def other_name(definition: Definition) -> str:
    return f"Other{definition.name}" if definition.name[:1].isupper() else f"other_{definition.name}"


def is_open(definition: Definition) -> bool:
    """Whether a name is that of a size in a graph, or of a label beside it: renaming it renames what is compared."""
    return definition.kind in ("dimension", "port", "import")


@pytest.mark.parametrize("file", [p for p in SPECS if ALL or p.stem in FEW], ids=lambda file: file.stem)
def test_a_name_may_be_another_one(file: Path) -> None:
    source = SourceFile(file.name, file.read_text(encoding="utf-8"))
    known: dict[str, Index] = {}
    joined(source, known)
    texts = {name: index.module.source.text for name, index in known.items()}
    found = [(d, references(d, known.values())) for index in known.values() for d in index.definitions()]
    found = [(d, refs) for d, refs in found if not is_open(d) and not refs.unsure]
    assert len(found) > 5
    for definition, refs in found:
        for place in refs.places:
            assert place.text == definition.name
            assert at(known[place.source.name], place.start, known.values()) is definition
    wanted = graphs(source, texts)
    alone = [[each] for each in found if ALL and each[1].places[0].source.name == source.name]
    for group in [found, *alone]:
        changed = renamed(texts, ((place, other_name(d)) for d, refs in group for place in refs.places))
        assert changed != texts
        assert graphs(SourceFile(source.name, changed[source.name]), changed) == wanted, group


def test_a_place_that_is_left_out_shows() -> None:
    text = "block B(n: int) :: [c] -> [n] { dense(n) }\nmodel M() :: [4] -> [8] { B(n=8) }"
    index = Index(parse(SourceFile("m.arch", text))[0])
    (definition,) = (d for d in index.definitions() if d.name == "n")
    places = references(definition, [index]).places
    assert len(places) == 4
    for left_out in range(4):
        edits = [(place, "m") for i, place in enumerate(places) if i != left_out]
        changed = renamed({"m.arch": text}, edits)
        program = Program(SourceFile("m.arch", changed["m.arch"]))
        program.check()
        assert program.has_errors


def test_brackets_around_a_name_stay() -> None:
    text = "block B(n: int) :: [c] -> [n] { dense(2 * (n) - ( # n\n n)) }\nmodel M() :: [4] -> [8] { B(8) }"
    index = Index(parse(SourceFile("m.arch", text))[0])
    (definition,) = (d for d in index.definitions() if d.name == "n")
    places = references(definition, [index]).places
    assert [place.text for place in places] == ["n"] * 4
    assert graphs(SourceFile("m.arch", renamed({"m.arch": text}, [(p, "m") for p in places])["m.arch"]), {})


def test_an_argument_whose_callee_is_a_value_is_not_sure() -> None:
    text = """block A(k: int) { conv(k) }
block B(act: op) { act(k=3) }
model M() :: [4, 4, 4] -> [4, 4, 4] { B(A) -> A(k=1) }"""
    index = Index(parse(SourceFile("m.arch", text))[0])
    (definition,) = (d for d in index.definitions() if d.name == "k")
    refs = references(definition, [index])
    assert [place.line for place in refs.places] == [1, 1, 3]
    assert [place.line for place in refs.unsure] == [2]
