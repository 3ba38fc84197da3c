"""Plans of diagrams as lines of text, the same for Python's and for the page's, and kept as golden files.

``box PATH`` and ``frame PATH``, indented by the frames around them, in the order of the flow; then an arrow a line:
from and to where, what it carries where that is shown, whether it is a skip, and whether it rises or goes across. Left
out are the frames of branches that a join brings together again: the page keeps them, as its readers fold them, and a
figure needs none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from archdsl.backends.html.data import to_data
from archdsl.backends.html.page import _plain
from archdsl.diagram.fold import folding
from archdsl.diagram.options import Options
from archdsl.diagram.plan import Box, Frame, Plan, plan
from archdsl.diagram.words import size
from archdsl.graph.model import Graph
from archdsl.passes.cost import cost

CASES: Final = Path(__file__).parent / "cases"
PLANS: Final = CASES / "plans"
SPECS: Final = {
    **{name: name for name in ("densenet121", "googlenet", "resnet50", "swin_t", "vit_b16")},
    **{name: str(CASES / "language" / f"{name}.arch") for name in ("unet", "hrnet")},
}
_PAGE: Final = Path(__file__).parents[1] / "archdsl" / "backends" / "html" / "page"


def of_python(graph: Graph) -> str:
    drawn = plan(graph)
    return "\n".join([*_tree(drawn.root, 0), *sorted(_arrows(drawn))]) + "\n"


def _tree(frame: Frame, depth: int) -> list[str]:
    found = []
    for child in frame.children:
        kind = "box" if isinstance(child, Box) else "frame"
        found.append("  " * depth + f"{kind} {child.path}" + (f" ×{child.times}" if child.times > 1 else ""))
        if isinstance(child, Frame):
            found += _tree(child, depth + 1)
    return found


def _arrows(drawn: Plan) -> list[str]:
    paths = {box.id: box.path for box in drawn.boxes()}
    paths |= {each.id: each.name for each in (*drawn.inputs, *drawn.outputs)}
    into = {edge.head: edge for edge in drawn.edges if edge.head.startswith("fork/")}
    found = []
    for edge in drawn.edges:
        if edge.head.startswith("fork/"):
            continue
        start = into.get(edge.tail, edge)
        shown = size(start.shape) if start.shape else ""
        course = edge.course if edge.course != "down" else ""
        words = [f"{paths[start.tail]} -> {paths[edge.head]}", shown, "skip" if edge.skip else "", course]
        found.append(" ".join(word for word in words if word))
    return found


def of_page(browser: Any, graph: Graph) -> str:
    """What the page's own scripts make of the data that Python gives them."""
    folded = folding(graph, Options(), cost(graph))
    bare = [folded.outline.items[item].path for item in folded.unframed]
    data = to_data(graph, {}, Options())
    code = scripts("words", "model", "plan") + _SCRIPT
    context = browser.new_context()
    try:
        lines = context.new_page().evaluate(f"([data, bare]) => {{ {code} }}", [data, bare])
    finally:
        context.close()
    return "\n".join(lines) + "\n"


def scripts(*names: str) -> str:
    """The text of modules of the page, as it stands in one script."""
    return "\n".join(_plain((_PAGE / f"{name}.js").read_text(encoding="utf-8")) for name in names)


_SCRIPT: Final = """
const model = makeModel(data);
const plan = makePlan(model, new Set(data.opened), new Set(data.spread));
const plain = (item) => item.path.replace(/…$/, "");
const terminal = (item) => item.kind === "input" || item.kind === "output";
const lines = [];
const isBare = (item) => plan.unfolded.has(item.id) && item.kind === "group" && bare.includes(plain(item));
for (const item of plan.visible) {
  if (terminal(item) || isBare(item)) continue;
  const kind = plan.unfolded.has(item.id) ? "frame" : "box";
  const depth = plan.homes.get(item.id).filter((id) => !isBare(model.items[id])).length - 1;
  lines.push("  ".repeat(depth) + kind + " " + plain(item) + (item.times ? " ×" + item.times : ""));
}
const into = new Map(plan.edges.filter((edge) => typeof edge.head === "string").map((edge) => [edge.head, edge]));
const arrows = plan.edges.filter((edge) => typeof edge.head !== "string").map((edge) => {
  const start = into.get(edge.tail) ?? edge;
  const ends = [model.items[start.tail], model.items[edge.head]];
  const [tail, head] = ends.map((item) => (terminal(item) ? item.label : plain(item)));
  return [`${tail} -> ${head}`, start.shape, edge.skip ? "skip" : "", edge.course ?? ""].filter(Boolean).join(" ");
});
return [...lines, ...arrows.sort()];
"""
