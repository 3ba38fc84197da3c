"""Makes Graphviz's SVG small and accessible: rectangles for boxes, and text alternatives."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from archdsl.backends.graphviz.style import COLUMN
from archdsl.diagram.describe import describe
from archdsl.diagram.plan import Plan
from archdsl.diagram.words import printable
from archdsl.graph.model import Graph

_SVG: Final = "{http://www.w3.org/2000/svg}"
_TOOLTIP: Final = "{http://www.w3.org/1999/xlink}title"
_NUMBER: Final = re.compile(r"-?\d+\.\d+")
_POINT: Final = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
_FONT: Final = "Helvetica, Arial, sans-serif"
_SIZE: Final = "11"
"""What most of the text has, and need not state."""
_WIDTH: Final = "0.9"
"""What most lines have."""


def tidy(svg: bytes, graph: Graph, drawn: Plan) -> bytes:
    """The same picture in a third of the bytes, with a title, a description, and a tooltip for each box and frame."""
    return _tidy(svg, printable(graph.name), printable(describe(graph, drawn)))


def _tidy(svg: bytes, title: str, description: str) -> bytes:
    drawn = ElementTree.fromstring(svg)
    (graph,) = drawn.findall(f"{_SVG}g")
    small = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            **{name: drawn.attrib[name] for name in ("width", "height")},
            "viewBox": _rounded(drawn.attrib["viewBox"]),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    SubElement(small, "title", id="title").text = title
    SubElement(small, "desc", id="desc").text = description
    text = graph.find(f".//{_SVG}text")
    colour = text.get("fill", "black") if text is not None else "black"
    all_of_it = SubElement(
        small,
        "g",
        {
            "transform": _rounded(graph.attrib["transform"].replace("scale(1 1) rotate(0) ", "")),
            "font-family": _FONT,
            "font-size": _SIZE,
            "text-anchor": "middle",
            "fill": colour,
            "stroke-width": _WIDTH,
        },
    )
    for part in graph:
        _copy(part, all_of_it, colour)
    _join(all_of_it)
    for part in all_of_it.iter():
        if part.get("stroke", "") in ("none", part.get("fill")):
            del part.attrib["stroke"]  # as it is without, or half a line of an arrow's tip
    written: bytes = ElementTree.tostring(small, encoding="utf-8")
    return written.replace(b" />", b"/>") + b"\n"  # in texts it is written otherwise


def _copy(part: Element, into: Element, colour: str) -> None:
    """A copy of an element and its children. Graphviz's titles are ids; its tooltips become titles."""
    kind = part.tag.removeprefix(_SVG)
    if kind == "title" or part.findtext(f"{_SVG}title", "").startswith(COLUMN):
        return
    if kind in ("g", "a"):
        where = into
        if part.get("class") in ("node", "cluster") and (tip := part.find(f".//{_SVG}a[@{_TOOLTIP}]")) is not None:
            where = SubElement(into, "g")
            SubElement(where, "title").text = tip.get(_TOOLTIP)
        for inner in part:
            _copy(inner, where, colour)
        return
    copied = SubElement(into, *_shape(kind, part))
    if kind == "text":
        copied.text = part.text
        if copied.get("fill") == colour:
            del copied.attrib["fill"]
        if copied.get("font-size") == _SIZE:
            del copied.attrib["font-size"]
        if copied.get("text-anchor") == "middle":
            del copied.attrib["text-anchor"]
    elif copied.get("stroke") != "none" and copied.attrib.setdefault("stroke-width", "1") == _WIDTH:
        del copied.attrib["stroke-width"]
    copied.tail = "\n"


def _shape(kind: str, part: Element) -> tuple[str, dict[str, str]]:
    """The element's tag and attributes, rounded to a tenth of a point. A closed path is a rounded box."""
    looks = {name: value for name, value in part.attrib.items() if name in _LOOKS}
    looks |= {name: _rounded(looks[name]) for name in looks if name != "fill-opacity"}
    if "fill-opacity" in looks:
        looks["fill-opacity"] = f"{float(looks['fill-opacity']):.3f}"
    points = [(float(x), float(y)) for x, y in _POINT.findall(part.get("d") or part.get("points") or "")]
    closed = len(points) > 3 and points[0] == points[-1]
    if kind == "path" and len(points) == 4 and len({round(x, 1) for x, _ in points}) == 1:
        looks["d"] = f"M{_number(points[0][0])},{_number(points[0][1])}V{_number(points[-1][1])}"  # straight down
    if kind == "polygon":
        looks["points"] = looks["points"].rpartition(" ")[0]  # it goes back to where it began by itself
    if not closed or (kind == "polygon" and len(points) != 5):
        return kind, looks
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if kind == "polygon" and not (len({*xs}) == len({*ys}) == 2):
        return kind, looks
    box = {"x": min(xs), "y": min(ys), "width": max(xs) - min(xs), "height": max(ys) - min(ys)}
    if kind == "path":
        box["rx"] = sorted({*xs})[2] - min(xs)  # where the curve ends that begins at the edge
    looks.pop("d", None)
    looks.pop("points", None)
    return "rect", {name: _number(value) for name, value in box.items()} | looks


_LOOKS: Final = frozenset(
    "x y cx cy rx ry d points fill fill-opacity stroke stroke-width stroke-dasharray "
    "font-size font-weight text-anchor".split()
)


def _join(part: Element) -> None:
    """Merges a rectangle's fill and outline, which Graphviz draws one after the other."""
    before: Element | None = None
    for each in [*part]:
        if each.tag == "g":
            _join(each)
        same = before is not None and before.tag == each.tag == "rect" and before.get("stroke") == each.get("fill")
        if same and before is not None and all(before.get(name) == each.get(name) for name in ("x", "y", "width")):
            each.set("fill", before.get("fill", "none"))
            part.remove(before)
        before = each


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda number: _number(float(number[0])), text)


def _number(value: float) -> str:
    """
    >>> [_number(value) for value in (12.345, -0.04, 7.0)]
    ['12.3', '0', '7']
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
