"""The default view of every bundled model: as DOT and Mermaid that are kept, and on one page that can be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archdsl import load
from archdsl.backends.graphviz import draw, to_dot
from archdsl.backends.mermaid import to_mermaid
from archdsl.diagram import Options, plan
from archdsl.graph.model import Graph
from tests.unit.backends.zoo import every_model, one_of_each_file

CASES = Path(__file__).parent.parent.parent / "cases"
LANGUAGE = sorted(path for path in (CASES / "language").glob("*.arch") if path.stem != "run_time_sizes")
PAGE = (538.0, 785.0)
"""A4 within margins of 1 cm, in points."""
SMALLEST, READABLE = 9.0, 6.0
"""Points: of the smallest letters as they are drawn, and what they must have on paper."""
Golden = Callable[[Path, str], None]


@pytest.mark.parametrize("stem", one_of_each_file())
def test_dot_and_mermaid_are_what_is_kept(stem: str, golden: Golden) -> None:
    graph = one_of_each_file()[stem]
    golden(CASES / "diagrams" / f"{stem}.dot", to_dot(graph))
    golden(CASES / "diagrams" / f"{stem}.mmd", to_mermaid(graph))


def letters(graph: Graph, options: Options | None = None) -> float:
    """The size of the smallest letters on a page, held upright or not; a diagram is not made larger."""
    svg = draw(graph, "svg", options).decode()
    sizes = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    assert sizes
    width, height = map(float, sizes.groups())
    short, long = PAGE
    return SMALLEST * min(1.0, max(min(short / width, long / height), min(long / width, short / height)))


@pytest.mark.parametrize("name", every_model())
def test_the_default_is_one_page_that_can_be_read(name: str) -> None:
    assert letters(every_model()[name]) >= READABLE


@pytest.mark.parametrize("path", LANGUAGE, ids=lambda path: path.stem)
def test_so_it_is_for_other_shapes_of_graphs(path: Path) -> None:
    """Skips over half of the model, two resolutions side by side, shared heads, and the like."""
    assert letters(load(path).graph) >= READABLE


@pytest.mark.parametrize("options", [Options(color="macs"), Options(direction="LR"), Options(theme="print")])
@pytest.mark.parametrize("name", ["resnet152", "efficientnetb7", "swinb"])
def test_so_it_is_with_other_options(name: str, options: Options) -> None:
    assert letters(every_model()[name], options) >= READABLE


@pytest.mark.parametrize("name", every_model())
def test_the_default_opens_what_tells_most(name: str) -> None:
    """No box hides more than three quarters of the model, however often it repeats, unless it is all that there is."""
    graph = every_model()[name]
    drawn = plan(graph)
    boxes = [*drawn.boxes()]
    assert 8 <= len(boxes) <= 48
    assert any(box.kind == "op" for box in boxes)
