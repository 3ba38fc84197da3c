"""Plots: they show what they are given, keep names apart, and are the same bytes on every run."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

import archdsl
from archdsl.comparison import Entry
from archdsl.comparison.scaling import Argument, Member
from archdsl.graph.dims import Sym
from archdsl.plots import gradients, models, scaling
from archdsl.plots.labels import Name, annotate, room
from archdsl.plots.style import COLOURS, Drawing, look, sheet
from archdsl.study.gradient_flow import Flow, GradientFlow, Layer, table
from archdsl.tabular import render

HOSTILE = 'a<script>$\\frac{1}{2}$_{x}"&\n\x1b'


def _entry(name: str, params: int, top1: float | None, file: str = "a.arch") -> Entry:
    figures = {"params": params, "trainable": params, "macs": 10 * params, "memory": 100}
    return Entry(name, name, file, ((8, 8, 3),), figures, {} if top1 is None else {"imagenet_top1": top1})


def _member(entry: Entry | None, **arguments: str) -> Member:
    return Member(tuple(Argument(name, value, value) for name, value in arguments.items()), entry)


def _svg(drawing: Drawing, folder: Path) -> str:
    drawing.save(folder / "plot.svg", ".svg")
    return (folder / "plot.svg").read_text(encoding="utf-8")


def _texts(svg: str) -> list[str]:
    root = ET.fromstring(svg)
    return ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_names_of_the_zoo_do_not_overlap() -> None:
    entries = [entry for entry in archdsl.compare() if entry.top1 is not None]
    for x in ("params", "macs"):
        with look():
            figure, (axes,) = sheet("t", *room(len(entries)))
            points = [(getattr(entry, x), entry.top1, entry.name) for entry in entries]
            axes.scatter([p[0] for p in points], [p[1] for p in points])
            axes.set_xscale("log")
            axes.margins(0.09)
            boxes = annotate(figure, axes, [Name(name, cost, top1, "black") for cost, top1, name in points])
        assert len(boxes) == len(entries)
        assert sum(a.overlap(b) for index, a in enumerate(boxes) for b in boxes[:index]) == 0


def test_accuracy_shows_every_model_that_has_one(tmp_path: Path) -> None:
    entries = [_entry("One", 10**6, 70.0), _entry("Two", 10**8, 80.0, "b.arch"), _entry("None", 10**7, None)]
    for x, title in (("params", "parameters"), ("macs", "MACs")):
        svg = _svg(models.accuracy(entries, x), tmp_path)
        assert {"One", "Two"} <= set(_texts(svg))
        assert "None" not in _texts(svg)
        assert any("1 model without" in text for text in _texts(svg))
        assert f"<title>Accuracy on ImageNet against {title}" in svg


def test_bars_have_figures_on_a_linear_or_a_logarithmic_axis(tmp_path: Path) -> None:
    near = _texts(_svg(models.bars([_entry("One", 3_000_000, None), _entry("Two", 9_000_000, None)]), tmp_path))
    assert {"One", "Two", "3.00 M", "9.00 M", "0"} <= set(near)
    far = _texts(_svg(models.bars([_entry("One", 3_000, None), _entry("Two", 9_000_000, None)]), tmp_path))
    assert {"3.00 k", "9.00 M"} <= set(far)
    assert "0" not in far


def test_a_wide_axis_has_numbers_at_powers_of_ten_alone(tmp_path: Path) -> None:
    wide = _texts(_svg(models.bars([_entry("One", 3_000, None), _entry("Two", 9 * 10**10, None)]), tmp_path))
    assert {"10 k", "100 k", "10 G"} <= set(wide)
    assert not {"20 k", "50 k"} & set(wide)


def test_bars_say_what_they_leave_out(tmp_path: Path) -> None:
    unknown = replace(_entry("Open", 1, None), figures={"macs": Sym.named("h")})
    texts = _texts(_svg(models.bars([_entry("One", 3_000, None), unknown], "macs"), tmp_path))
    assert "MACs; 1 model without a number for it not shown" in texts


def test_lines_that_are_level_lie_below_the_top() -> None:
    family = [_member(_entry("n", 100, None), a=a) for a in ("1", "2")]
    assert all(axes.get_ylim()[1] > 100 for axes in scaling.lines("Net", family).figure.axes)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="accuracy"):
        models.accuracy([_entry("One", 10, None)])
    with pytest.raises(ValueError, match="number"):
        models.bars([])


def test_scaling_draws_a_line_for_each_choice_of_the_others(tmp_path: Path) -> None:
    family = [
        _member(None if a == "2" and b == "y" else _entry("n", 10 ** int(a), None), a=a, b=b)
        for a in ("1", "2", "3")
        for b in ("x", "y")
    ]
    texts = _texts(_svg(scaling.lines("Net", family), tmp_path))
    assert {"Net over b and a", "a=1", "a=2", "a=3", "x", "y", "parameters", "MACs"} <= set(texts)


def test_gradients_show_both_networks(tmp_path: Path) -> None:
    flow = Flow(tuple(Layer(f"l{i}", f"s{i // 4}", i + 1, 10.0**-i, 1.0) for i in range(12)))
    study = GradientFlow("Net", 8, 0, flow, flow, ("add",))
    texts = _texts(_svg(gradients.curves(study), tmp_path))
    assert {"Gradients of Net at initialisation", "s0", "s1", "s2", "10⁰"} <= set(texts)
    assert any(text.startswith("without skips: first layer 1e+11") for text in texts)


def test_gradients_that_do_not_arrive_are_no_number(tmp_path: Path) -> None:
    flow = Flow((Layer("a", "s", 1, 2.0, 1.0), Layer("b", "s", 2, 0.0, 0.0)))
    study = GradientFlow("Net", 8, 0, flow)
    assert "as it is" in _texts(_svg(gradients.curves(study), tmp_path))
    assert "nan" not in render(table(study))


def test_depths_are_whole(tmp_path: Path) -> None:
    flow = Flow(tuple(Layer(f"l{i}", "s", i + 1, 1.0 + i, 1.0) for i in range(18)))
    texts = _texts(_svg(gradients.curves(GradientFlow("Net", 8, 0, flow)), tmp_path))
    assert "10" in texts
    assert not [text for text in texts if text in ("2.5", "7.5", "12.5")]


def test_text_of_specs_is_data(tmp_path: Path) -> None:
    drawings = [
        models.accuracy([_entry(HOSTILE, 10**6, 70.0, HOSTILE)]),
        models.bars([_entry(HOSTILE, 10**6, None)]),
        scaling.lines(HOSTILE, [_member(_entry("n", 10, None), **{HOSTILE: HOSTILE})]),
        gradients.curves(GradientFlow(HOSTILE, 1, 0, Flow((Layer("l", HOSTILE, 1, 1.0, 1.0),)))),
    ]
    for drawing in drawings:
        svg = _svg(drawing, tmp_path)
        ET.fromstring(svg)
        assert "<script" not in svg
        assert "\x1b" not in svg
        assert any("$\\frac{1}{2}$" in text for text in _texts(svg)), "shown as written"


def test_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from archdsl.plots import models; from archdsl.comparison import Entry\n"
        "e = [Entry(n, n, n + '.arch', ((8, 8, 3),), {'params': p}, {'imagenet_top1': t}) for n, p, t in"
        " [('a', 10**6, 70.0), ('b', 10**7, 80.0)]]\n"
        "for form in ('.svg', '.png', '.pdf'): models.accuracy(e).save(Path(sys.argv[1] + form), form)"
    )
    for seed, colour in (("1", "red"), ("2", "blue")):
        settings = tmp_path / seed
        settings.mkdir()
        (settings / "matplotlibrc").write_text(f"figure.facecolor: {colour}\n")
        environment = {**os.environ, "PYTHONHASHSEED": seed, "MATPLOTLIBRC": str(settings), "SOURCE_DATE_EPOCH": seed}
        subprocess.run([sys.executable, "-c", code, str(settings / "plot")], check=True, env=environment)
    for form in (".svg", ".png", ".pdf"):
        first, second = ((tmp_path / seed / f"plot{form}").read_bytes() for seed in ("1", "2"))
        assert first == second, form
        assert str(tmp_path).encode() not in first


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_from_white(colour: str) -> None:
    """WCAG 2.1, 1.4.11: graphics have a contrast of at least 3 to 1."""
    assert 1.05 / (_luminance(colour) + 0.05) >= 3
