"""What versions of a text leave for those that follow changes nothing that is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from archdsl.compiler import NoFiles
from archdsl.elaborate import kept
from archdsl.elaborate.loader import Loader
from archdsl.files import DiskLoader
from archdsl.service import Analysis
from archdsl.service.memory import Memory
from archdsl.source import SourceFile

ROOT = Path(__file__).parents[3]


class Library(NoFiles):
    """A library of texts, each one file as long as it is the same."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._sources = {f"std.{name}": SourceFile(f"std/{name}.arch", text) for name, text in texts.items()}

    def module(self, name: str) -> SourceFile | None:
        return self._sources.get(name)


def said(text: str, loader: Loader, memory: Memory) -> list[tuple[str, int, str]]:
    """What is wrong with a version of a text, after it was compared with what a fresh analysis says."""
    source = SourceFile("net.arch", text)
    found, fresh = Analysis(source, loader, memory=memory), Analysis(source, loader)
    assert found.diagnostics == fresh.diagnostics
    return [(each.code, each.span.line, each.text) for each in found.diagnostics]


def test_imported_blocks_are_elaborated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text, loader, memory = (ROOT / "specs/efficientnet.arch").read_text(), DiskLoader(), Memory()
    assert said(text, loader, memory) == []
    count = len(memory.kept)
    assert count > 50
    assert said(text.replace("drop: float = 0.2", "drop: float = 0.3"), loader, memory) == []
    assert len(memory.kept) > count  # blocks with other rates
    count = len(memory.kept)
    assert [code for code, *_ in said(text.replace("classes: int = 1000", "classes: int = 10"), loader, memory)]
    assert [code for code, *_ in said(text.replace("let last = make", "let last = xmake"), loader, memory)]
    assert len(memory.kept) == count
    monkeypatch.setattr(kept, "_MOST", 500)
    assert said(text.replace("drop: float = 0.2", "drop: float = 0.1"), loader, memory) == []
    assert len(memory.kept) < 100


def test_a_shape_that_an_imported_block_claims_stays_claimed() -> None:
    block = "block Mix() :: [h, w, c] -> [h, w, c] { attention(4) :: [h, w, c] }"
    net, memory = "from std.mix import Mix\nmodel M() :: [8, 8, 64] -> [8, 8, 64] { Mix() }\n", Memory()
    loader = Library({"mix": block})
    assert said(net, loader, memory) == []
    assert len(memory.kept) == 1
    assert said(net.replace("{ Mix() }", "{ Mix() -> id }"), loader, memory) == []
    other = Library({"mix": block.replace(" :: [h, w, c] }", " }")})
    assert [code for code, *_ in said(net, other, memory)] == ["attention-on-map"]


def test_what_depends_on_the_text_is_not_kept() -> None:
    loader = Library({"twice": "block Twice(unit: op) { unit -> unit }\nblock Same() :: [n] -> [n] { id }"})
    net = """\
from std.twice import Same, Twice
let n = 4
block Own() { dense(n) }
model M() :: [8] -> [4] {
  shared layer = dense(8)
  Twice(layer) -> Twice(Own) -> Same
}
"""
    memory = Memory()
    assert said(net, loader, memory) == []
    assert len(memory.kept) == 1
    assert [code for code, *_ in said(net.replace("let n = 4", "let n = 5"), loader, memory)] == ["contract-broken"]


class Stop(Exception):
    """The work is not wanted any more."""


@pytest.mark.parametrize("patience", [1, 3, 20])
def test_an_interrupted_check_goes_on(patience: int) -> None:
    text = (ROOT / "specs/resnet50.arch").read_text().replace("depths[1]", "depths[9]")
    source, loader = SourceFile("net.arch", text), DiskLoader()
    found, looks, ends = Analysis(source, loader), 0, 0
    parsed = found.parsed

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks > patience:
            looks = 0
            raise Stop

    while not found.is_complete:
        assert ends < 1_000
        try:
            with found.interruptible(look):
                assert found.first_diagnostics is not None
                for _ in found.checking():
                    looks = 0
        except Stop:
            ends += 1
            patience += 1  # what takes longer than that would never be done
            assert found.parsed is parsed
            assert found.indices[0].module.source is source
    assert ends > 0
    fresh = Analysis(source, loader)
    assert (found.first_diagnostics, found.diagnostics) == (fresh.first_diagnostics, fresh.diagnostics)
    assert [each.code for each in found.diagnostics] == ["index-out-of-range"]
