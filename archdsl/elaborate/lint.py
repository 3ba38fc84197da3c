"""What can be said of a file without instantiating anything: unknown names in code not reached, unused names, style.

Elaboration reports unknown names where it comes by; this pass finds those in blocks that nothing calls and in branches
that no condition chose. Unused names and style are warnings.
"""

from __future__ import annotations

import re
from typing import Final

from archdsl.diagnostics.catalogue import names as codes
from archdsl.elaborate.evaluate import unknown_name
from archdsl.elaborate.modules import Module
from archdsl.elaborate.scope import Scope
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

_PASCAL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE: Final = re.compile(r"_?[a-z][a-z0-9_]*|_")


def lint(module: Module) -> None:
    """Reports on one file to its session."""
    uses: set[str] = set()
    for declaration in module.ast.declarations:
        _style(declaration, module)
        if isinstance(declaration, ast.Block | ast.Function):
            uses |= _definition(declaration, module)
        elif not isinstance(declaration, ast.Import):
            names = [n for n in walk(declaration) if isinstance(n, ast.Name)]
            uses |= {n.id for n in names}
    for declaration in module.ast.declarations:
        if isinstance(declaration, ast.Import):
            for imported in declaration.names:
                bound = imported.alias or imported.name
                if bound.id not in uses:
                    module.session.report(codes.UnusedName(span=bound.span, what="import", name=bound.id))


def _definition(decl: ast.Block | ast.Function, module: Module) -> set[str]:
    """Reports on a block or function; gives the names that it uses."""
    defined = {p.name.id: p.name for p in decl.params}
    local = set(defined)
    used: dict[str, list[ast.Name]] = {}
    for node in walk(decl):
        if isinstance(node, ast.Name):
            used.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.Let | ast.Shared):
            defined[node.name.id] = node.name
            local.add(node.name.id)
        elif isinstance(node, ast.Tap):
            local.add(node.name.id)
        elif isinstance(node, ast.Each | ast.Comprehension):
            local.update(target.id for target in node.targets)
        elif isinstance(node, ast.Repeat) and node.index is not None:
            local.add(node.index.id)
    if isinstance(decl, ast.Block) and decl.signature is not None:
        local |= _bound_by(decl.signature)
    scope = Scope(module)
    scope.names = dict.fromkeys(local)
    for name, nodes in used.items():
        if name in local or module.knows(name):
            continue
        for node in nodes:
            problem = unknown_name(name, node.span, scope)
            if not module.session.sink.has(problem):
                module.session.report(problem)
    for name, node in defined.items():
        if name not in used:
            what = "parameter" if any(p.name is node for p in decl.params) else "name"
            module.session.report(codes.UnusedName(span=node.span, what=what, name=name))
    return used.keys() - local


def _bound_by(signature: ast.Signature) -> set[str]:
    """Names that the input of a signature gives a meaning: ports, and dimensions that are plain names."""
    names = {port.name.id for port in signature.inputs if port.name}
    names |= {dim.id for port in signature.inputs for dim in port.shape.dims if isinstance(dim, ast.Name)}
    return names | {"_"}


def _style(declaration: ast.Declaration, module: Module) -> None:
    match declaration:
        case ast.Block():
            _named(declaration.name, "model" if declaration.is_model else "block", module)
        case ast.Variant():
            _named(declaration.name, "model", module)
        case ast.Function() | ast.Let():
            what = "function" if isinstance(declaration, ast.Function) else "name"
            if not _SNAKE.fullmatch(declaration.name.id):
                _report_style(declaration.name, what, "snake_case", module)


def _named(name: ast.Name, what: str, module: Module) -> None:
    if not _PASCAL.fullmatch(name.id):
        _report_style(name, what, "PascalCase", module)


def _report_style(name: ast.Name, what: str, style: str, module: Module) -> None:
    module.session.report(codes.NameStyle(span=name.span, what=what, name=name.id, style=style))
