"""The grammar has no conflicts, and the parser's kept tables are those of the grammar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archdsl.source import SourceFile
from archdsl.syntax import tables
from archdsl.syntax.parser import parse

KEPT = Path(tables.__file__).with_name("tables.json")


def test_kept_tables_are_those_of_the_grammar() -> None:
    """Making them proves too that no two terminals collide and no two rules conflict."""
    assert KEPT.read_text(encoding="utf-8") == tables.generate(), "`python -m archdsl.syntax.tables` makes them anew"


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    tables.load.cache_clear()
    yield
    tables.load.cache_clear()


def test_tables_that_do_not_fit_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tables.load()
    tables.load.cache_clear()
    monkeypatch.setattr(tables, "digest", lambda: "another grammar")
    made = tables.load()
    assert (made.states, made.rules) == (kept.states, kept.rules)
    assert made is not kept


def test_the_kept_parser_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the parser was built from the grammar")

    monkeypatch.setattr(tables, "build", never)
    assert parse(SourceFile("<text>", "let a = 1"))[1] == ()
