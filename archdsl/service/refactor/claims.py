"""Actions that write current values down as claims, so that changes are noticed."""

from __future__ import annotations

from archdsl.graph.dims import Sym, show
from archdsl.graph.model import Graph, Port
from archdsl.passes.cost import cost
from archdsl.service.actions import Action
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.nodes import holds
from archdsl.service.refactor.places import step_around
from archdsl.service.steps import flow
from archdsl.syntax import ast


def shape_claim(analysis: Analysis, start: int, _: int) -> Action | None:
    """The action that states the shape after a step of a model, in numbers, if the step has a single shape."""
    model = analysis.declaration(start)
    found = step_around(model, start) if isinstance(model, ast.Block) and model.is_model else None
    shown = flow(analysis, model) if found is not None and isinstance(model, ast.Block) else None
    if found is None or shown is None:
        return None
    step = found[0].steps[found[1]]
    made = shown.made(step)
    if made is None or len(made.shapes) != 1 or not _is_number(made.text) or _has_claim(step):
        return None
    if not isinstance(model, ast.Block) or not _is_alone(analysis, model):
        return None
    edits = (Edit(analysis.span(step.span.end, step.span.end), f" :: {made.text}"),)
    return Action(f"State the shape `{made.text}`", "refactor.rewrite", edits)


def _is_alone(analysis: Analysis, model: ast.Block) -> bool:
    """Whether no variants or `check` lines with arguments may give other shapes."""
    given = (d.subject for d in analysis.parsed.declarations if isinstance(d, ast.Check))
    others = (call for call in given if isinstance(call, ast.Call) and call.arguments)
    is_called = any(isinstance(call.callee, ast.Name) and call.callee.id == model.name.id for call in others)
    return analysis.program.ready(model.name.id) == (model.name.id,) and not is_called


def _is_number(text: str) -> bool:
    return text.startswith("[") and all(part.strip().isdigit() for part in text[1:-1].split(","))


def _has_claim(step: ast.Step) -> bool:
    while isinstance(step, ast.Tap):
        step = step.step
    return isinstance(step, ast.Claim)


def check_line(analysis: Analysis, start: int, _: int) -> Action | None:
    """The action that adds a `check` line with shapes, parameters, multiply-adds and depth of the model named there."""
    node = analysis.declaration(start)
    if not isinstance(node, ast.Block | ast.Variant) or not holds(node.name, start):
        return None
    name = node.name.id
    graph = analysis.program.usual_graph(name) if name in analysis.module.models else None
    if graph is None or graph.is_open:
        return None
    line = f"check {name}() :: {_ports(graph.inputs)} -> {_ports(graph.outputs)}, {_figures(graph)}"
    text = analysis.text
    ends = [d.span.end for d in analysis.parsed.declarations if isinstance(d, ast.Check)]
    if ends:
        edit = Edit(analysis.span(ends[-1], ends[-1]), f"\n{line}")
    else:
        blank = "\n" if text.endswith("\n") else "\n\n"
        edit = Edit(analysis.span(len(text), len(text)), f"{blank}{line}\n")
    return Action("Add a check line with today's figures", "refactor.rewrite", (edit,))


def _figures(graph: Graph) -> str:
    found = cost(graph)
    macs = "" if isinstance(found.macs, Sym) else f", macs == {found.macs:_}"
    return f"params == {found.params:_}{macs}, depth == {found.depth}"


def _ports(ports: tuple[Port, ...]) -> str:
    if len(ports) == 1:
        return show(ports[0].shape)
    lists: dict[str, list[str]] = {}
    for port in ports:
        lists.setdefault(port.name.partition(".")[0], []).append(show(port.shape))
    is_list = {port.name.partition(".")[0] for port in ports if "." in port.name}
    shown = (f"{name}: [{', '.join(s)}]" if name in is_list else f"{name}: {s[0]}" for name, s in lists.items())
    return f"({', '.join(shown)})"
