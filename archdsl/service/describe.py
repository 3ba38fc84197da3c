"""Describes definitions in Markdown: signature and documentation."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Final

from archdsl.names import Definition
from archdsl.ops.docs import OpDoc, document
from archdsl.ops.init import KINDS
from archdsl.ops.registry import OPS
from archdsl.service.analysis import Analysis
from archdsl.syntax import ast

_LONGEST: Final = 100
"""Characters of a signature that stands on one line."""
KEYWORDS: Final = {
    "id": "What flows in, unchanged.",
    "residual": "What its body makes, added to what flows in: `add { body  id }`. `drop=` is a rate of stochastic "
    "depth, `when=` a condition without which the body stands alone.",
    "float32": "Computes its body in float32 whatever the precision of the rest.",
}


def code(text: str) -> str:
    """A text as a Markdown code block."""
    return f"```arch\n{text}\n```"


def head(decl: ast.Block | ast.Function) -> str:
    """The head of a definition as in the source, without comments; wrapped if it is long."""
    word = "fn" if isinstance(decl, ast.Function) else "model" if decl.is_model else "block"
    params = [" ".join(param.span.text.split()) for param in decl.params]
    brackets = bool(params) or isinstance(decl, ast.Function) or decl.signature is None
    line = f"{word} {decl.name.id}" + (f"({', '.join(params)})" if brackets else "()")
    rest = _rest(decl) if isinstance(decl, ast.Block) else ""
    if len(line) + len(rest) <= _LONGEST:
        return line + rest
    return f"{word} {decl.name.id}(\n" + "".join(f"  {param},\n" for param in params) + f"){rest}"


def _rest(block: ast.Block) -> str:
    """The conditions and the signature of a block."""
    conditions = ", ".join(" ".join(each.span.text.split()) for each in block.conditions)
    signature = f" :: {_signature(block.signature)}" if block.signature else ""
    return (f" where {conditions}" if conditions else "") + signature


def _signature(signature: ast.Signature) -> str:
    return " ".join(signature.span.text.replace("::", "", 1).split())


def title(found: Definition) -> str:
    """A definition in a few lines, in source form."""
    node = found.origin.node
    match node:
        case ast.Block() | ast.Function():
            return head(node)
        case ast.Param():
            return " ".join(node.span.text.split())
        case ast.Variant() | ast.Let() | ast.Shared():
            word = {"let": "let", "shared": "shared"}.get(found.origin.kind, "model")
            return f"{word} {node.name.id} = {_short(node.value.span.text)}"
        case ast.Tap():
            return f"{_short(node.step.span.text)} as {found.name}"
    match found.kind:
        case "op":
            return document(OPS[found.name]).signature
        case "initialiser":
            given = (f"{name}" if default is None else f"{name}={default}" for name, default in KINDS[found.name])
            return f"{found.name}({', '.join(given)})"
        case "dimension":
            return f"{found.name}: a size of the input"
        case "port":
            return f"{found.name}: an input"
        case "variable":
            return f"{found.name}: a variable of a loop"
        case "built-in":
            return f"{found.name}(…)"
    return found.name


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def prose(found: Definition, analysis: Analysis) -> str:
    """The documentation of a definition as Markdown, with an example; empty if there is none."""
    found = found.origin
    if found.kind == "op":
        return "\n\n".join(_op(document(OPS[found.name])))
    if found.kind == "keyword":
        return KEYWORDS.get(found.name, "")
    if found.kind == "built-in":
        return _builtin(found.name)
    if found.kind == "figure":
        from archdsl.measures import BY_NAME

        return BY_NAME[found.name].meaning
    node = found.node
    if not isinstance(node, ast.Block | ast.Variant | ast.Function):
        return ""
    parts = [node.doc] if node.doc else []
    if isinstance(node, ast.Block) and (example := example_of(node, analysis)):
        parts += ["Example:", code(example)]
    module = analysis.module_of(node.span.source)
    if module is not None and module is not analysis.module:
        parts.append(f"From `{node.span.source.name}`.")
    return "\n\n".join(parts)


def example_of(decl: ast.Block, analysis: Analysis) -> str:
    """The first `check` line about a block in its file, or the first line that calls it there; empty without one."""
    module = analysis.module_of(decl.span.source)
    if module is None:
        return ""
    for each in module.ast.declarations:
        if isinstance(each, ast.Check) and each.span.text.split("(", 1)[0].split()[-1] == decl.name.id:
            return " ".join(each.span.text.split())
    required = [f"{p.name.id}={p.name.id}" for p in decl.params if p.default is None]
    return f"{decl.name.id}({', '.join(r.partition('=')[2] for r in required)})" if required else decl.name.id


def _op(doc: OpDoc) -> Iterator[str]:
    yield doc.text
    own = [a for a in doc.arguments if not a.shared]
    if own:
        yield "\n".join(
            f"- `{a.name}`{f' = `{a.default}`' if a.default else ''}: {a.description or a.wanted}" for a in own
        )
    yield "Example:"
    yield code(f"{doc.example.step}  # {doc.example.input} -> {doc.example.output}")


def _builtin(name: str) -> str:
    from archdsl.elaborate.builtins import FUNCTIONS

    function = FUNCTIONS.get(name) if hasattr(FUNCTIONS, "get") else None
    return cleandoc(function.__doc__ or "") if function is not None else ""
