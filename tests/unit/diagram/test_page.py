"""How much room a diagram takes: the estimate that decides what is opened, against what Graphviz then draws."""

from __future__ import annotations

import re

import pytest

from archdsl import load
from archdsl.backends.graphviz import draw
from archdsl.diagram.fold import folding
from archdsl.diagram.options import Options
from archdsl.diagram.page import Page
from archdsl.diagram.words import Words
from archdsl.passes.cost import cost

MODELS = (
    "alexnet densenet121 efficientnetb7 googlenet googlenetaux light_cifar mobilenetv2 resnet18 resnet50 swint vit_b16"
    " xcit_s12"
)


@pytest.mark.parametrize("name", MODELS.split())
def test_the_estimate_is_near_what_is_drawn(name: str) -> None:
    graph, options = load(name).graph, Options()
    costs = cost(graph)
    found = folding(graph, options, costs)
    sheet = Page(found.outline, Words(found.outline, costs), options, found.unframed).sheet(found.opened)
    extent = re.search(r'width="[\d.]+pt" height="([\d.]+)pt"', draw(graph, "svg").decode())
    assert extent
    assert sheet.height == pytest.approx(float(extent[1]), rel=0.06)
