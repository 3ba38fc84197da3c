"""The language's samples: every file in tests/cases/language checks without a word, and gives the graph beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl.api import choose_model
from archdsl.compiler import Program
from archdsl.files import locate
from archdsl.graph.text import to_text

FOLDER = Path(__file__).parent / "cases" / "language"
CASES = sorted(FOLDER.glob("*.arch"))
Golden = Callable[[Path, str], None]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, golden: Golden) -> None:
    located = locate(str(path))
    program = Program(located.source, located.loader)
    program.check()
    assert [(d.span.line, d.text) for d in program.diagnostics] == []
    # The model that the file is named after, else its first.
    plain = path.stem.replace("_", "")
    named = [model for model in program.models if model.lower() == plain]
    graph = program.graph(choose_model(program, (named or list(program.models))[0]))
    assert graph is not None
    golden(path.with_suffix(".graph"), to_text(graph))
