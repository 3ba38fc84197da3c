"""Hover: the meaning of the word at a place and, for a step, its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archdsl.elaborate.types import holds_unknown
from archdsl.elaborate.values import Tensor, Value, describe, show_value
from archdsl.names import Definition
from archdsl.service.analysis import Analysis
from archdsl.service.describe import code, prose, title
from archdsl.service.fields import receptive
from archdsl.service.nodes import core, holds, path
from archdsl.service.steps import figures, flow, instance, shown
from archdsl.service.symbol import Symbol, argument_doc, symbol
from archdsl.source import Span
from archdsl.summary.figures import exact, human
from archdsl.syntax import ast


class Hover(NamedTuple):
    """``text`` is Markdown, ``span`` its range."""

    span: Span
    text: str


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """The hover of the word at a place."""
    found = symbol(analysis, offset)
    if found is None:
        return None
    parts = [*_parts(analysis, found)]
    return Hover(found.span, "\n\n".join(parts)) if parts else None


def _parts(analysis: Analysis, found: Symbol) -> Iterator[str]:
    if found.definition is not None:
        yield code(title(found.definition))
        yield from _value(analysis, found)
        yield from _step(analysis, found.span.start)
        if text := prose(found.definition, analysis):
            yield text
    elif found.kind == "argument":
        doc = argument_doc(found.op, found.text)
        if doc is not None:
            yield code(f"{doc.name}={doc.default or '…'}")
            yield f"Of `{found.op}`: {doc.description or doc.wanted}" + (f" ({doc.wanted})" if doc.wanted else "")
    elif found.kind == "module" and found.module is not None:
        yield f"`{found.module.name}`"
        module = analysis.module_of(found.module)
        if module is not None:
            yield ", ".join(f"`{name}`" for name in module.exports())
    elif found.kind == "keyword":
        yield from _step(analysis, found.span.start)


def _value(analysis: Analysis, found: Symbol) -> Iterator[str]:
    """The value of a body's name in the shown instance, or of a ``let`` line in the file."""
    definition, decl = found.definition, analysis.declaration(found.span.start)
    assert definition is not None
    if definition.kind == "let" and isinstance(definition.node, ast.Let) and decl is not None:
        module = analysis.module_of(definition.node.span.source)
        if module is not None and definition.node in module.ast.declarations:
            yield from _told(definition.name, module.find(definition.name))
            return
    if not isinstance(decl, ast.Block) or not _is_of(definition, decl):
        return
    observed = analysis.instances.of(decl)
    if observed is not None:
        values = observed.tapped if definition.kind == "tap" else observed.values
        if definition.name in values:
            yield from _told(definition.name, values[definition.name])


def _is_of(definition: Definition, decl: ast.Block) -> bool:
    return bool(definition.places) and decl.span.holds(definition.places[0].span)


def _told(name: str, value: Value) -> Iterator[str]:
    if isinstance(value, Tensor) and value.shape is not None:
        yield f"`{name}` {shown(value)}"
    elif isinstance(value, int | float | str | tuple) and not holds_unknown(value):
        text = describe(value) if isinstance(value, tuple) and len(value) > 20 else show_value(value)
        yield code(f"{name} = {text}")


def _step(analysis: Analysis, offset: int) -> Iterator[str]:
    """The output of the step whose op, block, keyword or tap is at a place."""
    decl = analysis.declaration(offset)
    if not isinstance(decl, ast.Block):
        return
    step = step_at(decl, offset)
    shown_flow = flow(analysis, decl) if step is not None else None
    made = shown_flow.made(step) if shown_flow is not None and step is not None else None
    if shown_flow is None or made is None or step is None or not made.shapes:
        return
    lines = [f"→ `{made.text}`" + (f" in {made.rounds} rounds" if made.rounds > 1 else "")]
    if made.cost is not None:
        lines += [f"{human(n)} {name} ({exact(n)})" for name, n in figures(made.cost).items()]
        inner = core(step)
        if isinstance(inner, ast.Apply) and (field := receptive(analysis, inner.target.span)):
            lines.append(f"receptive field {field}")
    yield " · ".join(lines)
    yield f"in `{instance(shown_flow.observation)}`"


def step_at(decl: ast.Block, offset: int) -> ast.Step | None:
    """The step whose target, keyword or tap is at a place."""
    for node in reversed(path(decl.body, offset)):
        match node:
            case ast.Tap() if holds(node.name, offset):
                return node
            case ast.Apply() if holds(node.target, offset):
                return node
            case ast.Each() | ast.Repeat() | ast.Choose() | ast.Send() if offset - node.span.start <= len("repeat"):
                return node
    return None
