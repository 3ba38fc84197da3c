"""A study as one static page without external resources: its tables, then the plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from archdsl.plots import learning
from archdsl.plots.style import Drawing
from archdsl.study.ablation import Ablation
from archdsl.tabular import Table
from archdsl.tabular.html import write


def page(study: Ablation, tables: Sequence[Table]) -> str:
    """The page as HTML, the tables first; without plots until a trial has finished."""
    figures = []
    if any(subject.accuracies for subject in study.subjects):
        drawings = [learning.curves(study), learning.bars(study)]
        if len(study.subjects) > 1:
            drawings += [learning.cost(study, "macs"), learning.cost(study, "params")]
        figures = [_svg(drawing) for drawing in drawings]
    return write(tables, *figures)


def _svg(drawing: Drawing) -> str:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "plot.svg"
        drawing.save(file, ".svg")
        return file.read_text(encoding="utf-8")
