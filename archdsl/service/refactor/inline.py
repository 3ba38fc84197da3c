"""Inline block: a call is replaced by the block's body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from archdsl.service.actions import Action
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.nodes import holds, innermost, path
from archdsl.service.refactor.places import indent
from archdsl.source import Span
from archdsl.syntax import ast

_ATOMS: Final = (ast.Name, ast.Literal, ast.ListOf, ast.Call, ast.Field, ast.Item)


def inline(analysis: Analysis, start: int, _: int) -> Action | None:
    """The action for a call of a block in the text whose body does not use its input sizes."""
    caller = analysis.declaration(start)
    if not isinstance(caller, ast.Block):
        return None
    step = innermost(path(caller.body, start), ast.Apply)
    if step is None or not holds(step.target, start) or not isinstance(step.target, ast.Name) or step.branches:
        return None
    meant = analysis.index.names(caller).meant(step.target)
    block = meant.node if meant is not None and meant.kind == "block" else None
    if not isinstance(block, ast.Block) or block.body.flow is None or block is caller or not _is_plain(analysis, block):
        return None
    given = _given(block, step.arguments or ())
    if given is None or _is_captured(analysis, block, caller):
        return None
    texts = dict(given)
    for param in block.params:  # a default may ask for parameters before it
        if param.name.id not in texts and param.default is not None:
            texts[param.name.id] = _bracketed(param.default, _substituted(analysis, block, param.default.span, texts))
    body = _substituted(analysis, block, _inside(block.body), texts)
    edits = (Edit(step.span, _laid(body, indent(analysis.text, step.span.start))),)
    return Action(f"Inline `{block.name.id}`", "refactor.inline", edits)


def _is_plain(analysis: Analysis, block: ast.Block) -> bool:
    """Whether a body uses nothing of its block except parameters: no sizes, named inputs, facts or shared weights."""
    signature = block.signature
    if signature is not None and (signature.inputs[0].name or signature.outputs[0].name):
        return False
    inner = analysis.index.names(block).used_in(block.body.span)
    has_shared = any(isinstance(each, ast.Shared) for each in block.body.statements)
    sizes = any(use.definition is not None and use.definition.kind in ("dimension", "port") for use in inner)
    return not (has_shared or sizes or block.body.about)


def _is_captured(analysis: Analysis, block: ast.Block, caller: ast.Block) -> bool:
    """Whether a name of the block's body would be captured in the caller."""
    theirs = {definition.name for definition in analysis.index.names(caller).definitions}
    own = analysis.index.names(block)
    inner = {d.name for d in own.definitions if d.kind not in ("parameter", "dimension")}
    used = {u.name.id for u in own.uses if u.definition is not None and u.definition not in set(own.definitions)}
    return bool(theirs & (inner | used))


def _given(block: ast.Block, arguments: tuple[ast.Argument, ...]) -> dict[str, str] | None:
    """The source text of each argument; ``None`` if one is not known or missing."""
    names = [param.name.id for param in block.params]
    found: dict[str, str] = {}
    for number, argument in enumerate(arguments):
        name = argument.name.id if argument.name is not None else names[number] if number < len(names) else None
        if argument.spread or name not in names or name is None:
            return None
        found[name] = _bracketed(argument.value, argument.value.span.text)
    missing = any(param.default is None and param.name.id not in found for param in block.params)
    return None if missing else found


def _bracketed(value: ast.Expr, text: str) -> str:
    return text if isinstance(value, _ATOMS) or text.startswith("(") else f"({text})"


def _inside(body: ast.Body) -> Span:
    """The text between the braces."""
    return Span(body.span.source, body.span.start + 1, body.span.end - 1)


def _substituted(analysis: Analysis, block: ast.Block, span: Span, texts: Mapping[str, str]) -> str:
    """A piece of the block with arguments substituted for parameters."""
    uses = [
        use.name.span
        for use in analysis.index.names(block).used_in(span)
        if use.definition is not None and use.definition.kind == "parameter" and use.name.id in texts
    ]
    parts: list[str] = []
    at = span.start
    for use in uses:
        parts += (analysis.text[at : use.start], texts[use.text.strip("() \n")])
        at = use.end
    return "".join((*parts, analysis.text[at : span.end]))


def _laid(body: str, blanks: str) -> str:
    """A body in braces, formatted as a step."""
    lines = [line.strip() for line in body.strip().split("\n")]
    if len(lines) == 1:
        return f"{{ {lines[0]} }}"
    kept = body.strip("\n").split("\n")
    least = min((len(line) - len(line.lstrip()) for line in kept if line.strip()), default=0)
    inner = "\n".join(f"{blanks}  {line[least:]}".rstrip() for line in kept)
    return f"{{\n{inner.rstrip()}\n{blanks}}}"
