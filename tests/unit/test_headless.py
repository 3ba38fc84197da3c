"""Models without their classifier: `classes=0` leaves the features that it would have been given."""

from __future__ import annotations

from pathlib import Path

import pytest

from archdsl.compiler import Program
from archdsl.files import locate

SPECS = Path(__file__).parents[2] / "specs"
SWITCH = "if classes > 0 {"
FILES = sorted(path.name for path in SPECS.glob("*.arch") if SWITCH in path.read_text(encoding="utf-8"))


def test_most_families_have_one() -> None:
    assert len(FILES) >= 25


@pytest.mark.parametrize("file", FILES)
def test_features(file: str) -> None:
    located = locate(str(SPECS / file))
    program = Program(located.source, located.loader)
    model = program.ready()[0]
    whole, headless = program.graph(model), program.graph(model, {"classes": 0})
    assert whole is not None
    assert headless is not None, shown(program)
    left = {node.path for node in headless}
    assert {node.path: node.op for node in headless} == {n.path: n.op for n in whole if n.path in left}
    (output,) = headless.outputs
    (head,) = (node for node in whole if node.path == "head" or node.path.endswith(".head"))
    assert head.path not in left
    assert whole.input_shapes(head)[0][-1:] == output.shape


def shown(program: Program) -> str:
    return "\n".join(d.text for d in program.diagnostics)
