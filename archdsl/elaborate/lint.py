"""What can be said of a file without instantiating anything: unknown names in code not reached, unused names, style.

Elaboration reports unknown names where it comes by; this pass finds those in blocks that nothing calls and in branches
that no condition chose. Unused names and style are warnings; a file with errors has names that wait for their mending,
so unused ones are reported only without.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import names as codes
from archdsl.diagnostics.catalogue.contracts import ChannelsFirst
from archdsl.elaborate.modules import Module
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.signature import unbound
from archdsl.elaborate.unknown import unknown_name
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def lint(module: Module) -> None:
    """Reports on one file to its session."""
    uses: set[str] = set()
    unused: list[Diagnostic] = []
    for declaration in module.ast.declarations:
        _style(declaration, module)
        if isinstance(declaration, ast.Block) and declaration.is_model:
            _channels(declaration, module)
        if isinstance(declaration, ast.Block | ast.Function):
            uses |= _definition(declaration, module, unused)
        elif not isinstance(declaration, ast.Import):
            uses |= {name.id for name in _names(declaration)}
    for declaration in module.ast.declarations:
        if isinstance(declaration, ast.Import):
            for imported in declaration.names:
                bound = imported.alias or imported.name
                if bound.id not in uses:
                    unused.append(codes.UnusedName(span=bound.span, what="import", name=bound.id))
    if not module.session.sink.has_errors:
        for problem in unused:
            module.session.report(problem)


def _definition(decl: ast.Block | ast.Function, module: Module, unused: list[Diagnostic]) -> set[str]:
    """Reports on a block or function; gives the names that it uses, and adds those that it does not."""
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
    dims = {name.span for name in _names(decl.signature)} if isinstance(decl, ast.Block) and decl.signature else set()
    for name, nodes in used.items():
        if name not in local and not module.knows(name):
            _unknown(nodes, dims, scope)
    for name, node in defined.items():
        if name not in used:
            what = "parameter" if any(p.name is node for p in decl.params) else "name"
            unused.append(codes.UnusedName(span=node.span, what=what, name=name))
    return used.keys() - local


def _unknown(nodes: Sequence[ast.Name], dims: Collection[Span], scope: Scope) -> None:
    """Reports the uses of a name that means nothing; in a signature, where one cause has many, the first."""
    in_signature = sorted((n for n in nodes if n.span in dims), key=lambda n: n.span.start)
    problems = [unbound(node) for node in in_signature]
    if any(scope.session.sink.has(problem) for problem in problems):
        problems = []
    for problem in (*problems[:1], *(unknown_name(n.id, n.span, scope) for n in nodes if n.span not in dims)):
        if not scope.session.sink.has(problem):
            scope.session.report(problem)


def _names(node: ast.Node) -> list[ast.Name]:
    return [name for name in walk(node) if isinstance(name, ast.Name)]


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
            if not _is_snake(declaration.name.id):
                _report_style(declaration.name, what, "snake_case", module)


def _channels(model: ast.Block, module: Module) -> None:
    """Warns of inputs that look like `[3, 224, 224]`: one or three channels, then a square."""
    for port in model.signature.inputs if model.signature else ():
        first, *square = port.shape.dims if len(port.shape.dims) == 3 else (None,)
        if not isinstance(first, ast.Literal) or first.span.text not in ("1", "3"):
            continue
        height, width = (dim.span.text for dim in square)
        if height == width and height not in ("1", "2", "3", "?", "_"):
            shape = f"[{height}, {width}, {first.span.text}]"
            fix = Fix(port.shape.span, shape)
            help_ = (f"channels come last: `{shape}`",)
            module.session.report(ChannelsFirst(span=port.shape.span, model=model.name.id, help=help_, fix=fix))


def _named(name: ast.Name, what: str, module: Module) -> None:
    if not _is_pascal(name.id):
        _report_style(name, what, "PascalCase", module)


def _is_pascal(name: str) -> bool:
    """Letters of any script count; those without case are welcome everywhere.

    >>> [_is_pascal(name) for name in ("ConvBN", "Größe", "Блок", "層", "conv", "größe", "Conv_BN")]
    [True, True, True, True, False, False, False]
    """
    return name[0].isalpha() and not name[0].islower() and "_" not in name


def _is_snake(name: str) -> bool:
    """
    >>> [_is_snake(name) for name in ("conv_bn", "_size", "_", "größe", "幅", "convBN", "Größe", "__size")]
    [True, True, True, True, True, False, False, False]
    """
    return name == "_" or (name.removeprefix("_")[:1].isalpha() and name == name.lower())


def _report_style(name: ast.Name, what: str, style: str, module: Module) -> None:
    module.session.report(codes.NameStyle(span=name.span, what=what, name=name.id, style=style))
