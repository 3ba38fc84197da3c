"""Laws of the service over the bundled specs. By default of a few places; ``ARCHDSL_SERVICE=all`` takes all of them.

- At every place before or in a name that exists, with the text before it alone, completion offers that name among the
  first ten, in 95 of 100 places.
- From every use of a name, "go to definition" lands on the definition, and that has the use among its references.
- Renaming any definition leaves the graphs as they are, names aside.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from archdsl.compiler import Program
from archdsl.elaborate.kept import Kept
from archdsl.files import locate
from archdsl.service import Analysis
from archdsl.service.definition import definition
from archdsl.service.references import references
from archdsl.service.rename import Refused, rename
from archdsl.source import SourceFile
from tests.lsp.prefixes import rank, sampled

ROOT = Path(__file__).parents[2]
SPECS = sorted(ROOT.glob("specs/*.arch"))
ALL = os.environ.get("ARCHDSL_SERVICE") == "all"
FEW = [path for path in SPECS if path.stem in ("lenet5", "ablation", "googlenet")]
PLACES = 6_000 if ALL else 60


def test_completion_offers_what_the_author_wrote() -> None:
    places = sampled(SPECS if ALL else FEW, PLACES)
    ranks = [(place, rank(place)) for place in places]
    found = [place for place, number in ranks if number is not None and number < 10]
    begins = [place for place in places if place.offset == place.start]
    offered = [place for place in found if place.offset == place.start]
    print(f"{len(found)} of {len(places)} places; before the first letter {len(offered)} of {len(begins)}")
    assert len(found) >= 0.95 * len(places)


@pytest.mark.parametrize("file", SPECS if ALL else FEW, ids=lambda file: file.stem)
def test_every_use_leads_to_its_definition(file: Path) -> None:
    located = locate(str(file))
    whole = Analysis(located.source, located.loader)
    count = 0
    for names in whole.index.all():
        for use in names.uses:
            meant = use.definition
            if meant is None or not meant.origin.places:
                continue
            start = use.name.span.start + use.name.span.text.index(use.name.id)
            places = definition(whole, start)
            assert places == tuple(place.span for place in meant.origin.places)
            assert places[0].text == meant.origin.name
            count += 1
    assert count > 0


def graphs(source: SourceFile, program: Program) -> list[object]:
    program.check()
    assert [found.text for found in program.diagnostics if found.is_error] == []
    made: list[object] = []
    for name in program.ready():
        graph = program.graph(name)
        assert graph is not None
        number = {n: i for i, n in enumerate([*(port.name for port in graph.inputs), *graph.by_path])}
        made.append([(repr(node.op), [number[n] for n in node.inputs], str(node.shape)) for node in graph])
    return made


@pytest.mark.parametrize("file", SPECS if ALL else FEW, ids=lambda file: file.stem)
def test_renaming_leaves_the_graphs(file: Path) -> None:
    located = locate(str(file))
    whole = Analysis(located.source, located.loader)
    wanted = graphs(located.source, Program(located.source, located.loader))
    kept = Kept()  # what imported blocks make of their inputs is the same whatever names the spec has
    own = [each for each in whole.index.definitions() if each.kind != "import" and each.places]
    draw = random.Random(0)
    refused = 0
    for each in own if ALL else draw.sample(own, 4):
        start = each.places[0].span.start
        assert references(whole, start) is not None
        name = f"Other{each.name}" if each.name[:1].isupper() else f"other_{each.name}"
        try:
            edits = rename(whole, start, name)
        except Refused:
            refused += 1
            continue
        text = whole.text
        for edit in sorted(edits, key=lambda edit: -edit.span.start):
            assert edit.span.source is whole.source
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        source = SourceFile(located.source.name, text, located.source.path)
        program = Program(source, located.loader)
        program.remember(set(), kept)
        assert graphs(source, program) == wanted, each
    print(f"{len(own)} definitions, {refused} refused")
    assert refused <= len(own) // 4
