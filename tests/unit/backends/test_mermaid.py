"""Diagrams as Mermaid: their structure, and that text in them is only text.

All that is kept in tests/cases/diagrams, and the hostile texts below, were read without an error by Mermaid 11.17.
"""

from __future__ import annotations

import re

import pytest

from archdsl import load
from archdsl.backends.mermaid import to_mermaid
from archdsl.backends.mermaid.flowchart import label
from archdsl.diagram import Options, plan
from tests.unit.backends.test_graphviz import HOSTILE, hostile

MORE = ['"]\nclick n0 href "javascript:alert(1)"', '%%{init: {"theme": "dark"}}%%', "end", "`**bold**`", "#quot;"]
_LABEL = r'"(?:[A-Za-z0-9\ .,:=_+×/…−]|<br>|\#\d+;)*"'
LINE = re.compile(
    rf"""flowchart\ (?:TB|LR|BT|RL)
    |\ \ acc(?:Title|Descr):\ [^"]*
    |\ +n\d+(?:\(\[{_LABEL}\]\)|\({_LABEL}\)|\[\[{_LABEL}\]\])
    |\ +subgraph\ f\d+\ \[{_LABEL}\]|\ +end
    |\ \ n\d+\ (?:-->|-\.->)(?:\|{_LABEL}\|)?\ n\d+
    |\ \ classDef\ \w+\ [\#\w:,\-\ ]+|\ \ class\ [\w,]+\ \w+""",
    re.VERBOSE,
)


@pytest.mark.parametrize("name", ["resnet50", "swint", "googlenetaux", "efficientnetb0"])
def test_boxes_frames_and_edges_are_those_of_the_plan(name: str) -> None:
    graph = load(name).graph
    drawn, lines = plan(graph), to_mermaid(graph).splitlines()
    boxes = len([*drawn.boxes()]) + len(drawn.inputs) + len(drawn.outputs)
    frames = len([*drawn.frames()]) - 1
    into_forks = sum(edge.head.startswith("fork/") for edge in drawn.edges)
    assert sum(re.match(r" +n\d+[(\[]", line) is not None for line in lines) == boxes
    assert sum(line.strip().startswith("subgraph") for line in lines) == frames
    assert sum(line.strip() == "end" for line in lines) == frames
    assert sum("->" in line for line in lines) == len(drawn.edges) - into_forks


@pytest.mark.parametrize("text", [*HOSTILE, *MORE])
def test_text_from_a_spec_stays_text(text: str) -> None:
    for line in to_mermaid(hostile(text)).splitlines():
        assert LINE.fullmatch(line), line


def test_skips_are_dashed_and_told_once() -> None:
    lines = to_mermaid(load("resnet50").graph).splitlines()
    skips = [line for line in lines if "-.->" in line]
    assert len(skips) == 1
    assert "×" not in skips[0]


def test_labels_are_written_so_that_nothing_means_anything() -> None:
    assert label(["a", "b(1)"]) == '"a<br>b#40;1#41;"'
    assert label([""]) == '" "'
    assert label(["\x00\u202e"]) == '"#65533;#65533;"'


def test_options_are_those_of_other_diagrams() -> None:
    graph = load("vgg16").graph
    lines = to_mermaid(graph, Options(direction="LR", theme="dark", color="params", depth=1))
    assert lines.startswith("flowchart LR")
    assert "#37;" in lines  # shares
    assert "#e8edf2" in lines  # the dark theme's text
