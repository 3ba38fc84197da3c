"""Extract block: steps become the body of a new block."""

from __future__ import annotations

import re

from archdsl.elaborate.types import type_of
from archdsl.elaborate.values import Value
from archdsl.names import Definition
from archdsl.names.model import TENSORS
from archdsl.service.actions import Action
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.refactor.places import Selected, selected
from archdsl.syntax import ast


def extract(analysis: Analysis, start: int, end: int) -> Action | None:
    """The action for whole steps that define nothing used after them."""
    found = selected(analysis, start, end)
    if found is None:
        return None
    names = analysis.index.names(found.block)
    span = found.span
    inner = [use for use in names.used_in(span) if use.definition is not None]
    defined = {d for d in names.definitions if any(span.holds(place.span) for place in d.places)}
    leaves = any(use.definition in defined and not span.holds(use.name.span) for use in names.uses)
    own = set(names.definitions)
    taken = list(dict.fromkeys(use.definition for use in inner if use.definition in own - defined))
    begins = found.first == 0 and _starts_from_tensor(found, analysis)
    if leaves or begins or any(d.kind in ("shared", "lost") for d in taken):
        return None
    params = [(d.name, _type(analysis, found.block, d)) for d in taken]
    if any(not kind for _, kind in params):
        return None
    name = _free(analysis, "Extracted")
    head = f"block {name}({', '.join(f'{n}: {kind}' for n, kind in params)})"
    body = _moved(analysis.text, span.start, span.end)
    declared = f"{head} {{\n  {body}\n}}\n\n"
    at = _before(analysis, found.block)
    call = f"{name}({', '.join(f'{n}={n}' for n, _ in params)})" if params else name
    if re.search(r"\belse\s*\Z", analysis.text[: span.start]):  # all of what stands behind it, which had no braces
        call = f"{{ {call} }}"
    edits = (Edit(analysis.span(at, at), declared), Edit(span, call))
    return Action(f"Extract into a block `{name}`", "refactor.extract", edits)


def _starts_from_tensor(found: Selected, analysis: Analysis) -> bool:
    """Whether the first step is a tensor, so that there is no input."""
    first = found.steps[0]
    while isinstance(first, ast.Tap | ast.Claim):
        first = first.step
    if not isinstance(first, ast.Apply) or first.arguments is not None or first.branches is not None:
        return False
    target = first.target
    while isinstance(target, ast.Field | ast.Item):
        target = target.value
    meant = analysis.index.names(found.block).meant(target) if isinstance(target, ast.Name) else None
    return meant is not None and (meant.kind in TENSORS or _written(meant) == "tensor")


def _written(found: Definition) -> str:
    return found.node.type.span.text if isinstance(found.node, ast.Param) else ""


def _type(analysis: Analysis, block: ast.Block, found: Definition) -> str:
    """The type of a parameter for a captured definition; empty if it is not known."""
    if found.kind == "dimension":
        return "int"
    if found.kind == "parameter":
        return _written(found)
    observed = analysis.instances.of(block)
    if found.kind in TENSORS:
        value = observed.tapped.get(found.name) if observed else None
        return "list[tensor]" if isinstance(value, tuple) else "tensor"
    value = observed.values.get(found.name) if observed else None
    return _of_value(value) if value is not None else ""


def _of_value(value: Value) -> str:
    if isinstance(value, tuple):
        items = {_of_value(item) for item in value}
        return f"list[{items.pop()}]" if len(items) == 1 and "" not in items else "list"
    alternatives = type_of(value).alternatives
    return alternatives[0].name if len(alternatives) == 1 else ""


def _free(analysis: Analysis, name: str) -> str:
    number, free = 1, name
    while free in analysis.index.declared:
        number += 1
        free = f"{name}{number}"
    return free


def _moved(text: str, start: int, end: int) -> str:
    """Lines of a body reindented for a block, relative to the first one."""
    column = start - text.rfind("\n", 0, start) - 1
    first, *rest = text[start:end].split("\n")
    back = max(column - 2, 0)
    shallow = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    back = min(back, max(shallow - 2, 0))
    return "\n".join([first, *(line[back:] if line[:back].isspace() or not back else line.lstrip() for line in rest)])


def _before(analysis: Analysis, block: ast.Block) -> int:
    """The offset before a declaration and its documentation."""
    text, at = analysis.text, block.span.start
    while at:
        line = text.rfind("\n", 0, at - 1) + 1
        if not text[line:at].startswith("##"):
            break
        at = line
    return at
