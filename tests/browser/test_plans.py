"""The page's own scripts decide what is shown as Python does: both are held to the same golden files."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl import load
from archdsl.diagram.words import block
from archdsl.graph.dims import Sym
from tests.plans import PLANS, SPECS, of_page, scripts


@pytest.mark.parametrize("name", SPECS)
def test_plan(name: str, browser: Any) -> None:
    assert of_page(browser, load(SPECS[name]).graph) == (PLANS / f"{name}.txt").read_text(encoding="utf-8")


def test_blocks_beside_shapes_are_as_large_as_in_python(browser: Any) -> None:
    shapes = [(224, 224, 3), (7, 7, 2048), (8, 8, 64), (197, 768), (1000,), (1,), (3, 5, 7, 640), ("h", "w", 64)]
    code = (
        scripts("words")
        + "\nreturn shapes.map((shape) => { const b = blockOf(shape); return b && [b.width, b.height]; });"
    )
    context = browser.new_context()
    found = context.new_page().evaluate(f"(shapes) => {{ {code} }}", ["×".join(map(str, shape)) for shape in shapes])
    context.close()
    wanted = [block(tuple(Sym.named(n) if isinstance(n, str) else n for n in shape)) for shape in shapes]
    assert found == [size and [*size] for size in wanted]
