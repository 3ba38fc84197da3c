"""Checks of a file that need no instantiation: unknown, ambiguous and unused names, and style.

Elaboration reports errors of names where it comes by; ``check_names`` finds those in blocks that nothing calls and in
branches that no condition chose. Unused names and style are warnings; a file with errors has names that wait for their
mending, so unused ones are reported only without.
"""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.diagnostics import Diagnostic, Fix, Severity
from archdsl.diagnostics.catalogue.contracts import ChannelsFirst
from archdsl.diagnostics.catalogue.habits import BatchInShape, UnknownAllow, UnusedAllow
from archdsl.diagnostics.suggest import did_you_mean
from archdsl.elaborate.habits import meant
from archdsl.elaborate.module import Module
from archdsl.elaborate.reporter import Reporter
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.session import Session
from archdsl.elaborate.signature import unbound
from archdsl.elaborate.unknown import unknown_name
from archdsl.lint.text import in_text
from archdsl.lint.written_out import Chain, written_out
from archdsl.names import Names, diagnose
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def check_names(session: Session, module: Module) -> None:
    """Reports unknown and ambiguous names of a file, unless elaboration reported them."""
    for names in module.names.all():
        session.budget.look()
        for problem in (*diagnose.mistakes(names), *_unknown(names, Scope(session, module))):
            if not session.reporter.knows(problem):
                session.reporter.report(problem)


def lint(session: Session, module: Module) -> None:
    """Reports the lints of one file."""
    reporter = session.reporter
    chains = [*_chains(module)]
    for declaration in module.ast.declarations:
        session.budget.look()
        if isinstance(declaration, ast.Block) and declaration.is_model:
            reporter.report(*_inputs(declaration))
        if isinstance(declaration, ast.Block) and not reporter.sink.has_errors:
            reporter.report(*in_text(declaration))
            reporter.report(*written_out(declaration, module.names.names(declaration), chains))
    for names in module.names.all():
        reporter.report(*diagnose.shadowed(names))
    reporter.report(*diagnose.style(module.names))
    if not reporter.sink.has_errors:
        reporter.report(*diagnose.unused(module.names))
    if reporter.allowances:
        reporter.report(*_allowances(reporter, module))


def _chains(module: Module) -> Iterator[Chain]:
    """The blocks that a file imports, as chains of ops."""
    for alias, (other, name) in module.imports.items():
        found = other.names.exported(name)
        if found is not None and isinstance(found.node, ast.Block):
            yield Chain(found.node, other.names.names(found.node), alias)


def _allowances(reporter: Reporter, module: Module) -> Iterator[Diagnostic]:
    """Warns of `# allow:` comments that name no warning, or that silence none where nothing hides warnings."""
    from archdsl.diagnostics.explain import catalogue

    kinds = catalogue()
    for allowance in [*reporter.allowances.unused(module.ast)]:
        code, span, kind = allowance.code, allowance.span, kinds.get(allowance.code)
        if kind is None:
            help_ = did_you_mean(code, [name for name, each in kinds.items() if each.severity is Severity.WARNING])
            yield UnknownAllow(span=span, name=code, what="no warning", help=help_)
        elif kind.severity is not Severity.WARNING:
            yield UnknownAllow(span=span, name=code, what="an error, which cannot be allowed")
        elif not reporter.sink.has_errors:
            yield UnusedAllow(span=span, name=code)


def _unknown(names: Names, scope: Scope) -> Iterator[Diagnostic]:
    """Uses of unknown names; in a signature, where one cause has many, the first use of each name."""
    declaration = names.declaration
    signature = declaration.signature.span if isinstance(declaration, ast.Block) and declaration.signature else None
    told: set[str] = set()
    for name, _, definition in names.uses:
        if definition is not None:
            continue
        if signature is None or not signature.start <= name.span.start < signature.end:
            yield unknown_name(name.id, name.span, scope)
            continue
        problem = unbound(name)
        if name.id not in told or scope.session.reporter.knows(problem):
            told.add(name.id)
            yield problem


def _inputs(model: ast.Block) -> Iterator[Diagnostic]:
    """Warns of input shapes such as `[3, 224, 224]`, or a batch of images."""
    for port in model.signature.inputs if model.signature else ():
        yield from _channels(model, port.shape)
        yield from _batch(model, port.shape)


def _channels(model: ast.Block, shape: ast.ShapeOf) -> Iterator[Diagnostic]:
    """Whether a shape is one or three channels, then a square."""
    first, *square = shape.dims if len(shape.dims) == 3 else (None,)
    if not isinstance(first, ast.Literal) or first.span.text not in _CHANNELS:
        return
    height, width = (dim.span.text for dim in square)
    if height == width and height not in ("1", "2", "3", "?", "_"):
        right = f"[{height}, {width}, {first.span.text}]"
        help_ = (f"channels come last: `{right}`",)
        fix = Fix(shape.span, right)
        yield ChannelsFirst(span=shape.span, model=model.name.id, help=help_, fix=fix)


_BATCHES = frozenset({"batch", "batch_size", "bs"})
_CHANNELS = ("1", "3")
"""Of images."""


def _batch(model: ast.Block, shape: ast.ShapeOf) -> Iterator[Diagnostic]:
    """Whether a shape is a number, then a square of one or three channels, last or first; or a name that says so."""
    if len(shape.dims) < 2:
        return
    first, *rest = (dim.span.text for dim in shape.dims)
    if first in ("None", "none", "_"):
        return  # an error, which says so
    if len(rest) == 3 and rest[0] in _CHANNELS and rest[1] == rest[2]:
        rest = [*rest[1:], rest[0]]
    is_image = len(rest) == 3 and rest[0] == rest[1] != first and rest[2] in _CHANNELS and rest[0] not in _CHANNELS
    if (is_image and not _slides_along_three(model)) or (first in _BATCHES and first not in rest):
        right = f"[{', '.join(rest)}]"
        help_ = (f"shapes leave out the batch: `{right}`", meant(BatchInShape))
        fix = Fix(shape.span, right)
        yield BatchInShape(span=shape.span, model=model.name.id, help=help_, fix=fix)


def _slides_along_three(model: ast.Block) -> bool:
    """Whether an argument has three elements, so that there are three spatial dimensions and no batch."""
    lists = (n.value for n in walk(model) if isinstance(n, ast.Argument) and isinstance(n.value, ast.ListOf))
    return any(len(each.items) == 3 for each in lists)
